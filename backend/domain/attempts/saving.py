"""Keeping the answers of running attempts. The hottest way through the house: one statement for each."""

from uuid import UUID

from asyncpg import Record

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.errors import DomainError
from backend.core.ids import Ref
from backend.domain.assessments import answers, paper_queries
from backend.domain.assessments.answer_rules import why_unfit
from backend.domain.assessments.answers import Answer, ChosenOne, SpeakingAnswer
from backend.domain.attempts import sql
from backend.domain.attempts.errors import (
    AnswerUnfit,
    AttemptClosed,
    AttemptNotFound,
    EarlierQuestion,
    LaterQuestion,
    NotARecording,
    NotYourAttempt,
    OptionNotOfQuestion,
    QuestionNotInQuiz,
    TimeOver,
)
from backend.domain.attempts.terms import AttemptState
from backend.domain.files import commands as files
from backend.domain.files import queries as file_queries
from backend.domain.files.errors import FileNotFound
from backend.domain.files.terms import FileKind, OwnerKind

MOST_REFUSED = 100
"""So many answers that came too late are noted for an attempt."""

# The attempt's row is locked in the statement: closing waits for answers under way, and an answer that waited for the
# closing finds the attempt closed.
_RUNNING = f"""
WITH t AS (
    SELECT id, assessment_id, question_ids, is_sequential, reached FROM attempt
    WHERE {{column}} = $1 AND account_id = $2 AND state = 'open'
      AND now() <= deadline_at + make_interval(secs => grace_s) AND {sql.IN_BATCH}
    FOR NO KEY UPDATE
)"""  # noqa: S608 - our names

_SAVE = f"""{_RUNNING}, picked AS (
    {{picked}}
), kept AS (
    INSERT INTO answer (attempt_id, question_id, option_id, value, created_at, updated_at)
    SELECT attempt_id, question_id, option_id, value, now(), now() FROM picked
    ON CONFLICT (attempt_id, question_id) DO UPDATE
        SET option_id = excluded.option_id, value = excluded.value, updated_at = now()
    RETURNING attempt_id, question_id, option_id, value
)
INSERT INTO answer_log (attempt_id, question_id, option_id, value, session_id, saved_at)
SELECT attempt_id, question_id, option_id, value, $5, now() FROM kept
"""  # noqa: S608 - our names

_OPTION = f"""
    SELECT t.id AS attempt_id, q.id AS question_id, o.id AS option_id, NULL::jsonb AS value FROM t
    JOIN question q ON q.assessment_id = t.assessment_id AND q.{{question}} = $3 AND q.kind <> 'multiple_response'
    JOIN option o ON o.question_id = q.id AND o.{{option}} = $4
    WHERE {sql.IS_ASKED} AND {sql.IS_ITS_TURN}
"""  # noqa: S608 - our names

_VALUE = f"""
    SELECT t.id AS attempt_id, q.id AS question_id, NULL::bigint AS option_id, $4::text::jsonb AS value FROM t
    JOIN question q ON q.assessment_id = t.assessment_id AND q.uuid = $3
    WHERE {sql.IS_ASKED} AND {sql.IS_ITS_TURN}
"""  # noqa: S608 - our names

# a JSON null in the log: what was answered is taken back
_CLEAR = f"""{_RUNNING}, picked AS (
    SELECT t.id AS attempt_id, q.id AS question_id FROM t
    JOIN question q ON q.assessment_id = t.assessment_id AND q.uuid = $3
    WHERE {sql.IS_ASKED} AND {sql.IS_ITS_TURN}
), gone AS (
    DELETE FROM answer w USING picked WHERE w.attempt_id = picked.attempt_id AND w.question_id = picked.question_id
)
INSERT INTO answer_log (attempt_id, question_id, value, session_id, saved_at)
SELECT attempt_id, question_id, 'null'::jsonb, $4, now() FROM picked
"""  # noqa: S608 - our names

# says why, and notes an answer that came too late
_WHY_NOT = f"""
WITH found AS (
    SELECT t.id, t.state, t.is_yours, t.is_late, q.id AS question_id, q.id IS NOT NULL AND {sql.IS_ASKED} AS is_asked,
        coalesce(t.is_sequential AND array_position(t.question_ids, q.id) < t.reached, false) AS is_earlier,
        coalesce(t.is_sequential AND array_position(t.question_ids, q.id) > t.reached, false) AS is_later
    FROM (SELECT *, account_id = $2 AND {sql.IN_BATCH} AS is_yours,
        now() > deadline_at + make_interval(secs => grace_s) AS is_late FROM attempt WHERE {{column}} = $1) AS t
    LEFT JOIN question q ON q.assessment_id = t.assessment_id AND q.{{question}} = $3
), noted AS (
    INSERT INTO answer_log (attempt_id, question_id, option_id, value, session_id, saved_at, refusal)
    SELECT f.id, f.question_id, o.id, $5::text::jsonb, $6, now(),
        CASE WHEN f.state = 'open' THEN 'late' ELSE 'closed' END
    FROM found f LEFT JOIN option o ON o.question_id = f.question_id AND o.{{option}} = $4
    WHERE f.is_yours AND f.question_id IS NOT NULL AND (f.is_late OR f.state <> 'open')
      AND (SELECT count(*) FROM answer_log l WHERE l.attempt_id = f.id AND l.refusal IS NOT NULL) < {MOST_REFUSED}
)
SELECT * FROM found
"""  # noqa: S608 - our names


async def save(actor: Actor, ref: Ref, question: UUID, chosen: UUID | Answer | None) -> None:
    """Keep what was answered: one option, or an answer of any kind; None takes back what there was.

    Raises: what `save_answer`, `save_value` and `clear` raise.
    """
    if chosen is None:
        await clear(actor, ref, question)
    elif isinstance(chosen, UUID):
        await save_answer(actor, ref, question, chosen)
    else:
        await save_value(actor, ref, question, chosen)


async def save_answer(actor: Actor, ref: Ref, question: Ref, option: Ref) -> None:
    """Keep the one option that was chosen; the last one taken stands, and each is logged.

    Taken until the attempt's grace after the deadline is over. One statement of its own, and a second only to say why
    nothing was kept, which also notes what came too late.

    Raises: AttemptNotFound, NotYourAttempt, AttemptClosed, TimeOver, QuestionNotInQuiz, OptionNotOfQuestion,
        EarlierQuestion, LaterQuestion.
    """
    column, question_column, option_column = db.column_of(ref), db.column_of(question), db.column_of(option)
    picked = _OPTION.format(question=question_column, option=option_column)
    kept = await db.statement(
        _SAVE.format(column=column, picked=picked), ref, actor.person_id, question, option, actor.session_id
    )
    if not kept:
        why = _WHY_NOT.format(column=column, question=question_column, option=option_column)
        raise _refusal(ref, await db.row(why, ref, actor.person_id, question, option, None, actor.session_id))


async def save_value(actor: Actor, ref: Ref, question: UUID, answer: Answer) -> None:
    """Keep an answer of any kind, as `save_answer` does; what it must fit is known without asking, but once.

    A recording is a file of the actor, and belongs to the attempt from then on.

    Raises: AttemptNotFound, NotYourAttempt, AttemptClosed, TimeOver, QuestionNotInQuiz, OptionNotOfQuestion,
        EarlierQuestion, LaterQuestion, AnswerUnfit, NotARecording.
    """
    if isinstance(answer, ChosenOne):
        await save_answer(actor, ref, question, answer.option)
        return
    known = await paper_queries.answerable(question)
    unfit = why_unfit(known.key, answer) if known else None
    if unfit is not None:
        raise AnswerUnfit(place=unfit)
    if isinstance(answer, SpeakingAnswer):
        await _save_recording(actor, ref, question, answer)
    else:
        await _save_value(actor, ref, question, answer)


async def clear(actor: Actor, ref: Ref, question: UUID) -> None:
    """Take back the answer to a question, which is unanswered then: where a wrong one costs points, none is better.

    As `save_answer` otherwise; it is in the log, too.

    Raises: AttemptNotFound, NotYourAttempt, AttemptClosed, TimeOver, QuestionNotInQuiz, EarlierQuestion,
        LaterQuestion.
    """
    statement = _CLEAR.format(column=db.column_of(ref))
    if not await db.statement(statement, ref, actor.person_id, question, actor.session_id):
        why = _WHY_NOT.format(column=db.column_of(ref), question="uuid", option="id")
        raise _refusal(ref, await db.row(why, ref, actor.person_id, question, None, "null", actor.session_id))


async def _save_value(actor: Actor, ref: Ref, question: UUID, answer: Answer) -> None:
    if not await _kept(actor, ref, question, answer):
        raise await _why_not_kept(actor, ref, question, answer)


async def _kept(actor: Actor, ref: Ref, question: UUID, answer: Answer) -> bool:
    statement = _SAVE.format(column=db.column_of(ref), picked=_VALUE)
    return bool(
        await db.statement(statement, ref, actor.person_id, question, answers.to_json(answer), actor.session_id)
    )


async def _why_not_kept(actor: Actor, ref: Ref, question: UUID, answer: Answer) -> DomainError:
    why = _WHY_NOT.format(column=db.column_of(ref), question="uuid", option="id")
    text = answers.to_json(answer)
    return _refusal(ref, await db.row(why, ref, actor.person_id, question, None, text, actor.session_id))


async def _save_recording(actor: Actor, ref: Ref, question: UUID, answer: SpeakingAnswer) -> None:
    try:
        file = await file_queries.file(answer.file)
    except FileNotFound:
        file = None
    if file is None or file.kind is not FileKind.MEDIA or file.owner_id != actor.account_id:
        raise NotARecording(ref=str(answer.file))
    async with transaction():  # an answer whose recording nobody may hear would be lost
        is_kept = await _kept(actor, ref, question, answer)
        if is_kept:
            attempt_id = await db.value(f"SELECT id FROM attempt WHERE {db.column_of(ref)} = $1", ref)  # noqa: S608 - our names
            await files.attach(actor, answer.file, OwnerKind.ANSWER, attempt_id)
    if not is_kept:
        raise await _why_not_kept(actor, ref, question, answer)


def _refusal(ref: Ref, found: Record | None) -> DomainError:
    if found is None:
        return AttemptNotFound(ref=str(ref))
    for is_so, error in (
        (not found["is_yours"], NotYourAttempt),
        (found["state"] != AttemptState.OPEN, AttemptClosed),
        (found["is_late"], TimeOver),
        (not found["is_asked"], QuestionNotInQuiz),
        (found["is_earlier"], EarlierQuestion),
        (found["is_later"], LaterQuestion),
    ):
        if is_so:
            return error(ref=str(ref))
    return OptionNotOfQuestion(ref=str(ref))
