"""A login of these pages: a session in a cookie of its own, below one path, for people of one role.

The cookie holds a signed token that names the session; the session is looked up at every request, so logging out, a new
password and another role work at once. Forms carry a token made from the session, which no other site can know.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import msgspec
from litestar import Request
from litestar.datastructures import Cookie

from backend.core import clock, tokens
from backend.core.actor import Actor, Role
from backend.core.errors import Forbidden, Unauthenticated
from backend.core.settings import settings
from backend.domain.accounts import queries as accounts
from backend.domain.accounts import sessions
from backend.domain.accounts.terms import Caller

RENEWED = timedelta(minutes=1)
LIVE = "x-live"
"""The header of a page that looks again by itself, which is no sign that anybody is there."""

Ask = Request[Any, Any, Any]


class Stranger(Unauthenticated):
    """Nobody is logged in here."""

    code = "site.stranger"


class Elsewhere(Forbidden):
    """The request did not come from a form of ours."""

    code = "site.elsewhere"


class WrongRole(Forbidden):
    """The pages behind this login are for people of another role."""

    code = "site.wrong_role"


class Visitor(msgspec.Struct, frozen=True):
    """Somebody who is logged in. `began_s` is when, `seen_s` when they last did something (epoch seconds)."""

    actor: Actor
    name: str
    began_s: int
    seen_s: int

    @property
    def csrf(self) -> str:
        """What the forms of this session carry."""
        return _keyed(f"session {self.actor.session_id} {self.began_s}")


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """The way in to the pages below `path`, for people of `role`. A session ends after `idle`, and after `longest`."""

    path: str
    cookie_name: str
    role: Role
    idle: timedelta
    longest: timedelta
    is_kept: bool = False
    """The cookie outlives the browser."""
    same_site: Literal["strict", "lax"] = "strict"

    @property
    def form_cookie_name(self) -> str:
        """The cookie with which the login form is compared."""
        return f"{self.cookie_name}_form"

    @property
    def _audience(self) -> str:
        return f"lulus:{self.path.strip('/')}"

    async def visitor(self, request: Ask) -> Visitor:
        """Who holds this cookie. One statement. Raises: Stranger, also for who has another role by now."""
        token = request.cookies.get(self.cookie_name, "")
        try:
            claims = tokens.read(settings().jwt_secret, token, audience=self._audience)
            actor = await accounts.actor_of_session(int(claims["sub"]))
        except (Unauthenticated, ValueError):
            raise Stranger from None
        found = Visitor(actor, str(claims["name"]), int(claims["began"]), int(claims["iat"]))
        if actor.role is not self.role or found.began_s + self.longest.total_seconds() < clock.now().timestamp():
            raise Stranger
        return found

    async def enter(self, request: Ask, email: str, password: str) -> Visitor:
        """Log somebody in, within the limits that all logins share.

        Raises: WrongCredentials, EmailUnverified, TooManyTries, WrongRole.
        """
        signed_in = await sessions.log_in(_caller(request), email, password)
        actor = await accounts.actor_of_token(sessions.access_token(signed_in, {}))
        if actor.role is not self.role:
            await sessions.log_out(actor, None)
            raise WrongRole
        at = int(clock.now().timestamp())
        return Visitor(actor, signed_in.person.name, at, at)

    def renewed(self, request: Ask, visitor: Visitor) -> list[Cookie]:
        """The cookie anew, so that `idle` begins again; none for a page that only looked by itself."""
        is_fresh = clock.now().timestamp() - visitor.seen_s < RENEWED.total_seconds()
        return [] if is_fresh or LIVE in request.headers else [self.session_cookie(visitor)]

    def session_cookie(self, visitor: Visitor) -> Cookie:
        """The cookie of a session, good for `idle`."""
        token = tokens.sign(
            settings().jwt_secret,
            audience=self._audience,
            subject=str(visitor.actor.session_id),
            lifetime=self.idle,
            claims={"began": visitor.began_s, "name": visitor.name},
        )
        return self.cookie(self.cookie_name, token)

    def cookie(self, name: str, value: str) -> Cookie:
        """A cookie of these pages; without a value it is taken away."""
        kept_s = int(self.longest.total_seconds()) if self.is_kept and name == self.cookie_name else None
        return Cookie(
            key=name,
            value=value,
            path=self.path,
            max_age=kept_s if value else 0,
            httponly=True,
            secure=settings().is_production or settings().public_url.startswith("https://"),
            samesite=self.same_site,
        )

    def stranger_form(self) -> tuple[str, Cookie]:
        """What the login form carries, and the cookie it is compared with."""
        nonce = secrets.token_urlsafe(16)
        return _keyed(f"form {nonce}"), self.cookie(self.form_cookie_name, nonce)

    async def form(self, request: Ask, visitor: Visitor | None) -> dict[str, str]:
        """The fields of one of our own forms. Raises: Elsewhere."""
        origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "same-origin")
        if site not in ("same-origin", "none") or (origin is not None and not _is_ours(request, origin)):
            raise Elsewhere
        try:
            fields = parse_qs((await request.body()).decode(), max_num_fields=20)
        except ValueError:
            raise Elsewhere from None
        given = {name: values[0] for name, values in fields.items()}
        nonce = request.cookies.get(self.form_cookie_name, "")
        wanted = visitor.csrf if visitor else _keyed(f"form {nonce}")
        if not (visitor or nonce) or not hmac.compare_digest(wanted.encode(), given.get("csrf", "").encode()):
            raise Elsewhere
        return given


def _caller(request: Ask) -> Caller:
    return Caller(request.client.host if request.client else "", request.headers.get("user-agent", "")[:300])


def _is_ours(request: Ask, origin: str) -> bool:
    try:
        netloc = urlsplit(origin).netloc.lower()
    except ValueError:  # such as http://[
        return False
    return netloc in {request.headers.get("host", "").lower(), urlsplit(settings().public_url).netloc} - {""}


def _keyed(text: str) -> str:
    key = f"site csrf:{settings().jwt_secret}".encode()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
