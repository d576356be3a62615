"""What the documentation says of refusals: which each operation can answer, in this contract's envelope."""

from litestar.handlers import HTTPRouteHandler
from litestar.openapi import ResponseSpec

from backend.core import errors
from backend.core.errors import DomainError
from backend.dialects.ruangkerja.envelope import STATUS, Failure

DESCRIPTION = (
    "Ask for a token at `POST /oauth/token`, press *Authorize* and give the `accessToken`; it may also be sent"
    " bare, without `Bearer`.\n\n"
    "Every answer is `{status, message, data}`; a list is `{currentPage, totalItems, totalPage, items}`.\n\n"
    "A refusal is `{errorCode, message, detail}`; `errorCode` 123 (403) says that the token is not valid."
)


def refusals(handler: HTTPRouteHandler, path: str) -> dict[int, ResponseSpec]:
    """The refusals of an operation, read off its path and its `opt`."""
    kinds: list[type[DomainError]] = [errors.Invalid, errors.TooMany, errors.Unavailable]
    if not handler.opt.get("public"):
        kinds.append(errors.Forbidden)
    if "{" in path:
        kinds.append(errors.NotFound)
    return {STATUS[kind]: _spec(kind) for kind in sorted(kinds, key=STATUS.__getitem__)}


def _spec(kind: type[DomainError]) -> ResponseSpec:
    description = (kind.__doc__ or "").split("\n")[0]
    return ResponseSpec(data_container=Failure, generate_examples=False, description=description)
