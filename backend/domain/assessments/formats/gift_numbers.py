"""Numbers in GIFT: `3.14:0.01`, `3.1..3.2`, several with `=`, and `~#…` for whatever else is answered."""

from collections.abc import Callable

from backend.domain.assessments.formats.findings import Code, QuestionUnfit
from backend.domain.assessments.formats.gift_text import Answer, answer, answers, piece, plain
from backend.domain.assessments.formats.texts import Piece, digits, number
from backend.domain.assessments.keys import NOTHING, WHOLE, AcceptedNumber, NumericKey

ANYTHING = "*"


def numeric_key(inside: str, say: Callable[[Piece], str]) -> NumericKey:
    """The numbers behind `{#`.

    Raises: QuestionUnfit.
    """
    first = inside.lstrip()[:1]
    given = answers(inside) if first in ("=", "~") else [answer("=", inside)]
    return NumericKey(accepted=tuple([_accepted(one, say) for one in given]))


def _accepted(one: Answer, say: Callable[[Piece], str]) -> AcceptedNumber:
    text, feedback = plain(one.text), say(piece(one.feedback))
    default = WHOLE if one.mark == "=" else NOTHING
    fraction = default if one.weight is None else one.weight
    if text == ANYTHING or (one.mark == "~" and not text):
        return AcceptedNumber(fraction=fraction, feedback=feedback)
    if ".." in text:
        low, high = [number(part) for part in text.split("..", 1)]
        if low is None or high is None:
            raise QuestionUnfit(Code.NUMBER_UNREADABLE, text)
        return AcceptedNumber(low=low, high=high, fraction=fraction, feedback=feedback)
    value, _, tolerance = text.partition(":")
    exact, near = number(value), number(tolerance) if tolerance.strip() else NOTHING
    if exact is None or near is None:
        raise QuestionUnfit(Code.NUMBER_UNREADABLE, text)
    return AcceptedNumber(value=exact, tolerance=near, fraction=fraction, feedback=feedback)


def written(one: AcceptedNumber) -> str:
    """A number that is accepted, without its weight and feedback."""
    if one.low is not None and one.high is not None:
        return f"{digits(one.low)}..{digits(one.high)}"
    return ANYTHING if one.value is None else f"{digits(one.value)}:{digits(one.tolerance)}"
