"""An attempt with all that who asks may see of it: while it runs the paper, afterwards what its review shows."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.domain.assessments import paper_queries as papers
from backend.domain.assessments.paper_queries import KeyView
from backend.domain.assessments.papers import right_of
from backend.domain.attempts import queries as attempts
from backend.domain.attempts.queries import AnswerView, AttemptDetailView, AttemptView
from backend.domain.attempts.terms import AttemptState
from backend.domain.grading import marking
from backend.domain.grading.commands import item_of
from backend.domain.grading.hand_marking import HandMarkView, hand_marks
from backend.domain.grading.marking import Verdict
from backend.domain.grading.scoring import Given
from backend.domain.grading.sights import Sight, sight_of
from backend.domain.grading.terms import KeptMark


class ReviewedQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """How one question went; what may not be seen is None. `right` is the key without what is said of it."""

    question_uuid: UUID
    verdict: Verdict | None
    points: Decimal | None
    max_points: Decimal
    right: Mapping[str, Any] | None
    feedback: list[str] | None
    comment: str | None


class AttemptReviewView(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt, and how its questions went as far as who asks may see it (None: nothing of it)."""

    detail: AttemptDetailView
    review: list[ReviewedQuestion] | None


async def attempt_review(actor: Actor, ref: Ref) -> AttemptReviewView:
    """An attempt with its paper and answers, and once it is over with what its review shows.

    Raises: AttemptNotFound, AttemptHidden.
    """
    detail = await attempts.attempt_detail(actor, ref)
    if detail.attempt.state is AttemptState.OPEN:
        return AttemptReviewView(detail=detail, review=None)
    seen = await sight_of(actor, detail.quiz)
    shown = detail if seen.answers else msgspec.structs.replace(detail, answers=[])
    return AttemptReviewView(detail=shown, review=await _review(detail, seen) if seen.is_any else None)


async def _review(detail: AttemptDetailView, seen: Sight) -> list[ReviewedQuestion]:
    attempt = detail.attempt
    keys = (await papers.answer_keys([attempt.assessment_id]))[attempt.assessment_id]
    marks = await _marks(attempt)
    by_hand = await hand_marks(attempt.id)
    by_uuid = {entry.question_uuid: entry for entry in keys.questions}
    answered = {answer.question_uuid: answer for answer in detail.answers}
    return [
        _reviewed(by_uuid[question.uuid], answered.get(question.uuid), marks, by_hand.get(question.id), seen)
        for question in detail.questions
        if question.uuid in by_uuid
    ]


async def _marks(attempt: AttemptView) -> dict[int, KeptMark]:
    text = await db.value("SELECT marks::text FROM result WHERE attempt_id = $1", attempt.id)
    return {mark.question_id: mark for mark in msgspec.json.decode(text or "[]", type=list[KeptMark])}


def _given(entry: KeyView, answer: AnswerView | None) -> Given | None:
    if answer is None or answer.option_uuid is None:
        return answer.value if answer else None
    chosen = str(answer.option_uuid)
    return next((row for row, uuid in entry.options.items() if uuid == chosen), None)


def _reviewed(
    entry: KeyView,
    answer: AnswerView | None,
    marks: Mapping[int, KeptMark],
    by_hand: HandMarkView | None,
    seen: Sight,
) -> ReviewedQuestion:
    given = _given(entry, answer)
    made = item_of(entry).mark(given)
    kept = marks.get(entry.question_id)
    verdict = Verdict(kept.verdict) if kept else made.verdict
    points = kept.points if kept else (by_hand.points if by_hand else made.points)
    return ReviewedQuestion(
        question_uuid=entry.question_uuid,
        verdict=verdict if seen.verdicts else None,
        points=points if seen.points else None,
        max_points=entry.points,
        right=right_of(entry.key) if seen.key else None,
        feedback=_feedback(entry, answer, verdict) if seen.feedback else None,
        comment=by_hand.feedback if by_hand and (seen.feedback or seen.points) else None,
    )


def _feedback(entry: KeyView, answer: AnswerView | None, verdict: Verdict) -> list[str]:
    """What is said of the answer itself, then of a right or wrong one, then of the question."""
    said: list[str] = []
    if answer is not None and answer.option_uuid is not None:
        said += marking.said_of_option(entry.key, answer.option_uuid)
    elif answer is not None and answer.value is not None:
        said += marking.part(entry.key, answer.value).feedback
    if verdict is not Verdict.WAITING:
        said.append(entry.feedback_right if verdict is Verdict.RIGHT else entry.feedback_wrong)
    said.append(entry.explanation or "")
    return [text for text in said if text]
