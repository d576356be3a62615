"""What a workload found, in the form that the table and the file show."""

import math
from statistics import median

import msgspec

from bench.rounds import Side


class Goal(msgspec.Struct):
    """A figure beside what was wanted of it. `best` says whether more is better ("≥") or less ("≤")."""

    what: str
    found: float
    best: str
    wanted: float

    @property
    def is_met(self) -> bool:
        return self.found >= self.wanted if self.best == "≥" else self.found <= self.wanted

    @property
    def times(self) -> float:
        """How many times as good as wanted: 1 is just met, less is missed."""
        above, below = (self.found, self.wanted) if self.best == "≥" else (self.wanted, self.found)
        return above / below if below > 0 else math.inf


class Outcome(msgspec.Struct):
    """One row of the table and what stands behind it."""

    workload: str
    unit: str
    size: str
    sides: dict[str, Side]
    goals: list[Goal]
    errors: int
    round_trips: float | None
    peaks_mib: dict[str, float]
    notes: list[str] = []  # msgspec copies empty defaults


def void(workload: str, why: str) -> Outcome:
    """What is left of a workload in which something failed."""
    return Outcome(
        workload, "-", "void: a request failed, or what was counted is not what was sent", {}, [], 1, None, {}, [why]
    )


def ratios(sides: dict[str, Side], ceiling: str, wanted: float) -> list[Goal]:
    """Lulus against a ceiling, by rate and by CPU: the median of the rounds' own ratios.

    The two slices of a round lie beside each other, so that a machine whose speed changes falls on both.
    """
    lulus, best = sides["Lulus"], sides[ceiling]
    return [
        Goal(f"rate / {ceiling}", _median_ratio(lulus.rates, best.rates), "≥", wanted),
        Goal(f"CPU of {ceiling} / CPU of Lulus", _median_ratio(best.cpus, lulus.cpus), "≥", wanted),
    ]


def ratio(sides: dict[str, Side], ceiling: str, ours: str = "Lulus") -> float:
    """Our rate against a ceiling's: the median of the rounds' own ratios."""
    return _median_ratio(sides[ours].rates, sides[ceiling].rates)


def _median_ratio(above: list[float], below: list[float]) -> float:
    return median(one / other for one, other in zip(above, below, strict=True))
