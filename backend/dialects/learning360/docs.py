"""What the documentation says: which refusals each operation can answer with, in this contract's words."""

from litestar.handlers import HTTPRouteHandler
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import OpenAPIType, Schema, SecurityScheme

from backend.core import errors
from backend.core.errors import DomainError
from backend.dialects.learning360.envelope import STATUS
from backend.dialects.learning360.wire import Refusal

DESCRIPTION = (
    "Ask for a token at `POST /api/v2/oauth2/token`, press *Authorize* and give the `access_token`; company and key may"
    " also come with each call, as `?company=` and `?apiKey=` or as headers.\n\n"
    "A list is a bare array, and whole. A refusal is an object with `error` or `message`."
)


WAYS_IN = (
    {
        "company": SecurityScheme(type="apiKey", security_scheme_in="query", name="company"),
        "key": SecurityScheme(type="apiKey", security_scheme_in="query", name="apiKey"),
    },
    {
        "companyHeader": SecurityScheme(type="apiKey", security_scheme_in="header", name="X-company-id"),
        "keyHeader": SecurityScheme(type="apiKey", security_scheme_in="header", name="X-apiKey"),
    },
)
"""In place of a token. Source: contract/partners.md 3.2."""

TOKEN = {
    "client_id": Schema(type=OpenAPIType.STRING, min_length=1),
    "client_secret": Schema(type=OpenAPIType.STRING, min_length=1),
    "grant_type": Schema(type=OpenAPIType.STRING, enum=["client_credentials"]),
}
"""What a token is asked for with; see `auth.Grant`."""


def refusals(handler: HTTPRouteHandler, path: str) -> dict[int, ResponseSpec]:
    """The refusals of an operation, read off its path and its `opt`."""
    kinds: list[type[DomainError]] = [errors.Unavailable]
    if not handler.opt.get("leads"):
        kinds += [errors.Invalid, errors.TooMany, errors.Unauthenticated]
    if not handler.opt.get("public"):
        kinds.append(errors.Forbidden)
    if "POST" in handler.http_methods:
        kinds.append(errors.TooLarge)
    if "{" in path:
        kinds.append(errors.NotFound)
    return {STATUS[kind][0]: _spec(kind) for kind in sorted(kinds, key=lambda kind: STATUS[kind][0])}


def _spec(kind: type[DomainError]) -> ResponseSpec:
    description = (kind.__doc__ or "").split("\n")[0]
    return ResponseSpec(data_container=Refusal, generate_examples=False, description=description)
