"""The tables, the files, and the machine they were made on."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import msgspec

from backend.core.clock import now
from bench import picture
from bench.outcome import Goal, Outcome
from bench.rounds import Side

RESULTS = Path("bench/results")
MANY = 4
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


HEADS = (
    *("workload", "figure", "found", "goal", "", "Lulus", "ceiling or peer", "p50 / p95 / p99 ms", "errors"),
    *("peak MiB", "queries per request"),
)


def summary(outcomes: list[Outcome]) -> list[list[str]]:
    """A line for each figure; what belongs to the whole workload stands in its first line."""
    rows = [list(HEADS)]
    for one in outcomes:
        goals = [_goal(goal) for goal in one.goals] or [["-", "-", "-", "VOID" if one.errors else "no goal"]]
        for number, goal in enumerate(goals):
            lulus, other = _compared(one, goal[0])
            rows.append([one.workload, *goal, lulus, other, *(["", "", "", ""] if number else _whole(one))])
    return rows


def _compared(one: Outcome, figure: str) -> tuple[str, str]:
    """The rates behind a figure that names the other side."""
    others = [name for name in one.sides if name in figure]
    if not others:
        return "", ""
    ours = next(
        (name for name in one.sides if name.startswith("Lulus, ") and name.endswith(others[0].split(", ")[-1])), "Lulus"
    )
    return tuple(f"{_number(one.sides[name].rate)} {one.unit}" for name in (ours, others[0]))


def _whole(one: Outcome) -> list[str]:
    lulus = one.sides.get("Lulus")
    latencies = " / ".join(_number(ms) for ms in (lulus.p50_ms, lulus.p95_ms, lulus.p99_ms)) if lulus else "-"
    peaks = ", ".join(f"{name} {_number(mib)}" for name, mib in one.peaks_mib.items())
    return [latencies, str(one.errors), peaks or "-", _number(one.round_trips)]


def verdict(outcomes: list[Outcome]) -> int:
    """The exit code: a missed goal is a finding, a failed request voids the run."""
    return 1 if any(one.errors for one in outcomes) else 0


def text(outcomes: list[Outcome], facts: dict[str, str]) -> str:
    """Everything for reading, as Markdown."""
    lines = [f"- {name}: {value}" for name, value in facts.items()]
    lines += ["", *_table(summary(outcomes))]
    if verdict(outcomes):
        lines += ["", "The run is void: " + ", ".join(one.workload for one in outcomes if one.errors) + "."]
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
        if one.goals:
            lines += _table([["figure", "found", "goal", ""], *[_goal(goal) for goal in one.goals]])
        lines += ["", *[f"- {note}" for note in one.notes]] if one.notes else []
    return "\n".join(lines)


def write(outcomes: list[Outcome], facts: dict[str, str]) -> tuple[Path, Path]:
    """Keep the figures of a run, and a picture of them."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    names = "-".join(one.workload for one in outcomes) if len(outcomes) < MANY else "all"
    figures = RESULTS / f"{now():%Y%m%dT%H%M%SZ}-{names}.json"
    content = msgspec.json.format(msgspec.json.encode({"machine": facts, "outcomes": outcomes}))
    figures.write_bytes(content + b"\n")
    drawn = figures.with_suffix(".svg")
    drawn.write_text(picture.svg(outcomes, facts))
    return figures, drawn
