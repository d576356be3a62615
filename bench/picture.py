"""The figures beside their goals as one SVG: a bar for each, from the goal's line, on a scale of tenfold steps."""

import math
from html import escape
from itertools import groupby

from bench.outcome import Goal, Outcome

WIDTH, LEFT, RIGHT, ROW, TOP = 1180, 470, 260, 22, 74
LEAST, MOST = -1.5, 1.5
"""The scale's ends, as powers of ten of "times as good as wanted"; bars beyond it are cut."""
MET, MISSED, INK, FAINT = "#0b6fa4", "#c4501b", "#1b1f24", "#c9ced6"


def svg(outcomes: list[Outcome], facts: dict[str, str]) -> str:
    """The picture. Met and missed differ in colour, direction and word."""
    named = [(one.workload, goal) for one in outcomes for goal in one.goals]
    height = TOP + ROW * (len(named) + len({name for name, _ in named})) + 16
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
        f' font-family="DejaVu Sans, Verdana, sans-serif" font-size="12" fill="{INK}">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _words(16, 24, f"{_count(named)}: found beside wanted", size=16, weight="bold"),
        _words(16, 44, "; ".join(f"{name} {facts[name]}" for name in ("form", "cores", "commit") if name in facts)),
        *_axis(height),
    ]
    y = TOP
    for workload, rows in groupby(named, key=lambda row: row[0]):
        lines.append(_words(16, y + 15, workload, weight="bold"))
        for number, (_, goal) in enumerate(rows, 1):
            lines += _bar(y + ROW * number, goal)
        y += ROW * (number + 1)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _count(named: list[tuple[str, Goal]]) -> str:
    return f"{sum(goal.is_met for _, goal in named)} of {len(named)} goals met"


def place(times: float) -> float:
    """Where a figure's bar ends: x of "so many times as good as wanted"."""
    power = min(MOST, max(LEAST, math.log10(times))) if times > 0 else LEAST
    return LEFT + (power - LEAST) / (MOST - LEAST) * (WIDTH - LEFT - RIGHT)


def _axis(height: int) -> list[str]:
    lines = []
    for times, label in ((0.1, "a tenth"), (1, "goal"), (10, "tenfold")):
        x, ink = place(times), INK if times == 1 else FAINT
        lines.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{height - 12}" stroke="{ink}"/>')
        lines.append(_words(x, TOP - 12, label, anchor="middle"))
    return lines


def _bar(y: float, goal: Goal) -> list[str]:
    middle, end, ink = place(1), place(goal.times), MET if goal.is_met else MISSED
    x, width = min(middle, end), max(2.0, abs(end - middle))
    found = f"{goal.found:.3g} ({goal.best} {goal.wanted:g}) {'met' if goal.is_met else 'MISSED'}"
    return [
        f'<rect x="{x:.1f}" y="{y + 4}" width="{width:.1f}" height="{ROW - 8}" fill="{ink}"/>',
        _words(LEFT - 10, y + 15, goal.what, anchor="end"),
        _words(WIDTH - RIGHT + 10, y + 15, found, ink=ink, weight="normal" if goal.is_met else "bold"),
    ]


def _words(x: float, y: float, words: str, *, anchor: str = "start", ink: str = INK, **style: object) -> str:
    styled = "".join(f' font-{name}="{value}"' for name, value in style.items())
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{ink}"{styled}>{escape(words)}</text>'
