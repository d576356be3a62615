"""What the documentation says of refusals: which each operation can answer, in this contract's envelope."""

from litestar.handlers import HTTPRouteHandler
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import OpenAPIType, Parameter, Schema

from backend.core import errors
from backend.core.errors import DomainError
from backend.dialects.ruangkerja.envelope import STATUS, Failure
from backend.dialects.ruangkerja.paging import LONGEST_NAME, MAX_PAGE, MAX_SIZE

TOKEN = {
    "clientID": Schema(type=OpenAPIType.STRING, min_length=1, max_length=200),
    "clientSecret": Schema(type=OpenAPIType.STRING, min_length=1, max_length=200),
    "grantType": Schema(type=OpenAPIType.STRING, enum=["client_credentials"]),
}
"""What a token is asked for with; see `wire.TokenIn`."""

DESCRIPTION = (
    "Ask for a token at `POST /oauth/token`, press *Authorize* and give the `accessToken`; it may also be sent"
    " bare, without `Bearer`.\n\n"
    "Every answer is `{status, message, data}`; a list is `{currentPage, totalItems, totalPage, items}`.\n\n"
    "A refusal is `{errorCode, message, detail}`; `errorCode` 123 (403) says that the token is not valid."
)


def query(handler: HTTPRouteHandler) -> list[Parameter]:
    """What the handlers' dependencies read of the query: see `paging`."""
    asked = handler.parsed_fn_signature.parameters
    told: list[Parameter] = []
    if "page" in asked or "page_or_all" in asked:
        must = "page" in asked
        told += [
            _number("page", MAX_PAGE, 1, is_required=must),
            _number("pageSize", MAX_SIZE, MAX_SIZE, is_required=must),
        ]
    if "name" in asked:
        about = "A part of a name to look for."
        schema = Schema(type=OpenAPIType.STRING, max_length=LONGEST_NAME)
        told.append(Parameter(name="name", param_in="query", description=about, schema=schema))
    return told


def _number(name: str, most: int, usual: int, *, is_required: bool) -> Parameter:
    schema = Schema(type=OpenAPIType.INTEGER, minimum=1, maximum=most, default=None if is_required else usual)
    return Parameter(name=name, param_in="query", required=is_required, schema=schema)


def refusals(handler: HTTPRouteHandler, path: str) -> dict[int, ResponseSpec]:
    """The refusals of an operation, read off its path and its `opt`."""
    kinds: list[type[DomainError]] = [errors.Invalid, errors.TooMany, errors.Unavailable]
    if not handler.opt.get("public"):
        kinds.append(errors.Forbidden)
    if "POST" in handler.http_methods:
        kinds.append(errors.TooLarge)
    if "{" in path:
        kinds.append(errors.NotFound)
    return {STATUS[kind]: _spec(kind) for kind in sorted(kinds, key=STATUS.__getitem__)}


def _spec(kind: type[DomainError]) -> ResponseSpec:
    description = (kind.__doc__ or "").split("\n")[0]
    return ResponseSpec(data_container=Failure, generate_examples=False, description=description)
