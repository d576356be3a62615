"""What is true about attempts. The clock itself is compared in SQL, with the stored deadline."""

from backend.core.errors import DomainError
from backend.domain.attempts.errors import AttemptRunning, AttemptsUsedUp, QuizClosed

GRACE_S = 5
"""Seconds after the deadline in which an answer that was on its way is still taken."""


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


def why_no_attempt_left(*, used: int, most: int, is_running: bool) -> DomainError | None:
    """Why a student cannot start another attempt; `most` 0 means as many as they like."""
    if is_running:
        return AttemptRunning()
    if most and used >= most:
        return AttemptsUsedUp(most=most, used=used)
    return None
