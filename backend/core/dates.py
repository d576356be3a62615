"""How a day is written for people, in Indonesian and in English. Machines get ISO 8601."""

from datetime import date
from typing import Literal

Lang = Literal["id", "en"]

_DASH = " \N{EN DASH} "
_MONTHS: dict[Lang, tuple[str, ...]] = {
    "id": (
        *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
        *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}


def spoken(day: date, lang: Lang = "id") -> str:
    """Write a day out, as in ``7 Agustus 2026``."""
    return f"{day.day} {_MONTHS[lang][day.month - 1]} {day.year}"


def period(start: date, end: date, lang: Lang = "id") -> str:
    """Write two days as one span and say month and year only once: ``1 (dash) 30 September 2026``."""
    if start == end:
        return spoken(end, lang)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day}{_DASH}{spoken(end, lang)}"
    if start.year == end.year:
        return f"{start.day} {_MONTHS[lang][start.month - 1]}{_DASH}{spoken(end, lang)}"
    return f"{spoken(start, lang)}{_DASH}{spoken(end, lang)}"
