"""The routes of a dialect are the ones its list names, each claimed by exactly its own dialect."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from backend.app import DIALECTS, app
from backend.dialects.lms import auth

LISTS = Path(__file__).parents[1] / "dialects"
CONTRACT_ROWS = 123
NOT_YET = "contract, not built yet"
DOCUMENTATION = ("/api/v1/docs", "/ruangkerja/docs", "/api/v2/oauth2/docs", "/schema")


def listed(name: str) -> dict[str, list[str]]:
    """The sections of a dialect's routes.txt."""
    sections: dict[str, list[str]] = {}
    for line in (LISTS / name / "routes.txt").read_text().splitlines():
        if line.startswith("# "):
            section = sections.setdefault(line[2:], [])
        elif line.strip():
            section.append(line)
    return sections


def handlers(application: Litestar) -> Iterator[tuple[str, HTTPRouteHandler]]:
    """(`METHOD /path/{}`, handler) for every route of an application, documentation left out."""
    for route in application.routes:
        for handler in getattr(route, "route_handlers", ()):
            if route.path.startswith(DOCUMENTATION):
                continue
            for method in handler.http_methods - {"OPTIONS"}:
                yield f"{method} {re.sub(r'{[^}]*}', '{}', route.path)}", handler


def of(name: str) -> Litestar:
    return next(dialect.app for dialect in app.dialects if dialect.name == name)


def lms() -> Litestar:
    return of("lms")


@pytest.mark.parametrize("name", [dialect.name for dialect in app.dialects])
def test_a_dialect_answers_what_its_list_names(name: str):
    sections = listed(name)
    named = {route for section, routes in sections.items() if section != NOT_YET for route in routes}
    assert {route for route, _ in handlers(of(name))} == named


def test_the_contract_is_known_whole():
    sections = listed("lms")
    assert len(sections["contract"]) + len(sections[NOT_YET]) == CONTRACT_ROWS
    assert set(sections["contract"]) & set(sections[NOT_YET]) == set()


@pytest.mark.parametrize("name", [module.rsplit(".", 1)[1] for module in DIALECTS])
def test_each_route_is_claimed_by_its_own_dialect(name: str):
    routes = [route for section in listed(name).values() for route in section]
    wrong = [route for route in routes if app.whose("lulus.test", route.split(" ")[1]).name != name]
    assert wrong == []


def test_every_handler_says_who_may_call_it():
    silent = [
        route for route, handler in handlers(lms()) if not handler.opt.get("public") and not handler.opt.get("roles")
    ]
    assert silent == []


def test_roles_are_roles():
    for route, handler in handlers(lms()):
        assert set(handler.opt.get("roles", ())) <= auth.EVERYONE, route
