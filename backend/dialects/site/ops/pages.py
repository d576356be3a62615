"""The operations pages as pure functions: views and a language in, HTML out."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache, partial
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from backend.core import clock
from backend.core.dates import Lang
from backend.dialects.site.ops.words import WORDS
from backend.dialects.site.pages import STATIC
from backend.domain.jobs.terms import JobState

_TEMPLATES = STATIC.parent / "templates"
ASSETS = {"ops.css": "text/css", "ops.js": "text/javascript"}
TABS = (("overview", "/ops"), ("jobs", "/ops/jobs"), ("activity", "/ops/activity"), ("storage", "/ops/storage"))
LONGEST_TEXT, LONGEST_LINE = 20_000, 160


class Frame(msgspec.Struct, frozen=True):
    """What surrounds every page. `name` is the admin's; empty on the login page. `query` is what the address said."""

    lang: Lang
    school: str
    name: str = ""
    csrf: str = ""
    path: str = "/ops"
    query: Mapping[str, str] = {}


def render(template: str, frame: Frame, **values: object) -> str:
    """Draw a page of templates/ops."""
    words = WORDS[frame.lang]
    at = clock.now()
    drawn = _templates().get_template(f"ops/{template}.html")
    return drawn.render(
        frame=frame,
        lang=frame.lang,
        t=words,
        tabs=TABS,
        states=list(JobState),
        files=_files(),
        to=partial(address, frame.lang),
        ago=partial(_ago, words, at),
        wait=partial(_span, words),
        stamp=_stamp,
        at=at,
        **values,
    )


def address(lang: Lang, path: str, **query: object) -> str:
    """An address of ours in the same language; what is empty is left out."""
    given = {name: value for name, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode({**given, 'lang': lang})}"


def _span(words: Mapping[str, str], seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)} {words[unit]}"
    return f"{max(0, int(seconds))} {words['s']}"


def _ago(words: Mapping[str, str], at: datetime, since: datetime) -> str:
    return _span(words, (at - since).total_seconds())


def _stamp(at: datetime | None) -> str:
    """A time on the school's clock."""
    return at.astimezone(clock.school_zone()).strftime("%Y-%m-%d %H:%M:%S") if at else "-"


def _line(text: str | None) -> str:
    """The beginning of a text, in one line."""
    line = " ".join((text or "").split())
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…"


def _pretty(value: Any) -> str:  # noqa: ANN401 - any JSON
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def _facts(value: Any) -> str:  # noqa: ANN401 - an event's fields
    return _line(", ".join(f"{name} {told}" for name, told in value.items()) if isinstance(value, dict) else str(value))


def _bytes(size: int) -> str:
    for unit, name in ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} B"


def _parted(name: str) -> Markup:
    """A name that may be broken behind its dots and lines, and nowhere else."""
    return Markup("<wbr>").join(re.split(r"(?<=[._])", name))


@cache
def _templates() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"line": _line, "pretty": _pretty, "facts": _facts, "bytes": _bytes, "parted": _parted}
    return made


@cache
def _files() -> dict[str, str]:
    """The addresses of style and script, named by their content, so that browsers may keep them."""
    return {
        name.replace(".", "_"): f"/site/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"
        for name in ASSETS
    }
