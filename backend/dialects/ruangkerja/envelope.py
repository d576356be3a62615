"""How this contract says yes, and how it says no.

A yes is `{status, message, data}`, a no `{errorCode, message, detail}` without `status`.
Source: contract/partners.md 4.3.
"""

import asyncio
from http import HTTPStatus
from typing import Any, Generic, TypeVar

import msgspec
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException

from backend.core import causes, errors
from backend.core.errors import Broken, DomainError
from backend.core.log import logger
from backend.dialects.ruangkerja import words
from storage.errors import StorageDown

T = TypeVar("T")
AnyRequest = Request[Any, Any, Any]

_log = logger(__name__)

STATUS: dict[type[DomainError], int] = {
    errors.Invalid: 400,
    errors.Unauthenticated: 403,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Unmet: 422,
    errors.Gone: 410,
    errors.TooLarge: 413,
    errors.Unsupported: 415,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}


class Envelope(msgspec.Struct, Generic[T]):
    """A yes."""

    status: str
    message: str
    data: T


class Listed(msgspec.Struct, Generic[T], rename="camel"):
    """A part of a list. `total_page` says how many pages there are."""

    current_page: int
    total_items: int
    total_page: int
    items: list[T]


class Failure(msgspec.Struct, rename="camel"):
    """A no."""

    error_code: int
    message: str
    detail: str


def success(data: T, message: str = "Success") -> Envelope[T]:
    """Say yes."""
    return Envelope("success", message, data)


def on_domain_error(request: AnyRequest, error: DomainError) -> Response[Failure]:
    """A rule said no."""
    kind = errors.kind_of(error)
    status = STATUS[kind]
    if status == HTTPStatus.FORBIDDEN:
        return _stranger(request)
    headers = {"Retry-After": str(error.data["retry_after_s"])} if "retry_after_s" in error.data else {}
    if kind is errors.Unavailable:
        headers.setdefault("Retry-After", "1")
    return _no(status, _told(error, kind), headers)


def _stranger(request: AnyRequest) -> Response[Failure]:
    """Who is not let in learns no more than that: which part was wrong is nobody's business."""
    handler = request.scope.get("route_handler")
    if handler is not None and handler.opt.get("public"):
        return _no(400, words.CREDENTIALS_REFUSED)
    refused = Failure(words.TOKEN_REFUSED_CODE, words.TOKEN_REFUSED, words.TOKEN_REFUSED)
    return Response(refused, status_code=403, media_type=MediaType.JSON)


def _told(error: DomainError, kind: type[DomainError]) -> str:
    if error.data.get("fields"):
        fields: dict[str, Broken] = error.data["fields"]
        return "; ".join(_told_field(name, broken) for name, broken in fields.items())
    if "malformed" in error.data:
        return words.BODY
    return (words.CODES.get(error.code) or words.KINDS[kind.code]).format_map(_Data(error.data))


def _told_field(name: str, broken: Broken) -> str:
    word = words.FIELDS.get(broken.rule, words.FIELDS["invalid"])
    return word.format(field=name, choices=" to ".join(broken.choices))


class _Data(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def _no(status: int, detail: str, headers: dict[str, str] | None = None) -> Response[Failure]:
    message = words.NAMES.get(status) or HTTPStatus(status).name
    return Response(
        Failure(status, message, detail), status_code=status, media_type=MediaType.JSON, headers=headers or {}
    )


def on_http_error(request: AnyRequest, error: HTTPException) -> Response[Failure]:
    """The framework said no."""
    if isinstance(error, NotFoundException):
        return _no(404, words.ROUTE)
    if isinstance(error, MethodNotAllowedException):
        return _no(405, words.METHOD, dict(error.headers or {}))
    if error.status_code >= 500:
        return on_anything(request, error)
    if error.status_code == 413:
        return _no(413, words.KINDS["core.too_large"].format(limit=f"{MOST_BODY_BYTES >> 10} KB"))
    return _no(error.status_code, words.KINDS["core.invalid"])


def on_anything(request: AnyRequest, error: Exception) -> Response[Failure]:
    """A partner is away (503), a value cannot be held (400), or it is a bug: logged, and nothing told."""
    if causes.is_unfit(error):
        return _no(400, words.KINDS["core.invalid"])
    if causes.is_transient(error) or isinstance(error, StorageDown | asyncio.TimeoutError):
        _log.warning("partner away", error=type(error).__name__)
        return _no(503, words.KINDS["core.unavailable"], {"Retry-After": "1"})
    _log.error("request broke", path=request.scope.get("path_template"), exc_info=error)
    return _no(500, words.BROKEN)


MOST_BODY_BYTES = 16 << 10
"""The only body there is holds three short texts."""
