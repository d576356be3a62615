"""What operators and their machines ask: is it alive, is it ready, how much does it do."""

import asyncio
import time
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from backend.core import errors
from backend.core.causes import is_transient
from backend.domain.jobs import queries as jobs
from backend.domain.jobs.queries import Backlog
from backend.http import docs, health, metrics, shared

NO_STORE = {"cache-control": "no-store"}
BACKLOG_KEPT_S = 1.0


class _Seen:
    """The backlog as it was counted last (monotonic time, s), so that many scrapes cost one count."""

    at: float = 0.0
    backlog: Backlog | None = None


@get("/healthz", include_in_schema=False)
async def alive() -> Response[dict[str, str]]:
    """Say that the process runs; nothing else is asked."""
    return Response({"status": "ok"}, headers=NO_STORE)


@get("/readyz", include_in_schema=False)
async def ready() -> Response[health.Health]:
    """Say whether requests can be served: 200, also "degraded" without the broker, or 503."""
    found = await health.health()
    return Response(found, status_code=found.http_status, headers=NO_STORE)


@get("/metrics", include_in_schema=False, opt={"public": False, "scope": "loopback, or METRICS_TOKEN"})
async def show_metrics(request: Request[Any, Any, Any]) -> Response[Any]:
    """Give the numbers to this machine itself, and to who brings METRICS_TOKEN."""
    if not metrics.may_read(request.scope):
        return Response({"detail": "Not allowed"}, status_code=401, headers={"www-authenticate": "Bearer"})
    text = await asyncio.to_thread(metrics.exposition, gauges(await backlog()))
    return Response(text, headers=NO_STORE | {"content-type": metrics.CONTENT_TYPE})


async def backlog() -> Backlog | None:
    """What waits, counted at most once a second; None while the database is away."""
    if time.monotonic() - _Seen.at >= BACKLOG_KEPT_S:
        _Seen.at = time.monotonic()
        try:
            _Seen.backlog = await jobs.backlog()
        except Exception as error:
            if not (is_transient(error) or isinstance(error, errors.DomainError)):
                raise
            _Seen.backlog = None
    return _Seen.backlog


def gauges(found: Backlog | None) -> dict[str, tuple[str, float]]:
    """The backlog as metrics. Shape: name -> (help, value)."""
    shown = {"lulus_database_up": ("Whether the database answered.", float(found is not None))}
    if found is None:
        return shown
    return shown | {
        "lulus_outbox_events": ("Events that are no jobs yet.", found.outbox),
        "lulus_outbox_oldest_seconds": ("Age of the oldest event that is no job yet.", found.outbox_age_s),
        "lulus_jobs_due": ("Jobs that are due and wait.", found.queued),
        "lulus_jobs_due_oldest_seconds": ("How long the job has waited that is due longest.", found.queued_age_s),
    }


@get("/docs", include_in_schema=False)
async def list_docs() -> Response[Any]:
    """Lead to the documentation: the page itself where there is one, a list where there are several."""
    pages = shared.docs()
    if len(pages) == 1:
        return Redirect(pages[0][1], status_code=303)
    return Response({"documentation": [{"dialect": name, "url": path} for name, path in pages]}, headers=NO_STORE)


@get(f"{docs.ASSETS}/{{name:str}}", include_in_schema=False)
async def docs_asset(name: FromPath[str]) -> Response[bytes]:
    """Give what documentation pages load; it changes with a release only."""
    if name not in docs.FILES:
        raise NotFoundException
    path, media_type = docs.FILES[name]
    headers = {"cache-control": "public, max-age=3600", "x-content-type-options": "nosniff"}
    return Response(await asyncio.to_thread(path.read_bytes), media_type=media_type, headers=headers)


@get("/docs/{dialect:str}/openapi.json", include_in_schema=False)
async def schema(dialect: FromPath[str]) -> Redirect:
    """Lead to the machine-readable description of a dialect."""
    for name, path in shared.docs():
        if name == dialect:
            return Redirect(f"{path}/openapi.json", status_code=303)
    raise NotFoundException


HANDLERS: list[ControllerRouterHandler] = [alive, ready, show_metrics, list_docs, docs_asset, schema]
