"""The one cookie of this contract, and the requests that may use it."""

from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.datastructures import Cookie

from backend.core.errors import Forbidden, Invalid
from backend.core.settings import settings
from backend.domain.accounts.terms import Caller

REFRESH = "refresh_token"
_PATH = "/api/v1/auth"
_DAY_S = 86_400

AnyRequest = Request[Any, Any, Any]


class OriginRefused(Forbidden):
    """A page of somebody else's made a browser send this."""

    code = "lms.origin"


class CookieMissing(Invalid):
    """The refresh token that the contract wants for logging out was not sent."""

    code = "lms.cookie_missing"


def refresh_cookie(token: str) -> Cookie:
    """The cookie that renews a session; an empty token takes it away."""
    return Cookie(
        key=REFRESH,
        value=token,
        path=_PATH,
        max_age=settings().refresh_token_days * _DAY_S if token else 0,
        httponly=True,
        secure=settings().is_production or settings().public_url.startswith("https://"),
        samesite="lax",
    )


def caller(request: AnyRequest) -> Caller:
    """Where a request comes from. Raises: OriginRefused."""
    check_origin(request)
    client = request.client
    return Caller(client.host if client else "", request.headers.get("user-agent", "")[:300])


def refresh_token(request: AnyRequest) -> str | None:
    """The refresh token that came along, if any. Raises: OriginRefused."""
    check_origin(request)
    return request.cookies.get(REFRESH) or None


def check_origin(request: AnyRequest) -> None:
    """Let in what no browser sent, our own pages, and the origins of the settings. Raises: OriginRefused."""
    origin = request.headers.get("origin")
    if origin is None or origin in settings().cors_origins:
        return
    ours = {request.headers.get("host", "").lower(), urlsplit(settings().public_url).netloc}
    try:
        netloc = urlsplit(origin).netloc.lower()
    except ValueError:  # such as http://[
        raise OriginRefused from None
    if netloc not in ours - {""}:
        raise OriginRefused
