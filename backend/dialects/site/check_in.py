"""The page that a phone opens which scans the code shown in class: log in once, then one tap notes who is there.

The code in the address is what proves that somebody was there, so looking changes nothing and only a form does. A
phone keeps its login for two weeks, below these pages alone: a code is good for half a minute, a password takes longer.
"""

from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from litestar import MediaType, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from backend.core.actor import Role, acting_as
from backend.core.causes import is_transient
from backend.core.clock import school_zone
from backend.core.dates import Lang
from backend.core.errors import Conflict, DomainError, Forbidden, NotFound, TooMany, Unauthenticated
from backend.core.ids import parse_uuid
from backend.core.settings import settings
from backend.dialects.site import pages
from backend.dialects.site.gate import Ask, Elsewhere, Gate, Stranger, Visitor, WrongRole
from backend.dialects.site.pages import CheckIn
from backend.dialects.site.words import spoken_language
from backend.domain.accounts import sessions
from backend.domain.accounts.errors import EmailUnverified
from backend.domain.batches import queries as batches
from backend.domain.batches.errors import MeetingNotFound
from backend.domain.enrolments import attendance_commands as enrolments
from backend.domain.enrolments.attendance_queries import AttendanceView
from backend.domain.enrolments.errors import (
    AlreadyMarked,
    CheckInCodeWrong,
    CheckInNotOpen,
    CheckInOff,
    CheckInOver,
    NotEnrolled,
    TooManyCheckIns,
)
from backend.domain.enrolments.terms import AttendanceStatus
from backend.http.lanes import Refusal

PATH = "/check-in"
KEPT = timedelta(days=14)
GATE = Gate(
    path=PATH,
    cookie_name="lulus_check_in",
    role=Role.STUDENT,
    idle=KEPT,
    longest=KEPT,
    is_kept=True,
    same_site="lax",  # a camera is another program: what it opens must find the login
)
LONGEST_CODE = 40
MAX_FORM_BYTES = 16 << 10
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
    "cache-control": "no-store",
    "vary": "Accept-Language, Cookie",
}
_NOT_NOTED = (
    AlreadyMarked,
    CheckInCodeWrong,
    CheckInNotOpen,
    CheckInOff,
    CheckInOver,
    MeetingNotFound,
    NotEnrolled,
    TooManyCheckIns,
)
_STATUSES = ((Conflict, 409), (Forbidden, 403), (NotFound, 404), (TooMany, 429))


def _lang(request: Ask) -> Lang:
    return spoken_language(request.query_params.get("lang"), request.headers.get("accept-language", ""))


def _page(request: Ask, view: CheckIn, *, status: int = 200, cookies: list[Cookie] | None = None) -> Response[str]:
    lang = _lang(request)
    html = pages.render_check_in(view, lang, school=settings().school_name)
    headers = {**_HEADERS, "content-language": lang}
    return Response(html, status_code=status, media_type=MediaType.HTML, headers=headers, cookies=cookies or [])


def _here(request: Ask) -> tuple[str, str]:
    """The address of the meeting's page, and the code that this request came with."""
    meeting = str(request.path_params.get("meeting", ""))
    return f"{PATH}/{quote(meeting, safe='')}", request.query_params.get("code", "")[:LONGEST_CODE]


def _view(request: Ask, kind: str, **values: Any) -> CheckIn:  # noqa: ANN401 - fields of the view
    address, code = _here(request)
    return CheckIn(kind=kind, address=address, code=code, **values)


def _login(request: Ask, *, status: int = 200, wrong: str = "", wait_s: int = 0) -> Response[str]:
    csrf, cookie = GATE.stranger_form()
    view = _view(request, "check_in_login", csrf=csrf, wrong=wrong, wait_s=wait_s)
    return _page(request, view, status=status, cookies=[cookie])


async def _note(request: Ask, visitor: Visitor, meeting: str, code: str) -> Response[str]:
    """Note the presence of who is logged in, and say how that went."""
    try:
        with acting_as(visitor.actor):
            mark = await enrolments.check_in(visitor.actor, parse_uuid(meeting), code)
    except _NOT_NOTED as error:
        status = next((status for kind, status in _STATUSES if isinstance(error, kind)), 422)
        kind = "check_in_already" if isinstance(error, AlreadyMarked) else "check_in_refused"
        view = _view(request, kind, csrf=visitor.csrf, name=visitor.name, wrong=error.code.partition(".")[2])
        return _page(request, view, status=status)
    held = await batches.meeting(mark.meeting_id)
    return _page(request, _view(request, "checked_in", name=visitor.name, rows=_rows(mark, held.title)))


def _rows(mark: AttendanceView, title: str) -> tuple[tuple[str, str], ...]:
    at = (mark.checked_in_at or mark.updated_at).astimezone(school_zone())
    status = "is_late" if mark.status is AttendanceStatus.LATE else "is_present"
    return (("holder", mark.person.name), ("meeting", title), ("at", f"{at:%H.%M}"), ("status", status))


@get("/{meeting:str}", opt={"public": True, "lane": ""}, middleware=[Refusal()])
async def ask(request: Ask, meeting: FromPath[str], code: FromQuery[str] = "") -> Response[str]:
    """Ask whether somebody is there, or first who it is. Changes nothing."""
    parse_uuid(meeting)
    visitor = await GATE.visitor(request)
    return _page(request, _view(request, "check_in", csrf=visitor.csrf, name=visitor.name))


@post("/{meeting:str}", status_code=200, opt={"lane": ""}, middleware=[Refusal()])
async def check_in(request: Ask, meeting: FromPath[str], code: FromQuery[str] = "") -> Response[str]:
    """Note the presence of who is logged in."""
    visitor = await GATE.visitor(request)
    await GATE.form(request, visitor)
    return await _note(request, visitor, meeting, code)


@post("/{meeting:str}/login", status_code=200, opt={"public": True, "lane": "passwords"}, middleware=[Refusal()])
async def log_in(request: Ask, meeting: FromPath[str], code: FromQuery[str] = "") -> Response[str]:
    """Begin a session, and note presence if the code still holds; who took longer scans once more."""
    given = await GATE.form(request, None)
    visitor = await GATE.enter(request, given.get("email", ""), given.get("password", ""))
    said = await _note(request, visitor, meeting, code)
    said.cookies = [GATE.session_cookie(visitor), GATE.cookie(GATE.form_cookie_name, "")]
    return said


@post("/{meeting:str}/logout", status_code=200)
async def log_out(request: Ask, meeting: FromPath[str], code: FromQuery[str] = "") -> Redirect:
    """End the session, for who borrowed a phone; leads back to the page."""
    visitor = await GATE.visitor(request)
    await GATE.form(request, visitor)
    await sessions.log_out(visitor.actor, None)
    address, kept = _here(request)
    said = Redirect(
        f"{address}?{urlencode({'code': kept, 'lang': _lang(request)})}", status_code=303, headers=dict(_HEADERS)
    )
    said.cookies = [GATE.cookie(GATE.cookie_name, "")]
    return said


def refuse(request: Ask, error: DomainError) -> Response[str]:
    """Say no: to strangers with the way in, to others in words."""
    if isinstance(error, Stranger):
        return _login(request)
    if isinstance(error, TooMany):
        wait_s = int(error.data.get("retry_after_s", 60))
        said = _login(request, status=429, wrong="too_many", wait_s=wait_s)
        said.headers["retry-after"] = str(wait_s)
        return said
    if isinstance(error, WrongRole | Elsewhere):
        return _login(request, status=403, wrong=error.code.partition(".")[2])
    if isinstance(error, Unauthenticated):
        return _login(request, status=401, wrong="unverified" if isinstance(error, EmailUnverified) else "wrong")
    is_missing = isinstance(error, NotFound)
    view = _view(request, "check_in_refused", wrong="meeting_not_found" if is_missing else "service_away")
    return _page(request, view, status=404 if is_missing else 503)


def excuse(request: Ask, error: Exception) -> Response[str]:
    """Say that the database does not answer. Raises: what else broke."""
    if not is_transient(error):
        raise error
    return _page(request, _view(request, "check_in_refused", wrong="service_away"), status=503)


ROUTER = Router(
    PATH,
    route_handlers=[ask, check_in, log_in, log_out],
    opt={"public": False, "roles": (Role.STUDENT,)},
    include_in_schema=False,
    request_max_body_size=MAX_FORM_BYTES,
    exception_handlers={DomainError: refuse, Exception: excuse},
)
