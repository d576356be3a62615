"""One question of a sheet, by its kind."""

import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TypeVar

from backend.domain.assessments.formats import excel_columns, excel_typed
from backend.domain.assessments.formats.excel_cells import Row
from backend.domain.assessments.formats.excel_columns import NO, number_of_letters, plain
from backend.domain.assessments.formats.findings import Asked, Code, QuestionUnfit
from backend.domain.assessments.formats.texts import FALSE, TRUE, truth
from backend.domain.assessments.keys import (
    NOTHING,
    WHOLE,
    BlanksKey,
    Choice,
    EssayKey,
    Gap,
    GapKey,
    Item,
    Key,
    MatchingKey,
    MultipleResponseKey,
    MultipleScoring,
    OrderingKey,
    OrderingScoring,
    SingleChoiceKey,
    SpeakingKey,
    Stem,
    Target,
    TrueFalseKey,
)
from backend.domain.assessments.terms import QuestionKind, QuizType, TextFormat

S = TypeVar("S", bound=StrEnum)
_LETTER = "A?[A-Za-z]"
_ANSWER = re.compile(rf"{_LETTER}(?:\s*[,;/&+]\s*{_LETTER})*|{_LETTER}(?:\s+{_LETTER})+", re.IGNORECASE)
_ARROW = re.compile(r"(?<!\\)->")


def asked(row: Row, quiz_type: QuizType) -> Asked:
    """The question of a row, and of those that belong to it.

    Raises: QuestionUnfit.
    """
    if not row.text("question"):
        raise row.unfit(Code.TEXT_MISSING, "question")
    points, penalty = row.number_of("points"), row.number_of("penalty")
    kind = _kind(row, quiz_type)
    _check_parts(row, kind)
    return Asked(
        line=row.number,
        text=row.text("question"),
        key=_KEYS[kind](row),
        text_format=_format(row),
        points=WHOLE if points is None else points,
        penalty=NOTHING if penalty is None else penalty,
        floor=row.number_of("floor"),
        explanation=row.text("explanation") or None,
        feedback_right=row.text("right"),
        feedback_wrong=row.text("wrong"),
        category=" ".join(row.text("section").split())[:255],
        draw=row.whole_of("draw"),
        files=tuple(dict.fromkeys(row.text("files").split())),
    )


def _kind(row: Row, quiz_type: QuizType) -> QuestionKind:
    said = row.text("kind")
    if said:
        kind = excel_columns.kind_of(said)
        if kind is None:
            raise row.unfit(Code.KIND_UNSUPPORTED, "kind")
        return kind
    if any(part.text("gap") for part in row.parts):
        return QuestionKind.BLANKS
    if row.parts:
        return QuestionKind.ESSAY
    if quiz_type is QuizType.TRUE_FALSE:
        return QuestionKind.TRUE_FALSE
    return QuestionKind.MULTIPLE_RESPONSE if len(_letters(row)) > 1 else QuestionKind.SINGLE_CHOICE


def _check_parts(row: Row, kind: QuestionKind) -> None:
    """Gaps belong to a text with gaps, criteria to what is marked by hand."""
    fits = {QuestionKind.BLANKS: "gap", QuestionKind.ESSAY: "criterion", QuestionKind.SPEAKING: "criterion"}
    for part in row.parts:
        for key in excel_columns.PARTS:
            if part.text(key) and fits.get(kind) != key:
                raise part.unfit(Code.PART_MISPLACED, key)


def _format(row: Row) -> TextFormat:
    said = plain(row.text("format"))
    if not said:
        return TextFormat.PLAIN
    try:
        return TextFormat(said)
    except ValueError:
        raise row.unfit(Code.ANSWER_UNREADABLE, "format") from None


def _letters(row: Row) -> list[int]:
    """The options that the answer names, by number; nothing when it does not look like that."""
    text = row.text("answer")
    if not _ANSWER.fullmatch(text):
        return []
    return sorted({number_of_letters(letters) for letters in re.findall("[A-Za-z]+", text)})


def _right(row: Row, options: Sequence[str]) -> list[int]:
    if not row.text("answer"):
        raise row.unfit(Code.ANSWER_MISSING)
    letters = _letters(row)
    if not letters or letters[-1] >= len(options):
        raise row.unfit(Code.ANSWER_UNKNOWN)
    return letters


def _choices(row: Row, options: Sequence[str], right: Sequence[int]) -> tuple[Choice, ...]:
    weights = [row.weight(at) for at in range(len(options))]
    return tuple(
        [
            Choice(
                text=text,
                fraction=weight if weight is not None else WHOLE if at in right else NOTHING,
                feedback=row.feedback(at),
            )
            for at, (text, weight) in enumerate(zip(options, weights, strict=True))
        ]
    )


def _shuffles(row: Row) -> bool:
    return plain(row.text("shuffle")) not in (plain(NO), "no", "false", "0")


def _scoring(row: Row, kind: type[S], usual: S) -> S:
    said = row.text("scoring")
    if not said:
        return usual
    try:
        return kind(excel_columns.scoring_of(said) or "")
    except ValueError:
        raise row.unfit(Code.ANSWER_UNREADABLE, "scoring") from None


def _single(row: Row) -> SingleChoiceKey:
    options = row.options()
    right = _right(row, options)
    if len(right) > 1:
        raise row.unfit(Code.ANSWER_UNKNOWN)
    return SingleChoiceKey(options=_choices(row, options, right), shuffles=_shuffles(row))


def _true_false(row: Row) -> Key:
    options = row.options()
    word = plain(row.text("answer"))
    if not word:
        raise row.unfit(Code.ANSWER_MISSING)
    if not options:
        options = [TRUE, FALSE]
        right = {True: 0, False: 1, None: None}[truth(word)]
    elif word in ("a", "b"):
        right = "ab".index(word)
    else:
        same = [at for at, text in enumerate(options) if plain(text) == word or _means(plain(text), word)]
        right = same[0] if len(same) == 1 else None
    if right is None:
        raise row.unfit(Code.ANSWER_UNKNOWN)
    return TrueFalseKey(options=_choices(row, options, [right]))


def _means(text: str, word: str) -> bool:
    return truth(text) is not None and truth(text) is truth(word)


def _multiple(row: Row) -> Key:
    options = row.options()
    scoring = _scoring(row, MultipleScoring, MultipleScoring.ALL_OR_NOTHING)
    right = _right(row, options) if row.text("answer") or scoring is not MultipleScoring.FRACTIONS else []
    return MultipleResponseKey(options=_choices(row, options, right), scoring=scoring, shuffles=_shuffles(row))


def _matching(row: Row) -> Key:
    stems: list[Stem] = []
    targets: dict[str, Target] = {}
    for text in row.options():
        left, *behind = [part.strip() for part in _ARROW.split(text, maxsplit=1)]
        if not behind or not behind[0]:
            raise QuestionUnfit(Code.PAIR_UNREADABLE, text)
        target = targets.setdefault(behind[0], Target(text=behind[0]))
        if left:
            stems.append(Stem(text=left.replace("\\->", "->"), target=target.uuid))
    whole = _scoring(row, OrderingScoring, OrderingScoring.PLACES) is OrderingScoring.ALL_OR_NOTHING
    return MatchingKey(
        stems=tuple(stems), targets=tuple(targets.values()), is_all_or_nothing=whole, shuffles=_shuffles(row)
    )


def _ordering(row: Row) -> Key:
    items = tuple([Item(text=text) for text in row.options()])
    return OrderingKey(items=items, scoring=_scoring(row, OrderingScoring, OrderingScoring.PLACES))


def _blanks(row: Row) -> Key:
    gaps: dict[int, Gap] = {}
    for part in row.parts:
        number = part.whole_of("gap") or 0
        if number in gaps:
            raise part.unfit(Code.ANSWER_UNREADABLE, "gap")
        weight = part.number_of("gap_weight")
        gaps[number] = Gap(key=_gap_key(part), weight=WHOLE if weight is None else weight)
    if sorted(gaps) != list(range(1, len(gaps) + 1)):
        raise row.parts[-1].unfit(Code.ANSWER_UNREADABLE, "gap")
    return BlanksKey(gaps=tuple([gaps[number] for number in sorted(gaps)]))


def _gap_key(part: Row) -> GapKey:
    """A gap is a little question of its own: one of several, a text, or a number."""
    kind = excel_columns.kind_of(part.text("kind")) if part.text("kind") else QuestionKind.SHORT_TEXT
    if kind is QuestionKind.SINGLE_CHOICE:
        return _single(part)
    if kind is QuestionKind.SHORT_TEXT:
        return excel_typed.short(part)
    if kind is QuestionKind.NUMERIC:
        return excel_typed.numeric(part)
    raise part.unfit(Code.PART_MISPLACED, "kind")


def _essay(row: Row) -> Key:
    return EssayKey(
        rubric=excel_typed.rubric(row),
        template=row.text("template"),
        notes=row.text("notes"),
        min_words=row.whole_of("least_words"),
        max_words=row.whole_of("most_words"),
    )


def _speaking(row: Row) -> Key:
    return SpeakingKey(rubric=excel_typed.rubric(row), notes=row.text("notes"), max_s=row.whole_of("most_s"))


_KEYS: dict[QuestionKind, Callable[[Row], Key]] = {
    QuestionKind.SINGLE_CHOICE: _single,
    QuestionKind.TRUE_FALSE: _true_false,
    QuestionKind.MULTIPLE_RESPONSE: _multiple,
    QuestionKind.SHORT_TEXT: excel_typed.short,
    QuestionKind.NUMERIC: excel_typed.numeric,
    QuestionKind.MATCHING: _matching,
    QuestionKind.ORDERING: _ordering,
    QuestionKind.BLANKS: _blanks,
    QuestionKind.ESSAY: _essay,
    QuestionKind.SPEAKING: _speaking,
}
