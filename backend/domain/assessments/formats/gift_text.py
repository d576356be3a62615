r"""The letters of GIFT: what a backslash holds, formats in brackets, and the answers between the braces.

What is escaped becomes a control character, of which a file has none, until the structure is found.
Source: https://docs.moodle.org/en/GIFT_format, "Special Characters ~ = # { }": `\~ \= \# \{ \} \: \\` and `\n`.
"""

import re
from decimal import Decimal
from typing import NamedTuple

from backend.domain.assessments.formats.findings import Code, QuestionUnfit
from backend.domain.assessments.formats.texts import Piece, guessed, number, shifted
from backend.domain.assessments.terms import TextFormat

BLANK = "_____"
"""What stands for the answers in the middle of a sentence."""

_ESCAPED = {"\\": "\x01", "~": "\x02", "=": "\x03", "#": "\x04", "{": "\x05", "}": "\x06", ":": "\x07", "n": "\x08"}
_HELD = re.compile(r"\\([\\~=#{}:n])")
_PLAIN = {held: "\n" if letter == "n" else letter for letter, held in _ESCAPED.items()}
_PLAINS = str.maketrans(_PLAIN)
_SPECIAL = re.compile(r"[\\~=#{}:]")
_FORMAT = re.compile(r"\s*\[(html|moodle|plain|markdown)\]", re.IGNORECASE)
_FORMATS = {"html": TextFormat.HTML, "plain": TextFormat.PLAIN, "markdown": TextFormat.MARKDOWN}
_ANSWER = re.compile(r"([=~])([^=~]*)")
_WEIGHT = re.compile(r"\s*%([^%]*)%")


class Answer(NamedTuple):
    """One of the answers between the braces, still protected. `weight` is None where none is given."""

    mark: str
    text: str
    feedback: str
    weight: Decimal | None


def protected(text: str) -> str:
    """A text in which what is escaped is no structure."""
    return _HELD.sub(lambda match: _ESCAPED[match[1]], text)


def plain(text: str) -> str:
    """What a protected text says."""
    return text.strip().translate(_PLAINS).strip()


def piece(text: str) -> Piece:
    """A protected text with the format in brackets before it, if there is one."""
    marked = _FORMAT.match(text)
    if marked is None:
        return Piece(plain(text))
    inner = plain(text[marked.end() :])
    return Piece(inner, _FORMATS.get(marked[1].lower()) or guessed(inner))


def answers(inside: str) -> list[Answer]:
    """The answers with their marks.

    Raises: QuestionUnfit.
    """
    found = _ANSWER.search(inside)
    if found is None or inside[: found.start()].strip():
        raise QuestionUnfit(Code.ANSWER_UNREADABLE, plain(inside))
    return [answer(match[1], match[2]) for match in _ANSWER.finditer(inside)]


def answer(mark: str, text: str) -> Answer:
    """One answer: its weight, its text and its feedback.

    Raises: QuestionUnfit.
    """
    weight = None
    weighed = _WEIGHT.match(text)
    if weighed:
        weight = number(weighed[1])
        if weight is None:
            raise QuestionUnfit(Code.WEIGHT_UNREADABLE, plain(text))
        weight, text = shifted(weight, -2), text[weighed.end() :]
    text, _, feedback = text.partition("#")
    return Answer(mark, text, feedback, weight)


def escaped(text: str) -> str:
    """A text as GIFT writes it, on one line."""
    return _SPECIAL.sub(r"\\\g<0>", text.strip()).replace("\n", "\\n")


def marked(text: str, text_format: TextFormat, *, is_first: bool = False) -> str:
    """A text as GIFT writes it, with its format where it would be read as another."""
    whole = escaped(text)
    if not is_first and not _FORMAT.match(whole):
        return whole
    looks = _FORMAT.match(whole) or whole.startswith(("//", "$"))
    needs = text_format is not TextFormat.PLAIN or guessed(text.strip()) is not TextFormat.PLAIN
    return f"[{text_format}]{whole}" if looks or needs else whole
