r"""Gaps with their answers inside the text, as Moodle's "embedded answers" (Cloze) write them, both ways.

Source: https://docs.moodle.org/en/Embedded_Answers_(Cloze)_question_type: `{1:SHORTANSWER:=Berlin#Yes~%50%Bonn}`. A
backslash holds `} # ~ / " \`.
"""

import re
from collections.abc import Callable
from decimal import Decimal

from backend.domain.assessments.formats.findings import Code, QuestionUnfit
from backend.domain.assessments.formats.texts import digits, number, percent, shifted
from backend.domain.assessments.key_rules import GAP
from backend.domain.assessments.keys import (
    NOTHING,
    WHOLE,
    AcceptedNumber,
    AcceptedText,
    BlanksKey,
    Choice,
    Gap,
    GapKey,
    NumericKey,
    ShortTextKey,
    SingleChoiceKey,
)

_GAP = re.compile(r"\{(\d*):([A-Z_]{2,20}):((?:\\.|[^\\}])*)\}", re.DOTALL)
_SHORT, _CASED = ("SHORTANSWER", "SA", "MW"), ("SHORTANSWER_C", "SAC", "MWC")
_CHOICE = ("MULTICHOICE", "MC", "MULTICHOICE_V", "MCV", "MULTICHOICE_H", "MCH")
_MIXED = ("MULTICHOICE_S", "MCS", "MULTICHOICE_VS", "MCVS", "MULTICHOICE_HS", "MCHS")
_NUMBER = ("NUMERICAL", "NM")
_PART = re.compile(r"((?:\\.|[^\\~])*)(?:~|$)", re.DOTALL)
_WEIGHT = re.compile(r"\s*(?:%(-?[\d.]+)%|(=))")
_HELD = re.compile(r'\\([}#~/"\\])')
_SPECIAL = re.compile(r'[}#~/"\\]')
_FEEDBACK = re.compile(r"(?<!\\)((?:\\\\)*)#")


def cloze_key(text: str, say: Callable[[str], str]) -> tuple[str, BlanksKey]:
    """The text with `[[1]]` in the place of each gap, and the gaps.

    Raises: QuestionUnfit.
    """
    gaps: list[Gap] = []

    def taken(match: re.Match[str]) -> str:
        gaps.append(Gap(key=_key(match[2], _answers(match[3]), say), weight=Decimal(match[1] or 1)))
        return f"[[{len(gaps)}]]"

    if GAP.search(text):
        raise QuestionUnfit(Code.ANSWER_UNREADABLE, text)
    return _GAP.sub(taken, text), BlanksKey(gaps=tuple(gaps))


def _answers(inside: str) -> list[tuple[str, Decimal, str]]:
    """Text, fraction and feedback of each answer."""
    given = []
    for match in _PART.finditer(inside.removeprefix("~")):
        if not match[1].strip():
            continue
        weighed = _WEIGHT.match(match[1])
        rest = match[1][weighed.end() :] if weighed else match[1]
        fraction = NOTHING
        if weighed:
            share = number(weighed[1]) if weighed[1] else Decimal(100)
            if share is None:
                raise QuestionUnfit(Code.WEIGHT_UNREADABLE, match[1])
            fraction = shifted(share, -2)
        cut = _FEEDBACK.search(rest)
        text, feedback = (rest[: cut.end() - 1], rest[cut.end() :]) if cut else (rest, "")
        given.append((_HELD.sub(r"\1", text).strip(), fraction, _HELD.sub(r"\1", feedback).strip()))
    return given


def _key(kind: str, given: list[tuple[str, Decimal, str]], say: Callable[[str], str]) -> GapKey:
    if kind in _CHOICE + _MIXED:
        options = [Choice(text=say(text), fraction=share, feedback=say(more)) for text, share, more in given]
        return SingleChoiceKey(options=tuple(options), shuffles=kind in _MIXED)
    if kind in _SHORT + _CASED:
        accepted = [AcceptedText(text=text, fraction=share, feedback=say(more)) for text, share, more in given]
        return ShortTextKey(accepted=tuple(accepted), is_case_sensitive=kind in _CASED)
    if kind in _NUMBER:
        return NumericKey(accepted=tuple([_number(text, share, say(more)) for text, share, more in given]))
    raise QuestionUnfit(Code.ANSWER_UNREADABLE, kind)


def _number(text: str, fraction: Decimal, feedback: str) -> AcceptedNumber:
    if text == "*":
        return AcceptedNumber(fraction=fraction, feedback=feedback)
    value, _, tolerance = text.partition(":")
    exact, near = number(value), number(tolerance) if tolerance.strip() else NOTHING
    if exact is None or near is None:
        raise QuestionUnfit(Code.NUMBER_UNREADABLE, text)
    return AcceptedNumber(value=exact, tolerance=near, fraction=fraction, feedback=feedback)


def written(text: str, key: BlanksKey) -> str | None:
    """The text with its gaps inside; None when they cannot be said so."""
    gaps = [_written(gap) for gap in key.gaps]
    plain = GAP.sub("", text)
    if None in gaps or "{" in plain:
        return None
    return GAP.sub(lambda match: str(gaps[int(match[1]) - 1]), text)


def _written(gap: Gap) -> str | None:
    key = gap.key
    if gap.weight != int(gap.weight):
        return None
    if isinstance(key, SingleChoiceKey):
        kind = _MIXED[0] if key.shuffles else _CHOICE[0]
        given = [(option.text, option.fraction, option.feedback) for option in key.options]
    elif isinstance(key, ShortTextKey):
        kind = _CASED[0] if key.is_case_sensitive else _SHORT[0]
        given = [(one.text, one.fraction, one.feedback) for one in key.accepted]
    else:
        if key.units or any(one.is_relative and one.tolerance for one in key.accepted):
            return None
        kind = _NUMBER[0]
        given = [(as_value(one), one.fraction, one.feedback) for one in key.accepted]
    return f"{{{digits(gap.weight)}:{kind}:{'~'.join(_one(*each) for each in given)}}}"


def as_value(one: AcceptedNumber) -> str:
    """A number as a value and its tolerance: a range as its middle and half its width."""
    if one.value is None and one.low is None:
        return "*"
    value, tolerance = middle(one)
    return f"{digits(value)}:{digits(tolerance)}"


def middle(one: AcceptedNumber) -> tuple[Decimal, Decimal]:
    """The value and the tolerance of a number that is one, or a range."""
    if one.low is not None and one.high is not None:
        return (one.low + one.high) / 2, (one.high - one.low) / 2
    return one.value or NOTHING, one.tolerance


def _one(text: str, fraction: Decimal, feedback: str) -> str:
    share = "=" if fraction == WHOLE else f"%{percent(fraction)}%"
    said = _SPECIAL.sub(r"\\\g<0>", text.strip())
    behind = _SPECIAL.sub(r"\\\g<0>", feedback.strip())
    return share + said + (f"#{behind}" if behind else "")
