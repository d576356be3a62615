"""AWS signature version 4 of a GET without a query. Ranges and conditions need no signature."""

import hashlib
import hmac
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote, urlsplit

from backend.core.settings import Settings

_NOTHING = hashlib.sha256(b"").hexdigest()
_SIGNED = "host;x-amz-content-sha256;x-amz-date"
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Signer:
    """Makes the GET of an object ours. The day's key is computed once a day."""

    def __init__(self, settings: Settings) -> None:
        parts = urlsplit(settings.s3_endpoint_url)
        self.host = parts.netloc.rpartition("@")[2].lower().removesuffix(_DEFAULT_PORTS[parts.scheme])
        self._path = f"{parts.path.rstrip('/')}/{quote(settings.s3_bucket)}/"
        self._access_key = settings.s3_access_key
        self._region = settings.s3_region
        self._key = lru_cache(maxsize=1)(lambda day: _key_of(settings.s3_secret_key, day, settings.s3_region))

    def path(self, key: str) -> str:
        """An object's address at the host; what is signed is spelled the same."""
        return self._path + quote(key, safe="/-_.~")

    def request(self, key: str, at: datetime, asked: dict[str, str]) -> bytes:
        """The whole request, with the headers that `asked` names besides."""
        path, stamp = self.path(key), at.strftime("%Y%m%dT%H%M%SZ")
        scope = f"{stamp[:8]}/{self._region}/s3/aws4_request"
        seen = (
            f"GET\n{path}\n\nhost:{self.host}\nx-amz-content-sha256:{_NOTHING}\nx-amz-date:{stamp}\n\n"
            f"{_SIGNED}\n{_NOTHING}"
        )
        told = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(seen.encode()).hexdigest()}"
        signature = _hmac(self._key(stamp[:8]), told).hex()
        credential = f"Credential={self._access_key}/{scope}"
        more = "".join(f"{name}: {value}\r\n" for name, value in asked.items())
        return (
            f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\nAccept-Encoding: identity\r\n"
            f"X-Amz-Content-Sha256: {_NOTHING}\r\nX-Amz-Date: {stamp}\r\n"
            f"Authorization: AWS4-HMAC-SHA256 {credential}, SignedHeaders={_SIGNED}, Signature={signature}\r\n"
            f"{more}\r\n"
        ).encode()


def _key_of(secret: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
