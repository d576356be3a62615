"""What the documentation says of refusals: which each operation can answer, in this contract's envelope."""

from collections.abc import Iterator

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import Example

from backend.core import errors
from backend.core.errors import DomainError
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import STATUS, WORDS, Failure
from backend.http.docs_parts import takes_form
from backend.http.idempotency import UNSAFE

DESCRIPTION = (
    "Log in at `POST /api/v1/auth/login`, press *Authorize* and give the `access_token`.\n\n"
    "Every answer is `{success, message, data}`, and a list has `meta`.\n\n"
    "A refusal is `{success, message, error}`; `error` is a text, or for a bad body a map from field to text.\n\n"
    "Messages are Indonesian; those of refusals are English with `Accept-Language: en`.\n\n"
    "Work that takes time answers 202 with a `job_id`; follow it at `/api/v1/jobs/{id}/events`."
)
_FIELDS = {"title": "title wajib diisi"}


def refusals(handler: HTTPRouteHandler, path: str) -> dict[int, ResponseSpec]:
    """The refusals of an operation, read off its path, its methods and its `opt`."""
    kinds: list[type[DomainError]] = [errors.Unavailable, *_of_caller(handler, path), *_of_request(handler, path)]
    failure, is_unsafe = handler.opt.get("failure"), bool(handler.http_methods & UNSAFE)
    found = {STATUS[kind]: _spec(kind, failure, is_unsafe=is_unsafe) for kind in dict.fromkeys(kinds)}
    return dict(sorted(found.items()))


def _of_caller(handler: HTTPRouteHandler, path: str) -> Iterator[type[DomainError]]:
    """What an operation answers for who asks, and how often."""
    is_auth, opt = "/auth/" in path, handler.opt
    if not opt.get("public") or is_auth:
        yield errors.Unauthenticated
    if opt.get("roles", auth.EVERYONE) != auth.EVERYONE or "{" in path:
        yield errors.Forbidden
    if is_auth or opt.get("throttled"):
        yield errors.TooMany


def _of_request(handler: HTTPRouteHandler, path: str) -> Iterator[type[DomainError]]:
    """What an operation answers for what is asked."""
    if "{" in path:
        yield from (errors.Invalid, errors.NotFound)
    if handler.http_methods & UNSAFE:
        yield from (errors.Invalid, errors.NotFound, errors.Conflict, errors.Unmet, errors.TooLarge)
    asked = handler.parsed_fn_signature.parameters
    if "listing" in asked or any(field.has_default for field in asked.values()):
        yield errors.Invalid
    if handler.opt.get("named_by_query"):
        yield errors.NotFound
    if takes_form(handler):
        yield errors.Unsupported


def _spec(kind: type[DomainError], failure: str | None, *, is_unsafe: bool) -> ResponseSpec:
    word = WORDS[kind.code]
    text = word.id.format_map({"limit": "1 MB", "retry_after_s": "30"})
    failed = Failure(success=False, message=failure or text, error=text)
    if kind is errors.Invalid:
        failed = Failure(success=False, message=word.id, error=_FIELDS) if is_unsafe else _malformed()
    elif kind is errors.Unauthenticated:
        failed = Failure(success=False, message=failure or text, error=text if failure else None)
    return ResponseSpec(
        data_container=Failure,
        generate_examples=False,
        description=(kind.__doc__ or "").split("\n")[0],
        examples=[Example(summary=kind.__name__, value=msgspec.to_builtins(failed))],
    )


def _malformed() -> Failure:
    text = WORDS["core.malformed_id"].id
    return Failure(success=False, message=text, error=text)
