"""What the documentation says: which refusals each operation can answer with, in this contract's words."""

from litestar.handlers import HTTPRouteHandler
from litestar.openapi import ResponseSpec

from backend.core import errors
from backend.core.errors import DomainError
from backend.dialects.learning360.envelope import STATUS
from backend.dialects.learning360.wire import Refusal

DESCRIPTION = (
    "Ask for a token at `POST /api/v2/oauth2/token`, press *Authorize* and give the `access_token`; company and key may"
    " also come with each call, as `?company=` and `?apiKey=` or as headers.\n\n"
    "A list is a bare array, and whole. A refusal is an object with `error` or `message`."
)


def refusals(handler: HTTPRouteHandler, path: str) -> dict[int, ResponseSpec]:
    """The refusals of an operation, read off its path and its `opt`."""
    kinds: list[type[DomainError]] = [errors.Invalid, errors.TooMany, errors.Unavailable, errors.Unauthenticated]
    if not handler.opt.get("public"):
        kinds.append(errors.Forbidden)
    if "{" in path:
        kinds.append(errors.NotFound)
    return {STATUS[kind][0]: _spec(kind) for kind in sorted(kinds, key=lambda kind: STATUS[kind][0])}


def _spec(kind: type[DomainError]) -> ResponseSpec:
    description = (kind.__doc__ or "").split("\n")[0]
    return ResponseSpec(data_container=Refusal, generate_examples=False, description=description)
