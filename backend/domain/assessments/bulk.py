"""Many questions written at once, in a few statements however many they are."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.ids import new_uuid
from backend.core.outbox import emit
from backend.domain.assessments import keys, markup, rules
from backend.domain.assessments.errors import TooManyQuestions
from backend.domain.assessments.events import QuestionsChanged
from backend.domain.assessments.formats.findings import Asked
from backend.domain.assessments.queries import QuizView, questions_of, sections_of
from backend.domain.files import commands as files
from backend.domain.files.terms import OwnerKind

_PUT = """
WITH new AS (
    INSERT INTO question (uuid, assessment_id, section_id, position, kind, text, text_format, key, key_version, points,
        penalty, floor, explanation, feedback_right, feedback_wrong)
    SELECT n.uuid, $1, s.id, coalesce((SELECT max(position) FROM question WHERE section_id = s.id), 0)
            + row_number() OVER (PARTITION BY s.id ORDER BY n.place),
        n.kind, n.text, n.text_format, n.key::jsonb, $2, n.points, n.penalty, n.floor, n.explanation,
        n.feedback_right, n.feedback_wrong
    FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::numeric[], $10::numeric[],
            $11::numeric[], $12::text[], $13::text[], $14::text[], $15::uuid[])
        WITH ORDINALITY AS n (category, kind, text, text_format, key, points, penalty, floor, explanation,
            feedback_right, feedback_wrong, uuid, place)
    JOIN section s ON s.id = (SELECT id FROM section WHERE assessment_id = $1
        ORDER BY (title = n.category) DESC, position DESC LIMIT 1)
    ORDER BY n.place
    RETURNING *
), options AS (
    INSERT INTO option (uuid, question_id)
    SELECT (o.part ->> 'uuid')::uuid, new.id
    FROM new CROSS JOIN LATERAL jsonb_array_elements(coalesce(new.key -> 'options', '[]'))
        WITH ORDINALITY AS o (part, at)
    ORDER BY new.id, o.at
)
INSERT INTO question_key (question_id, version, key, points, penalty, floor, explanation, feedback_right,
    feedback_wrong, changed_by)
SELECT id, key_version, key, points, penalty, floor, explanation, feedback_right, feedback_wrong, $3 FROM new
"""


async def put_questions(
    quiz: QuizView, questions: Sequence[Asked], file_id: int, actor_id: int | None, *, replaces: bool
) -> int:
    """Let questions follow those of a quiz, or take their place; says how many were there that are gone.

    The caller holds the quiz, which nobody has taken. Each goes into the section whose title is its category, new ones
    are made, and without such a one into the last. Their pictures and recordings belong to the file of questions until
    they belong to them, so that those stay which questions have that go.

    Raises: TooManyQuestions, KeyUnfit, FileNotFound.
    Emits: QuestionsChanged.
    """
    await files.share(OwnerKind.QUESTION_FILE, [(address, file_id) for asked in questions for address in asked.files])
    gone = await _clear(quiz.id) if replaces else 0
    if quiz.question_count - gone + len(questions) > rules.MAX_QUESTIONS:
        raise TooManyQuestions(limit=rules.MAX_QUESTIONS)
    await _put_sections(quiz.id, list(dict.fromkeys(asked.category for asked in questions)), replaces=replaces)
    version = await db.value(
        "UPDATE assessment SET key_version = key_version + 1, updated_at = now() WHERE id = $1 RETURNING key_version",
        quiz.id,
    )
    uuids = [new_uuid() for _ in questions]
    await db.statement(_PUT, quiz.id, version, actor_id, *_columns(questions), uuids)
    await _put_files(questions, uuids, file_id)
    await _put_draws(quiz.id, {asked.category: asked.draw for asked in questions if asked.draw is not None})
    await emit(QuestionsChanged(quiz.id))
    return gone


def _columns(questions: Sequence[Asked]) -> list[list[object]]:
    rows = [
        (
            *(asked.category, str(asked.kind), asked.text, str(asked.text_format), keys.to_json(asked.key)),
            *(asked.points, asked.penalty, asked.floor, asked.explanation),
            *(asked.feedback_right, asked.feedback_wrong),
        )
        for asked in map(markup.cleaned, questions)
    ]
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(11)]


async def _put_files(questions: Sequence[Asked], uuids: Sequence[UUID], file_id: int) -> None:
    """Let files belong to the new questions, and to the file of questions no longer."""
    if any(asked.files for asked in questions):
        rows = await db.fetch("SELECT id, uuid FROM question WHERE uuid = ANY($1)", list(uuids))
        ids = {row["uuid"]: row["id"] for row in rows}
        links = [(address, ids[uuid]) for asked, uuid in zip(questions, uuids, strict=True) for address in asked.files]
        await files.share(OwnerKind.QUESTION, links)
    await files.detach(OwnerKind.QUESTION_FILE, file_id)


async def _clear(quiz_id: int) -> int:
    for question in await questions_of(quiz_id):
        if question.files:
            await files.detach(OwnerKind.QUESTION, question.id)
    return await db.statement("DELETE FROM question WHERE assessment_id = $1", quiz_id)


async def _put_sections(quiz_id: int, titles: Sequence[str], *, replaces: bool) -> None:
    """Sections of these titles; when they replace what there was, empty ones of other titles go."""
    known = {section.title for section in await sections_of(quiz_id)}
    new = [title for title in titles if title not in known and title]
    await db.statement(
        "INSERT INTO section (assessment_id, position, title) SELECT $1, n.place"
        " + (SELECT coalesce(max(position), 0) FROM section WHERE assessment_id = $1), n.title"
        " FROM unnest($2::text[]) WITH ORDINALITY AS n (title, place)",
        quiz_id,
        new,
    )
    if replaces and any(titles):
        await db.statement(
            "DELETE FROM section s WHERE assessment_id = $1 AND title <> ALL($2)"
            " AND NOT EXISTS (SELECT FROM question WHERE section_id = s.id)",
            quiz_id,
            list(titles),
        )


async def _put_draws(quiz_id: int, draws: Mapping[str, int]) -> None:
    """Let so many questions be drawn of the sections into which those of these categories went."""
    if draws:
        await db.statement(
            "UPDATE section s SET draw = n.draw FROM unnest($2::text[], $3::int[]) AS n (title, draw)"
            " WHERE s.id = (SELECT id FROM section WHERE assessment_id = $1"
            "  ORDER BY (title = n.title) DESC, position DESC LIMIT 1)",
            quiz_id,
            list(draws),
            list(draws.values()),
        )


_decoder: msgspec.json.Decoder[list[Asked]] = msgspec.json.Decoder(list[Asked])


def to_json(questions: Sequence[Asked]) -> str:
    """Questions as a preview keeps them."""
    return msgspec.json.encode(questions).decode()


def from_json(text: str) -> list[Asked]:
    """The questions of a preview."""
    return _decoder.decode(text)
