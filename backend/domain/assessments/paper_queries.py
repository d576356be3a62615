"""What is asked about the questions of a quiz while it is taken and graded: papers without what is right, and keys."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from asyncpg import Record

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.core.kept import Kept
from backend.core.paging import Listing, Paged
from backend.domain.assessments import keys
from backend.domain.assessments.errors import QuestionsHidden
from backend.domain.assessments.keys import Key
from backend.domain.assessments.papers import PaperQuestion, body_of
from backend.domain.assessments.queries import FILES, QuizView, may_teach, question_by_id, quiz_by_id


class KeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A question's key and what it is worth. Shape: options: id of the row → uuid as text."""

    question_id: int
    question_uuid: UUID
    key: Key
    points: Decimal
    penalty: Decimal
    floor: Decimal | None
    explanation: str | None
    feedback_right: str
    feedback_wrong: str
    options: dict[int, str]


class QuizKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What is right in a quiz, by the version of its keys; in the order of the questions."""

    version: int
    questions: list[KeyView]


class KeyVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A key of a question and what it was worth, from a version of the quiz's keys on."""

    version: int
    key: Key
    points: Decimal
    penalty: Decimal
    floor: Decimal | None
    explanation: str | None
    feedback_right: str
    feedback_wrong: str
    changed_by_uuid: UUID | None
    created_at: datetime


class Answerable(msgspec.Struct, frozen=True):
    """What must be known of a question to see whether an answer can be one to it."""

    id: int
    assessment_id: int
    key: Key


_PAPER = (
    f"SELECT q.id, q.uuid, q.position, q.kind, q.text, q.text_format, q.points, q.key::text AS key, {FILES}"  # noqa: S608 - our names
    " FROM question q JOIN section s ON s.id = q.section_id WHERE q.assessment_id = $1 ORDER BY s.position, q.position"
)
_KEYS = (
    "SELECT q.assessment_id, q.id AS question_id, q.uuid AS question_uuid, {version} AS version, k.points, k.penalty,"
    " k.floor, k.explanation, k.feedback_right, k.feedback_wrong, k.key::text AS key,"
    " (SELECT json_object_agg(o.id, o.uuid) FROM option o"
    "  WHERE o.question_id = q.id)::text AS options"
    " FROM question q JOIN assessment a ON a.id = q.assessment_id JOIN section s ON s.id = q.section_id {source}"
    " WHERE q.assessment_id = ANY($1) ORDER BY q.assessment_id, s.position, q.position"
)
_KEYS_NOW = _KEYS.format(version="a.key_version", source="JOIN question k ON k.id = q.id")
_KEYS_THEN = _KEYS.format(
    version="$2::int",
    source="CROSS JOIN LATERAL (SELECT * FROM question_key h WHERE h.question_id = q.id AND h.version <= $2"
    " ORDER BY h.version DESC LIMIT 1) AS k",
)


_papers: Kept[tuple[UUID, int], tuple[PaperQuestion, ...]] = Kept(64)
"""Papers of quizzes that were started, by quiz and version of its key; as many as are taken in the same hours."""


async def paper(quiz: QuizView) -> Sequence[PaperQuestion]:
    """The questions of a quiz in order, as they were written, without what is right. At most one statement.

    Once it was started nothing but the version of its keys can change them any more, so a hall reads its paper once.
    """
    name = (quiz.uuid, quiz.key_version)
    known = _papers.get(name) if quiz.taken_at else None
    if known is not None:
        return known
    questions = tuple([_paper_question(row) for row in await db.fetch(_PAPER, quiz.id)])
    if quiz.taken_at:
        _papers.put(name, questions)
    return questions


def _paper_question(row: Record) -> PaperQuestion:
    key = keys.from_json(row["key"])
    return msgspec.convert({**row, "key": key, "body": body_of(key, row["uuid"])}, PaperQuestion, strict=False)


_answerable: Kept[UUID, Answerable] = Kept(2000)
"""Questions of quizzes that were started: their keys may be mended, but an answer to one fits the other, too."""


async def answerable(ref: UUID) -> Answerable | None:
    """What an answer to a question is held against; None: there is no such question. At most one statement."""
    known = _answerable.get(ref)
    if known is not None:
        return known
    row = await db.row(
        "SELECT q.id, q.assessment_id, q.key::text AS key, a.taken_at FROM question q"
        " JOIN assessment a ON a.id = q.assessment_id WHERE q.uuid = $1",
        ref,
    )
    if row is None:
        return None
    found = Answerable(row["id"], row["assessment_id"], keys.from_json(row["key"]))
    if row["taken_at"]:
        _answerable.put(ref, found)
    return found


async def answer_keys(assessment_ids: Collection[int]) -> dict[int, QuizKeys]:
    """What is right in several quizzes now, by the quizzes' ids. For grading alone. One statement."""
    return _quiz_keys(assessment_ids, await db.fetch(_KEYS_NOW, list(assessment_ids)))


async def answer_keys_at(assessment_id: int, version: int) -> QuizKeys:
    """What was right in a quiz when its keys had this version. For grading alone. One statement."""
    return _quiz_keys([assessment_id], await db.fetch(_KEYS_THEN, [assessment_id], version))[assessment_id]


def _quiz_keys(assessment_ids: Collection[int], rows: Sequence[Record]) -> dict[int, QuizKeys]:
    versions = {row["assessment_id"]: row["version"] for row in rows}
    found = {id_: QuizKeys(version=versions.get(id_, 1), questions=[]) for id_ in assessment_ids}
    for row in rows:
        options = msgspec.json.decode(row["options"] or "{}", type=dict[int, str])
        found[row["assessment_id"]].questions.append(
            KeyView(
                question_id=row["question_id"],
                question_uuid=row["question_uuid"],
                key=keys.from_json(row["key"]),
                points=row["points"],
                penalty=row["penalty"],
                floor=row["floor"],
                explanation=row["explanation"],
                feedback_right=row["feedback_right"],
                feedback_wrong=row["feedback_wrong"],
                options=options,
            )
        )
    return found


async def key_history(actor: Actor, quiz_ref: Ref, ref: Ref, listing: Listing) -> Paged[KeyVersion]:
    """The keys that a question has had, the newest first, for staff.

    Raises: QuizNotFound, QuestionsHidden, QuestionNotFound.
    """
    quiz = await quiz_by_id(quiz_ref)
    if not await may_teach(actor, quiz.batch_id):
        raise QuestionsHidden(quiz=quiz.id)
    question = await question_by_id(quiz.id, ref)
    total: int = await db.value("SELECT count(*) FROM question_key WHERE question_id = $1", question.id)
    rows = await db.fetch(
        "SELECT k.version, k.key::text AS key, k.points, k.penalty, k.floor, k.explanation, k.feedback_right,"
        " k.feedback_wrong, a.uuid AS changed_by_uuid, k.created_at FROM question_key k"
        " LEFT JOIN account a ON a.id = k.changed_by WHERE k.question_id = $1"
        " ORDER BY k.version DESC LIMIT $2 OFFSET $3",
        question.id,
        listing.limit,
        listing.offset,
    )
    found = [msgspec.convert({**row, "key": keys.from_json(row["key"])}, KeyVersion, strict=False) for row in rows]
    return Paged(found, total)
