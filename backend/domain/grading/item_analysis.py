"""What an analysis says of a quiz and each of its questions: pure, from marks and choices to what is shown."""

from array import array
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from math import sqrt
from uuid import UUID

import msgspec
from msgspec import Struct

from backend.domain.assessments.keys import Choice, Key, options_of
from backend.domain.grading import item_statistics as statistics
from backend.domain.grading.item_statistics import Column
from backend.domain.grading.terms import AnalysedAttempts

UNIT = 10_000
"""Marks are kept in so many parts of a point, as exact as they are given."""
FEW = 10
"""Fewer attempts say little: what is found of them may be chance."""
GOOD, FAIR = 0.30, 0.20
"""What discrimination is good, or fair. Source: Ebel & Frisbie, Essentials of Educational Measurement (1991)."""
_TITLE = 200


class Band(StrEnum):
    """How well a question tells those who know from those who do not. NEGATIVE: look at its key first."""

    GOOD = "good"
    FAIR = "fair"
    WEAK = "weak"
    NEGATIVE = "negative"
    UNKNOWN = "unknown"


class Asked(Struct, frozen=True, kw_only=True):
    """A question as an analysis sees it. `number` counts from 1 in the quiz."""

    id: int
    uuid: UUID
    number: int
    text: str
    key: Key
    points: Decimal


class OptionFound(Struct, frozen=True, kw_only=True):
    """An option. `share` of those asked chose it; `discrimination` is the point-biserial of that with the rest.

    `functions`: of wrong ones, whether enough people choose it (`statistics.FUNCTIONS_FROM`).
    """

    option_id: UUID
    text: str
    fraction: float
    count: int
    share: float
    discrimination: float | None
    functions: bool | None


class QuestionFound(Struct, frozen=True, kw_only=True):
    """A question. Facility, spread, guess and distractor efficiency are fractions of 1; weights are in percent."""

    question_id: UUID
    number: int
    kind: str
    text: str
    points: float
    attempts: int
    unanswered: int
    facility: float | None
    sd: float | None
    guess: float | None
    intended_weight: float | None
    effective_weight: float | None
    discrimination: float | None
    discrimination_efficiency: float | None
    band: Band
    distractor_efficiency: float | None
    options: list[OptionFound]


class QuizFound(Struct, frozen=True, kw_only=True):
    """The whole test; mean, median, spread and standard error are in percent. `is_few`: too few to rely on.

    `is_complete`: everybody was asked everything. `error_ratio`: how much of the spread is chance, in percent.
    """

    attempts: int
    is_few: bool
    is_complete: bool
    mean: float | None
    median: float | None
    sd: float | None
    skewness: float | None
    kurtosis: float | None
    alpha: float | None
    is_kr20: bool
    error_ratio: float | None
    standard_error: float | None


class Analysis(Struct, frozen=True, kw_only=True):
    """A quiz and its questions, of these attempts, by the keys of this version."""

    quiz_id: UUID
    title: str
    key_version: int
    which: AnalysedAttempts
    quiz: QuizFound
    questions: list[QuestionFound]


class Sittings:
    """Marks and choices of attempts, taken in one after the other and kept small: some ten bytes for each mark."""

    def __init__(self) -> None:
        self.totals = array("q")
        self.percents = array("q")
        self.who: dict[int, array[int]] = {}
        self.marks: dict[int, array[int]] = {}
        self.unanswered: dict[int, int] = {}
        self.choosers: dict[tuple[int, str], array[int]] = {}

    def add(self, percent: Decimal, marks: Mapping[int, Decimal], unanswered: Sequence[int]) -> int:
        """Take in an attempt; says its place, for `choose`."""
        place, total = len(self.totals), 0
        for question_id, points in marks.items():
            mark = int(points * UNIT)
            total += mark
            if question_id not in self.who:
                self.who[question_id], self.marks[question_id] = array("q"), array("q")
            self.who[question_id].append(place)
            self.marks[question_id].append(mark)
        for question_id in unanswered:
            self.unanswered[question_id] = self.unanswered.get(question_id, 0) + 1
        self.totals.append(total)
        self.percents.append(int(percent * 100))
        return place

    def choose(self, place: int, question_id: int, option: str) -> None:
        """Note that the attempt at this place has chosen an option, by the text of its uuid."""
        known = self.choosers.get((question_id, option))
        if known is None:
            known = self.choosers[question_id, option] = array("q")
        known.append(place)

    def column(self, question_id: int) -> Column:
        """The marks of a question."""
        return Column(self.who.get(question_id, array("q")), self.marks.get(question_id, array("q")))


def analysed(questions: Sequence[Asked], sittings: Sittings) -> tuple[QuizFound, list[QuestionFound]]:
    """What there is to say."""
    columns = [sittings.column(question.id) for question in questions]
    weights = statistics.effective_weights(columns, sittings.totals)
    whole = sum(question.points for question in questions)
    found = [
        _question(question, column, sittings, weight, question.points / whole if whole else None)
        for question, column, weight in zip(questions, columns, weights, strict=True)
    ]
    return _quiz(questions, columns, sittings), found


def _quiz(questions: Sequence[Asked], columns: Sequence[Column], sittings: Sittings) -> QuizFound:
    spread = statistics.moments(sittings.percents, 100)
    asked = [column for column in columns if column.who]
    alpha = statistics.alpha(asked, sittings.totals)
    error = sqrt(1 - alpha) if alpha is not None and alpha <= 1 else None
    worth = {int(question.points * UNIT) for question, column in zip(questions, columns, strict=True) if column.who}
    return QuizFound(
        attempts=spread.count,
        is_few=spread.count < FEW,
        is_complete=all(len(column.who) == spread.count for column in asked),
        mean=spread.mean,
        median=spread.median,
        sd=spread.sd,
        skewness=spread.skewness,
        kurtosis=spread.kurtosis,
        alpha=alpha,
        is_kr20=len(worth) == 1 and all(set(column.marks) <= {0, *worth} for column in asked),
        error_ratio=None if error is None else 100 * error,
        standard_error=None if error is None or spread.sd is None else spread.sd * error,
    )


def _question(
    question: Asked, column: Column, sittings: Sittings, weight: float | None, intended: Decimal | None
) -> QuestionFound:
    worth = int(question.points * UNIT)
    spread = statistics.moments(column.marks, worth or UNIT)
    rest = array("q", [sittings.totals[place] - mark for place, mark in zip(column.who, column.marks, strict=True)])
    discrimination = statistics.correlation(column.marks, rest)
    options = [_option(question, option, column, rest, sittings) for option in options_of(question.key)]
    distractors = [option.functions for option in options if option.functions is not None]
    return QuestionFound(
        question_id=question.uuid,
        number=question.number,
        kind=str(question.key.KIND),
        text=question.text[:_TITLE],
        points=float(question.points),
        attempts=spread.count,
        unanswered=sittings.unanswered.get(question.id, 0),
        facility=spread.mean if worth else None,
        sd=spread.sd if worth else None,
        guess=statistics.guess(question.key),
        intended_weight=None if intended is None else float(100 * intended),
        effective_weight=weight,
        discrimination=discrimination,
        discrimination_efficiency=statistics.efficiency(column.marks, rest),
        band=band(discrimination),
        distractor_efficiency=sum(distractors) / len(distractors) if distractors and spread.count else None,
        options=options,
    )


def _option(question: Asked, option: Choice, column: Column, rest: Sequence[int], sittings: Sittings) -> OptionFound:
    choosers = set(sittings.choosers.get((question.id, str(option.uuid)), ()))
    theirs = [left for place, left in zip(column.who, rest, strict=True) if place in choosers]
    share = len(theirs) / len(column.who) if column.who else 0.0
    return OptionFound(
        option_id=option.uuid,
        text=option.text[:_TITLE],
        fraction=float(option.fraction),
        count=len(theirs),
        share=share,
        discrimination=statistics.chosen_correlation(rest, theirs),
        functions=None if option.is_correct else share >= statistics.FUNCTIONS_FROM,
    )


def band(discrimination: float | None) -> Band:
    """How well a question with this discrimination does."""
    if discrimination is None:
        return Band.UNKNOWN
    if discrimination < 0:
        return Band.NEGATIVE
    if discrimination < FAIR:
        return Band.WEAK
    return Band.GOOD if discrimination >= GOOD else Band.FAIR


def to_json(found: Analysis) -> str:
    """An analysis as it is kept."""
    return msgspec.json.encode(found).decode()


def from_json(text: str) -> Analysis:
    """An analysis as it was kept."""
    return msgspec.json.decode(text, type=Analysis)
