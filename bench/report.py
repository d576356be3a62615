"""The table, the file, and the machine they were made on."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import msgspec

from backend.core.clock import now
from bench.outcome import Goal, Outcome
from bench.rounds import Side

RESULTS = Path("bench/results")
PACKAGES = ("litestar", "granian", "uvloop", "msgspec", "asyncpg", "piccolo", "dramatiq", "redis", "pyjwt")


def machine() -> dict[str, str]:
    """What it ran on. Memory in MiB; load is the average of the last minute, other people's work included."""
    cpus = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    memory = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "cores": f"{os.cpu_count()} x {cpus[0].partition(':')[2].strip() if cpus else platform.machine()}",
        "memory": f"{int(memory.split()[1]) // 1024} MiB",
        "kernel": platform.release(),
        "python": platform.python_version(),
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        "commit": commit.stdout.strip() or "-",
        "load at the start": f"{os.getloadavg()[0]:.1f}",
    }


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _span(middle: float, least: float, most: float) -> str:
    return f"{_number(middle)} ({_number(least)}-{_number(most)})"


def _side(name: str, side: Side) -> list[str]:
    latencies = " / ".join(_number(value) for value in (side.p50_ms, side.p95_ms, side.p99_ms))
    rate = _span(side.rate, side.rate_least, side.rate_most)
    return [name, rate, _span(side.cpu, side.cpu_least, side.cpu_most), latencies, f"{len(side.rates)}"]


def _goal(goal: Goal) -> list[str]:
    return [goal.what, _number(goal.found), f"{goal.best} {_number(goal.wanted)}", "met" if goal.is_met else "MISSED"]


def _table(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


def text(outcomes: list[Outcome], facts: dict[str, str]) -> str:
    """Everything for reading, as Markdown."""
    lines = [f"- {name}: {value}" for name, value in facts.items()]
    for one in outcomes:
        trips = "-" if one.round_trips is None else _number(one.round_trips)
        peaks = ", ".join(f"{name} {_number(mib)}" for name, mib in one.peaks_mib.items())
        lines += ["", f"### {one.workload}", "", f"{one.size}. Errors: {one.errors}."]
        lines += [
            f"Round trips to Postgres per request: {trips}. Peak memory of the largest process, MiB: {peaks}.",
            "",
        ]
        if one.sides:
            heads = ["side", one.unit, "CPU s per 1,000", "p50 / p95 / p99 ms", "slices"]
            lines += [*_table([heads, *[_side(name, side) for name, side in one.sides.items()]]), ""]
        lines += _table([["figure", "found", "goal", ""], *[_goal(goal) for goal in one.goals]])
        lines += ["", *[f"- {note}" for note in one.notes]] if one.notes else []
    return "\n".join(lines)


def write(outcomes: list[Outcome], facts: dict[str, str]) -> Path:
    """Keep the figures of a run."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    names = "-".join(one.workload for one in outcomes)
    path = RESULTS / f"{now():%Y%m%dT%H%M%SZ}-{names}.json"
    content = msgspec.json.format(msgspec.json.encode({"machine": facts, "outcomes": outcomes}))
    path.write_bytes(content + b"\n")
    return path
