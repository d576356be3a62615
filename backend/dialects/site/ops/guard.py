"""Who is at the operations page: a session in a cookie of its own, ended by half an hour of doing nothing.

The cookie holds a signed token that names the session; the session is looked up at every request, so logging out, a new
password and another role work at once. Forms carry a token made from the session, which no other site can know.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from litestar import Request
from litestar.datastructures import Cookie

from backend.core import clock, tokens
from backend.core.actor import Actor
from backend.core.errors import Forbidden, Unauthenticated
from backend.core.settings import settings
from backend.domain.accounts import queries as accounts
from backend.domain.accounts import sessions
from backend.domain.accounts.terms import Caller

PATH = "/ops"
COOKIE, FORM_COOKIE = "lulus_ops", "lulus_ops_form"
AUDIENCE = "lulus:ops"
IDLE, LONGEST, RENEWED = timedelta(minutes=30), timedelta(hours=12), timedelta(minutes=1)
LIVE = "x-live"
"""The header of a page that looks again by itself, which is no sign that anybody is there."""

Ask = Request[Any, Any, Any]


class Stranger(Unauthenticated):
    """Nobody is logged in here."""

    code = "site.stranger"


class Elsewhere(Forbidden):
    """The request did not come from a form of ours."""

    code = "site.elsewhere"


class NotAdmin(Forbidden):
    """The operations page is for admins."""

    code = "site.not_admin"


class Visitor(msgspec.Struct, frozen=True):
    """An admin at the page. `began_s` is when they logged in, `seen_s` when they last did something (epoch seconds)."""

    actor: Actor
    name: str
    began_s: int
    seen_s: int

    @property
    def csrf(self) -> str:
        """What the forms of this session carry."""
        return _keyed(f"session {self.actor.session_id} {self.began_s}")


async def visitor(request: Ask) -> Visitor:
    """The admin whose cookie this is. One statement. Raises: Stranger, also for who is no admin any more."""
    token = request.cookies.get(COOKIE, "")
    try:
        claims = tokens.read(settings().jwt_secret, token, audience=AUDIENCE)
        actor = await accounts.actor_of_session(int(claims["sub"]))
    except (Unauthenticated, ValueError):
        raise Stranger from None
    found = Visitor(actor, str(claims["name"]), int(claims["began"]), int(claims["iat"]))
    if not actor.is_admin or found.began_s + LONGEST.total_seconds() < clock.now().timestamp():
        raise Stranger
    return found


async def enter(request: Ask, email: str, password: str) -> Visitor:
    """Log an admin in, within the limits that all logins share.

    Raises: WrongCredentials, EmailUnverified, TooManyTries, NotAdmin.
    """
    signed_in = await sessions.log_in(_caller(request), email, password)
    actor = await accounts.actor_of_token(sessions.access_token(signed_in, {}))
    if not actor.is_admin:
        await sessions.log_out(actor, None)
        raise NotAdmin
    at = int(clock.now().timestamp())
    return Visitor(actor, signed_in.person.name, at, at)


def _caller(request: Ask) -> Caller:
    return Caller(request.client.host if request.client else "", request.headers.get("user-agent", "")[:300])


def renewed(request: Ask, visitor: Visitor) -> list[Cookie]:
    """The cookie anew, so that the half hour begins again; none for a page that only looked by itself."""
    is_fresh = clock.now().timestamp() - visitor.seen_s < RENEWED.total_seconds()
    return [] if is_fresh or LIVE in request.headers else [session_cookie(visitor)]


def session_cookie(visitor: Visitor) -> Cookie:
    """The cookie of a session, good for half an hour."""
    token = tokens.sign(
        settings().jwt_secret,
        audience=AUDIENCE,
        subject=str(visitor.actor.session_id),
        lifetime=IDLE,
        claims={"began": visitor.began_s, "name": visitor.name},
    )
    return cookie(COOKIE, token)


def cookie(name: str, value: str) -> Cookie:
    """A cookie of these pages; without a value it is taken away."""
    return Cookie(
        key=name,
        value=value,
        path=PATH,
        max_age=None if value else 0,
        httponly=True,
        secure=settings().is_production or settings().public_url.startswith("https://"),
        samesite="strict",
    )


def stranger_form() -> tuple[str, Cookie]:
    """What the login form carries, and the cookie it is compared with."""
    nonce = secrets.token_urlsafe(16)
    return _keyed(f"form {nonce}"), cookie(FORM_COOKIE, nonce)


async def form(request: Ask, visitor: Visitor | None) -> dict[str, str]:
    """The fields of one of our own forms. Raises: Elsewhere."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "same-origin")
    if site not in ("same-origin", "none") or (origin is not None and not _is_ours(request, origin)):
        raise Elsewhere
    try:
        fields = parse_qs((await request.body()).decode(), max_num_fields=20)
    except ValueError:
        raise Elsewhere from None
    given = {name: values[0] for name, values in fields.items()}
    nonce = request.cookies.get(FORM_COOKIE, "")
    wanted = visitor.csrf if visitor else _keyed(f"form {nonce}")
    if not (visitor or nonce) or not hmac.compare_digest(wanted.encode(), given.get("csrf", "").encode()):
        raise Elsewhere
    return given


def _is_ours(request: Ask, origin: str) -> bool:
    try:
        netloc = urlsplit(origin).netloc.lower()
    except ValueError:  # such as http://[
        return False
    return netloc in {request.headers.get("host", "").lower(), urlsplit(settings().public_url).netloc} - {""}


def _keyed(text: str) -> str:
    key = f"ops csrf:{settings().jwt_secret}".encode()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
