"""Which lane of `admission` each request of an application takes, and how the application tells who was refused."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, cast

from litestar import HttpMethod, Litestar
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send

from backend.core.errors import DomainError
from backend.http.admission import REFUSED

Directory = Callable[[str, str], str | None]
"""(method, path) -> the lane of a request; None: it takes no part."""


class Refusal(ASGIMiddleware):
    """Says no in the dialect's words to whom the front door did not let in. Goes before everything that costs."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let a request through, or raise what it was refused for. Raises: Busy, UploadBroken."""
        refused = cast(dict[str, Any], scope).get(REFUSED)
        if isinstance(refused, DomainError):
            raise refused
        await next_app(scope, receive, send)


def directory(app: Litestar, usual: str | None = "") -> Directory:
    """The lanes of an application's requests, as its handlers name them; `usual` is for those that name none."""
    named: defaultdict[tuple[str, str | None], list[str]] = defaultdict(list)
    for method, lane, pattern in _named(app, usual):
        named[method, lane].append(pattern)
    rules: defaultdict[str, list[tuple[re.Pattern[str], str | None]]] = defaultdict(list)
    for (method, lane), patterns in named.items():
        rules[method].append((re.compile("|".join(patterns)), lane))

    def lane_of(method: str, path: str) -> str | None:
        for pattern, lane in rules.get(method, ()):
            if pattern.fullmatch(path):
                return lane
        return usual

    return lane_of


def _named(app: Litestar, usual: str | None) -> Iterator[tuple[str, str | None, str]]:
    """Method, lane and pattern of the paths of every handler that names another lane than the usual one."""
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            lane = handler.opt.get("lane", usual)
            if lane != usual:
                yield from ((HttpMethod(method).value, lane, _pattern(route)) for method in handler.http_methods)


def _pattern(route: HTTPRoute) -> str:
    """What matches the paths of a route; the framework sees no difference between one slash and several."""
    parts = [re.escape(part) if isinstance(part, str) else "[^/]+" for part in route.path_components]
    return "".join(f"/+{part}" for part in parts) + "/*"
