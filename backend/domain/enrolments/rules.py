"""What is true of progress, of the gate between meetings, and of checking in."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from backend.domain.enrolments.terms import ActivityKind, AttendanceStatus

WHOLE = Decimal("100.00")
_ALMOST = Decimal("99.99")
_CENT = Decimal("0.01")

KINDS = (ActivityKind.MEETING, ActivityKind.ASSIGNMENT, ActivityKind.QUIZ)
"""In the order in which reasons are named: presence first."""


def percent(done: int, total: int) -> Decimal:
    """How much is done, with two places; 0 of nothing is 0, and 100.00 means all of it, never a rounding."""
    if total <= 0:
        return Decimal("0.00")
    if done >= total:
        return WHOLE
    exact = Decimal(max(done, 0)) * 100 / Decimal(total)
    return min(_ALMOST, exact.quantize(_CENT, ROUND_HALF_UP))


SPECIAL = (AttendanceStatus.LATE, AttendanceStatus.EXCUSED)
"""What a boolean cannot say."""

CODE_STEP_S = 15
"""For so long one code is shown; it is taken for as long again, since it has to be read and sent."""

_CODE_BYTES = 10


def check_in_code(key: str, meeting: UUID, at: float) -> str:
    """The code of a meeting at a moment (seconds since 1970): 16 letters and digits that nobody can work out."""
    told = f"check-in:{meeting}:{int(at) // CODE_STEP_S}"
    made = hmac.digest(key.encode(), told.encode(), hashlib.sha256)[:_CODE_BYTES]
    return base64.b32encode(made).decode()


def is_check_in_code(key: str, meeting: UUID, at: float, said: str) -> bool:
    """Whether this is the code of the moment, or the one before it. Case and spaces around it do not matter."""
    given = said.strip().upper().encode()
    known = [check_in_code(key, meeting, moment).encode() for moment in (at, at - CODE_STEP_S)]
    return any([hmac.compare_digest(given, code) for code in known])  # noqa: C419 - both, so that time tells nothing


def code_ends_at(at: float) -> int:
    """Until when the code of a moment is shown, in seconds since 1970."""
    return (int(at) // CODE_STEP_S + 1) * CODE_STEP_S


def status_on_arrival(at: datetime, start: datetime, late_after_min: int | None) -> AttendanceStatus:
    """Present, or late where the meeting says when that begins."""
    is_late = late_after_min is not None and at > start + timedelta(minutes=late_after_min)
    return AttendanceStatus.LATE if is_late else AttendanceStatus.PRESENT
