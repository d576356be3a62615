"""Texts and numbers as the formats share them."""

import html
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from backend.domain.assessments.formats.findings import Code, Findings
from backend.domain.assessments.keys import NOTHING, WHOLE, Choice, MultipleResponseKey, MultipleScoring
from backend.domain.assessments.terms import TextFormat

TRUE, FALSE = "Benar", "Salah"
"""What the two options of a question are called that a format gives only as true or false."""

_TRUTH = {
    **dict.fromkeys(("t", "true", "benar", "betul", "b"), True),
    **dict.fromkeys(("f", "false", "salah", "s"), False),
}
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NUMBER = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,45})?|\.\d{1,45})(?:[eE][+-]?\d{1,2})?")
_ALMOST = Decimal("0.00001")
_CATEGORY_ROOT = re.compile(r"^\$\w+\$(?:/top)?(?:/|$)|^top/")


class Piece(NamedTuple):
    """A text, and its format where it has one of its own."""

    text: str
    format: TextFormat | None = None


def decoded(data: bytes, found: Findings) -> str:
    """A text file's text, with one kind of line end; "" when it cannot be read."""
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = data.count(b"\n", 0, wrong.start) + 1
        found.error(line, Code.NOT_UTF8, data[wrong.start : wrong.start + 8].hex(" "))
        return ""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    control = _CONTROL.search(text)
    if control is not None:
        found.error(text.count("\n", 0, control.start()) + 1, Code.CONTROL_CHARACTER, repr(control.group()))
        return ""
    return text


def guessed(text: str) -> TextFormat:
    """How a text is to be read whose format is left open: as HTML if there are tags in it."""
    return TextFormat.HTML if _TAG.search(text) else TextFormat.PLAIN


def settled(main: TextFormat, pieces: Iterable[Piece]) -> TextFormat | None:
    """The one format in which all texts of a question can be said; None: there is none."""
    formats = {piece.format or main for piece in pieces if piece.text}
    if len(formats) <= 1:
        return formats.pop() if formats else main
    return TextFormat.HTML if formats == {TextFormat.HTML, TextFormat.PLAIN} else None


def is_said(to: TextFormat, pieces: Iterable[Piece], main: TextFormat) -> bool:
    """Whether all texts are in that format as they stand."""
    return all((piece.format or main) is to for piece in pieces if piece.text)


def said(piece: Piece, main: TextFormat, to: TextFormat) -> str:
    """A text in the format that all texts of its question have."""
    if to is TextFormat.HTML and (piece.format or main) is TextFormat.PLAIN:
        return html.escape(piece.text, quote=False).replace("\n", "<br>")
    return piece.text


def truth(word: str) -> bool | None:
    """What a word says that stands for true or for false, in English or Indonesian; None for any other."""
    return _TRUTH.get(word.strip().casefold())


def number(text: str) -> Decimal | None:
    """A number as files write it, with a point; None for anything else."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def digits(value: Decimal) -> str:
    """A number as files write it: all its digits, no exponent, no zeros behind."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def shifted(value: Decimal, places: int) -> Decimal:
    """A number times a power of ten, with all its digits."""
    sign, figures, exponent = value.as_tuple()
    return Decimal((sign, figures, int(exponent) + places))


def percent(fraction: Decimal) -> str:
    """A fraction as a percentage."""
    return digits(shifted(fraction, 2))


def several(options: Sequence[Choice], *, shuffles: bool = True) -> MultipleResponseKey:
    """A multiple response of options with fractions.

    Where all right ones weigh the same, and all wrong ones take as much together, that is the balanced scoring,
    without what percentages with five decimals lose.
    """
    if not _is_balanced(options):
        return MultipleResponseKey(options=tuple(options), scoring=MultipleScoring.FRACTIONS, shuffles=shuffles)
    plain = [
        Choice(uuid=one.uuid, text=one.text, fraction=WHOLE if one.is_correct else NOTHING, feedback=one.feedback)
        for one in options
    ]
    return MultipleResponseKey(options=tuple(plain), scoring=MultipleScoring.BALANCED, shuffles=shuffles)


def _is_balanced(options: Sequence[Choice]) -> bool:
    right = [option.fraction for option in options if option.is_correct]
    wrong = [option.fraction for option in options if not option.is_correct]
    shares = [abs(fraction * len(right) - 1) / len(right) for fraction in right]
    shares += [abs(fraction * len(wrong) + 1) / len(wrong) for fraction in wrong]
    return bool(right) and all(share < _ALMOST for share in shares)


def weights(key: MultipleResponseKey) -> list[Decimal]:
    """The fraction that each option has where a format knows nothing but fractions."""
    if key.scoring is MultipleScoring.FRACTIONS:
        return [option.fraction for option in key.options]
    right = sum(option.is_correct for option in key.options) or 1
    wrong = (len(key.options) - right) or 1
    unit = Decimal("0.0000001")
    return [
        (WHOLE / right).quantize(unit) if option.is_correct else (-WHOLE / wrong).quantize(unit)
        for option in key.options
    ]


def section_title(path: str) -> str:
    """The title of the section that a category of Moodle's names."""
    inner = _CATEGORY_ROOT.sub("", path.strip(), count=1)
    return inner.replace("//", "/")[:255].strip()


def category_path(title: str) -> str:
    """A section's title as a category of Moodle's, with one level."""
    plain = " ".join(title.split())
    return "$course$/top/" + plain.replace("/", "//") if plain else "$course$/top"
