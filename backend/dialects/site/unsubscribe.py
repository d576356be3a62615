"""The page behind the link in a mail: looking at it changes nothing, one click (also a mail program's own) does.

Source: RFC 8058. Mail programs and scanners fetch links unasked, so only POST ends the mails; no login, no cookie, and
so nothing that another page could misuse.
"""

from typing import Any

from litestar import MediaType, Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from backend.core.settings import settings
from backend.dialects.site import pages
from backend.dialects.site.words import spoken_language
from backend.domain.notifications import commands, links
from backend.domain.notifications.errors import LinkUnknown
from backend.http.lanes import Refusal

Ask = Request[Any, Any, State]
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "vary": "Accept-Language, Accept",
    "cache-control": "no-store",
    "x-robots-tag": "noindex, nofollow",
}


def _page(request: Ask, state: str, kind: str = "", status: int = 200) -> Response[str]:
    lang = spoken_language(request.query_params.get("lang"), request.headers.get("accept-language", ""))
    body = pages.render_unsubscribe(lang, state, kind, school=settings().school_name)
    headers = {**HEADERS, "content-language": lang}
    return Response(body, status_code=status, media_type=MediaType.HTML, headers=headers)


@get("/unsubscribe/{token:str}", include_in_schema=False)
async def ask(request: Ask, token: FromPath[str]) -> Response[str]:
    """Ask whether mails of a kind shall end. Changes nothing."""
    try:
        _, kind = links.read(token)
    except LinkUnknown:
        return _page(request, "unsubscribe_unknown", status=404)
    return _page(request, "unsubscribe", kind)


@post("/unsubscribe/{token:str}", status_code=200, opt={"lane": ""}, middleware=[Refusal()], include_in_schema=False)
async def end(request: Ask, token: FromPath[str]) -> Response[str]:
    """End mails of a kind; a second time changes nothing."""
    try:
        kind = await commands.unsubscribe(token)
    except LinkUnknown:
        return _page(request, "unsubscribe_unknown", status=404)
    return _page(request, "unsubscribed", kind)


HANDLERS: list[ControllerRouterHandler] = [ask, end]
