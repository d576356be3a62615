"""How soon after its commit does a job begin, and how many events a second does the machinery carry?"""

import asyncio
import time

import asyncpg
import msgspec

from bench.drive import LoadError, python
from bench.outcome import Goal, Outcome, ratios
from bench.rounds import Slice, Take, interleaved, percentile, summed
from bench.scale import Scale
from bench.stand import Stand

CEILING = "bare Dramatiq no-op"
KIND = "do_nothing"
OURS = ("relay", "worker", "postgres", "valkey")
BARE = ("bare_worker", "valkey")
THREADS = 8
PATIENCE_S = 120.0
IDLE_S = 4.0
WARM_UP = 200


async def await_done(control: asyncpg.Connection, kind: str, number: int) -> None:
    """Wait until so many jobs of a kind are done. Raises: LoadError when one failed or time is over."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = await control.fetch("SELECT state, count(*) FROM job WHERE kind = $1 GROUP BY 1", kind)
            states = {row["state"]: row["count"] for row in found}
            if states.get("done", 0) >= number:
                break
            if states.keys() & {"failed", "parked", "cancelled"}:
                raise LoadError(f"jobs of {kind}: {states}")
            await asyncio.sleep(0.05)
    if states != {"done": number}:
        raise LoadError(f"{states} of {number} {kind}")


async def _clear(control: asyncpg.Connection) -> None:
    await control.execute("DELETE FROM job WHERE kind = $1", KIND)
    await control.execute("DELETE FROM outbox WHERE name = 'bench.nothing.happened.v1'")
    await control.execute("VACUUM (ANALYZE) job, outbox")


async def _idle(stand: Stand, control: asyncpg.Connection, number: int) -> list[float]:
    """Milliseconds from a commit to the claim of its job, one event at a time."""
    await _clear(control)
    printed = await python("-m", "bench.emit", "paced", str(number), env=stand.env)
    committed = msgspec.json.decode(printed, type=dict[int, float])
    await await_done(control, KIND, number)
    rows = await control.fetch(
        "SELECT (body->>'number')::int AS number, extract(epoch FROM started_at)::float8 AS at"
        " FROM job WHERE kind = $1",
        KIND,
    )
    return [(row["at"] - committed[row["number"]]) * 1000 for row in rows]


async def _ours(stand: Stand, control: asyncpg.Connection, number: int) -> Slice:
    await _clear(control)
    before = stand.cpu_s(OURS)
    printed = await python("-m", "bench.emit", "flood", str(number), env=stand.env)
    await await_done(control, KIND, number)
    cpu = stand.cpu_s(OURS) - before
    ended = await control.fetchval(
        "SELECT extract(epoch FROM max(pg_xact_commit_timestamp(xmin)))::float8 FROM job WHERE kind = $1", KIND
    )
    return Slice(number, ended - msgspec.json.decode(printed, type=dict[int, float])[0], cpu)


async def _bare(stand: Stand, number: int) -> Slice:
    before = stand.cpu_s(BARE)
    printed = await python("-m", "bench.bare_queue", str(number), env=stand.env)
    used = msgspec.json.decode(printed, type=dict[str, float])
    return Slice(number, used["seconds"], stand.cpu_s(BARE) - before + used["cpu_s"])


def _sides(stand: Stand, control: asyncpg.Connection, number: int) -> dict[str, Take]:
    return {"Lulus": lambda: _ours(stand, control, number), CEILING: lambda: _bare(stand, number)}


async def _idle_cost(stand: Stand, names: tuple[str, ...]) -> dict[str, float]:
    """CPU seconds per second of processes that have nothing to do."""
    before = {name: stand.cpu_s((name,)) for name in names}
    begun = time.monotonic()
    await asyncio.sleep(IDLE_S)
    took = time.monotonic() - begun
    return {name: (stand.cpu_s((name,)) - before[name]) / took for name in names}


async def measure(stand: Stand, scale: Scale) -> Outcome:
    """Run it."""
    control = await stand.connect()
    number = scale.prompt_events
    cost = await _idle_cost(stand, ("web", "relay", "worker", "schedule", "postgres", "valkey"))
    waits = await _idle(stand, control, scale.prompt_samples)
    stand.start("bare_worker", f"python -m dramatiq bench.bare_queue --processes 1 --threads {THREADS}")
    whole, small = (_sides(stand, control, one) for one in (number, WARM_UP))
    taken = await interleaved(whole, scale.prompt_rounds, small)
    await control.close()
    peaks = stand.peaks_mib(("relay", "worker", "bare_worker", "postgres", "valkey"))
    stand.stop("bare_worker")
    made = {name: summed(slices) for name, slices in taken.items()}
    p50, p95, p99 = (percentile(waits, share) or 0.0 for share in (0.50, 0.95, 0.99))
    rate, cpu = ratios(made, CEILING, 0.30)
    return Outcome(
        "prompt",
        "events/s",
        f"{scale.prompt_samples} events one at a time, then {number:,} at once, {THREADS} threads on either side",
        made,
        [Goal("p99 from commit to claim, idle, ms", p99, "≤", 50), rate],
        0,
        None,
        peaks,
        [
            f"commit to claim, idle: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms, most {max(waits):.1f} ms",
            f"{cpu.what}: {cpu.found:.3f} (no goal)",
            "CPU of one core while idle: " + ", ".join(f"{name} {100 * used:.1f} %" for name, used in cost.items()),
        ],
    )
