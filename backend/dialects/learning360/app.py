"""Which requests are this contract's, and the application that answers them."""

from litestar import Litestar
from litestar.datastructures import MutableScopeHeaders
from litestar.exceptions import HTTPException
from litestar.types import Message, Scope

from backend.core.errors import DomainError
from backend.dialects.learning360 import auth, docs, envelope, routes
from backend.http.docs import OneWay, config, describe
from backend.http.lanes import Refusal

NAME = "learning360"
PREFIXES = ("/api/v1/programs", "/api/v2/oauth2")
MAX_BODY_BYTES = 16 << 10
DOCUMENTATION = "/api/v2/oauth2/docs"
"""Not among those that `/docs` leads to, which are for users of our own API."""

HEADERS = {
    "Cache-Control": "no-cache, no-store, private",
    "Access-Control-Allow-Origin": "*",  # nothing here goes by a cookie
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Origin, X-Requested-With, Content-Type, Accept, X-company-id,"
    " X-apiKey",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # there may be a key in the address
}
"""On every answer. Source: contract/partners.md 3.3, and the README for what differs."""


def claims(host: str, path: str) -> bool:
    """`/api/v1/programs` and `/api/v2/oauth2`, and what is below them."""
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in PREFIXES)


async def dress(message: Message, scope: Scope) -> None:
    """Give an answer its headers."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in HEADERS.items():
        headers[name] = value
    if headers.get("content-type", "") == "application/json":
        headers["content-type"] = "application/json; charset=utf-8"


def build() -> Litestar:
    """The application."""
    app = Litestar(
        route_handlers=routes.HANDLERS,
        middleware=[Refusal(), auth.Authentication()],
        exception_handlers={
            DomainError: envelope.on_domain_error,
            HTTPException: envelope.on_http_error,
            Exception: envelope.on_anything,
        },
        before_send=[dress],
        openapi_config=config("Lulus: learning360", DOCUMENTATION, docs.DESCRIPTION, docs.WAYS_IN),
        plugins=[OneWay()],
        opt={"scope": auth.SCOPE},
        request_max_body_size=MAX_BODY_BYTES,
        logging_config=None,
    )
    describe(app, docs.refusals)
    return app
