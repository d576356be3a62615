"""Reading an object by a request of our own: signed here, its bytes straight from the socket.

The client library spends more on one request (endpoints, events, its parser, its signer) than the bytes of a range
cost, and copies these bytes several times, so that a healthy read goes this way. A plain refusal is told as it is;
whatever else is not a healthy answer is asked again by the library, which knows how to retry and what each error means.
"""

import re
import ssl
from urllib.parse import urlsplit

from botocore.utils import get_environ_proxies

from backend.core import clock
from backend.core.settings import Settings
from storage.errors import refusal
from storage.lines import PIECE, Head, Line, Lines, Patience
from storage.signing import Signer

_OK = (200, 206)
_FINAL = ("AccessDenied", "NoSuchKey", "InvalidRange", "PreconditionFailed")
_CODE = re.compile(rb"<Code>(\w+)</Code>")


class Body:
    """The bytes of an answer, whose head has come."""

    def __init__(self, lines: Lines, line: Line, head: Head, length: int) -> None:
        self.length = length
        self.etag = head.fields.get("etag", "")
        self._lines = lines
        self._line: Line | None = line
        self._is_last = head.is_last
        self._left = length

    async def read(self) -> bytes:
        """The next piece, as long as can be; nothing at the end. Raises: OSError, TimeoutError."""
        if self._line is None or not self._left:
            return b""
        piece = await self._line.read(min(PIECE, self._left))
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        """Keep the connection if all was read, else drop it. Safe to repeat."""
        line, self._line = self._line, None
        if line is not None:
            self._lines.give_back(line, is_whole=not (self._left or self._is_last))


class Direct:
    """The connections for reading, and the signature. One per process."""

    def __init__(self, settings: Settings, patience: Patience, pool_size: int) -> None:
        parts = urlsplit(settings.s3_endpoint_url)
        tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._signer = Signer(settings)
        self._is_proxied = bool(get_environ_proxies(settings.s3_endpoint_url))  # the library's affair
        self._lines = Lines((parts.hostname or "", parts.port or (443 if tls else 80)), tls, patience, pool_size)

    async def get(self, key: str, asked: dict[str, str]) -> Body | None:
        """A healthy answer, its body not yet read; None when the library has to ask.

        Raises: ClientError, as the library would, for a refusal; TimeoutError when storage does not answer: asking
        again would only take as long again.
        """
        if self._is_proxied:
            return None
        try:
            return await self._get(self._signer.request(key, clock.now(), asked))
        except TimeoutError:
            raise
        except (OSError, ValueError):
            return None

    async def _get(self, request: bytes) -> Body | None:
        line = await self._lines.take()
        body: Body | None = None
        try:
            head = await line.ask(request)
            if head.length is None or (head.status not in _OK and head.length > PIECE):
                return None
            answer = Body(self._lines, line, head, head.length)
            if head.status in _OK:
                body = answer
            else:
                _raise_if_final(head.status, await answer.read())
            return body
        finally:
            if body is None:
                self._lines.give_back(line, is_whole=False)

    async def aclose(self) -> None:
        """Give all connections back."""
        await self._lines.aclose()


def _raise_if_final(status: int, said: bytes) -> None:
    code = _CODE.search(said)
    if code is not None and (name := code[1].decode()) in _FINAL:
        raise refusal("GetObject", name, status)
