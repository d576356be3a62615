"""What of a question each format cannot say, as far as that does not hang on the question's kind."""

from collections.abc import Iterator

from backend.domain.assessments.formats.findings import Asked, Format, Part
from backend.domain.assessments.formats.texts import FALSE, TRUE
from backend.domain.assessments.keys import NOTHING, WHOLE, SingleChoiceKey, TrueFalseKey, options_of

_SAID: dict[Format, frozenset[Part]] = {
    Format.AIKEN: frozenset(),
    Format.GIFT: frozenset({Part.EXPLANATION, Part.OPTION_FEEDBACK}),
    Format.MOODLE_XML: frozenset(
        {Part.EXPLANATION, Part.OPTION_FEEDBACK, Part.FEEDBACK, Part.POINTS, Part.SHUFFLE, Part.FILES}
    ),
    Format.XLSX: frozenset(
        {
            Part.FILES,
            Part.EXPLANATION,
            Part.OPTION_FEEDBACK,
            Part.FEEDBACK,
            Part.POINTS,
            Part.PENALTY,
            Part.FLOOR,
            Part.SHUFFLE,
        }
    ),
}


def unsaid(asked: Asked, format_: Format) -> Iterator[Part]:
    """The parts of a question that a format has no place for."""
    has = {
        Part.POINTS: asked.points != 1,
        Part.PENALTY: asked.penalty != 0,
        Part.FLOOR: asked.floor is not None,
        Part.EXPLANATION: bool(asked.explanation),
        Part.FEEDBACK: bool(asked.feedback_right or asked.feedback_wrong),
        Part.OPTION_FEEDBACK: any(option.feedback for option in options_of(asked.key)),
        Part.SHUFFLE: isinstance(asked.key, SingleChoiceKey) and not asked.key.shuffles,
        Part.FILES: bool(asked.files),
    }
    yield from (part for part, is_there in has.items() if is_there and part not in _SAID[format_])


def is_true_false(key: TrueFalseKey) -> bool:
    """Whether the two options are true and false, in this order, and one of them is all that is right."""
    one, other = key.options
    return (one.text, other.text) == (TRUE, FALSE) and {one.fraction, other.fraction} == {NOTHING, WHOLE}
