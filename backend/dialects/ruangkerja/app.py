"""Which requests are this contract's, and the application that answers them."""

from litestar import Litestar
from litestar.di import Provide
from litestar.exceptions import HTTPException

from backend.core.errors import DomainError
from backend.dialects.ruangkerja import auth, docs, envelope, paging, routes
from backend.http.docs import config, describe
from backend.http.lanes import Refusal

NAME = "ruangkerja"
PREFIX = "/ruangkerja"
DOCUMENTATION = f"{PREFIX}/docs"
"""Not among those that `/docs` leads to, which are for users of our own API."""


def claims(host: str, path: str) -> bool:
    """`/ruangkerja` and `/oauth/token`."""
    return path in (PREFIX, "/oauth/token", "/oauth/token/") or path.startswith(f"{PREFIX}/")


def build() -> Litestar:
    """The application."""
    app = Litestar(
        route_handlers=[routes.issue_token, routes.Courses],
        middleware=[Refusal(), auth.Authentication()],
        dependencies={
            "page": Provide(paging.read_page, sync_to_thread=False),
            "page_or_all": Provide(paging.read_page_or_all, sync_to_thread=False),
            "name": Provide(paging.read_name, sync_to_thread=False),
        },
        exception_handlers={
            DomainError: envelope.on_domain_error,
            HTTPException: envelope.on_http_error,
            Exception: envelope.on_anything,
        },
        openapi_config=config("Lulus: ruangkerja", DOCUMENTATION, docs.DESCRIPTION),
        opt={"scope": auth.SCOPE},
        request_max_body_size=envelope.MOST_BODY_BYTES,
        logging_config=None,
    )
    describe(app, docs.refusals, docs.query)
    return app
