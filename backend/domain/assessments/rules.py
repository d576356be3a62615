"""What is true about quizzes and questions."""

from collections.abc import Sequence
from datetime import datetime

from backend.core.errors import DomainError
from backend.domain.assessments.errors import NotOneRight, NotTwoOptions, PeriodBackwards, TooFewOptions
from backend.domain.assessments.terms import OptionDraft, QuestionKind, QuizType

MAX_QUESTIONS = 500

KIND_OF_TYPE = {
    QuizType.MULTIPLE_CHOICE: QuestionKind.SINGLE_CHOICE,
    QuizType.TRUE_FALSE: QuestionKind.TRUE_FALSE,
}
"""How the questions of a quiz are answered."""


def why_period_unfit(opens_at: datetime | None, closes_at: datetime | None) -> DomainError | None:
    """A quiz that both begins and ends must end later than it begins."""
    if opens_at is not None and closes_at is not None and closes_at <= opens_at:
        return PeriodBackwards(opens_at=opens_at.isoformat(), closes_at=closes_at.isoformat())
    return None


def why_options_unfit(kind: QuestionKind, options: Sequence[OptionDraft]) -> DomainError | None:
    """At least two options, exactly two for true-false, and exactly one of them right."""
    if kind is QuestionKind.TRUE_FALSE and len(options) != 2:
        return NotTwoOptions(found=len(options))
    if len(options) < 2:
        return TooFewOptions(found=len(options))
    right = sum(option.is_correct for option in options)
    return NotOneRight(found=right) if right != 1 else None
