"""Marking by hand: what waits for a person, and the points that a person gives."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.errors import Broken
from backend.core.ids import Ref
from backend.core.listing import Lens, page
from backend.core.outbox import emit
from backend.core.paging import Listing, Paged
from backend.domain.accounts import queries as accounts
from backend.domain.accounts.queries import PersonView
from backend.domain.assessments import answers
from backend.domain.assessments import paper_queries as papers
from backend.domain.assessments import queries as assessments
from backend.domain.assessments.answers import Answer, SpeakingAnswer
from backend.domain.assessments.errors import NotYourQuiz
from backend.domain.assessments.keys import BY_HAND, rubric_of
from backend.domain.assessments.paper_queries import KeyView
from backend.domain.assessments.terms import QuestionKind
from backend.domain.attempts import queries as attempts
from backend.domain.attempts.terms import AttemptState
from backend.domain.files import queries as files
from backend.domain.grading import regrade_settling
from backend.domain.grading.commands import give_results
from backend.domain.grading.errors import AttemptNotFinal, MarkUnfit, NotMarkedByHand
from backend.domain.grading.events import AnswerMarked
from backend.domain.grading.marking import Worth, rubric_points

SLACK_S = 1
"""So much longer than it may be a recording can be: devices stop late, and containers round up."""

_LAST = "SELECT DISTINCT ON (question_id) {columns} FROM hand_mark WHERE attempt_id = $1 ORDER BY question_id, id DESC"


class HandMarkDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a person gives: points, or the level of each criterion of the rubric (uuids), and something to say."""

    points: Decimal | None = None
    levels: Sequence[UUID] | None = None
    feedback: str = ""


class WaitingAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that waits to be marked.

    `recorded_s` is how long a recording is, None until it was looked into; `max_s` how long it may be.
    """

    attempt_uuid: UUID
    account_id: int
    question_uuid: UUID
    kind: QuestionKind
    text: str
    points: Decimal
    answer: Answer
    submitted_at: datetime
    recorded_s: float | None = None
    max_s: int | None = None
    person: PersonView | None = None

    @property
    def is_too_long(self) -> bool | None:
        """Whether a recording is longer than it may be; None: nothing is asked for, or it is not known yet."""
        return None if self.recorded_s is None or self.max_s is None else self.recorded_s > self.max_s + SLACK_S


class HandMarkView(msgspec.Struct, frozen=True, kw_only=True):
    """What a person gave for an answer, as it stands."""

    question_id: int
    points: Decimal
    levels: list[UUID] | None
    feedback: str
    created_at: datetime


_WAITING = (
    "attempt t JOIN answer w ON w.attempt_id = t.id JOIN question q ON q.id = w.question_id"
    " LEFT JOIN account p ON p.id = t.account_id"
)
_LENS = Lens(
    key="w.id",
    order="t.submitted_at",
    sorts={"submitted_at": "t.submitted_at", "name": "p.name", "position": "q.position"},
    filters={"question_id": ("q.uuid", UUID), "user_id": ("p.uuid", UUID)},
    search=("p.name", "p.email"),
)


class _Row(msgspec.Struct, frozen=True):
    attempt_uuid: UUID
    account_id: int
    question_uuid: UUID
    kind: QuestionKind
    text: str
    points: Decimal
    value: str
    max_s: int | None
    submitted_at: datetime


async def waiting_answers(actor: Actor, quiz_ref: Ref, listing: Listing) -> Paged[WaitingAnswer]:
    """The answers at a quiz that wait for a person, the oldest first, for who teaches the batch.

    Raises: QuizNotFound, NotYourQuiz.
    """
    quiz = await assessments.quiz_by_id(quiz_ref)
    if not await assessments.may_teach(actor, quiz.batch_id):
        raise NotYourQuiz(quiz=quiz.id)
    paged = await page(
        _Row,
        _LENS,
        listing,
        select="t.uuid AS attempt_uuid, t.account_id, q.uuid AS question_uuid, q.kind, q.text, q.points,"
        " w.value::text AS value, (q.key ->> 'max_s')::int AS max_s, t.submitted_at",
        source=_WAITING,
        where="t.assessment_id = $1 AND t.state = 'marking' AND q.kind = ANY($2)"
        " AND (t.question_ids IS NULL OR q.id = ANY(t.question_ids)) AND btrim(w.value ->> 'text') IS DISTINCT FROM ''"
        " AND NOT EXISTS (SELECT FROM hand_mark h WHERE h.attempt_id = t.id AND h.question_id = q.id)",
        args=[quiz.id, [str(kind) for kind in sorted(BY_HAND)]],
    )
    people = await accounts.people([row.account_id for row in paged.items])
    given = [answers.from_json(row.value) for row in paged.items]
    lasting = await files.durations([answer.file for answer in given if isinstance(answer, SpeakingAnswer)])
    waiting = [
        _waiting(row, answer, people[row.account_id], lasting) for row, answer in zip(paged.items, given, strict=True)
    ]
    return Paged(waiting, paged.total)


def _waiting(row: _Row, answer: Answer, person: PersonView, lasting: Mapping[UUID, float]) -> WaitingAnswer:
    return WaitingAnswer(
        attempt_uuid=row.attempt_uuid,
        account_id=row.account_id,
        question_uuid=row.question_uuid,
        kind=row.kind,
        text=row.text,
        points=row.points,
        answer=answer,
        submitted_at=row.submitted_at,
        recorded_s=lasting.get(answer.file) if isinstance(answer, SpeakingAnswer) else None,
        max_s=row.max_s,
        person=person,
    )


async def mark_answer(actor: Actor, attempt_ref: Ref, question: UUID, draft: HandMarkDraft) -> HandMarkView:
    """Give points for an answer that a machine does not mark, or give others; each time is kept.

    With the last answer that waited the attempt gets its result.

    Raises: AttemptNotFound, AttemptHidden, AttemptNotFinal, NotMarkedByHand, MarkUnfit.
    Emits: AnswerMarked.
    """
    async with transaction():
        attempt = await attempts.attempt_to_mark(actor, attempt_ref)
        held = await attempts.final_answers([attempt.id], (AttemptState.MARKING, AttemptState.GRADED))
        if not held:
            raise AttemptNotFinal(attempt=attempt.id)
        keys = (await papers.answer_keys([attempt.assessment_id]))[attempt.assessment_id]
        entry = next((one for one in keys.questions if one.question_uuid == question), None)
        asked = held[0].question_ids
        if entry is None or entry.key.KIND not in BY_HAND or not (asked is None or entry.question_id in asked):
            raise NotMarkedByHand(question=str(question))
        points = points_of(entry, draft)
        await db.statement(
            "INSERT INTO hand_mark (attempt_id, question_id, points, levels, feedback, marked_by)"
            " VALUES ($1, $2, $3, $4::text::jsonb, $5, $6)",
            attempt.id,
            entry.question_id,
            points,
            None if draft.levels is None else msgspec.json.encode(draft.levels).decode(),
            draft.feedback,
            actor.account_id,
        )
        await emit(AnswerMarked(attempt.id, entry.question_id))
        given = await hand_marks(attempt.id)
        by_hand = {mark.question_id: mark.points for mark in given.values()}
        settled = await regrade_settling.after_mark(held[0], by_hand)
        await give_results(held, {attempt.id: by_hand}, {attempt.id: settled} if settled else None)
        return given[entry.question_id]


def points_of(entry: KeyView, draft: HandMarkDraft) -> Decimal:
    """The points that a draft gives: as they are, or by the levels of the rubric, one for each criterion.

    Raises: MarkUnfit.
    """
    worth = Worth(entry.points, entry.penalty, entry.floor)
    if draft.levels is None:
        if draft.points is None or not 0 <= draft.points <= worth.points:
            raise MarkUnfit(fields={"points": Broken("between", ("0", str(worth.points)))})
        return draft.points
    rubric = rubric_of(entry.key)
    known = [{level.uuid: level.points for level in criterion.levels} for criterion in rubric]
    fits = len(known) == len(draft.levels) and all(
        level in levels for level, levels in zip(draft.levels, known, strict=True)
    )
    if not rubric or not fits:
        raise MarkUnfit(fields={"levels": Broken("invalid")})
    most = sum((max(levels.values()) for levels in known), Decimal(0))
    return rubric_points(worth, [levels[level] for level, levels in zip(draft.levels, known, strict=True)], most)


async def hand_marks(attempt_id: int) -> dict[int, HandMarkView]:
    """What people gave in an attempt, as it stands, by question id; whoever asks. One statement."""
    rows = await db.fetch(
        _LAST.format(columns="question_id, points, levels::text AS levels, feedback, created_at"), attempt_id
    )
    return {
        row["question_id"]: msgspec.convert(
            {**row, "levels": msgspec.json.decode(row["levels"]) if row["levels"] else None},
            HandMarkView,
            strict=False,
        )
        for row in rows
    }
