"""What programs that verify badges look up: who issues, with which keys, and what was revoked."""

from typing import Any

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from backend.domain.certificates import badge_keys, badge_queries, badges
from backend.domain.certificates.errors import CertificateNotFound

MOST_LISTS = 100_000


def _public(content: Any, kind: str, kept_s: int) -> Response[Any]:  # noqa: ANN401 - a document, or a token
    """Anybody may read it, from any page; it is kept for a while."""
    headers = {
        "cache-control": f"public, max-age={kept_s}",
        "access-control-allow-origin": "*",
        "x-content-type-options": "nosniff",
    }
    return Response(content, media_type=kind, headers=headers)


@get("/.well-known/issuer.json", include_in_schema=False)
async def issuer() -> Response[Any]:
    """Say who issues badges."""
    return _public(badges.issuer_document(), "application/json", 300)


@get("/.well-known/jwks.json", include_in_schema=False)
async def key_set() -> Response[Any]:
    """Give every key that signs or ever signed."""
    return _public(badges.key_set(), "application/jwk-set+json", 300)


@get("/.well-known/keys/{kid:str}", include_in_schema=False)
async def one_key(kid: FromPath[str]) -> Response[Any]:
    """Give one key, at the address that badges name."""
    found = badge_keys.key(kid)
    if found is None:
        raise NotFoundException
    return _public(badges.key_document(found), "application/jwk+json", 3600)


@get("/.well-known/did.json", include_in_schema=False)
async def did() -> Response[Any]:
    """Give the document of the did:web."""
    return _public(badges.did_document(), "application/did+json", 300)


@get("/.well-known/status/{number:str}", include_in_schema=False)
async def status_list(number: FromPath[str]) -> Response[Any]:
    """Give the signed list of what was revoked."""
    if not number.isascii() or not number.isdecimal() or int(number[:6]) > MOST_LISTS or len(number) > 6:
        raise NotFoundException
    try:
        return _public(await badge_queries.status_list(int(number)), "application/vc+jwt", badges.LIST_KEPT_S)
    except CertificateNotFound:
        raise NotFoundException from None


HANDLERS: list[ControllerRouterHandler] = [issuer, key_set, one_key, did, status_list]
