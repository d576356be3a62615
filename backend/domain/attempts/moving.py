"""Going on to the next question of an attempt whose questions come one after the other; there is no way back."""

from uuid import UUID

from asyncpg import Record

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.errors import DomainError
from backend.core.ids import Ref
from backend.domain.attempts import queries, sql
from backend.domain.attempts.errors import (
    AttemptClosed,
    AttemptNotFound,
    LaterQuestion,
    NavigationFree,
    NoQuestionLeft,
    NotYourAttempt,
    QuestionNotInQuiz,
    TimeOver,
)
from backend.domain.attempts.queries import AttemptDetailView
from backend.domain.attempts.terms import AttemptState

# The row is locked, as an answer locks it. What was left, and when, is in the log of answers: a row without one.
_MOVE = f"""
WITH t AS (
    SELECT id, state, is_sequential, reached, question_ids, account_id = $2 AND {sql.IN_BATCH} AS is_yours,
        now() > deadline_at + make_interval(secs => grace_s) AS is_late
    FROM attempt WHERE {{column}} = $1 FOR NO KEY UPDATE
), place AS (
    SELECT t.*, q.id AS question_id, array_position(t.question_ids, q.id) AS at,
        t.is_yours AND NOT t.is_late AND t.state = 'open' AND t.is_sequential
            AND t.question_ids[t.reached] = q.id AND t.reached < cardinality(t.question_ids) AS moves
    FROM t LEFT JOIN question q ON q.uuid = $3
), moved AS (
    UPDATE attempt SET reached = place.reached + 1, updated_at = now() FROM place
    WHERE attempt.id = place.id AND place.moves
), logged AS (
    INSERT INTO answer_log (attempt_id, question_id, session_id, saved_at)
    SELECT id, question_id, $4, now() FROM place WHERE moves
)
SELECT id, state, is_yours, is_late, is_sequential, at, reached, moves FROM place
"""  # noqa: S608 - our names


async def move_on(actor: Actor, ref: Ref, question: UUID) -> AttemptDetailView:
    """Leave a question, answered or not, and give what comes after it. A second time changes nothing.

    Raises: AttemptNotFound, NotYourAttempt, AttemptClosed, TimeOver, NavigationFree, QuestionNotInQuiz,
        LaterQuestion, NoQuestionLeft, AttemptHidden.
    """
    async with transaction():
        found = await db.row(_MOVE.format(column=db.column_of(ref)), ref, actor.person_id, question, actor.session_id)
        refusal = _refusal(ref, found)
        if refusal is not None:
            raise refusal
        return await queries.attempt_detail(actor, ref)


def _refusal(ref: Ref, found: Record | None) -> DomainError | None:
    if found is None:
        return AttemptNotFound(ref=str(ref))
    at, reached = found["at"] or 0, found["reached"]
    for is_so, error in (
        (not found["is_yours"], NotYourAttempt),
        (found["state"] != AttemptState.OPEN, AttemptClosed),
        (found["is_late"], TimeOver),
        (not found["is_sequential"], NavigationFree),
        (not at, QuestionNotInQuiz),
        (at > reached, LaterQuestion),
        (at == reached and not found["moves"], NoQuestionLeft),
    ):
        if is_so:
            return error(ref=str(ref))
    return None
