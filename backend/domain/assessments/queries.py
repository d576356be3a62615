"""What can be asked about quizzes and their questions.

What a student may see (`PaperQuestion`) and what staff see (`QuestionView`) are two shapes: only the second has the
key.
"""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

import msgspec
from asyncpg import Record

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.core.listing import Lens, boolean, page
from backend.core.paging import Listing, Paged
from backend.domain.assessments import keys
from backend.domain.assessments.errors import (
    NotTeachingMeeting,
    NotYourQuiz,
    QuestionNotFound,
    QuestionsHidden,
    QuizNotFound,
)
from backend.domain.assessments.keys import Choice, Key, options_of
from backend.domain.assessments.terms import Counts, QuestionKind, QuizType, Review, Shown, TextFormat
from backend.domain.batches import queries as batches
from backend.domain.enrolments import queries as enrolments
from backend.domain.files.queries import FILE_ADDRESS

T = TypeVar("T")


class QuizView(msgspec.Struct, frozen=True, kw_only=True):
    """A quiz without its questions. `max_attempts` 0 means unlimited."""

    id: int
    uuid: UUID
    meeting_id: int
    meeting_uuid: UUID
    batch_id: int
    title: str
    description: str | None
    quiz_type: QuizType
    is_open: bool
    opens_at: datetime | None
    closes_at: datetime | None
    duration_s: int
    max_attempts: int
    shuffles_questions: bool
    shuffles_options: bool
    is_sequential: bool
    shows_answered: bool
    pause_s: int
    grace_s: int
    counts: Counts
    pass_percent: Decimal | None
    must_pass: bool
    show_score: Shown
    show_answers: Shown
    show_verdicts: Shown
    show_points: Shown
    show_key: Shown
    show_feedback: Shown
    key_version: int
    taken_at: datetime | None
    question_count: int
    total_points: Decimal
    created_at: datetime
    updated_at: datetime

    @property
    def review(self) -> Review:
        """What is shown of an attempt that is over."""
        return Review(
            score=self.show_score,
            answers=self.show_answers,
            verdicts=self.show_verdicts,
            points=self.show_points,
            key=self.show_key,
            feedback=self.show_feedback,
        )


class QuestionView(msgspec.Struct, frozen=True, kw_only=True):
    """A question with its key, for staff. `position` counts within its section; `files` are addresses."""

    id: int
    uuid: UUID
    quiz_uuid: UUID
    section_uuid: UUID
    position: int
    kind: QuestionKind
    text: str
    text_format: TextFormat
    key: Key
    key_version: int
    points: Decimal
    penalty: Decimal
    floor: Decimal | None
    explanation: str | None
    feedback_right: str
    feedback_wrong: str
    files: tuple[str, ...]
    created_at: datetime
    updated_at: datetime

    @property
    def options(self) -> tuple[Choice, ...]:
        """Its options, () for kinds without."""
        return options_of(self.key)


class SectionView(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a quiz; `draw`: each attempt gets so many of its questions, None: all."""

    uuid: UUID
    position: int
    title: str
    draw: int | None
    question_count: int


QUIZ_COLUMNS = (
    "a.id, a.uuid, a.meeting_id, m.uuid AS meeting_uuid, m.batch_id, a.title, a.description, a.quiz_type, a.is_open,"
    " a.opens_at, a.closes_at, a.duration_s, a.max_attempts, a.shuffles_questions, a.shuffles_options, a.is_sequential,"
    " a.shows_answered, a.pause_s, a.grace_s, a.counts, a.pass_percent, a.must_pass, a.show_score, a.show_answers,"
    " a.show_verdicts, a.show_points, a.show_key, a.show_feedback, a.key_version, a.taken_at, a.created_at,"
    " a.updated_at, q.question_count, q.total_points"
)
QUIZ_SOURCE = (
    "assessment a JOIN meeting m ON m.id = a.meeting_id"
    " CROSS JOIN LATERAL (SELECT coalesce(sum(least(n, draw)), 0)::int AS question_count,"
    "  coalesce(sum(CASE WHEN draw < n THEN round(points * draw / n, 2) ELSE points END), 0) AS total_points"
    "  FROM (SELECT count(*) AS n, sum(q.points) AS points, min(s.draw) AS draw FROM question q"
    "   JOIN section s ON s.id = q.section_id WHERE q.assessment_id = a.id GROUP BY q.section_id) AS each) AS q"
)
QUIZ_LENS = Lens(
    key="a.id",
    sorts={
        "title": "a.title",
        "type": "a.quiz_type",
        "start_time": "a.opens_at",
        "end_time": "a.closes_at",
        "created_at": "a.created_at",
        "updated_at": "a.updated_at",
    },
    filters={
        "id": ("a.uuid", UUID),
        "title": ("a.title", str),
        "is_open": ("a.is_open", boolean),
        "type": ("a.quiz_type", str),
        "quiz_type": ("a.quiz_type", str),
    },
)

FILES = (
    f"ARRAY(SELECT {FILE_ADDRESS} FROM attachment x JOIN file f ON f.id = x.file_id"  # noqa: S608 - our names
    " WHERE x.owner_kind = 'question' AND x.owner_id = q.id ORDER BY x.id) AS files"
)
_QUESTIONS = (
    "SELECT q.id, q.uuid, a.uuid AS quiz_uuid, s.uuid AS section_uuid, q.position, q.kind, q.text, q.text_format,"  # noqa: S608 - our names
    " q.key::text AS key, q.key_version, q.points, q.penalty, q.floor, q.explanation, q.feedback_right,"
    f" q.feedback_wrong, {FILES}, q.created_at, q.updated_at"
    " FROM question q JOIN assessment a ON a.id = q.assessment_id JOIN section s ON s.id = q.section_id"
)


async def quiz_by_id(ref: Ref) -> QuizView:
    """A quiz, whoever asks: for commands and jobs. One statement.

    Raises: QuizNotFound.
    """
    found = await db.row(f"SELECT {QUIZ_COLUMNS} FROM {QUIZ_SOURCE} WHERE a.{db.column_of(ref)} = $1", ref)  # noqa: S608 - our names
    if found is None:
        raise QuizNotFound(ref=str(ref))
    return db.view(QuizView, found)


async def quiz(actor: Actor, ref: Ref) -> QuizView:
    """A quiz that the actor may see: an admin, who teaches in its batch, or who is enrolled there.

    Raises: QuizNotFound, NotYourQuiz.
    """
    found = await quiz_by_id(ref)
    await must_see(actor, found.batch_id)
    return found


async def must_see(actor: Actor, batch_id: int) -> None:
    """Let an actor see the quizzes of a batch.

    Raises: NotYourQuiz.
    """
    if actor.is_student:
        allowed = await enrolments.enrolment(actor.person_id, batch_id) is not None
    else:
        allowed = await may_teach(actor, batch_id)
    if not allowed:
        raise NotYourQuiz(batch=batch_id)


async def may_teach(actor: Actor, batch_id: int) -> bool:
    """Whether an actor may change the quizzes of a batch and see their keys: admins, and who teaches there."""
    return actor.is_admin or (actor.is_teacher and await batches.teaches_batch(actor.account_id, batch_id))


async def quizzes_of_meeting(actor: Actor, meeting_ref: Ref, listing: Listing) -> Paged[QuizView]:
    """The quizzes of a meeting, for staff.

    Raises: MeetingNotFound, NotYourQuiz.
    """
    meeting = await batches.meeting(meeting_ref)
    if not await may_teach(actor, meeting.batch_id):
        raise NotYourQuiz(meeting=meeting.id)
    return await page(
        QuizView, QUIZ_LENS, listing, select=QUIZ_COLUMNS, source=QUIZ_SOURCE, where="m.id = $1", args=[meeting.id]
    )


async def quizzes_of_meetings(meeting_ids: Collection[int]) -> dict[int, list[QuizView]]:
    """The quizzes of several meetings, by the meetings' ids, for views of meetings. One statement."""
    rows = await db.fetch(
        f"SELECT {QUIZ_COLUMNS} FROM {QUIZ_SOURCE} WHERE m.id = ANY($1) ORDER BY a.id",  # noqa: S608 - our names
        list(meeting_ids),
    )
    quizzes: dict[int, list[QuizView]] = {meeting_id: [] for meeting_id in meeting_ids}
    for view in db.views(QuizView, rows):
        quizzes[view.meeting_id].append(view)
    return quizzes


async def meeting_to_teach(actor: Actor, meeting_ref: Ref) -> batches.MeetingView:
    """A meeting for which the actor may make quizzes.

    Raises: MeetingNotFound, NotTeachingMeeting.
    """
    meeting = await batches.meeting(meeting_ref)
    if not await may_teach(actor, meeting.batch_id):
        raise NotTeachingMeeting(meeting=meeting.id)
    return meeting


class QuizQuestions(msgspec.Struct, frozen=True):
    """A quiz and its questions with their keys, in order."""

    quiz: QuizView
    questions: list[QuestionView]


async def questions(actor: Actor, ref: Ref) -> QuizQuestions:
    """A quiz with its questions and what is right, for staff.

    Raises: QuizNotFound, QuestionsHidden.
    """
    found = await quiz_by_id(ref)
    if not await may_teach(actor, found.batch_id):
        raise QuestionsHidden(quiz=found.id)
    return QuizQuestions(found, await questions_of(found.id))


async def questions_of(assessment_id: int) -> list[QuestionView]:
    """The questions of a quiz in order with their keys, whoever asks: for commands and jobs. One statement."""
    rows = await db.fetch(f"{_QUESTIONS} WHERE q.assessment_id = $1 ORDER BY s.position, q.position", assessment_id)
    return [_with_key(QuestionView, row) for row in rows]


async def question_by_id(assessment_id: int, ref: Ref) -> QuestionView:
    """One question of a quiz with its key, whoever asks: for commands.

    Raises: QuestionNotFound.
    """
    row = await db.row(
        f"{_QUESTIONS} WHERE q.assessment_id = $1 AND q.{db.column_of(ref)} = $2",
        assessment_id,
        ref,
    )
    if row is None:
        raise QuestionNotFound(ref=str(ref))
    return _with_key(QuestionView, row)


async def sections(actor: Actor, ref: Ref) -> list[SectionView]:
    """The sections of a quiz in order, for staff.

    Raises: QuizNotFound, QuestionsHidden.
    """
    found = await quiz_by_id(ref)
    if not await may_teach(actor, found.batch_id):
        raise QuestionsHidden(quiz=found.id)
    return await sections_of(found.id)


async def sections_of(assessment_id: int) -> list[SectionView]:
    """The sections of a quiz in order, whoever asks: for commands."""
    rows = await db.fetch(
        "SELECT s.uuid, s.position, s.title, s.draw,"
        " (SELECT count(*) FROM question q WHERE q.section_id = s.id)::int AS question_count"
        " FROM section s WHERE s.assessment_id = $1 ORDER BY s.position",
        assessment_id,
    )
    return db.views(SectionView, rows)


def _with_key(type_: type[T], row: Record) -> T:
    return msgspec.convert({**row, "key": keys.from_json(row["key"])}, type_, strict=False)
