"""What can be done with attempts. The server owns the clock: the deadline is stored, and compared with now()."""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Record

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.errors import DomainError
from backend.core.ids import Ref
from backend.core.outbox import emit
from backend.core.together import Together
from backend.domain.assessments import commands as assessments
from backend.domain.assessments import queries as assessment_queries
from backend.domain.assessments.errors import NotYourQuiz
from backend.domain.assessments.queries import QuizView
from backend.domain.assessments.terms import QuizChange
from backend.domain.attempts import queries
from backend.domain.attempts.errors import (
    AttemptClosed,
    AttemptNotFound,
    AttemptRunning,
    NotYourAttempt,
    OptionNotOfQuestion,
    QuestionNotInQuiz,
    TimeOver,
)
from backend.domain.attempts.events import AttemptSubmitted
from backend.domain.attempts.queries import AttemptView
from backend.domain.attempts.rules import GRACE_S
from backend.domain.attempts.terms import AttemptState, ClosedBy
from backend.domain.enrolments import commands as enrolments
from backend.domain.enrolments import queries as enrolment_queries
from backend.domain.enrolments.terms import ActivityKind

CHUNK = 500

_IN_BATCH = "EXISTS (SELECT FROM enrolment e WHERE e.id = attempt.enrolment_id AND e.state = 'active')"

# One statement, so that an answer costs two round trips with the session's. The attempt's row is locked in it: closing
# waits for answers under way, and an answer that waited for the closing finds the attempt closed.
_SAVE = f"""
WITH held AS (
    SELECT id, assessment_id FROM attempt
    WHERE {{column}} = $1 AND account_id = $2 AND state = 'open'
      AND now() <= deadline_at + make_interval(secs => {GRACE_S}) AND {_IN_BATCH}
    FOR NO KEY UPDATE
), picked AS (
    SELECT held.id AS attempt_id, q.id AS question_id, o.id AS option_id FROM held
    JOIN question q ON q.assessment_id = held.assessment_id AND q.{{question}} = $3
    JOIN option o ON o.question_id = q.id AND o.{{option}} = $4
), kept AS (
    INSERT INTO answer (attempt_id, question_id, option_id, created_at, updated_at)
    SELECT attempt_id, question_id, option_id, now(), now() FROM picked
    ON CONFLICT (attempt_id, question_id) DO UPDATE SET option_id = excluded.option_id, updated_at = now()
    RETURNING attempt_id, question_id, option_id
)
INSERT INTO answer_log (attempt_id, question_id, option_id, session_id, saved_at)
SELECT attempt_id, question_id, option_id, $5, now() FROM kept
"""  # noqa: S608 - our names

_WHY_NOT_SAVED = f"""
SELECT account_id = $2 AND {_IN_BATCH} AS is_yours, state,
    now() > deadline_at + make_interval(secs => {GRACE_S}) AS is_late,
    EXISTS (SELECT FROM question q WHERE q.assessment_id = attempt.assessment_id AND q.{{question}} = $3)
    AS has_question
FROM attempt WHERE {{column}} = $1
"""  # noqa: S608 - our names


# The start of a hall: one statement for who may start, at quizzes that were started before, so that their questions
# cannot change any more. A quiz is held as `mark_taken` holds it, and all who start lock in the same order. Who has an
# attempt running is told so. Whatever else it does not start goes the long way, which decides by the rules and says
# why not.
_START = f"""
WITH quiz AS (
    SELECT a.id, a.uuid, a.meeting_id, a.is_open, a.opens_at, a.closes_at, a.duration_s, a.max_attempts, a.key_version
    FROM assessment a WHERE a.{{column}} = ANY($1::{{type}}[]) AND a.taken_at IS NOT NULL ORDER BY a.id FOR SHARE
), may AS MATERIALIZED (
    SELECT asked.ref, quiz.id AS assessment_id, e.account_id, e.id AS enrolment_id, u.used, u.is_running,
        least(now() + make_interval(secs => quiz.duration_s), quiz.closes_at) AS deadline_at, quiz.key_version
    FROM (SELECT DISTINCT * FROM unnest($1::{{type}}[], $2::bigint[]) AS a (ref, account_id)) AS asked
    JOIN quiz ON quiz.{{column}} = asked.ref JOIN meeting m ON m.id = quiz.meeting_id
    JOIN enrolment e ON e.batch_id = m.batch_id AND e.account_id = asked.account_id AND e.state = 'active'
    CROSS JOIN LATERAL (SELECT count(*)::int AS used, coalesce(bool_or(state = 'open'), false) AS is_running
        FROM attempt WHERE assessment_id = quiz.id AND account_id = asked.account_id) AS u
    WHERE quiz.is_open AND now() >= coalesce(quiz.opens_at, now()) AND now() <= coalesce(quiz.closes_at, now())
      AND (u.is_running OR quiz.max_attempts = 0 OR u.used < quiz.max_attempts)
      AND {enrolment_queries.gate_is_open("e.id", "m.id")}
), made AS (
    INSERT INTO attempt (assessment_id, account_id, enrolment_id, attempt_no, state, started_at, deadline_at,
        key_version)
    SELECT assessment_id, account_id, enrolment_id, used + 1, 'open', now(), deadline_at, key_version
    FROM may WHERE NOT is_running ORDER BY assessment_id, account_id ON CONFLICT DO NOTHING RETURNING *
), told AS (
    SELECT {queries.ATTEMPT_COLUMNS}
    FROM {queries.ATTEMPT_SOURCE.replace("attempt t JOIN assessment", "made t JOIN quiz")}
)
SELECT may.ref, may.account_id AS asker, may.is_running, told.* FROM may LEFT JOIN told
    ON told.assessment_id = may.assessment_id AND told.account_id = may.account_id
WHERE may.is_running OR told.id IS NOT NULL
"""  # noqa: S608 - our names

_AT_ONCE = 100
"""How many starts go in one statement: more would not cost less each."""


async def _start_some(presses: Sequence[tuple[Ref, int]]) -> list[Record | None]:
    """Start for several people, each a (quiz, person) where all quizzes are named alike; None goes the long way.

    Of two presses by the same person one wins.
    """
    column = db.column_of(presses[0][0])
    sql = _START.format(column=column, type="uuid" if column == "uuid" else "bigint")
    rows = await db.fetch(sql, [quiz for quiz, _ in presses], [person for _, person in presses])
    found = {(row["ref"], row["asker"]): row for row in rows}
    return [found.pop(press, None) for press in presses]


_BY_ID = Together(_start_some, most=_AT_ONCE)
_BY_UUID = Together(_start_some, most=_AT_ONCE)


async def start_attempt(actor: Actor, quiz_ref: Ref) -> AttemptView:
    """Begin an attempt; of several starts at once one wins. The time ends after the quiz's duration, or with the quiz.

    One statement for all who press in the same moment, but for the first start of a quiz and for who may not.

    Raises: QuizNotFound, NotYourQuiz, QuizClosed, PreviousMeetingMissed, AssignmentOpen, QuizOpen, AttemptRunning,
        AttemptsUsedUp.
    """
    together = _BY_UUID if isinstance(quiz_ref, UUID) else _BY_ID
    started = await together.ask((quiz_ref, actor.person_id))
    if started is None:
        return await _start_the_long_way(actor, quiz_ref)
    if started["is_running"]:
        raise AttemptRunning
    return db.view(AttemptView, started)


async def _start_the_long_way(actor: Actor, quiz_ref: Ref) -> AttemptView:
    async with transaction():
        quiz = await assessment_queries.quiz_by_id(quiz_ref)
        enrolment = await enrolment_queries.enrolment(actor.person_id, quiz.batch_id)
        if enrolment is None:
            raise NotYourQuiz(quiz=quiz.id)
        await assessments.mark_taken(quiz.id)
        standing = await queries.standing(actor.person_id, enrolment.id, quiz)
        if standing.refusal is not None:
            raise standing.refusal
        attempt_id = await db.value(
            "INSERT INTO attempt (assessment_id, account_id, enrolment_id, attempt_no, state, started_at, deadline_at,"
            " key_version) SELECT a.id, $2, $3, $4, 'open', now(),"
            " least(now() + make_interval(secs => a.duration_s), a.closes_at), a.key_version"
            " FROM assessment a WHERE a.id = $1 ON CONFLICT DO NOTHING RETURNING id",
            quiz.id,
            actor.person_id,
            enrolment.id,
            standing.attempts_used + 1,
        )
        if attempt_id is None:
            raise AttemptRunning(quiz=quiz.id)
        return await queries.attempt_by_id(attempt_id)


async def save_answer(actor: Actor, ref: Ref, question: Ref, option: Ref) -> None:
    """Keep one answer; the last one taken stands, and each is logged. Taken until five seconds after the deadline.

    One statement of its own, and a second only to say why nothing was kept.

    Raises: AttemptNotFound, NotYourAttempt, AttemptClosed, TimeOver, QuestionNotInQuiz, OptionNotOfQuestion.
    """
    names = {"column": db.column_of(ref), "question": db.column_of(question), "option": db.column_of(option)}
    kept = await db.statement(_SAVE.format(**names), ref, actor.person_id, question, option, actor.session_id)
    if not kept:
        raise await _why_not_saved(actor, ref, question)


async def _why_not_saved(actor: Actor, ref: Ref, question: Ref) -> DomainError:
    sql = _WHY_NOT_SAVED.format(column=db.column_of(ref), question=db.column_of(question))
    found = await db.row(sql, ref, actor.person_id, question)
    if found is None:
        return AttemptNotFound(ref=str(ref))
    if not found["is_yours"]:
        return NotYourAttempt(ref=str(ref))
    if found["state"] != AttemptState.OPEN:
        return AttemptClosed(ref=str(ref))
    if found["is_late"]:
        return TimeOver(ref=str(ref))
    return OptionNotOfQuestion(ref=str(ref)) if found["has_question"] else QuestionNotInQuiz(ref=str(ref))


async def submit_attempt(actor: Actor, ref: Ref) -> None:
    """Close an open attempt and hand it to grading; the answers saved so far are final, also if there are none.

    Two calls at once: one wins, the other sees AttemptClosed.

    Raises: AttemptNotFound, NotYourAttempt, AttemptClosed.
    Emits: AttemptSubmitted.
    """
    async with transaction():
        found = await db.row(
            f"SELECT id, state, account_id = $2 AND {_IN_BATCH} AS is_yours FROM attempt"  # noqa: S608 - our names
            f" WHERE {db.column_of(ref)} = $1 FOR NO KEY UPDATE",
            ref,
            actor.person_id,
        )
        if found is None:
            raise AttemptNotFound(ref=str(ref))
        if not found["is_yours"]:
            raise NotYourAttempt(attempt=found["id"])
        if found["state"] != AttemptState.OPEN:
            raise AttemptClosed(attempt=found["id"])
        await _close([found["id"]], by=ClosedBy.STUDENT)


async def close_overdue() -> int:
    """Close a chunk of the attempts whose deadline and grace have passed, exactly as if submitted.

    Those that somebody else is closing are passed over. Says how many were closed; fewer than `CHUNK`: no more wait.

    Emits: AttemptSubmitted.
    """
    async with transaction():
        rows = await db.fetch(
            "SELECT id FROM attempt WHERE state = 'open' AND deadline_at < now() - make_interval(secs => $1)"
            " ORDER BY deadline_at, id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED",
            float(GRACE_S),
            CHUNK,
        )
        return await _close([row["id"] for row in rows], by=ClosedBy.CLOCK)


async def _close(attempt_ids: Sequence[int], *, by: ClosedBy) -> int:
    """Close attempts that the caller has locked; their quizzes count as done. Four statements for however many."""
    rows = await db.fetch(
        "UPDATE attempt SET state = 'submitted', submitted_at = now(), closed_by = $2, updated_at = now()"
        " WHERE id = ANY($1) AND state = 'open' RETURNING id, account_id, assessment_id",
        list(attempt_ids),
        str(by),
    )
    await emit(*[AttemptSubmitted(row["id"]) for row in rows])
    await enrolments.complete_each(ActivityKind.QUIZ, [(row["account_id"], row["assessment_id"]) for row in rows])
    return len(rows)


async def mark_graded(attempt_ids: Sequence[int]) -> None:
    """Note that submitted attempts have their results; called by grading, which holds their locks."""
    async with transaction():
        await db.statement(
            "UPDATE attempt SET state = 'graded', updated_at = now() WHERE id = ANY($1) AND state = 'submitted'",
            list(attempt_ids),
        )


async def change_quiz(actor: Actor, quiz_ref: Ref, change: QuizChange) -> QuizView:
    """Change a quiz, and with its duration or end the deadlines of the attempts that are running.

    Raises: QuizNotFound, NotYourQuiz, QuizHasQuestions, PeriodBackwards.
    """
    async with transaction():
        quiz = await assessments.update_quiz(actor, quiz_ref, change)
        await db.statement(
            "UPDATE attempt t SET deadline_at = e.deadline_at, updated_at = now() FROM ("
            "  SELECT t.id, least(t.started_at + make_interval(secs => a.duration_s + t.extra_s), a.closes_at)"
            "  AS deadline_at FROM attempt t JOIN assessment a ON a.id = t.assessment_id"
            "  WHERE a.id = $1 AND t.state = 'open' ORDER BY t.id FOR NO KEY UPDATE OF t) AS e"
            " WHERE t.id = e.id AND t.deadline_at <> e.deadline_at",
            quiz.id,
        )
        return quiz
