"""What a cell of a spreadsheet shows: numbers, percentages and dates by their number format.

The usual codes only; of anything else what is saved is shown. Source: ECMA-376 part 1, 18.8.31 (numFmts).
"""

import datetime as dt
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

from backend.core.workbook_scan import GENERAL, LITERAL, shows_percent

Cell = str | int | float | bool | dt.date | dt.datetime | dt.time | dt.timedelta
_MONTHS = [
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_TOKEN = re.compile(r'"([^"]*)"|\\(.)|\[[^\]]*\]|(AM/PM|A/P)|(y+|m+|d+|h+|s+)|(.)', re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"(#,##)?0(?:\.(0+))?%?")


def displayed(cell: Cell, code: str = GENERAL) -> str:
    """A cell as a person sees it."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, int | float):
        return _number(cell, code)
    if isinstance(cell, dt.timedelta):
        return str(cell)
    return _moment(cell, code)


def marked(code: str) -> bool:
    """Whether a number format shows a value otherwise than it is saved."""
    return code not in (GENERAL, "@", "")


def _number(value: float, code: str) -> str:
    plain = format(value, ".15g")
    found = _NUMBER.fullmatch(code.split(";", maxsplit=1)[0].strip())
    if found is None or "e" in plain or "n" in plain:
        return format(value * 100, ".15g") + "%" if shows_percent(code) else plain
    exact = Decimal(plain) * (100 if code.endswith("%") else 1)
    rounded = exact.quantize(Decimal(1).scaleb(-len(found[2] or "")), ROUND_HALF_UP)
    return format(rounded, ",f" if found[1] else "f") + ("%" if shows_percent(code) else "")


def _moment(value: dt.date | dt.time, code: str) -> str:
    if not re.search(r"[ymdhs]", LITERAL.sub("", code), re.IGNORECASE):
        return value.isoformat()
    whole = value if isinstance(value, dt.datetime) else _whole(value)
    tokens = list(_TOKEN.finditer(code.split(";", maxsplit=1)[0]))
    is_half = any(token[3] for token in tokens)
    text, last = "", ""
    for at, token in enumerate(tokens):
        name = (token[4] or "").lower()
        if name.startswith("m") and len(name) < 3 and (last == "h" or _next(tokens, at) == "s"):
            text += f"{whole.minute:0{len(name)}d}"
        elif name:
            text += _PARTS[name[0]](whole, len(name), is_half)
        elif token[3]:
            text += "AM" if whole.hour < 12 else "PM"
        else:
            text += token[1] or token[2] or token[5] or ""
        last = name[0] if name else last
    return text


def _whole(value: dt.date | dt.time) -> dt.datetime:
    if isinstance(value, dt.time):
        return dt.datetime.combine(dt.date(1900, 1, 1), value)
    return dt.datetime.combine(value, dt.time())


def _next(tokens: list[re.Match[str]], at: int) -> str:
    return next((token[4][0].lower() for token in tokens[at + 1 :] if token[4]), "")


def _month(value: dt.datetime, width: int) -> str:
    name = _MONTHS[value.month - 1]
    return f"{value.month:0{width}d}" if width < 3 else name[:3] if width == 3 else name


def _day(value: dt.datetime, width: int) -> str:
    name = _DAYS[value.weekday()]
    return f"{value.day:0{width}d}" if width < 3 else name[:3] if width == 3 else name


_PARTS: dict[str, Callable[[dt.datetime, int, bool], str]] = {
    "y": lambda value, width, _: f"{value.year:04d}" if width > 2 else f"{value.year % 100:02d}",
    "m": lambda value, width, _: _month(value, width),
    "d": lambda value, width, _: _day(value, width),
    "h": lambda value, width, half: f"{(value.hour % 12 or 12) if half else value.hour:0{min(width, 2)}d}",
    "s": lambda value, width, _: f"{value.second:0{min(width, 2)}d}",
}
