"""Interleaved repeats: A B B A A B B A …, so that what the machine does meanwhile falls on all alike."""

from collections.abc import Awaitable, Callable, Mapping
from statistics import median

import msgspec


class Slice(msgspec.Struct):
    """One stretch of one side."""

    operations: int
    seconds: float
    cpu_s: float = 0.0
    ms: list[float] = []  # msgspec copies empty defaults

    @property
    def rate(self) -> float:
        return self.operations / self.seconds

    @property
    def cpu_per_1000(self) -> float:
        return 1000 * self.cpu_s / self.operations


class Side(msgspec.Struct):
    """All stretches of one side, added up. Rates are per second; CPU is seconds per 1,000 operations."""

    rate: float
    rate_least: float
    rate_most: float
    cpu: float
    cpu_least: float
    cpu_most: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    operations: int
    rates: list[float]
    cpus: list[float]


Take = Callable[[], Awaitable[Slice]]


async def interleaved(
    sides: Mapping[str, Take], rounds: int, warm_up: Mapping[str, Take] | None = None
) -> dict[str, list[Slice]]:
    """Run every side (or its `warm_up`) once without counting it, then `rounds` times forth and back in turn."""
    taken: dict[str, list[Slice]] = {name: [] for name in sides}
    for take in (sides if warm_up is None else warm_up).values():
        await take()
    order = list(sides)
    for number in range(rounds):
        for name in order if number % 2 == 0 else reversed(order):
            taken[name].append(await sides[name]())
    return taken


def percentile(values: list[float], share: float) -> float | None:
    """The value that `share` of all do not exceed (nearest rank)."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * len(ordered) * 1000) // 1000) - 1))]


def summed(slices: list[Slice]) -> Side:
    """Medians over the slices with least and most; percentiles over all operations of all slices."""
    rates, cpus = [one.rate for one in slices], [one.cpu_per_1000 for one in slices]
    every = [ms for one in slices for ms in one.ms]
    return Side(
        *(median(rates), min(rates), max(rates)),
        *(median(cpus), min(cpus), max(cpus)),
        *(percentile(every, share) for share in (0.50, 0.95, 0.99)),
        sum(one.operations for one in slices),
        rates,
        cpus,
    )
