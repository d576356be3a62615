"""What can be asked about quizzes and their questions.

What a student may see (`PaperQuestion`) and what staff see (`QuestionView`) are two shapes: only the second has the
key.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

import msgspec
from asyncpg import Record

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.core.kept import Kept
from backend.core.listing import Lens, boolean, page
from backend.core.paging import Listing, Paged
from backend.domain.assessments.errors import (
    NotTeachingMeeting,
    NotYourQuiz,
    QuestionNotFound,
    QuestionsHidden,
    QuizNotFound,
)
from backend.domain.assessments.terms import QuestionKind, QuizType
from backend.domain.batches import queries as batches
from backend.domain.enrolments import queries as enrolments

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
    key_version: int
    taken_at: datetime | None
    question_count: int
    total_points: Decimal
    created_at: datetime
    updated_at: datetime


class PaperOption(msgspec.Struct, frozen=True, kw_only=True):
    """A possible answer, as a student sees it."""

    uuid: UUID
    position: int
    text: str


class PaperQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question as a student sees it: without what is right, and without the explanation."""

    uuid: UUID
    position: int
    kind: QuestionKind
    text: str
    points: Decimal
    options: list[PaperOption]


class OptionView(PaperOption, frozen=True, kw_only=True):
    """A possible answer, and whether it is right."""

    is_correct: bool


class QuestionView(msgspec.Struct, frozen=True, kw_only=True):
    """A question with its key, for staff."""

    id: int
    uuid: UUID
    quiz_uuid: UUID
    position: int
    kind: QuestionKind
    text: str
    explanation: str | None
    points: Decimal
    options: list[OptionView]
    created_at: datetime
    updated_at: datetime


class KeyView(msgspec.Struct, frozen=True, kw_only=True):
    """What a question is worth, and its right option (None: it has none)."""

    question_id: int
    points: Decimal
    right_option_id: int | None


QUIZ_COLUMNS = (
    "a.id, a.uuid, a.meeting_id, m.uuid AS meeting_uuid, m.batch_id, a.title, a.description, a.quiz_type, a.is_open,"
    " a.opens_at, a.closes_at, a.duration_s, a.max_attempts, a.key_version, a.taken_at, a.created_at, a.updated_at,"
    " q.question_count, q.total_points"
)
QUIZ_SOURCE = (
    "assessment a JOIN meeting m ON m.id = a.meeting_id"
    " CROSS JOIN LATERAL (SELECT count(*)::int AS question_count, coalesce(sum(points), 0) AS total_points"
    "  FROM question WHERE assessment_id = a.id) AS q"
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
    filters={"is_open": ("a.is_open", boolean), "type": ("a.quiz_type", str), "quiz_type": ("a.quiz_type", str)},
)

_QUESTIONS = (
    "SELECT q.id, q.uuid, a.uuid AS quiz_uuid, q.position, q.kind, q.text, q.explanation, q.points, q.created_at,"
    " q.updated_at, coalesce(json_agg(json_build_object('uuid', o.uuid, 'position', o.position, 'text', o.text,"
    " 'is_correct', o.is_correct) ORDER BY o.position) FILTER (WHERE o.id IS NOT NULL), '[]')::text AS options"
    " FROM question q JOIN assessment a ON a.id = q.assessment_id JOIN section s ON s.id = q.section_id"
    " LEFT JOIN option o ON o.question_id = q.id"
)
_PAPER = (
    "SELECT q.uuid, q.position, q.kind, q.text, q.points, coalesce(json_agg(json_build_object('uuid', o.uuid,"
    " 'position', o.position, 'text', o.text) ORDER BY o.position) FILTER (WHERE o.id IS NOT NULL), '[]')::text"
    " AS options FROM question q JOIN section s ON s.id = q.section_id LEFT JOIN option o ON o.question_id = q.id"
    " WHERE q.assessment_id = $1 GROUP BY q.id, s.position ORDER BY s.position, q.position"
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
    rows = await db.fetch(
        f"{_QUESTIONS} WHERE q.assessment_id = $1 GROUP BY q.id, a.uuid, s.position ORDER BY s.position, q.position",
        found.id,
    )
    return QuizQuestions(found, [_with_options(QuestionView, row) for row in rows])


async def question_by_id(assessment_id: int, ref: Ref) -> QuestionView:
    """One question of a quiz with its key, whoever asks: for commands.

    Raises: QuestionNotFound.
    """
    row = await db.row(
        f"{_QUESTIONS} WHERE q.assessment_id = $1 AND q.{db.column_of(ref)} = $2 GROUP BY q.id, a.uuid, s.position",
        assessment_id,
        ref,
    )
    if row is None:
        raise QuestionNotFound(ref=str(ref))
    return _with_options(QuestionView, row)


_papers: Kept[tuple[UUID, int], tuple[PaperQuestion, ...]] = Kept(64)
"""Papers of quizzes that were started, by quiz and version of its key; as many as are taken in the same hours."""


async def paper(quiz: QuizView) -> Sequence[PaperQuestion]:
    """The questions of a quiz in order, without their keys. At most one statement.

    Once it was started nothing can change them any more, so a hall reads its paper once.
    """
    name = (quiz.uuid, quiz.key_version)
    known = _papers.get(name) if quiz.taken_at else None
    if known is not None:
        return known
    questions = tuple([_with_options(PaperQuestion, row) for row in await db.fetch(_PAPER, quiz.id)])
    if quiz.taken_at:
        _papers.put(name, questions)
    return questions


def _with_options(type_: type[T], row: Record) -> T:
    return msgspec.convert({**row, "options": msgspec.json.decode(row["options"])}, type_, strict=False)


async def answer_keys(assessment_ids: Collection[int]) -> dict[int, list[KeyView]]:
    """What is right in several quizzes, by the quizzes' ids. For grading alone. One statement."""
    rows = await db.fetch(
        "SELECT q.assessment_id, q.id AS question_id, q.points, o.id AS right_option_id FROM question q"
        " LEFT JOIN option o ON o.question_id = q.id AND o.is_correct WHERE q.assessment_id = ANY($1)",
        list(assessment_ids),
    )
    keys: dict[int, list[KeyView]] = {assessment_id: [] for assessment_id in assessment_ids}
    for row in rows:
        view = KeyView(question_id=row["question_id"], points=row["points"], right_option_id=row["right_option_id"])
        keys[row["assessment_id"]].append(view)
    return keys
