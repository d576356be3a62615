"""How this contract says yes, and how it says no."""

import asyncio
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

import asyncpg
import msgspec
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException, ValidationException
from litestar.handlers import HTTPRouteHandler

from backend.core import causes, errors
from backend.core.errors import Broken, DomainError
from backend.core.log import logger
from backend.core.paging import Listing, Paged
from backend.dialects.lms.wire.terms import GroupWord
from backend.dialects.lms.words import all_words
from backend.dialects.lms.words.core import ABRIDGED, RULES
from backend.dialects.lms.words.endpoints import AT, DONE, ENGLISH
from backend.dialects.lms.words.gate import all_missing
from backend.dialects.lms.words.word import Word
from backend.domain.accounts.terms import GroupType
from backend.http.validation import explain, unfit_texts
from storage.errors import StorageDown

T = TypeVar("T")
AnyRequest = Request[Any, Any, Any]

_log = logger(__name__)

STATUS: dict[type[DomainError], int] = {
    errors.Invalid: 400,
    errors.Unauthenticated: 401,
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

WORDS = all_words()


class Envelope(msgspec.Struct, Generic[T]):
    """A yes."""

    success: bool
    message: str
    data: T


class Meta(msgspec.Struct):
    """Where in a list we are."""

    page: int
    limit: int
    total: int
    total_pages: int


class ListEnvelope(msgspec.Struct, Generic[T]):
    """A yes with a part of a list."""

    success: bool
    message: str
    data: list[T]
    meta: Meta | None


class Failure(msgspec.Struct):
    """A no. `error` is null, a text, or field -> text."""

    success: bool
    message: str
    error: str | dict[str, Any] | None


_in_english: ContextVar[bool] = ContextVar("_in_english", default=False)


async def listen(request: AnyRequest) -> None:
    """Before each handler: in which language its answer is."""
    _in_english.set(speaks_english(request))


def success(message: str, data: T) -> Envelope[T]:
    """Say yes, in the language of the request."""
    told = DONE.get(message, message) if _in_english.get() else message
    return Envelope(success=True, message=told, data=data)


def success_list(message: str, items: list[T], paged: Paged[Any], listing: Listing) -> ListEnvelope[T]:
    """Say yes with a part of a list: `items` on the wire, of the `paged` that was asked for by `listing`."""
    told = success(message, items)
    return ListEnvelope(success=True, message=told.message, data=items, meta=meta(paged, listing))


def meta(paged: Paged[Any], listing: Listing) -> Meta:
    """Where in a list we are."""
    pages = -(-paged.total // listing.limit)
    return Meta(listing.offset // listing.limit + 1, listing.limit, paged.total, pages)


def speaks_english(request: AnyRequest) -> bool:
    """Whether the client prefers English; Indonesian is the contract's language."""
    for name, value in request.scope["headers"]:  # each request asks, so none is decoded
        if name == b"accept-language":
            return bool(value.lstrip()[:2].lower() == b"en")
    return False


class _Data(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def tell(word: Word, data: dict[str, Any], *, english: bool) -> str:
    """A word with its values filled in."""
    shown = {name: GroupWord.of(value) if isinstance(value, GroupType) else value for name, value in data.items()}
    shown["more"] = all_missing(data.get("missing") or (), english=english)
    return (word.en if english else word.id).format_map(_Data(shown))


def tell_field(name: str, broken: Broken, *, english: bool) -> str:
    """What is said of one field."""
    word = RULES.get(broken.rule, RULES["invalid"])
    choices = ", ".join(broken.choices)
    if not english:
        choices = ABRIDGED.get(broken.choices, choices)
    return tell(word, {"field": name, "choices": choices}, english=english)


def _answer(status: int, message: str, error: Any, headers: dict[str, str] | None = None) -> Response[Failure]:  # noqa: ANN401
    return Response(
        Failure(success=False, message=message, error=error),
        status_code=status,
        media_type=MediaType.JSON,
        headers=headers or {},
    )


def on_domain_error(request: AnyRequest, error: DomainError) -> Response[Failure]:
    """A rule said no."""
    kind = errors.kind_of(error)
    english = speaks_english(request)
    failure = None if _at_the_door(request, error) else _failure(request)
    word = AT.get((failure or "", error.code)) or WORDS.get(error.code) or WORDS[kind.code]
    status = word.status or STATUS[kind]
    text = tell(word, error.data, english=english)
    if isinstance(error, errors.Invalid) and "fields" in error.data:
        fields: dict[str, Broken] = error.data["fields"]
        told = {name: tell_field(name, broken, english=english) for name, broken in fields.items()}
        return _answer(400, tell(WORDS["core.invalid"], {}, english=english), told)
    headers = {}
    if "retry_after_s" in error.data:
        headers["Retry-After"] = str(error.data["retry_after_s"])
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
        if failure is None:
            return _answer(status, text, None, headers)
    detail = {"message": text, "rows": error.data["rows"]} if "rows" in error.data else text
    message = word.message or text if failure is None or word.alone else failure
    return _answer(status, ENGLISH.get(message, message) if english else message, detail, headers)


def _at_the_door(request: AnyRequest, error: DomainError) -> bool:
    """Whether the request was turned away before its endpoint did anything; the contract has fixed texts for that."""
    if isinstance(error, errors.Unauthenticated):
        handler = request.scope.get("route_handler")
        return handler is not None and not handler.opt.get("public")
    return error.code in ("lms.role", "core.malformed_id")


def _failure(request: AnyRequest) -> str | None:
    """The message that the contract gives for every failure of this endpoint, if it has one."""
    handler = request.scope.get("route_handler")
    text = handler.opt.get("failure") if handler else None
    return str(text) if text else None


def on_unfit_body(request: AnyRequest, error: ValidationException) -> Response[Failure]:
    """The body or a parameter does not fit: every field is named."""
    english = speaks_english(request)
    found = _explained(request)
    if isinstance(found, str):
        return _answer(400, "Could not read the body" if english else "Gagal parsing body", found)
    if not found and isinstance(error.extra, list):
        found = {str(entry.get("key", "?")): Broken("invalid") for entry in error.extra if isinstance(entry, dict)}
    told = {name: tell_field(name, broken, english=english) for name, broken in found.items()}
    return _answer(400, tell(WORDS["core.invalid"], {}, english=english), told)


def _explained(request: AnyRequest) -> dict[str, Broken] | str:
    handler = request.scope.get("route_handler")
    field = handler.parsed_data_field if handler else None
    raw = request._body if isinstance(request._body, bytes) else None  # noqa: SLF001 - the body was read, and is kept there
    if field is None or raw is None:
        return {}
    return explain(field.annotation, raw)


def _unfit(request: AnyRequest, *, english: bool) -> dict[str, str] | None:
    """The fields that no column can hold, where they are in the body."""
    raw = request._body if isinstance(request._body, bytes) else b""  # noqa: SLF001 - as above
    return {name: tell_field(name, broken, english=english) for name, broken in unfit_texts(raw).items()} or None


def on_http_error(request: AnyRequest, error: HTTPException) -> Response[Failure]:
    """The framework said no."""
    english = speaks_english(request)
    if isinstance(error, ValidationException):
        return on_unfit_body(request, error)
    if isinstance(error, NotFoundException):
        return _answer(404, "Route not found", None)
    if isinstance(error, MethodNotAllowedException):
        return _answer(405, "Method not allowed", None, dict(error.headers or {}))
    if error.status_code == 413:
        return _answer(413, tell(WORDS["core.too_large"], {"limit": _body_limit(request)}, english=english), None)
    if error.status_code >= 500:
        return on_anything(request, error)
    if error.status_code == 400:
        found = _explained(request)
        detail = found if isinstance(found, str) else error.detail
        return _answer(400, "Could not read the body" if english else "Gagal parsing body", detail)
    return _answer(error.status_code, error.detail, None)


def _body_limit(request: AnyRequest) -> str:
    handler = request.scope.get("route_handler")
    limit = handler.resolve_request_max_body_size() if isinstance(handler, HTTPRouteHandler) else None
    return f"{(limit or 0) >> 20} MB"


def on_anything(request: AnyRequest, error: Exception) -> Response[Failure]:
    """A partner is away (503), a value cannot be held (400), or it is a bug: logged, and nothing told."""
    english = speaks_english(request)
    if isinstance(error, RecursionError):
        return _answer(
            400, "Could not read the body" if english else "Gagal parsing body", "the JSON is nested too deeply"
        )
    if causes.is_unfit(error):
        return _answer(400, tell(WORDS["core.invalid"], {}, english=english), _unfit(request, english=english))
    if causes.is_transient(error) or isinstance(error, StorageDown | asyncio.TimeoutError):
        _log.warning("partner away", error=type(error).__name__)
        return _answer(503, tell(WORDS["core.unavailable"], {}, english=english), None, {"Retry-After": "1"})
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        # what it names went, or came, in this very moment; a rule that asks first has told everybody else
        _log.error("constraint met without a rule", constraint=causes.violated(error))
        return _answer(409, tell(WORDS["core.conflict"], {}, english=english), None)
    _log.error("request broke", path=request.scope.get("path_template"), exc_info=error)
    return _answer(500, "Internal Server Error", None)
