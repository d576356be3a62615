"""One row of a sheet of questions, by the kind of the question."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from backend.core.workbook_formats import Cell
from backend.domain.assessments.formats import excel_columns
from backend.domain.assessments.formats.excel_columns import FEEDBACK, LETTERS, NO, OPTION, WEIGHT, Columns, plain
from backend.domain.assessments.formats.findings import Asked, Code, QuestionUnfit
from backend.domain.assessments.formats.texts import FALSE, TRUE, number, shifted
from backend.domain.assessments.keys import (
    NOTHING,
    WHOLE,
    AcceptedNumber,
    AcceptedText,
    Choice,
    EssayKey,
    Item,
    Key,
    MatchingKey,
    MultipleResponseKey,
    MultipleScoring,
    NumericKey,
    OrderingKey,
    OrderingScoring,
    ShortTextKey,
    SingleChoiceKey,
    SpeakingKey,
    Stem,
    Target,
    TrueFalseKey,
)
from backend.domain.assessments.terms import QuestionKind, QuizType, TextFormat

S = TypeVar("S", bound=StrEnum)
_TRUE = frozenset({"benar", "true", "b", "t", "betul"})
_FALSE = frozenset({"salah", "false", "s", "f"})
_ANSWER = re.compile(r"[A-Za-z](?:\s*[,;/&+]\s*[A-Za-z])*|[A-Za-z](?:\s+[A-Za-z])+")


class Row:
    """The cells of one row by their columns, as they are shown; numbers as they are saved."""

    def __init__(self, number: int, cells: Sequence[tuple[str, Cell]], columns: Columns) -> None:
        self.number, self.cells, self.columns = number, cells, columns

    def text(self, key: str) -> str:
        """The text of a column, "" where there is none."""
        return self._at(self.columns.at.get(key))

    def is_blank(self) -> bool:
        """Whether nothing stands in it but its number."""
        used = [column for key, column in self.columns.at.items() if key != "no"]
        return not any(self._at(column) for column in [*used, *self.columns.series.values()])

    def options(self) -> list[str]:
        """The options up to the last that is not blank.

        Raises: QuestionUnfit for one between them that is.
        """
        texts = [(self._at(column), column) for _, column in self.columns.letters(OPTION)]
        while texts and not texts[-1][0]:
            texts.pop()
        for text, column in texts:
            if not text:
                raise QuestionUnfit(Code.OPTION_BLANK, column=self.columns.names.get(column, ""))
        return [text for text, _ in texts]

    def feedback(self, option: int) -> str:
        """What is said of an option."""
        return self._at(self.columns.series.get((FEEDBACK, option)))

    def weight(self, option: int) -> Decimal | None:
        """The fraction that stands in an option's column of weights, in percent."""
        found = self._number(self.columns.series.get((WEIGHT, option)))
        return None if found is None else shifted(found, -2)

    def number_of(self, key: str) -> Decimal | None:
        """A number; None for a blank cell. A decimal comma and a point mean the same.

        Raises: QuestionUnfit.
        """
        return self._number(self.columns.at.get(key))

    def unfit(self, code: Code, key: str = "answer") -> QuestionUnfit:
        """What is wrong with a column."""
        column = self.columns.at.get(key)
        name = excel_columns.HEADINGS[key] if column is None else self.columns.names.get(column, "")
        return QuestionUnfit(code, self.text(key), column=name)

    def _at(self, column: int | None) -> str:
        return "" if column is None or column >= len(self.cells) else self.cells[column][0]

    def _number(self, column: int | None) -> Decimal | None:
        text = self._at(column)
        if not text or column is None:
            return None
        raw = self.cells[column][1]
        is_number = isinstance(raw, int | float) and not isinstance(raw, bool)
        shown = format(raw, ".15g") if is_number else text.replace(",", ".", 1).removesuffix("%")
        value = number(shown)
        if value is None:
            raise QuestionUnfit(Code.NUMBER_UNREADABLE, text, column=self.columns.names.get(column, ""))
        return value


def asked(row: Row, quiz_type: QuizType) -> Asked:
    """The question of a row.

    Raises: QuestionUnfit.
    """
    if not row.text("question"):
        raise row.unfit(Code.TEXT_MISSING, "question")
    points, penalty = row.number_of("points"), row.number_of("penalty")
    return Asked(
        line=row.number,
        text=row.text("question"),
        key=_KEYS[_kind(row, quiz_type)](row),
        text_format=_format(row),
        points=WHOLE if points is None else points,
        penalty=NOTHING if penalty is None else penalty,
        floor=row.number_of("floor"),
        explanation=row.text("explanation") or None,
        feedback_right=row.text("right"),
        feedback_wrong=row.text("wrong"),
        category=" ".join(row.text("section").split())[:255],
    )


def _kind(row: Row, quiz_type: QuizType) -> QuestionKind:
    said = row.text("kind")
    if said:
        kind = excel_columns.kind_of(said)
        if kind is None:
            raise row.unfit(Code.KIND_UNSUPPORTED, "kind")
        return kind
    if quiz_type is QuizType.TRUE_FALSE:
        return QuestionKind.TRUE_FALSE
    return QuestionKind.MULTIPLE_RESPONSE if len(_letters(row)) > 1 else QuestionKind.SINGLE_CHOICE


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
    return sorted({LETTERS.index(letter.upper()) for letter in re.findall("[A-Za-z]", text)})


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


def _single(row: Row) -> Key:
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
        right = 0 if word in _TRUE else 1 if word in _FALSE else None
    elif word in ("a", "b"):
        right = "ab".index(word)
    else:
        same = [at for at, text in enumerate(options) if plain(text) == word or _means(plain(text), word)]
        right = same[0] if len(same) == 1 else None
    if right is None:
        raise row.unfit(Code.ANSWER_UNKNOWN)
    return TrueFalseKey(options=_choices(row, options, [right]))


def _means(text: str, word: str) -> bool:
    return any(text in words and word in words for words in (_TRUE, _FALSE))


def _multiple(row: Row) -> Key:
    options = row.options()
    scoring = _scoring(row, MultipleScoring, MultipleScoring.ALL_OR_NOTHING)
    right = _right(row, options) if row.text("answer") or scoring is not MultipleScoring.FRACTIONS else []
    return MultipleResponseKey(options=_choices(row, options, right), scoring=scoring, shuffles=_shuffles(row))


def _accepted(row: Row) -> list[str]:
    texts = row.options() or [row.text("answer")]
    if not texts[0]:
        raise row.unfit(Code.ANSWER_MISSING)
    return texts


def _fraction(row: Row, at: int) -> Decimal:
    weight = row.weight(at)
    return WHOLE if weight is None else weight


def _short(row: Row) -> Key:
    return ShortTextKey(
        accepted=tuple(
            [
                AcceptedText(text=text, fraction=_fraction(row, at), feedback=row.feedback(at))
                for at, text in enumerate(_accepted(row))
            ]
        )
    )


def _numeric(row: Row) -> Key:
    return NumericKey(accepted=tuple([_number(row, at, text) for at, text in enumerate(_accepted(row))]))


def _number(row: Row, at: int, text: str) -> AcceptedNumber:
    fraction, feedback = _fraction(row, at), row.feedback(at)
    text = text.replace("±", ":")
    if text == "*":
        return AcceptedNumber(fraction=fraction, feedback=feedback)
    mark = ".." if ".." in text else ":"
    one, _, other = text.partition(mark)
    first, second = _decimal(one), _decimal(other) if other or mark == ".." else NOTHING
    if first is None or second is None:
        raise QuestionUnfit(Code.NUMBER_UNREADABLE, text)
    if mark == "..":
        return AcceptedNumber(low=first, high=second, fraction=fraction, feedback=feedback)
    return AcceptedNumber(value=first, tolerance=second, fraction=fraction, feedback=feedback)


def _decimal(text: str) -> Decimal | None:
    return number(text.strip().replace(",", ".", 1))


def _matching(row: Row) -> Key:
    stems: list[Stem] = []
    targets: dict[str, Target] = {}
    for text in row.options():
        left, arrow, right = [part.strip() for part in text.partition("->")]
        if not arrow or not right:
            raise QuestionUnfit(Code.PAIR_UNREADABLE, text)
        target = targets.setdefault(right, Target(text=right))
        if left:
            stems.append(Stem(text=left, target=target.uuid))
    whole = _scoring(row, OrderingScoring, OrderingScoring.PLACES) is OrderingScoring.ALL_OR_NOTHING
    return MatchingKey(
        stems=tuple(stems), targets=tuple(targets.values()), is_all_or_nothing=whole, shuffles=_shuffles(row)
    )


def _ordering(row: Row) -> Key:
    items = tuple([Item(text=text) for text in row.options()])
    return OrderingKey(items=items, scoring=_scoring(row, OrderingScoring, OrderingScoring.PLACES))


_KEYS: dict[QuestionKind, Callable[[Row], Key]] = {
    QuestionKind.SINGLE_CHOICE: _single,
    QuestionKind.TRUE_FALSE: _true_false,
    QuestionKind.MULTIPLE_RESPONSE: _multiple,
    QuestionKind.SHORT_TEXT: _short,
    QuestionKind.NUMERIC: _numeric,
    QuestionKind.MATCHING: _matching,
    QuestionKind.ORDERING: _ordering,
    QuestionKind.ESSAY: lambda _: EssayKey(),
    QuestionKind.SPEAKING: lambda _: SpeakingKey(),
}
