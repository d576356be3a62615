"""What is true of dashboards."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from backend.domain.enrolments.rules import percent

_CENT = Decimal("0.01")


def mean_progress(standings: Sequence[tuple[int, int]]) -> Decimal:
    """The mean of how far each is (done, total), in percent; 0 of nobody."""
    if not standings:
        return Decimal("0.00")
    each = [percent(done, total) for done, total in standings]
    return (sum(each, Decimal(0)) / len(each)).quantize(_CENT, ROUND_HALF_UP)
