"""What is true of progress and of the gate between meetings."""

from decimal import ROUND_HALF_UP, Decimal

from backend.domain.enrolments.terms import ActivityKind

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
