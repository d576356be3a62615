"""What can be done with the questions of a quiz, and with its sections.

Each locks the quiz's row, which starting an attempt locks too: what is asked is never changed under a running attempt.
Once a quiz was taken only its keys change: what is right, what it is worth, and what is said of it.
"""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from msgspec import UNSET, Struct
from msgspec.structs import asdict, replace

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.core.outbox import emit
from backend.domain.assessments import keys, markup, papers, queries, rules
from backend.domain.assessments.commands import editable, locked
from backend.domain.assessments.drafts import KeyChange, QuestionChange, QuestionDraft
from backend.domain.assessments.errors import (
    FloorTooHigh,
    OrderIncomplete,
    QuizTaken,
    SectionHasQuestions,
    SectionNotFound,
    TooManyQuestions,
)
from backend.domain.assessments.events import QuestionsChanged
from backend.domain.assessments.queries import QuestionView, SectionView, sections_of
from backend.domain.assessments.terms import TextFormat
from backend.domain.files import commands as files
from backend.domain.files.errors import FileNotFound
from backend.domain.files.terms import OwnerKind

C = TypeVar("C", QuestionChange, KeyChange)

_TEXTS = ("text", "explanation", "feedback_right", "feedback_wrong")
_SET = "text, text_format, points, penalty, floor, explanation, feedback_right, feedback_wrong, kind, key"
_PLACES = "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text::jsonb"

# the assessment's version rises, and the question's key is noted under it
_NEW_VERSION = """
WITH raised AS (
    UPDATE assessment SET key_version = key_version + 1, updated_at = now() WHERE id = $1 RETURNING key_version
), changed AS (
    UPDATE question q SET key_version = raised.key_version, updated_at = now() FROM raised WHERE q.id = $2
    RETURNING q.*
)
INSERT INTO question_key (question_id, version, key, points, penalty, floor, explanation, feedback_right,
    feedback_wrong, changed_by)
SELECT id, key_version, key, points, penalty, floor, explanation, feedback_right, feedback_wrong, $3 FROM changed
"""


class SectionPlan(Struct, frozen=True, kw_only=True):
    """What a section is to be; `uuid` None makes a new one. `draw`: so many of its questions are drawn, None: all."""

    title: str = ""
    draw: int | None = None
    uuid: UUID | None = None


async def add_question(actor: Actor, quiz_ref: Ref, draft: QuestionDraft) -> QuestionView:
    """Put a question at the end of a quiz, or of one of its sections.

    Raises: QuizNotFound, NotYourQuiz, QuizTaken, TooManyQuestions, SectionNotFound, KeyUnfit, NotOneRight,
        TooFewOptions, NotTwoOptions, FloorTooHigh, FileNotFound, FileNotReady.
    Emits: QuestionsChanged.
    """
    async with transaction():
        quiz = await editable(actor, quiz_ref)
        count = await db.value("SELECT count(*) FROM question WHERE assessment_id = $1", quiz.id)
        if count >= rules.MAX_QUESTIONS:
            raise TooManyQuestions(limit=rules.MAX_QUESTIONS)
        draft = markup.cleaned(draft)
        key = rules.adopted(rules.key_for(quiz.quiz_type, draft.key), set())
        _check(key, draft)
        question_id = await db.value(
            f"INSERT INTO question ({_SET}, assessment_id, section_id, position) SELECT {_PLACES}, s.assessment_id,"  # noqa: S608 - our names
            " s.id, 1 + coalesce((SELECT max(position) FROM question WHERE section_id = s.id), 0) FROM section s"
            " WHERE s.assessment_id = $11 AND ($12::uuid IS NULL OR s.uuid = $12) ORDER BY s.position DESC LIMIT 1"
            " RETURNING id",
            *_values(draft, key),
            quiz.id,
            draft.section,
        )
        if question_id is None:
            raise SectionNotFound(ref=str(draft.section))
        await _put_options(question_id, key)
        await _put_files(actor, question_id, draft.files)
        await db.statement(_NEW_VERSION, quiz.id, question_id, actor.account_id)
        await emit(QuestionsChanged(quiz.id))
        return await queries.question_by_id(quiz.id, question_id)


async def update_question(actor: Actor, quiz_ref: Ref, ref: Ref, change: QuestionChange) -> QuestionView:
    """Change a question; a key that is given replaces the one it had. Of a quiz that was taken only keys change.

    Raises: QuizNotFound, NotYourQuiz, QuizTaken, QuestionNotFound, KeyUnfit, NotOneRight, TooFewOptions,
        NotTwoOptions, FloorTooHigh, FileNotFound, FileNotReady.
    Emits: QuestionsChanged.
    """
    async with transaction():
        quiz = await locked(actor, quiz_ref)
        before = await queries.question_by_id(quiz.id, ref)
        change = _cleaned(change, before.text_format if change.text_format is UNSET else change.text_format)
        key = before.key if change.key is UNSET else rules.key_after(before.key, change.key)
        if quiz.taken_at is not None and not _is_of_key_alone(before, change, key):
            raise QuizTaken(quiz=quiz.id)
        await _rewrite(actor, quiz.id, before, change, key)
        if change.files is not UNSET:
            await _put_files(actor, before.id, change.files)
        return await queries.question_by_id(quiz.id, before.id)


async def change_key(actor: Actor, quiz_ref: Ref, ref: Ref, change: KeyChange) -> QuestionView:
    """Mend what is right in a question, what it is worth, or what is said of it, also once it was taken.

    The parts that students see stay. The quiz's keys get a new version, and the old key stays in the history; results
    stay as they are until somebody regrades.

    Raises: QuizNotFound, NotYourQuiz, QuizTaken, QuestionNotFound, KeyUnfit, NotOneRight, TooFewOptions,
        NotTwoOptions, FloorTooHigh.
    Emits: QuestionsChanged.
    """
    async with transaction():
        quiz = await locked(actor, quiz_ref)
        before = await queries.question_by_id(quiz.id, ref)
        change = _cleaned(change, before.text_format)
        key = before.key if change.key is UNSET else rules.key_after(before.key, change.key)
        if not papers.looks_the_same(before.key, key):
            raise QuizTaken(quiz=quiz.id)
        await _rewrite(actor, quiz.id, before, change, key)
        return await queries.question_by_id(quiz.id, before.id)


async def remove_question(actor: Actor, quiz_ref: Ref, ref: Ref) -> None:
    """Take a question out of a quiz; those after it move up.

    Raises: QuizNotFound, NotYourQuiz, QuizTaken, QuestionNotFound.
    Emits: QuestionsChanged.
    """
    async with transaction():
        quiz = await editable(actor, quiz_ref)
        question = await queries.question_by_id(quiz.id, ref)
        await files.detach(OwnerKind.QUESTION, question.id)
        await db.statement(
            "WITH gone AS (DELETE FROM question WHERE id = $1 RETURNING id, section_id, position)"
            " UPDATE question q SET position = q.position - 1 FROM gone"
            " WHERE q.section_id = gone.section_id AND q.position > gone.position",
            question.id,
        )
        await _version_rises(quiz.id)


async def reorder_questions(actor: Actor, quiz_ref: Ref, order: Sequence[UUID]) -> list[QuestionView]:
    """Put the questions of a quiz into an order that names each of them once; each stays in its section.

    Raises: QuizNotFound, NotYourQuiz, QuizTaken, OrderIncomplete, QuestionsHidden.
    Emits: QuestionsChanged.
    """
    async with transaction():
        quiz = await editable(actor, quiz_ref)
        count = await db.value("SELECT count(*) FROM question WHERE assessment_id = $1", quiz.id)
        placed = await db.statement(
            "UPDATE question q SET position = e.place, updated_at = now() FROM ("
            "  SELECT o.id, row_number() OVER (PARTITION BY o.section_id ORDER BY e.place) AS place"
            "  FROM unnest($2::uuid[]) WITH ORDINALITY AS e (uuid, place) JOIN question o ON o.uuid = e.uuid"
            "  WHERE o.assessment_id = $1) AS e WHERE q.id = e.id",
            quiz.id,
            list(order),
        )
        if not placed == len(order) == len(set(order)) == count:
            raise OrderIncomplete(expected=count, found=placed)
        await emit(QuestionsChanged(quiz.id))
        return (await queries.questions(actor, quiz.id)).questions


async def put_sections(actor: Actor, quiz_ref: Ref, plans: Sequence[SectionPlan]) -> list[SectionView]:
    """Let a quiz have exactly these sections, in order; a section that is left out must be empty.

    Raises: QuizNotFound, NotYourQuiz, QuizTaken, SectionNotFound, SectionHasQuestions.
    Emits: QuestionsChanged.
    """
    async with transaction():
        quiz = await editable(actor, quiz_ref)
        known = {section.uuid: section for section in await sections_of(quiz.id)}
        named = [plan.uuid for plan in plans if plan.uuid is not None]
        unknown = next((uuid for uuid in named if uuid not in known or named.count(uuid) > 1), None)
        if unknown is not None:
            raise SectionNotFound(ref=str(unknown))
        gone = [uuid for uuid in known if uuid not in named]
        if not plans or any(known[uuid].question_count for uuid in gone):
            raise SectionHasQuestions(quiz=quiz.id)
        await db.statement("DELETE FROM section WHERE assessment_id = $1 AND uuid = ANY($2)", quiz.id, gone)
        await db.statement("UPDATE section SET position = -position WHERE assessment_id = $1", quiz.id)
        await db.statement(
            "WITH plan AS (SELECT * FROM unnest($2::uuid[], $3::text[], $4::int[]) WITH ORDINALITY"
            "  AS p (uuid, title, draw, position)),"
            " kept AS (UPDATE section s SET title = p.title, draw = p.draw, position = p.position FROM plan p"
            "  WHERE s.assessment_id = $1 AND s.uuid = p.uuid)"
            " INSERT INTO section (assessment_id, position, title, draw)"
            " SELECT $1, position, title, draw FROM plan WHERE uuid IS NULL",
            quiz.id,
            [plan.uuid for plan in plans],
            [plan.title for plan in plans],
            [plan.draw for plan in plans],
        )
        await _version_rises(quiz.id)
        return await sections_of(quiz.id)


def _cleaned(change: C, text_format: TextFormat) -> C:
    """A change as it is kept, so that what was sent before is known for the same."""
    if text_format is not TextFormat.HTML:
        return change
    texts = {name: getattr(change, name, UNSET) for name in _TEXTS}
    clean = {name: markup.cleaned_text(text) for name, text in texts.items() if isinstance(text, str)}
    key = change.key if change.key is UNSET else markup.cleaned_key(change.key, text_format)
    return replace(change, **clean, key=key)


def _is_of_key_alone(before: QuestionView, change: QuestionChange, key: keys.Key) -> bool:
    stays = all(
        given is UNSET or given == had
        for given, had in ((change.text, before.text), (change.text_format, before.text_format))
    )
    same_files = change.files is UNSET or [str(name) for name in change.files] == list(before.files)
    return stays and same_files and papers.looks_the_same(before.key, key)


async def _rewrite(
    actor: Actor, quiz_id: int, before: QuestionView, change: QuestionChange | KeyChange, key: keys.Key
) -> None:
    """Write a question as it is after a change, under a new version of the quiz's keys."""
    given = {name: value for name, value in asdict(change).items() if value is not UNSET and hasattr(before, name)}
    after = markup.cleaned(replace(before, **{**given, "files": before.files, "key": key}))
    key = after.key
    _check(key, after)
    await db.statement(
        f"UPDATE question SET ({_SET}) = ({_PLACES}) WHERE id = $11",  # noqa: S608 - our names
        *_values(after, key),
        before.id,
    )
    await _put_options(before.id, key)
    await db.statement(_NEW_VERSION, quiz_id, before.id, actor.account_id)
    await emit(QuestionsChanged(quiz_id))


def _check(key: keys.Key, question: QuestionDraft | QuestionView) -> None:
    unfit = rules.why_key_unfit(key, question.text)
    if unfit is not None:
        raise unfit
    if question.floor is not None and question.floor > 0:
        raise FloorTooHigh(floor=str(question.floor))


def _values(question: QuestionDraft | QuestionView, key: keys.Key) -> list[object]:
    """What a question is to be, in the order of `_SET`."""
    return [
        question.text,
        str(question.text_format),
        question.points,
        question.penalty,
        question.floor,
        question.explanation,
        question.feedback_right,
        question.feedback_wrong,
        str(key.KIND),
        keys.to_json(key),
    ]


async def _put_options(question_id: int, key: keys.Key) -> None:
    """Let a question have rows for exactly the options of its key."""
    uuids = rules.option_uuids(key)
    await db.statement("DELETE FROM option WHERE question_id = $1 AND uuid <> ALL($2)", question_id, uuids)
    await db.statement(
        "INSERT INTO option (question_id, uuid) SELECT $1, o.uuid FROM unnest($2::uuid[]) AS o (uuid)"
        " ON CONFLICT (uuid) DO NOTHING",
        question_id,
        uuids,
    )


async def _put_files(actor: Actor, question_id: int, names: Sequence[UUID | str]) -> None:
    """Let a question have exactly these files; all must be ours, or they could not be kept from others."""
    await files.replace(actor, names, OwnerKind.QUESTION, question_id)
    kept = await db.value(
        "SELECT count(*) FROM attachment WHERE owner_kind = 'question' AND owner_id = $1", question_id
    )
    if kept != len({str(name) for name in names}):
        raise FileNotFound(ref=", ".join(str(name) for name in names)[:200])


async def _version_rises(quiz_id: int) -> None:
    await db.statement("UPDATE assessment SET key_version = key_version + 1, updated_at = now() WHERE id = $1", quiz_id)
    await emit(QuestionsChanged(quiz_id))
