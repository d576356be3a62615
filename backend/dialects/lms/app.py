"""Which requests are this contract's, and the application that answers them."""

from functools import partial

from litestar import Litestar, get
from litestar.config.cors import CORSConfig
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.router import Router

from backend.core.errors import DomainError
from backend.core.settings import settings
from backend.dialects.lms import auth, content, docs, envelope, paging
from backend.dialects.lms.routes import controllers
from backend.http.docs import Clock, OneWay, config, describe, listed
from backend.http.idempotency import Idempotency
from backend.http.lanes import Refusal
from backend.http.validation import OnlyJson

NAME = "lms"
PREFIX = "/api/v1"
DOCS = f"{PREFIX}/docs"
MAX_JSON_BYTES = 1 << 20


def claims(host: str, path: str) -> bool:
    """`/api/v1`, `/hello` and `/uploads/`."""
    return path == PREFIX or path.startswith((f"{PREFIX}/", "/uploads/")) or path == "/hello"


@get("/hello", opt={"public": True}, tags=["service"])
async def hello() -> envelope.Envelope[None]:
    """Say that the API runs. Source: contract section 1."""
    return envelope.success("Backend Brevet API is running", None)


def build() -> Litestar:
    """The application."""
    api = Router(PREFIX, route_handlers=list(controllers()))
    origins = list(settings().cors_origins)
    app = Litestar(
        route_handlers=[hello, content.send, api],
        middleware=[Refusal(), auth.Authentication(), OnlyJson(), Idempotency(auth.principal)],
        dependencies={
            "actor": Provide(auth.actor, sync_to_thread=False),
            "listing": Provide(paging.read_listing, sync_to_thread=False),
        },
        exception_handlers={
            DomainError: envelope.on_domain_error,
            HTTPException: envelope.on_http_error,
            Exception: envelope.on_anything,
        },
        before_request=envelope.listen,
        cors_config=CORSConfig(allow_origins=origins, allow_credentials=True) if origins else None,
        openapi_config=config("Lulus: lms", DOCS, docs.DESCRIPTION),
        plugins=[OneWay(), Clock()],
        request_max_body_size=MAX_JSON_BYTES,
        logging_config=None,
    )
    describe(app, docs.refusals, partial(listed, most=paging.OLD_CLIENTS_ASK_FOR))
    return app
