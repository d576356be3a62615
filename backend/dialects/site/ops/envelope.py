"""How the operations page answers: pages with the strictest headers, and refusals in words."""

from collections.abc import Callable
from typing import Any

from litestar import MediaType, Response
from litestar.datastructures import Cookie
from litestar.exceptions import HTTPException
from litestar.response import Redirect

from backend.core.causes import is_transient
from backend.core.errors import DomainError, Invalid, NotFound, TooMany, Unauthenticated
from backend.core.settings import settings
from backend.dialects.site.gate import LIVE, Ask, Elsewhere, Stranger, Visitor, WrongRole
from backend.dialects.site.ops import pages
from backend.dialects.site.ops.guard import GATE, PATH
from backend.dialects.site.words import spoken_language

GUARD = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self';"
    " img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
    "cache-control": "no-store",
    "vary": "Accept-Language, Cookie",
}


def frame(request: Ask, visitor: Visitor | None = None, csrf: str = "") -> pages.Frame:
    """What surrounds the pages of a request."""
    lang = spoken_language(request.query_params.get("lang"), request.headers.get("accept-language", ""))
    kept = ("state", "kind", "routine", "before")
    query = {name: value for name, value in request.query_params.items() if name in kept}
    return pages.Frame(
        lang=lang,
        school=settings().school_name,
        name=visitor.name if visitor else "",
        csrf=visitor.csrf if visitor else csrf,
        path=request.url.path,
        query=query,
    )


def answer(html: str, *, status: int = 200, cookies: list[Cookie] | None = None) -> Response[str]:
    """An answer with the headers of every page."""
    return Response(html, status_code=status, media_type=MediaType.HTML, headers=dict(GUARD), cookies=cookies or [])


def page(request: Ask, visitor: Visitor, template: str, **values: object) -> Response[str]:
    """A page for an admin, whose session goes on with it."""
    html = pages.render(template, frame(request, visitor), **values)
    return answer(html, cookies=GATE.renewed(request, visitor))


def elsewhere(request: Ask, path: str, **query: object) -> Redirect:
    """Lead to another page, which is fetched with GET."""
    return Redirect(pages.address(frame(request).lang, path, **query), status_code=303, headers=dict(GUARD))


def login_page(request: Ask, *, status: int = 200, wrong: str = "", wait: int = 0) -> Response[str]:
    """The login form, with a token of its own."""
    csrf, cookie = GATE.stranger_form()
    html = pages.render("login", frame(request, csrf=csrf), wrong=wrong, wait_s=wait)
    return answer(html, status=status, cookies=[cookie])


def refuse(request: Ask, error: DomainError) -> Response[Any]:
    """Say no: to strangers with the way in, to others in words."""
    if isinstance(error, Stranger):
        if LIVE in request.headers:
            return answer("", status=401)
        return elsewhere(request, f"{PATH}/login")
    if isinstance(error, TooMany):
        wait = int(error.data.get("retry_after_s", 60))
        said = login_page(request, status=429, wrong="too_many", wait=wait)
        said.headers["retry-after"] = str(wait)
        return said
    if isinstance(error, WrongRole | Elsewhere):
        return login_page(request, status=403, wrong=error.code.partition(".")[2])
    if isinstance(error, Unauthenticated):
        return login_page(request, status=401, wrong="wrong")
    status = 404 if isinstance(error, NotFound) else 400 if isinstance(error, Invalid) else 503
    word = "busy" if status == 503 else "missing"
    return answer(pages.render("refused", frame(request), word=word), status=status)


def refuse_http(request: Ask, error: HTTPException) -> Response[Any]:
    """Say no to what the framework refuses: another method, a body that is too long."""
    word = "missing" if error.status_code in (404, 405) else "elsewhere"
    said = answer(pages.render("refused", frame(request), word=word), status=error.status_code)
    for name, value in (error.headers or {}).items():
        said.headers[name] = value
    return said


def excuse(request: Ask, error: Exception) -> Response[Any]:
    """Say that the database does not answer. Raises: what else broke."""
    if not is_transient(error):
        raise error
    return answer(pages.render("refused", frame(request), word="busy"), status=503)


REFUSALS: dict[int | type[Exception], Callable[..., Response[Any]]] = {
    DomainError: refuse,
    HTTPException: refuse_http,
    Exception: excuse,
}
