"""Pages as pure functions: values and a language in, HTML out. Nothing here asks the database or knows HTTP."""

from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from backend.core.dates import Lang, period, spoken
from backend.dialects.site.words import WORDS

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
LINKS = (("docs", "/docs"), ("health", "/readyz"))


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """All that a stranger may see. Addresses are paths of ours, and only there where the file may be fetched.

    `replaced_by` is the number of the certificate that stands in its place.
    """

    state: Literal["valid", "revoked", "expired", "replaced"]
    number: str
    holder_name: str
    course_title: str
    batch_title: str
    start_on: date
    end_on: date
    issued_on: date
    school_name: str
    revoked_on: date | None = None
    revoked_reason: str = ""
    expires_on: date | None = None
    replaced_by: str | None = None
    pdf_url: str | None = None
    badge_url: str | None = None


class CheckIn(msgspec.Struct, frozen=True, kw_only=True):
    """The page of a meeting for who checks in. `address` is its path, `wrong` the word for why not.

    Shape: rows: (word, value); of "status" the value is a word, too.
    """

    kind: str
    address: str
    code: str
    csrf: str = ""
    name: str = ""
    wrong: str = ""
    wait_s: int = 0
    rows: tuple[tuple[str, str], ...] = ()


FileVerdict = Literal["genuine", "changed", "foreign", "unreadable"]


def render_page(view: Certificate | None, lang: Lang, *, school: str = "", reference: str = "") -> str:
    """Draw the answer to "is this certificate real?": as it stands now or, without a view, unknown."""
    if view is None:
        return _draw("unknown.html", lang, "unknown", school=school, reference=reference)
    return _certificate(view, lang, school=school)


def render_file(verdict: FileVerdict, view: Certificate | None, lang: Lang, *, school: str) -> str:
    """Draw the answer to "is this file real?". `view` is the certificate as it stands now, where the file names one."""
    if verdict == "genuine" and view is not None:
        return _certificate(view, lang, school=school, about_file=WORDS[lang]["genuine_lead"])
    kind = "unlisted" if verdict == "genuine" else verdict
    return _draw("file.html", lang, kind, school=school, number=view.number if view else None)


def _certificate(view: Certificate, lang: Lang, *, school: str, about_file: str = "") -> str:
    day = view.expires_on if view.state == "expired" else view.revoked_on
    said = WORDS[lang][f"{view.state}_lead"].format(school=view.school_name, day=spoken(day or view.issued_on, lang))
    rows = [
        ("holder", view.holder_name),
        ("course", view.course_title),
        ("batch", view.batch_title),
        ("period", period(view.start_on, view.end_on, lang)),
        ("issued", spoken(view.issued_on, lang)),
        *([("expires", spoken(view.expires_on, lang))] if view.expires_on else []),
        ("school", view.school_name),
    ]
    return _draw(
        "certificate.html", lang, view.state, school=school, view=view, said=said, rows=rows, about_file=about_file
    )


def render_refused(kind: Literal["too_large", "no_file"], lang: Lang, *, school: str) -> str:
    """Draw what was wrong with a file before anybody looked into it."""
    return _draw("file.html", lang, kind, school=school, number=None)


def render_search(lang: Lang, *, school: str) -> str:
    """Draw the form for a certificate's number."""
    return _draw("search.html", lang, "check", school=school)


def render_home(lang: Lang, *, school: str) -> str:
    """Draw the start page."""
    return _draw("home.html", lang, "home", school=school, links=LINKS)


def render_missing(lang: Lang, *, school: str) -> str:
    """Draw the 404 for browsers."""
    return _draw("missing.html", lang, "missing", school=school)


def render_busy(lang: Lang, *, school: str) -> str:
    """Draw the request to wait."""
    return _draw("busy.html", lang, "busy", school=school)


def render_away(lang: Lang, *, school: str) -> str:
    """Draw the excuse for a file that cannot be had now."""
    return _draw("busy.html", lang, "away", school=school)


def render_unsubscribe(lang: Lang, state: str, about: str, *, school: str) -> str:
    """Draw the question whether mails shall end, or its answer; `about` is the kind of mails."""
    return _draw("unsubscribe.html", lang, state, school=school, about=about)


def render_check_in(view: CheckIn, lang: Lang, *, school: str) -> str:
    """Draw checking in: the login, the question, or how it went."""
    kept = "&code=" + quote(view.code, safe="")
    return _draw("check_in.html", lang, view.kind, school=school, view=view, here=view.address, kept=kept)


def _draw(template: str, lang: Lang, kind: str, *, school: str, **values: object) -> str:
    words = WORDS[lang]
    title = school if kind == "home" else f"{words[kind]} - {school}".removesuffix(" - ")
    return (
        _templates()
        .get_template(template)
        .render(
            lang=lang, kind=kind, t=words, title=title, school=school, style=f"/site/site.css?v={_version()}", **values
        )
    )


@cache
def _templates() -> Environment:
    loader = FileSystemLoader(_HERE / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@cache
def _version() -> str:
    """Name the stylesheet by its content, so that browsers may keep it for a year."""
    return sha256((STATIC / "site.css").read_bytes()).hexdigest()[:12]
