"""`routes` and `openapi`: what the dialects answer to."""

import argparse
import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

from litestar.routes import HTTPRoute

from backend.http import docs
from backend.http.front import Dialect

Say = Callable[[str], None]

_ROUTES = """examples:
  python -m backend.cli routes
  python -m backend.cli routes lms | grep purchases"""
_OPENAPI = """examples:
  python -m backend.cli openapi lms > lms.json
  python -m backend.cli openapi lms --output lms.json"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", say: Say) -> None:
    """Add the commands to the operator's."""
    style = argparse.RawDescriptionHelpFormatter
    listing = commands.add_parser(
        "routes", help="list every route of every dialect, and who may call it", epilog=_ROUTES, formatter_class=style
    )
    listing.add_argument(
        "dialect", nargs="?", default="", help="only those of this one: lms, learning360, ruangkerja or site"
    )
    listing.set_defaults(run=lambda given: _routes(given, say), needs_no_database=True)
    drawing = commands.add_parser(
        "openapi", help="print the OpenAPI document of a dialect", epilog=_OPENAPI, formatter_class=style
    )
    drawing.add_argument("dialect", help="lms, learning360 or ruangkerja")
    drawing.add_argument("--output", type=Path, help="a file to write; without it, it is printed")
    drawing.set_defaults(run=lambda given: _openapi(given, say), needs_no_database=True)


def _dialects() -> tuple[Dialect, ...]:
    from backend.app import app  # noqa: PLC0415 - only these commands need the application, which takes long to load

    return app.dialects


def lines(dialect: Dialect) -> Iterator[tuple[str, str, str, str]]:
    """Dialect, method, path and roles of every route of a dialect."""
    for route in dialect.app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            roles = ", ".join(sorted(str(role) for role in handler.opt.get("roles", ())))
            who = "public" if handler.opt.get("public") else roles or handler.opt.get("scope", "") or "-"
            for method in sorted({str(method) for method in handler.http_methods} - {"OPTIONS"}):
                yield dialect.name, method, route.path, who


async def _routes(given: argparse.Namespace, say: Say) -> int:
    found = sorted({line for one in _dialects() if given.dialect in ("", one.name) for line in lines(one)})
    if not found:
        say(f"There is no dialect {given.dialect}, but {', '.join(sorted(one.name for one in _dialects()))}.")
        return 1
    widths = [max(len(line[at]) for line in found) for at in range(3)]
    for *line, who in found:
        say("  ".join([text.ljust(width) for text, width in zip(line, widths, strict=True)] + [who]))
    return 0


async def _openapi(given: argparse.Namespace, say: Say) -> int:
    documented = {one.name: one for one in _dialects() if one.app.openapi_config}
    dialect = documented.get(given.dialect)
    if dialect is None:
        say(f"There is a document for {', '.join(sorted(documented))}.")
        return 1
    text = docs.document(dialect.app).decode()
    if given.output:
        await asyncio.to_thread(given.output.write_text, text)
    else:
        say(text)
    return 0
