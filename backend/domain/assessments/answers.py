"""What is answered, per kind. Kept as JSON with the kind as its tag; one chosen option is kept by its row instead."""

from uuid import UUID

import msgspec
from msgspec import Struct


class _Answer(Struct, frozen=True, kw_only=True, tag_field="kind"):
    pass


class SingleChoiceAnswer(_Answer, frozen=True, kw_only=True, tag="single_choice"):
    """The option that was chosen."""

    option: UUID


class TrueFalseAnswer(_Answer, frozen=True, kw_only=True, tag="true_false"):
    """The option that was chosen."""

    option: UUID


class MultipleResponseAnswer(_Answer, frozen=True, kw_only=True, tag="multiple_response"):
    """The options that were ticked."""

    options: tuple[UUID, ...]


class ShortTextAnswer(_Answer, frozen=True, kw_only=True, tag="short_text"):
    """The text as it was typed."""

    text: str


class NumericAnswer(_Answer, frozen=True, kw_only=True, tag="numeric"):
    """The number as it was typed; its unit stands in `unit`, or behind the number."""

    text: str
    unit: str = ""


class MatchingAnswer(_Answer, frozen=True, kw_only=True, tag="matching"):
    """Targets by stems; a stem may be left out."""

    pairs: dict[UUID, UUID]


class OrderingAnswer(_Answer, frozen=True, kw_only=True, tag="ordering"):
    """All items, in the order that was made."""

    items: tuple[UUID, ...]


class BlanksAnswer(_Answer, frozen=True, kw_only=True, tag="blanks"):
    """What stands in each gap: a text, or the uuid of an option. A gap may be left out."""

    gaps: dict[UUID, str]


class EssayAnswer(_Answer, frozen=True, kw_only=True, tag="essay"):
    """The text as it was written."""

    text: str


class SpeakingAnswer(_Answer, frozen=True, kw_only=True, tag="speaking"):
    """The file with the recording."""

    file: UUID


Answer = (
    SingleChoiceAnswer
    | TrueFalseAnswer
    | MultipleResponseAnswer
    | ShortTextAnswer
    | NumericAnswer
    | MatchingAnswer
    | OrderingAnswer
    | BlanksAnswer
    | EssayAnswer
    | SpeakingAnswer
)
ChosenOne = SingleChoiceAnswer | TrueFalseAnswer
"""Answers that are kept by the row of their option."""

_decoder: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)
_encoder = msgspec.json.Encoder()


def from_json(text: str) -> Answer:
    """An answer as it is kept."""
    return _decoder.decode(text)


def to_json(answer: Answer) -> str:
    """An answer as it is to be kept."""
    return _encoder.encode(answer).decode()


def kind_of(answer: Answer) -> str:
    """The kind of question that an answer is for."""
    return str(answer.__struct_config__.tag)


def is_empty(answer: Answer) -> bool:
    """Whether nothing was answered; then nothing can be wrong, either."""
    match answer:
        case MultipleResponseAnswer(options=parts) | OrderingAnswer(items=parts):
            return not parts
        case ShortTextAnswer(text=text) | NumericAnswer(text=text) | EssayAnswer(text=text):
            return not text.strip()
        case MatchingAnswer(pairs=pairs):
            return not pairs
        case BlanksAnswer(gaps=gaps):
            return not any(text.strip() for text in gaps.values())
    return False
