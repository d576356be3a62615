"""What can be done with attempts. The server owns the clock: the deadline is stored, and compared with now()."""

from collections.abc import Collection, Sequence
from uuid import UUID

from asyncpg import Record

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.core.outbox import emit
from backend.core.together import Together
from backend.domain.assessments import commands as assessments
from backend.domain.assessments import queries as assessment_queries
from backend.domain.assessments.errors import NotYourQuiz
from backend.domain.assessments.queries import QuizView
from backend.domain.assessments.terms import QuizChange
from backend.domain.attempts import queries, sql
from backend.domain.attempts.errors import AttemptClosed, AttemptNotFound, AttemptRunning, NotYourAttempt
from backend.domain.attempts.events import AttemptSubmitted
from backend.domain.attempts.queries import AttemptView
from backend.domain.attempts.terms import AttemptState, ClosedBy
from backend.domain.enrolments import commands as enrolments
from backend.domain.enrolments import queries as enrolment_queries
from backend.domain.enrolments.terms import ActivityKind

CHUNK = 500

# The start of a hall: one statement for who may start, at quizzes that were started before, so that their questions
# cannot change any more. A quiz is held as `mark_taken` holds it, and all who start lock in the same order. Who has an
# attempt running is told so. Whatever else it does not start goes the long way, which decides by the rules and says
# why not.
_START = f"""
WITH quiz AS (
    SELECT a.id, a.uuid, a.meeting_id, a.is_open, a.opens_at, a.closes_at, a.duration_s, a.max_attempts, a.key_version,
        a.shuffles_questions, a.shuffles_options, a.is_sequential, a.pause_s, a.grace_s
    FROM assessment a WHERE a.{{column}} = ANY($1::{{type}}[]) AND a.taken_at IS NOT NULL ORDER BY a.id FOR SHARE
), may AS MATERIALIZED (
    SELECT asked.ref, a.id AS assessment_id, e.account_id, e.id AS enrolment_id, u.used, u.is_running
    FROM (SELECT DISTINCT * FROM unnest($1::{{type}}[], $2::bigint[]) AS n (ref, account_id)) AS asked
    JOIN quiz a ON a.{{column}} = asked.ref JOIN meeting m ON m.id = a.meeting_id
    JOIN enrolment e ON e.batch_id = m.batch_id AND e.account_id = asked.account_id AND e.state = 'active'
    LEFT JOIN quiz_override v ON v.assessment_id = a.id AND v.account_id = asked.account_id
    CROSS JOIN LATERAL {sql.USED.format(account="asked.account_id")} AS u
    WHERE a.is_open AND {sql.HAS_BEGUN} AND NOT {sql.HAS_ENDED}
      AND (u.is_running OR a.max_attempts = 0 OR u.used < {sql.MOST})
      AND (u.is_running OR {sql.PAUSE_LEFT_S} <= 0)
      AND {enrolment_queries.gate_is_open("e.id", "m.id")}
), made AS (
    INSERT INTO attempt ({sql.NEW_COLUMNS})
    SELECT {sql.NEW_VALUES.format(account="may.account_id", enrolment="may.enrolment_id", used="may.used")}
    FROM may JOIN quiz a ON a.id = may.assessment_id
    LEFT JOIN quiz_override v ON v.assessment_id = a.id AND v.account_id = may.account_id
    WHERE NOT may.is_running ORDER BY may.assessment_id, may.account_id ON CONFLICT DO NOTHING RETURNING *
), told AS (
    SELECT {queries.ATTEMPT_COLUMNS}
    FROM {queries.ATTEMPT_SOURCE.replace("attempt t JOIN assessment", "made t JOIN quiz")}
)
SELECT may.ref, may.account_id AS asker, may.is_running, told.* FROM may LEFT JOIN told
    ON told.assessment_id = may.assessment_id AND told.account_id = may.account_id
WHERE may.is_running OR told.id IS NOT NULL
"""  # noqa: S608 - our names

_START_ONE = f"""
INSERT INTO attempt ({sql.NEW_COLUMNS})
SELECT {sql.NEW_VALUES.format(account="$2::bigint", enrolment="$3::bigint", used="$4::int")}
FROM assessment a LEFT JOIN quiz_override v ON v.assessment_id = a.id AND v.account_id = $2
WHERE a.id = $1 ON CONFLICT DO NOTHING RETURNING id
"""  # noqa: S608 - our names

_AT_ONCE = 100
"""How many starts go in one statement: more would not cost less each."""


async def _start_some(presses: Sequence[tuple[Ref, int]]) -> list[Record | None]:
    """Start for several people, each a (quiz, person) where all quizzes are named alike; None goes the long way.

    Of two presses by the same person one wins.
    """
    column = db.column_of(presses[0][0])
    statement = _START.format(column=column, type="uuid" if column == "uuid" else "bigint")
    rows = await db.fetch(statement, [quiz for quiz, _ in presses], [person for _, person in presses])
    found = {(row["ref"], row["asker"]): row for row in rows}
    return [found.pop(press, None) for press in presses]


_BY_ID = Together(_start_some, most=_AT_ONCE)
_BY_UUID = Together(_start_some, most=_AT_ONCE)


async def start_attempt(actor: Actor, quiz_ref: Ref) -> AttemptView:
    """Begin an attempt; of several starts at once one wins. The time ends after the quiz's duration, or with the quiz.

    One statement for all who press in the same moment, but for the first start of a quiz and for who may not.

    Raises: QuizNotFound, NotYourQuiz, QuizClosed, PreviousMeetingMissed, AssignmentOpen, QuizOpen, AttemptRunning,
        AttemptsUsedUp, PauseNotOver.
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
        attempt_id = await db.value(_START_ONE, quiz.id, actor.person_id, enrolment.id, standing.attempts_used)
        if attempt_id is None:
            raise AttemptRunning(quiz=quiz.id)
        return await queries.attempt_by_id(attempt_id)


async def submit_attempt(actor: Actor, ref: Ref) -> None:
    """Close an open attempt and hand it to grading; the answers saved so far are final, also if there are none.

    Two calls at once: one wins, the other sees AttemptClosed.

    Raises: AttemptNotFound, NotYourAttempt, AttemptClosed.
    Emits: AttemptSubmitted.
    """
    async with transaction():
        found = await db.row(
            f"SELECT id, state, account_id = $2 AND {sql.IN_BATCH} AS is_yours FROM attempt"  # noqa: S608 - our names
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
            "SELECT id FROM attempt WHERE state = 'open' AND deadline_at < now()"
            " AND deadline_at < now() - make_interval(secs => grace_s)"
            " ORDER BY deadline_at, id LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED",
            CHUNK,
        )
        return await _close([row["id"] for row in rows], by=ClosedBy.CLOCK)


async def close_attempt(actor: Actor, ref: Ref) -> None:
    """Close somebody's open attempt, for who teaches the batch; the answers saved so far are final.

    Raises: AttemptNotFound, AttemptHidden, AttemptClosed.
    Emits: AttemptSubmitted.
    """
    async with transaction():
        found = await queries.attempt_to_mark(actor, ref)
        await db.statement("SELECT 1 FROM attempt WHERE id = $1 FOR NO KEY UPDATE", found.id)
        if not await _close([found.id], by=ClosedBy.STAFF, staff_id=actor.account_id):
            raise AttemptClosed(attempt=found.id)


async def _close(attempt_ids: Sequence[int], *, by: ClosedBy, staff_id: int | None = None) -> int:
    """Close attempts that the caller has locked; their quizzes count as done, but for those that have to be passed.

    Four statements for however many. Changing a quiz locks its attempts, too (`retime`), so what is read here of the
    quiz, in a statement after the lock, is what holds.
    """
    rows = await db.fetch(
        "UPDATE attempt SET state = 'submitted', submitted_at = now(), closed_by = $2, closed_by_id = $3,"
        " updated_at = now() WHERE id = ANY($1) AND state = 'open' RETURNING id, account_id, assessment_id,"
        " (SELECT must_pass FROM assessment WHERE id = assessment_id) AS must_pass",
        list(attempt_ids),
        str(by),
        staff_id,
    )
    await emit(*[AttemptSubmitted(row["id"]) for row in rows])
    done = [(row["account_id"], row["assessment_id"]) for row in rows if not row["must_pass"]]
    await enrolments.complete_each(ActivityKind.QUIZ, done)
    return len(rows)


async def mark_graded(attempt_ids: Collection[int], waiting_ids: Collection[int] = ()) -> None:
    """Note that attempts have their results, or wait for a person to mark them; called by grading, with their locks."""
    async with transaction():
        await db.statement(
            "UPDATE attempt SET state = CASE WHEN id = ANY($2) THEN 'marking' ELSE 'graded' END, updated_at = now()"
            " WHERE id = ANY($1) AND state IN ('submitted', 'marking')",
            [*attempt_ids, *waiting_ids],
            list(waiting_ids),
        )


async def change_quiz(actor: Actor, quiz_ref: Ref, change: QuizChange) -> QuizView:
    """Change a quiz, and with its duration or end the deadlines of the attempts that are running.

    Raises: QuizNotFound, NotYourQuiz, QuizHasQuestions, PeriodBackwards, PassMarkMissing.
    """
    async with transaction():
        quiz = await assessments.update_quiz(actor, quiz_ref, change)
        await retime(quiz.id, by=actor)
        return quiz


async def retime(quiz_id: int, account_id: int | None = None, *, by: Actor) -> None:
    """Give the attempts at a quiz that are running, or the one of a person, the time they have by what holds now.

    Each deadline that becomes another one is noted, with who did it.
    """
    async with transaction():
        await db.statement(
            "WITH retimed AS (UPDATE attempt t SET deadline_at = n.deadline_at, extra_s = n.extra_s,"  # noqa: S608 - our names
            f" grace_s = n.grace_s, updated_at = now() FROM (SELECT t.id, {sql.EXTRA_S} AS extra_s, a.grace_s,"
            f" {sql.DEADLINE.format(start='t.started_at')} AS deadline_at"
            "  FROM attempt t JOIN assessment a ON a.id = t.assessment_id"
            "  LEFT JOIN quiz_override v ON v.assessment_id = a.id AND v.account_id = t.account_id"
            "  WHERE a.id = $1 AND t.state = 'open' AND ($2::bigint IS NULL OR t.account_id = $2)"
            "  ORDER BY t.id FOR NO KEY UPDATE OF t) AS n"
            " WHERE t.id = n.id AND (t.deadline_at, t.extra_s, t.grace_s) <> (n.deadline_at, n.extra_s, n.grace_s)"
            " RETURNING t.id, old.deadline_at AS before, new.deadline_at AS after)"
            " INSERT INTO attempt_time (attempt_id, deadline_before, deadline_after, changed_by)"
            " SELECT id, before, after, $3 FROM retimed WHERE before <> after ORDER BY id",
            quiz_id,
            account_id,
            by.account_id,
        )
