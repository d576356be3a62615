"""Who may have a certificate, who may see one, and how numbers and addresses are read."""

import ipaddress
import re
import unicodedata
from calendar import monthrange
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from math import ceil

import msgspec

from backend.core.actor import Actor
from backend.core.clock import school_zone
from backend.core.patterns import LONGEST_NUMBER
from backend.domain.certificates.terms import Fact

CHECKS_PER_WINDOW = 60
CHECK_WINDOW_S = 60
DROPS_PER_WINDOW = 10
MAX_DROPPED_BYTES = 5 << 20
MAX_PICTURE_BYTES = 4 << 20
MAX_PICTURE_PIXELS = 25_000_000
PICTURES = ("image/png", "image/jpeg")
MOST_SIGNATORIES = 3
LONGEST_VALIDITY_MONTHS = 1200
_UNSAFE = re.compile(r"[^A-Za-z0-9]+")
_NUMBER = re.compile(rf"[A-Z0-9.-]{{1,{LONGEST_NUMBER}}}")


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What decides about a certificate. `is_open` is told by the database's clock.

    `is_asked_for`: the person asks, or an admin for them. Nobody who lost a certificate gets a new one unasked.
    """

    is_enrolled: bool
    done: int
    total: int
    attended: int
    meetings: int
    ends_on: date
    after_h: int
    is_open: bool
    has_one: bool
    was_revoked: bool = False
    is_asked_for: bool = True


class Reason(msgspec.Struct, frozen=True):
    """One thing that stands in the way; `data` are values for its words."""

    fact: Fact
    data: Mapping[str, str | int] = {}

    @property
    def code(self) -> str:
        """The code of the error that says the same."""
        return f"certificates.{self.fact}"


def why_not(facts: Facts) -> list[Reason]:
    """Every reason against a certificate, in the order of `Fact`; none means that it may be issued.

    Grades do not matter. Somebody who is not in the batch is told nothing else. Source: contract 5.9.
    """
    if not facts.is_enrolled:
        return [Reason(Fact.NOT_ENROLLED)]
    reasons: tuple[tuple[bool, Fact, Mapping[str, str | int]], ...] = (
        (facts.total == 0 or facts.done < facts.total, Fact.PROGRESS, {"done": facts.done, "total": facts.total}),
        (facts.attended < facts.meetings, Fact.ABSENT, {"attended": facts.attended, "meetings": facts.meetings}),
        (not facts.is_open, Fact.TOO_EARLY, {"days": ceil(facts.after_h / 24), "date": facts.ends_on.isoformat()}),
        (facts.was_revoked and not facts.is_asked_for, Fact.WAS_REVOKED, {}),
        (facts.has_one, Fact.HAS_ONE, {}),
    )
    return [Reason(fact, data) for holds, fact, data in reasons if holds]


def may_see(actor: Actor, holder_id: int, *, teaches: bool) -> bool:
    """A certificate is seen by its holder, by those who teach the batch, and by admins."""
    return actor.is_admin or actor.account_id == holder_id or (actor.is_teacher and teaches)


def may_issue_all(actor: Actor, *, teaches: bool) -> bool:
    """A whole batch is given its certificates by admins and by those who teach it."""
    return actor.is_admin or (actor.is_teacher and teaches)


def number_typed(text: str) -> str | None:
    """A number as somebody typed it, in our spelling; None for what can be none."""
    number = text.strip().upper()
    return number if _NUMBER.fullmatch(number) else None


def noted(reference: str) -> str:
    """What is kept of a reference that somebody asked for: printable characters, at most 100."""
    return "".join(letter for letter in reference if letter.isprintable())[:100]


def caller(address: str) -> str:
    """Whom the limit counts: an IPv4 address, or the /64 that one customer has of IPv6."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def months_later(day: date, months: int | None) -> date | None:
    """The last day on which something holds for so many months: the same day of the month, or the month's last."""
    if months is None:
        return None
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def end_of(day: date | None) -> datetime | None:
    """The instant at which a day of the school's calendar is over."""
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), tzinfo=school_zone())


def picture_fault(content_type: str, size_bytes: int, width: int | None, height: int | None) -> str | None:
    """Say why a picture cannot be drawn on a certificate, None when it can."""
    if content_type not in PICTURES or not width or not height:
        return "type"
    if size_bytes > MAX_PICTURE_BYTES or width * height > MAX_PICTURE_PIXELS:
        return "size"
    return None


def safe_name(number: str, holder_name: str) -> str:
    """The name of a certificate's file inside an archive: letters of ASCII and digits; the number makes it unique."""
    plain = unicodedata.normalize("NFKD", holder_name).encode("ascii", "ignore").decode()
    words = _UNSAFE.sub("-", plain).strip("-")[:60].strip("-")
    return f"{number}-{words}.pdf" if words else f"{number}.pdf"
