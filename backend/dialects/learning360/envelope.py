"""How this contract says no: an object with a word in `error`, or with a sentence in `message`. A yes has no envelope.

Source: contract/partners.md 3.2 and 3.3. Clients take any object with one of these keys for a failure.
"""

from typing import Any

from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException

from backend.core import causes, errors
from backend.core.errors import DomainError
from backend.core.ids import new_uuid
from backend.core.log import logger
from backend.core.settings import settings
from backend.dialects.learning360.wire import Refusal

AnyRequest = Request[Any, Any, Any]
RETRY_S = 1

_log = logger(__name__)

STATUS: dict[type[DomainError], tuple[int, str]] = {
    errors.Invalid: (400, "invalid_request"),
    errors.Unauthenticated: (401, "unauthorized"),
    errors.Forbidden: (403, "forbidden"),
    errors.NotFound: (404, "not_found"),
    errors.Conflict: (409, "conflict"),
    errors.Unmet: (422, "unprocessable"),
    errors.Gone: (410, "gone"),
    errors.TooLarge: (413, "request_too_large"),
    errors.Unsupported: (415, "unsupported_media_type"),
    errors.TooMany: (429, "too_many_requests"),
    errors.Unavailable: (503, "service_unavailable"),
}

WORDS = {
    "clients.scope_missing": "insufficient_scope",
    "learning360.invalid_client": "invalid_client",
    "learning360.unsupported_grant_type": "unsupported_grant_type",
}
"""Words of their own, by the code of an error; all others have that of their kind."""

BROKE = "an error occurred: {reference}"


def answer(status: int, said: Refusal, headers: dict[str, str] | None = None) -> Response[Refusal]:
    """A no."""
    return Response(said, status_code=status, media_type=MediaType.JSON, headers=headers or {})


def _nothing_there() -> Response[Refusal]:
    return answer(404, Refusal(message="Not Found", documentation_url=f"{settings().public_url}/docs"))


def on_domain_error(_: AnyRequest, error: DomainError) -> Response[Refusal]:
    """A rule said no."""
    status, word = STATUS[errors.kind_of(error)]
    if status == 404:
        return _nothing_there()
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if "retry_after_s" in error.data or status == 503:
        headers["Retry-After"] = str(error.data.get("retry_after_s", RETRY_S))
    return answer(status, Refusal(error=WORDS.get(error.code, word)), headers)


def on_http_error(request: AnyRequest, error: HTTPException) -> Response[Refusal]:
    """The framework said no."""
    if isinstance(error, NotFoundException):
        return _nothing_there()
    if isinstance(error, MethodNotAllowedException):
        return answer(405, Refusal(error="method_not_allowed"), dict(error.headers or {}))
    if error.status_code >= 500:
        return on_anything(request, error)
    return answer(error.status_code, Refusal(error=dict(STATUS.values()).get(error.status_code, "invalid_request")))


def on_anything(request: AnyRequest, error: Exception) -> Response[Refusal]:
    """A partner of ours is away (503), a value cannot be held (400), or it is a bug: logged, and nothing told."""
    if causes.is_unfit(error):
        return answer(400, Refusal(error="invalid_request"))
    if causes.is_transient(error):
        _log.warning("partner away", error=type(error).__name__)
        return answer(503, Refusal(error="service_unavailable"), {"Retry-After": str(RETRY_S)})
    reference = new_uuid().hex
    _log.error("request broke", path=request.scope.get("path_template"), reference=reference, exc_info=error)
    return answer(500, Refusal(message=BROKE.format(reference=reference)))
