"""Scores on the wire. Source: contract section 3, ScoreResponse; `score_status` and `passed` are ours."""

import msgspec
from msgspec import UNSET, UnsetType

from backend.dialects.lms.wire.assignments import AssignmentOut
from backend.dialects.lms.wire.quizzes import QuizOut
from backend.domain.grading.scores import QuizScore, ScoresView, TaskScore
from backend.domain.grading.terms import ScoreState


class AssignmentScoreOut(AssignmentOut, kw_only=True):
    """An assignment with its score, 0 to 100."""

    score: float
    score_status: ScoreState

    @classmethod
    def of_score(cls, scored: TaskScore) -> "AssignmentScoreOut":
        """As the contract shows it."""
        shown = msgspec.structs.asdict(AssignmentOut.of(scored.task))
        return cls(**shown, score=float(scored.score), score_status=scored.state)


class QuizScoreOut(QuizOut, kw_only=True):
    """A quiz with the score that counts, in percent, and where it has a pass mark whether that was reached."""

    score: float
    score_status: ScoreState
    passed: bool | UnsetType = UNSET

    @classmethod
    def of_score(cls, scored: QuizScore) -> "QuizScoreOut":
        """As the contract shows it."""
        shown = msgspec.structs.asdict(QuizOut.of(scored.quiz))
        passed = UNSET if scored.has_passed is None else scored.has_passed
        return cls(**shown, score=float(scored.score), score_status=scored.state, passed=passed)


class ScoresOut(msgspec.Struct):
    """Shape: ScoreResponse. `score_status` tells 0 points from nothing done, and from not scored yet."""

    assignments: list[AssignmentScoreOut]
    quizzes: list[QuizScoreOut]

    @classmethod
    def of(cls, view: ScoresView) -> "ScoresOut":
        """As the contract shows it."""
        return cls(
            [AssignmentScoreOut.of_score(scored) for scored in view.tasks],
            [QuizScoreOut.of_score(scored) for scored in view.quizzes],
        )
