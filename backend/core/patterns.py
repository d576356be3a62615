"""Patterns of numbers that people read: fixed letters and fields, checked when the process starts, filled often.

Fields: `{course}` and `{batch}` (codes), `{year}`, `{seq}` or `{seq:04}` (counted, with leading zeros), `{random}`.
"""

import re

import msgspec

LONGEST_NUMBER = 80
LONGEST_CODE = 24
RANDOM_LETTERS = 6

_FIELD = re.compile(r"\{(course|year|batch|seq|random)(?::0([1-9]))?\}")
_LITERAL = re.compile(r"[A-Za-z0-9.-]*")
_UNFIT = re.compile(r"[^A-Z0-9.]+")
_ROOM = {"course": LONGEST_CODE, "batch": LONGEST_CODE, "year": 4, "seq": 10, "random": RANDOM_LETTERS}


class Values(msgspec.Struct, frozen=True, kw_only=True):
    """What fills the fields that all numbers of one counter share."""

    course: str
    year: int
    batch: str


def fault(pattern: str) -> str | None:
    """Say what is wrong with a pattern, None when nothing is.

    A number is part of an address, is never given twice (so it counts), and cannot be guessed (so it ends in
    six random characters, set off by a dash or a dot).
    """
    if not _LITERAL.fullmatch(_FIELD.sub("", pattern)) or re.search(r"\{(?!seq)\w+:", pattern):
        return "may hold letters, digits, dots, dashes, {course}, {year}, {batch}, {seq} or {seq:04}, and {random}"
    names = [field[1] for field in _FIELD.finditer(pattern)]
    if names.count("seq") != 1:
        return "must count: {seq} or {seq:04} once"
    if names.count("random") != 1 or not pattern.endswith(("-{random}", ".{random}")):
        return "must end in -{random}, so that nobody can guess the next number"
    if pattern.startswith((".", "-")):
        return "must begin with a letter, a digit or a field"
    if len(_FIELD.sub("", pattern)) + sum(_ROOM[name] for name in names) > LONGEST_NUMBER:
        return f"makes numbers of more than {LONGEST_NUMBER} characters"
    return None


def fill(pattern: str, values: Values, *, seq: int, random: str) -> str:
    """Write a number out, in capitals. Codes lose what does not belong into an address."""

    def value(field: re.Match[str]) -> str:
        if field[1] == "seq":
            return f"{seq:0{field[2] or 1}d}"
        return random if field[1] == "random" else _shared(field[1], values)

    return _FIELD.sub(value, pattern).upper()


def scope(pattern: str, values: Values) -> str:
    """The part of a pattern's numbers that is alike for all that one counter counts."""

    def value(field: re.Match[str]) -> str:
        return "" if field[1] in ("seq", "random") else _shared(field[1], values)

    return _FIELD.sub(value, pattern).upper()


def _shared(name: str, values: Values) -> str:
    if name == "year":
        return f"{values.year:04d}"
    code = values.course if name == "course" else values.batch
    return _UNFIT.sub("-", code.upper()).strip("-.")[:LONGEST_CODE] or "X"
