"""Attempts and results on the wire. Source: contract 2.16 and section 3, QuizAttempt, AttemptDetail, QuizResult.

Ours: attempt_no, deadline_at, server_time, status, and the score, passed and user of an attempt in a list.
"""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from backend.core.errors import Broken, Invalid
from backend.core.kept import Kept
from backend.dialects.lms.wire.proofs import ReviewOut
from backend.dialects.lms.wire.questions import StudentQuestionOut
from backend.dialects.lms.wire.quizzes import QuizOut
from backend.dialects.lms.wire.users import UserOut
from backend.domain.assessments.answers import Answer
from backend.domain.assessments.papers import UNMIXED
from backend.domain.attempts.queries import AnswerView, AttemptDetailView, AttemptView
from backend.domain.attempts.terms import AttemptState
from backend.domain.grading.queries import AttemptResultView, AttemptRow
from backend.domain.grading.reviews import AttemptReviewView


class AnswerIn(Struct):
    """One answer: the option that was chosen, or (ours) an answer of any kind; null takes back what was answered.

    Times a client sends are not looked at.
    """

    question_id: UUID
    selected_option_id: UUID | UnsetType = UNSET
    answer: Answer | UnsetType | None = UNSET

    def chosen(self) -> UUID | Answer | None:
        """What was answered. Raises: Invalid unless it is one of the two."""
        if self.answer is UNSET:
            if self.selected_option_id is UNSET:
                raise Invalid(fields={"selected_option_id": Broken("required")})
            return self.selected_option_id
        if self.selected_option_id is not UNSET:
            raise Invalid(fields={"answer": Broken("unexpected")})
        return self.answer


class NextIn(Struct):
    """The question that is left for the next one; a second time nothing changes."""

    question_id: UUID


class SavedOut(Struct):
    """What is said of an answer that was kept."""

    status: str = "saved"


class AttemptOut(Struct, kw_only=True):
    """Shape: QuizAttempt. `deadline_at` is compared with the server's clock, which `server_time` shows."""

    id: UUID
    quiz_id: UUID
    user_id: UUID
    started_at: datetime
    ended_at: datetime | None
    attempt_no: int
    deadline_at: datetime
    server_time: datetime
    status: AttemptState
    created_at: datetime
    updated_at: datetime
    quiz: QuizOut | UnsetType = UNSET
    score_percent: float | UnsetType | None = UNSET
    passed: bool | UnsetType = UNSET
    user: UserOut | UnsetType = UNSET

    @classmethod
    def of(cls, view: AttemptView) -> "AttemptOut":
        """What is shown of an attempt."""
        return cls(
            id=view.uuid,
            quiz_id=view.quiz_uuid,
            user_id=view.user_uuid,
            started_at=view.started_at,
            ended_at=view.submitted_at,
            attempt_no=view.attempt_no,
            deadline_at=view.deadline_at,
            server_time=view.server_time,
            status=view.state,
            created_at=view.created_at,
            updated_at=view.updated_at,
        )

    @classmethod
    def of_row(cls, view: AttemptRow) -> "AttemptOut":
        """In a list: with the score, and for staff with who took it."""
        return msgspec.structs.replace(
            cls.of(view),
            score_percent=None if view.score_percent is None else float(view.score_percent),
            passed=UNSET if view.has_passed is None else view.has_passed,
            user=UNSET if view.person is None else UserOut.of(view.person),
        )


class SavedAnswerOut(Struct, kw_only=True):
    """An answer that stands."""

    id: UUID
    user_id: UUID
    question_id: UUID
    selected_option_id: UUID | None
    created_at: datetime
    updated_at: datetime
    answer: Answer | UnsetType = UNSET

    @classmethod
    def of(cls, user_id: UUID, view: AnswerView) -> "SavedAnswerOut":
        """What is shown of an answer."""
        return cls(
            id=view.uuid,
            user_id=user_id,
            question_id=view.question_uuid,
            selected_option_id=view.option_uuid,
            created_at=view.created_at,
            updated_at=view.updated_at,
            answer=UNSET if view.value is None else view.value,
        )


_papers: Kept[tuple[UUID, int], msgspec.Raw] = Kept(64)


def _paper(view: AttemptDetailView) -> msgspec.Raw:
    """The questions as they go on the wire; what is the same for a whole hall is written once.

    Nothing but the version of the keys changes it once somebody began.
    """
    attempt = view.attempt
    if attempt.seed != UNMIXED or attempt.question_ids is not None:
        return _written(view, seed=attempt.seed)
    name = (view.quiz.uuid, view.quiz.key_version)
    written = _papers.get(name)
    if written is None:
        written = _written(view)
        _papers.put(name, written)
    return written


def _written(view: AttemptDetailView, *, seed: int = UNMIXED) -> msgspec.Raw:
    questions = [
        StudentQuestionOut.of(view.quiz.uuid, question, position=position, seed=seed)
        for position, question in enumerate(view.questions, view.skipped + 1)
    ]
    return msgspec.Raw(msgspec.json.encode(questions))


class AttemptDetailOut(Struct):
    """Shape: AttemptDetail; the questions do not tell what is right. Ours: `review`, as far as it may be seen.

    Where questions come one after the other, `position` is that of the one to be answered, and none after it is there.
    """

    attempt: AttemptOut
    quiz: QuizOut
    temp_submissions: list[SavedAnswerOut]
    review: list[ReviewOut] | UnsetType = UNSET
    position: int | UnsetType = UNSET

    @classmethod
    def of(cls, reviewed: AttemptReviewView) -> "AttemptDetailOut":
        """What is shown of an attempt with its paper."""
        review = reviewed.review
        return msgspec.structs.replace(
            cls.running(reviewed.detail),
            review=UNSET if review is None else [ReviewOut.of(question) for question in review],
        )

    @classmethod
    def running(cls, view: AttemptDetailView) -> "AttemptDetailOut":
        """The same while it runs."""
        return cls(
            position=view.attempt.reached if view.attempt.is_sequential else UNSET,
            attempt=AttemptOut.of(view.attempt),
            quiz=msgspec.structs.replace(QuizOut.of(view.quiz), questions=_paper(view)),
            temp_submissions=[SavedAnswerOut.of(view.attempt.user_uuid, answer) for answer in view.answers],
        )


class ResultOut(Struct, kw_only=True):
    """Shape: QuizResult. While `status` is "grading", or "hidden" by the quiz, there is nothing but the attempt."""

    status: str
    attempt_id: UUID
    attempt: AttemptOut
    id: UUID | None = None
    total_questions: int | None = None
    correct_answers: int | None = None
    wrong_answers: int | None = None
    points: float | None = None
    max_points: float | None = None
    score_percent: float | None = None
    passed: bool | UnsetType = UNSET
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @classmethod
    def of(cls, view: AttemptResultView) -> "ResultOut":
        """What is shown of a result."""
        attempt = msgspec.structs.replace(AttemptOut.of(view.attempt), quiz=QuizOut.of(view.quiz))
        made = view.result
        if made is None:
            status = "hidden" if view.is_hidden else "grading"
            return cls(status=status, attempt_id=view.attempt.uuid, attempt=attempt)
        return cls(
            status="graded",
            attempt_id=view.attempt.uuid,
            attempt=attempt,
            id=made.uuid,
            total_questions=made.total_questions,
            correct_answers=made.correct_answers,
            wrong_answers=made.wrong_answers,
            points=float(made.points),
            max_points=float(made.max_points),
            score_percent=float(made.score_percent),
            passed=UNSET if view.quiz.pass_percent is None else made.score_percent >= view.quiz.pass_percent,
            created_at=made.created_at,
            updated_at=made.updated_at,
        )
