"""What the documentation says of refusals: which each operation can answer, in this contract's envelope."""

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import Example

from backend.core import errors
from backend.core.errors import DomainError
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import STATUS, WORDS, Failure
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
    opt = handler.opt
    kinds: list[type[DomainError]] = [errors.Unavailable]
    is_unsafe = bool(handler.http_methods & UNSAFE)
    has_path = "{" in path
    if not opt.get("public"):
        kinds.append(errors.Unauthenticated)
    if opt.get("roles", auth.EVERYONE) != auth.EVERYONE or has_path:
        kinds.append(errors.Forbidden)
    if has_path:
        kinds += [errors.Invalid, errors.NotFound]
    if is_unsafe:
        kinds += [errors.Invalid, errors.Conflict, errors.Unmet, errors.TooLarge]
    if "listing" in handler.parsed_fn_signature.parameters:
        kinds.append(errors.Invalid)
    if "/auth/" in path or opt.get("throttled"):
        kinds.append(errors.TooMany)
    found = {STATUS[kind]: _spec(kind, opt.get("failure"), is_unsafe=is_unsafe) for kind in dict.fromkeys(kinds)}
    return dict(sorted(found.items()))


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
