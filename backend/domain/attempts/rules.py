"""What is true about attempts. The clock itself is compared in SQL, with the stored deadline."""

from collections.abc import Sequence

from backend.core.errors import DomainError
from backend.domain.assessments.papers import PaperQuestion
from backend.domain.attempts.errors import AttemptRunning, AttemptsUsedUp, PauseNotOver, QuizClosed

GRACE_S = 5
"""Seconds after the deadline in which an answer that was on its way is still taken, unless the quiz says otherwise."""


def why_not_open(*, is_open: bool, has_begun: bool, has_ended: bool, question_count: int) -> DomainError | None:
    """Why nobody can start a quiz at this moment."""
    for is_so, fact in (
        (not is_open, "closed"),
        (not has_begun, "before"),
        (has_ended, "after"),
        (question_count == 0, "empty"),
    ):
        if is_so:
            return QuizClosed(fact=fact)
    return None


def why_no_attempt_left(*, used: int, most: int, is_running: bool, pause_s: int = 0) -> DomainError | None:
    """Why a student cannot start another attempt; `most` 0 means as many as they like, `pause_s` is what is left."""
    if is_running:
        return AttemptRunning()
    if most and used >= most:
        return AttemptsUsedUp(most=most, used=used)
    return PauseNotOver(seconds=pause_s) if pause_s > 0 else None


def questions_of_attempt(paper: Sequence[PaperQuestion], question_ids: Sequence[int] | None) -> Sequence[PaperQuestion]:
    """The questions that an attempt was given, in its order; None: all, as they stand."""
    if question_ids is None:
        return paper
    by_id = {question.id: question for question in paper}
    return [by_id[question_id] for question_id in question_ids if question_id in by_id]
