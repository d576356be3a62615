"""The app of the house: start page, certificate page, and the 404 of every path that nobody claims."""

from typing import Any
from urllib.parse import quote

from litestar import HttpMethod, Litestar, MediaType, Request, Response, get, post, route
from litestar.datastructures import State
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from backend.core.dates import Lang
from backend.core.errors import Invalid, TooLarge, TooMany, Unavailable
from backend.core.settings import settings
from backend.dialects.site import check_in, files, lookup, operations, pages, unsubscribe, wellknown
from backend.dialects.site.ops import handlers as ops
from backend.dialects.site.ops.pages import ASSETS as OPS_ASSETS
from backend.dialects.site.words import spoken_language
from backend.domain.certificates import checking
from backend.http import shared
from backend.http.badges import Form, badge_response
from backend.http.lanes import Refusal
from backend.http.media import media_response
from backend.http.ranges import Resource
from storage.errors import StorageDown

NAME = "site"
LANE = None
"""What is asked here must be answered always (health, metrics), but for the certificate page. Files that are
dropped have a bound of their own."""

LONGEST_REFERENCE = 100
ASSETS = {"site.css": "text/css", "icon.svg": "image/svg+xml", **OPS_ASSETS}
GUARD = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "vary": "Accept-Language, Accept",
}

Ask = Request[Any, Any, State]


def claims(host: str, path: str) -> bool:
    """Claim everything: the site is the last to be asked."""
    return True


def _lang(request: Ask) -> Lang:
    return spoken_language(request.query_params.get("lang"), request.headers.get("accept-language", ""))


def _html(request: Ask, body: str, *, status: int = 200, private: bool = True) -> Response[str]:
    """Answer with a page. What is private is kept out of caches and search engines."""
    kept = {"cache-control": "no-store", "x-robots-tag": "noindex, nofollow"} if private else {}
    headers = {**GUARD, **kept, "content-language": _lang(request)}
    return Response(body, status_code=status, media_type=MediaType.HTML, headers=headers)


@get("/", include_in_schema=False)
async def home(request: Ask) -> Response[str]:
    """Show the start page."""
    return _html(request, pages.render_home(_lang(request), school=settings().school_name), private=False)


@get(["/certificates", "/sertifikat", "/certificates/file"], include_in_schema=False)
async def search(request: Ask, number: FromQuery[str] = "") -> Response[str] | Redirect:
    """Show the form; with a number in it go to that certificate's own address."""
    wanted = number.strip()
    if not wanted:
        return _html(request, pages.render_search(_lang(request), school=settings().school_name))
    if "/" in wanted or len(wanted) > LONGEST_REFERENCE:
        return _unknown(request, wanted)
    chosen = "?lang=" + _lang(request) if "lang" in request.query_params else ""
    return Redirect(f"/certificates/{quote(wanted, safe='')}{chosen}", status_code=303, headers=GUARD)


@get(
    ["/certificates/{reference:str}", "/sertifikat/{reference:str}"],
    opt={"lane": ""},
    middleware=[Refusal()],
    include_in_schema=False,
)
async def certificate(request: Ask, reference: FromPath[str]) -> Response[str]:
    """Say whether a certificate is real: 200 for valid and revoked, 404 for unknown."""
    known = len(reference) <= LONGEST_REFERENCE and "\0" not in reference
    view = await request.app.state.lookup(reference.strip(), _address(request)) if known else None
    if view is None:
        return _unknown(request, reference)
    return _html(request, pages.render_page(view, _lang(request), school=settings().school_name))


@route("/certificates/{reference:str}/pdf", http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False)
async def certificate_file(request: Ask, reference: FromPath[str]) -> Response[Any]:
    """Give the PDF of a certificate that holds; it says no more than the page does."""
    known = len(reference) <= LONGEST_REFERENCE and "\0" not in reference
    paper = await lookup.file(reference.strip(), _address(request)) if known else None
    if paper is None:
        return _unknown(request, reference)
    resource = Resource(
        size_bytes=paper.size_bytes, etag=paper.sha256, modified_at=paper.stored_at, content_type="application/pdf"
    )
    answer = media_response(
        request,
        resource,
        shared.opener(paper.object_key),
        filename=f"{paper.number}.pdf",
    )
    answer.headers["x-robots-tag"] = "noindex, nofollow"
    return answer


@get("/certificates/{reference:str}/badge", include_in_schema=False)
async def certificate_badge(
    request: Ask, reference: FromPath[str], form: FromQuery[str] = "jwt"
) -> Response[bytes] | Response[str]:
    """Give the Open Badge of a certificate: the credential, or with `?form=svg` a picture that carries it."""
    known = len(reference) <= LONGEST_REFERENCE and "\0" not in reference
    view = await lookup.badge(reference.strip(), _address(request)) if known else None
    if view is None:
        return _unknown(request, reference)
    return badge_response(view.number, view.token, view.picture, Form.SVG if form == "svg" else Form.JWT)


@post("/certificates/file", status_code=200, include_in_schema=False, request_max_body_size=None)
async def certificate_dropped(request: Ask) -> Response[str]:
    """Say whether a PDF is one of ours, as it was made, and how that certificate stands now."""
    await checking.may_drop(_address(request))
    verdict, view = await lookup.dropped(await files.received(request))
    return _html(request, pages.render_file(verdict, view, _lang(request), school=settings().school_name))


def _address(request: Ask) -> str:
    return request.client.host if request.client else ""


def _unknown(request: Ask, reference: str) -> Response[str]:
    shown = reference.strip()[:LONGEST_REFERENCE]
    body = pages.render_page(None, _lang(request), school=settings().school_name, reference=shown)
    return _html(request, body, status=404)


@get("/site/{name:str}", include_in_schema=False)
async def asset(name: FromPath[str], v: FromQuery[str] = "") -> Response[bytes]:
    """Give the stylesheet or the icon; an address with a version in it may be kept for a year."""
    if name not in ASSETS:
        raise NotFoundException
    kept = "max-age=31536000, immutable" if v else "max-age=3600"
    headers = {"cache-control": f"public, {kept}", "x-content-type-options": "nosniff"}
    return Response((pages.STATIC / name).read_bytes(), media_type=ASSETS[name], headers=headers)


def refuse(request: Ask, error: HTTPException) -> Response[Any]:
    """Answer for what is not here: a page to browsers, one line of JSON to programs."""
    if "text/html" in request.headers.get("accept", ""):
        body = pages.render_missing(_lang(request), school=settings().school_name)
        answer: Response[Any] = _html(request, body, status=error.status_code)
    else:
        words = "Method not allowed" if isinstance(error, MethodNotAllowedException) else "Not found"
        answer = Response({"detail": words}, status_code=error.status_code, headers={"vary": "Accept"})
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


def slow_down(request: Ask, error: TooMany) -> Response[str]:
    """Answer to somebody who checks more certificates than a person would."""
    body = pages.render_busy(_lang(request), school=settings().school_name)
    answer = _html(request, body, status=429)
    answer.headers["retry-after"] = str(error.data["retry_after_s"])
    return answer


def refuse_file(request: Ask, error: Invalid | TooLarge) -> Response[str]:
    """Answer when there was no file to look into, or too much of it."""
    too_large = isinstance(error, TooLarge)
    body = pages.render_refused("too_large" if too_large else "no_file", _lang(request), school=settings().school_name)
    return _html(request, body, status=413 if too_large else 400)


def excuse(request: Ask, error: Exception) -> Response[str]:
    """Answer when the file of a certificate cannot be had, which says nothing against the certificate."""
    answer = _html(request, pages.render_away(_lang(request), school=settings().school_name), status=503)
    answer.headers["retry-after"] = "60"
    return answer


HANDLERS: list[ControllerRouterHandler] = [
    home,
    search,
    certificate,
    certificate_file,
    certificate_badge,
    certificate_dropped,
    asset,
    *wellknown.HANDLERS,
    *operations.HANDLERS,
    ops.ROUTER,
    check_in.ROUTER,
    *unsubscribe.HANDLERS,
]


def build(find: lookup.Lookup = lookup.certificate) -> Litestar:
    """Build the app. `find` is asked for each certificate by number or uuid."""
    return Litestar(
        route_handlers=HANDLERS,
        exception_handlers={
            NotFoundException: refuse,
            MethodNotAllowedException: refuse,
            TooMany: slow_down,
            Invalid: refuse_file,
            TooLarge: refuse_file,
            Unavailable: excuse,
            StorageDown: excuse,
        },
        opt={"public": True},  # but for what says otherwise
        openapi_config=None,
        state=State({"lookup": find}),
    )
