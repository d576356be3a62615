"""The README of the dialect names every route that is ours, and none that is not there."""

import re
from collections.abc import Iterator
from pathlib import Path

from backend.dialects.lms import app

README = Path(app.__file__).with_name("README.md")
ROUTES = Path(__file__).with_name("routes.txt")
ROW = re.compile(r"^\| ([A-Z, ]+) (`/[^|]*`) \|", re.MULTILINE)
DOCUMENTATION = {"GET /api/v1/docs", "GET /api/v1/docs/openapi.json"}
OUTSIDE = ("/hello", "/uploads/")


def listed() -> set[str]:
    ours = ROUTES.read_text().split("# ours\n")[1]
    return {line for line in ours.splitlines() if line.startswith(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"))}


def told(text: str) -> Iterator[str]:
    for methods, paths in ROW.findall(text):
        for path in re.findall(r"`([^`]*)`", paths):
            place = path if path.startswith(OUTSIDE) else f"{app.PREFIX}{path}"
            for method in methods.split(", "):
                yield f"{method} {re.sub(r'{[^}]*}', '{}', place)}"


def test_every_route_of_ours_stands_in_the_readme():
    rows = list(told(README.read_text()))
    assert len(rows) == len(set(rows))
    assert set(rows) - DOCUMENTATION == listed()


def test_the_readme_counts_what_is_not_built():
    section = ROUTES.read_text().split("# contract, not built yet\n")[1].split("# ours")[0]
    missing = [line for line in section.splitlines() if line]
    assert f"{len(missing)} of the 123 operations" in README.read_text()
