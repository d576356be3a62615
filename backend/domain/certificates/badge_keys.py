"""The keys of badges: Ed25519, in one file as a JSON Web Key Set (RFC 7517, 8037). The first with a private part signs.

Older ones stay in the set with their public part alone, so that what they signed can be verified. The file may be
replaced while processes run (`rotate`): each looks at its time before it uses a key.
"""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from backend.core import keyfiles
from backend.core.settings import SettingsError, settings


class Jwk(msgspec.Struct, frozen=True, omit_defaults=True):
    """One key. `kid` is its thumbprint (RFC 7638); without `d` it verifies and no more."""

    x: str
    kid: str
    d: str = ""
    kty: str = ""
    crv: str = ""

    @property
    def public(self) -> dict[str, str]:
        """What everybody may know."""
        return {"kty": "OKP", "crv": "Ed25519", "x": self.x}

    @property
    def private(self) -> Ed25519PrivateKey:
        """What signs."""
        return Ed25519PrivateKey.from_private_bytes(_bytes(self.d))


class Keys(msgspec.Struct, frozen=True):
    """A set of keys, the one that signs first."""

    keys: tuple[Jwk, ...]

    @property
    def signing(self) -> Jwk:
        """The key for what is signed now."""
        return self.keys[0]


class _Known:
    """What the file held when it was last read, and what told that it is the same."""

    mark: tuple[int, int, int] | None = None
    keys: Keys | None = None


def keys() -> Keys:
    """The keys as they are now. Development makes its own, once.

    Raises: SettingsError.
    """
    path = settings().badge_keys_file
    try:
        if not settings().is_production:
            keyfiles.made_once(path, lambda: _encoded((new_key(),)))
        found = path.stat()
        mark = (found.st_mtime_ns, found.st_size, found.st_ino)
        if _Known.keys is None or mark != _Known.mark:
            _Known.keys, _Known.mark = _read(path.read_bytes()), mark
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        raise SettingsError(f"BADGE_KEYS_FILE cannot be used: {error}") from None
    return _Known.keys


def key(kid: str) -> Jwk | None:
    """The key of that name, if it is or was ours."""
    return next((one for one in keys().keys if one.kid == kid), None)


def rotate(path: Path) -> str:
    """Put a new key first in a file and take the private part from the others; says the new key's name.

    A file that is not there is made.
    """
    old = _read(path.read_bytes()).keys if path.exists() else ()
    new = new_key()
    retired = tuple(msgspec.structs.replace(one, d="") for one in old)
    keyfiles.replace(path, _encoded((new, *retired)))
    return new.kid


def new_key() -> Jwk:
    """A key made of chance."""
    made = Ed25519PrivateKey.generate()
    x = _text(made.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    d = _text(made.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
    return Jwk(x=x, kid=_thumbprint({"crv": "Ed25519", "kty": "OKP", "x": x}), d=d)


def _thumbprint(members: Mapping[str, str]) -> str:
    return _text(hashlib.sha256(msgspec.json.encode(members, order="sorted")).digest())


def _encoded(made: tuple[Jwk, ...]) -> bytes:
    plain = [{**one.public, "kid": one.kid, **({"d": one.d} if one.d else {})} for one in made]
    return msgspec.json.format(msgspec.json.encode({"keys": plain}))


def _read(content: bytes) -> Keys:
    """Raises: ValueError, when a key is none of ours or the first one cannot sign."""
    found = msgspec.json.decode(content, type=Keys)
    if not found.keys or not found.keys[0].d:
        raise ValueError("its first key has no private part")
    for one in found.keys:
        if (one.kty, one.crv) != ("OKP", "Ed25519") or one.kid != _thumbprint(one.public):
            raise ValueError(f"key {one.kid[:50]!r} is no Ed25519 key named by its thumbprint")
    if _text(found.signing.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)) != found.signing.x:
        raise ValueError("the two parts of its first key do not belong together")
    return found


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
