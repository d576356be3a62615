"""What can be asked about attempts."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record

from backend.core import db
from backend.core.actor import Actor
from backend.core.errors import DomainError
from backend.core.ids import Ref
from backend.core.listing import Lens, page
from backend.core.paging import Listing, Paged
from backend.domain.assessments import answers
from backend.domain.assessments import paper_queries as papers
from backend.domain.assessments import queries as assessments
from backend.domain.assessments.answers import Answer
from backend.domain.assessments.errors import QuizNotFound
from backend.domain.assessments.papers import PaperQuestion
from backend.domain.assessments.queries import QuizView
from backend.domain.attempts import rules, sql
from backend.domain.attempts.errors import AttemptHidden, AttemptNotFound, PreviousMeetingMissed
from backend.domain.attempts.terms import AttemptState, ClosedBy
from backend.domain.enrolments import queries as enrolments
from backend.domain.enrolments.errors import AssignmentOpen, AttendanceNotTaken, QuizOpen, WasAbsent


class AttemptView(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt. `server_time` is the clock that `deadline_at` is compared with.

    `is_enrolled`: its owner is still in the batch.
    """

    id: int
    uuid: UUID
    assessment_id: int
    quiz_uuid: UUID
    batch_id: int
    account_id: int
    user_uuid: UUID
    is_enrolled: bool
    attempt_no: int
    seed: int
    question_ids: list[int] | None
    is_sequential: bool
    reached: int
    extra_s: int
    state: AttemptState
    started_at: datetime
    deadline_at: datetime
    submitted_at: datetime | None
    closed_by: ClosedBy | None
    created_at: datetime
    updated_at: datetime
    server_time: datetime


class AnswerView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer that stands for a question: one option, or a value."""

    uuid: UUID
    question_uuid: UUID
    option_uuid: UUID | None
    value: Answer | None
    created_at: datetime
    updated_at: datetime


class AttemptDetailView(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt with its quiz, the questions without their keys, and the answers so far.

    Where questions come one after the other, there are those that may be seen now; `skipped` came before them.
    """

    attempt: AttemptView
    quiz: QuizView
    questions: Sequence[PaperQuestion]
    answers: list[AnswerView]
    skipped: int = 0


class FinalAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that is over as grading sees it. Shape: answers: question id → option id, or answer.

    `question_ids`: what it was asked, None: everything. `must_pass`: the quiz is done only with the pass mark.
    """

    id: int
    assessment_id: int
    account_id: int
    question_ids: list[int] | None
    must_pass: bool
    answers: dict[int, int | Answer]


class Standing(msgspec.Struct, frozen=True):
    """How a student stands with a quiz: attempts begun, and why they cannot start one now (None: they can)."""

    attempts_used: int
    refusal: DomainError | None


class StandingView(msgspec.Struct, frozen=True):
    """A quiz, and how the student who asks stands with it (None for staff)."""

    quiz: QuizView
    standing: Standing | None


class UpcomingQuizView(QuizView, frozen=True, kw_only=True):
    """A quiz that a student may still take, and how often they have."""

    attempts_used: int


ATTEMPT_COLUMNS = (
    "t.id, t.uuid, t.assessment_id, a.uuid AS quiz_uuid, m.batch_id, t.account_id, p.uuid AS user_uuid,"
    " coalesce(e.state = 'active', false) AS is_enrolled, t.attempt_no, t.seed, t.question_ids, t.is_sequential,"
    " t.reached, t.extra_s, t.state, t.started_at, t.deadline_at, t.submitted_at, t.closed_by, t.created_at,"
    " t.updated_at, now() AS server_time"
)
ATTEMPT_SOURCE = (
    "attempt t JOIN assessment a ON a.id = t.assessment_id JOIN meeting m ON m.id = a.meeting_id"
    " JOIN account p ON p.id = t.account_id LEFT JOIN enrolment e ON e.id = t.enrolment_id"
)
_THEIR_ATTEMPTS = (
    " JOIN enrolment e ON e.batch_id = m.batch_id CROSS JOIN LATERAL (SELECT count(*)::int AS attempts_used,"
    " count(*) FILTER (WHERE state <> 'open') AS finished FROM attempt"
    " WHERE assessment_id = a.id AND account_id = e.account_id) AS u"
    " LEFT JOIN quiz_override v ON v.assessment_id = a.id AND v.account_id = e.account_id"
)
_UPCOMING = Lens(
    key="a.id",
    order="a.closes_at",
    sorts=assessments.QUIZ_LENS.sorts,
    filters=assessments.QUIZ_LENS.filters,
    search=("a.title", "m.title"),
)


async def attempt_by_id(ref: Ref) -> AttemptView:
    """An attempt, whoever asks: for commands. One statement.

    Raises: AttemptNotFound.
    """
    found = await db.row(f"SELECT {ATTEMPT_COLUMNS} FROM {ATTEMPT_SOURCE} WHERE t.{db.column_of(ref)} = $1", ref)  # noqa: S608 - our names
    if found is None:
        raise AttemptNotFound(ref=str(ref))
    return db.view(AttemptView, found)


async def attempt(actor: Actor, ref: Ref) -> AttemptView:
    """An attempt, for its owner while they are in the batch, and for those who teach there.

    Raises: AttemptNotFound, AttemptHidden.
    """
    found = await attempt_by_id(ref)
    own = found.account_id == actor.account_id and found.is_enrolled
    if not own and (actor.is_student or not await assessments.may_teach(actor, found.batch_id)):
        raise AttemptHidden(attempt=found.id)
    return found


async def attempt_to_mark(actor: Actor, ref: Ref) -> AttemptView:
    """An attempt, for those who teach its batch.

    Raises: AttemptNotFound, AttemptHidden.
    """
    found = await attempt_by_id(ref)
    if not await assessments.may_teach(actor, found.batch_id):
        raise AttemptHidden(attempt=found.id)
    return found


async def attempt_detail(actor: Actor, ref: Ref) -> AttemptDetailView:
    """An attempt with its paper and answers, as far as who asks may see them; what is right is not in it.

    Raises: AttemptNotFound, AttemptHidden.
    """
    found = await attempt(actor, ref)
    quiz = await assessments.quiz_by_id(found.assessment_id)
    questions = rules.questions_of_attempt(await papers.paper(quiz), found.question_ids)
    detail = AttemptDetailView(attempt=found, quiz=quiz, questions=questions, answers=await answers_of(found.id))
    return await _as_far_as_seen(detail) if found.is_sequential and actor.is_student else detail


async def _as_far_as_seen(detail: AttemptDetailView) -> AttemptDetailView:
    """What somebody may see of questions that come one after the other: up to the one that was reached.

    Those they have left, while they are at it, if the quiz lets them; those they did not reach, once nobody can take
    the quiz any more.
    """
    attempt, is_open = detail.attempt, detail.attempt.state is AttemptState.OPEN
    first = attempt.reached - 1 if is_open and not detail.quiz.shows_answered else 0
    last = attempt.reached
    if not is_open and last < len(detail.questions) and await is_over(attempt.assessment_id):
        last = len(detail.questions)
    seen = detail.questions[first:last]
    named = {question.uuid for question in seen}
    shown = [answer for answer in detail.answers if answer.question_uuid in named]
    return msgspec.structs.replace(detail, questions=seen, answers=shown, skipped=first)


async def is_over(quiz_id: int) -> bool:
    """Whether nobody can take a quiz any more."""
    return bool(await db.value(f"SELECT {sql.IS_OVER} FROM assessment a WHERE a.id = $1", quiz_id))  # noqa: S608 - our names


async def answers_of(attempt_id: int) -> list[AnswerView]:
    """The answers of an attempt as they stand, whoever asks. One statement."""
    rows = await db.fetch(
        "SELECT w.uuid, q.uuid AS question_uuid, o.uuid AS option_uuid, w.value::text AS value, w.created_at,"
        " w.updated_at FROM answer w JOIN question q ON q.id = w.question_id LEFT JOIN option o ON o.id = w.option_id"
        " WHERE w.attempt_id = $1 ORDER BY q.position, q.id",
        attempt_id,
    )
    return [
        AnswerView(**{**row, "value": None if row["value"] is None else answers.from_json(row["value"])})
        for row in rows
    ]


async def active_attempt(actor: Actor, quiz_ref: Ref) -> AttemptView | None:
    """The actor's open attempt at a quiz, if they have one; then one statement.

    Raises: QuizNotFound, NotYourQuiz.
    """
    if actor.is_student:
        found = await db.row(
            f"SELECT {ATTEMPT_COLUMNS} FROM {ATTEMPT_SOURCE} WHERE a.{db.column_of(quiz_ref)} = $1"  # noqa: S608 - our names
            " AND t.account_id = $2 AND t.state = 'open' AND e.state = 'active' AND e.batch_id = m.batch_id",
            quiz_ref,
            actor.person_id,
        )
        if found is not None:
            return db.view(AttemptView, found)
    quiz = await assessments.quiz(actor, quiz_ref)
    found = await db.row(
        f"SELECT {ATTEMPT_COLUMNS} FROM {ATTEMPT_SOURCE}"  # noqa: S608 - our names
        " WHERE t.assessment_id = $1 AND t.account_id = $2 AND t.state = 'open'",
        quiz.id,
        actor.person_id,
    )
    return db.view(AttemptView, found) if found else None


async def quiz_standing(actor: Actor, ref: Ref) -> StandingView:
    """A quiz and, for a student, whether they can start it now.

    Raises: QuizNotFound, NotYourQuiz.
    """
    quiz = await assessments.quiz(actor, ref)
    enrolment = await enrolments.enrolment(actor.person_id, quiz.batch_id) if actor.is_student else None
    return StandingView(quiz, await standing(actor.person_id, enrolment.id, quiz) if enrolment else None)


async def standing(account_id: int, enrolment_id: int, quiz: QuizView) -> Standing:
    """How a student of the batch stands with a quiz. Two statements. Starting an attempt decides by this, too."""
    found = await db.row(
        f"SELECT a.is_open, {sql.HAS_BEGUN} AS has_begun, {sql.HAS_ENDED} AS has_ended,"  # noqa: S608 - our names
        f" CASE WHEN a.max_attempts = 0 THEN 0 ELSE {sql.MOST} END AS most, u.used, u.is_running,"
        f" {sql.PAUSE_LEFT_S} AS pause_s FROM assessment a"
        " LEFT JOIN quiz_override v ON v.assessment_id = a.id AND v.account_id = $2"
        f" CROSS JOIN LATERAL {sql.USED.format(account='$2')} AS u WHERE a.id = $1",
        quiz.id,
        account_id,
    )
    if found is None:
        raise QuizNotFound(ref=str(quiz.id))
    refusal = (
        rules.why_not_open(
            is_open=found["is_open"],
            has_begun=found["has_begun"],
            has_ended=found["has_ended"],
            question_count=quiz.question_count,
        )
        or await _why_gate_shut(enrolment_id, quiz.meeting_id)
        or rules.why_no_attempt_left(
            used=found["used"], most=found["most"], is_running=found["is_running"], pause_s=found["pause_s"]
        )
    )
    return Standing(found["used"], refusal)


async def _why_gate_shut(enrolment_id: int, meeting_id: int) -> DomainError | None:
    try:
        await enrolments.pass_gate(enrolment_id, meeting_id)
    except (AttendanceNotTaken, WasAbsent) as error:  # the contract has one text for both where a quiz is started
        return PreviousMeetingMissed(**error.data)
    except (AssignmentOpen, QuizOpen) as error:
        return error
    return None


async def upcoming_quizzes(actor: Actor, listing: Listing) -> Paged[UpcomingQuizView]:
    """The quizzes of a student's batches that have not ended and that they may still take, the next to end first."""
    return await page(
        UpcomingQuizView,
        _UPCOMING,
        listing,
        select=f"{assessments.QUIZ_COLUMNS}, u.attempts_used",
        source=assessments.QUIZ_SOURCE + _THEIR_ATTEMPTS,
        where=f"e.account_id = $1 AND e.state = 'active' AND NOT {sql.HAS_ENDED}"
        f" AND (a.max_attempts = 0 OR u.finished < {sql.MOST})",
        args=[actor.person_id],
    )


async def states_of(attempt_ids: Collection[int]) -> dict[int, AttemptState]:
    """Where some attempts stand, by their ids.

    Raises: AttemptNotFound, when one of them is not there.
    """
    rows = await db.fetch("SELECT id, state FROM attempt WHERE id = ANY($1)", list(attempt_ids))
    states = {row["id"]: AttemptState(row["state"]) for row in rows}
    for attempt_id in attempt_ids:
        if attempt_id not in states:
            raise AttemptNotFound(ref=str(attempt_id))
    return states


_FINAL = (
    "SELECT t.id, t.assessment_id, t.account_id, t.question_ids, w.question_ids AS chosen, w.option_ids, w.written,"
    " (SELECT must_pass FROM assessment WHERE id = t.assessment_id) AS must_pass"
    " FROM attempt t LEFT JOIN LATERAL (SELECT array_agg(question_id) FILTER (WHERE option_id IS NOT NULL)"
    "   AS question_ids, array_agg(option_id) FILTER (WHERE option_id IS NOT NULL) AS option_ids,"
    "   json_object_agg(question_id, value) FILTER (WHERE value IS NOT NULL)::text AS written"
    "  FROM answer WHERE attempt_id = t.id) AS w ON true"
)
_written: msgspec.json.Decoder[dict[int, Answer]] = msgspec.json.Decoder(dict[int, Answer])


async def final_answers(
    attempt_ids: Collection[int], states: Collection[AttemptState] = (AttemptState.SUBMITTED,)
) -> list[FinalAnswers]:
    """Those of some attempts that are in one of the states, with their answers; locks them. One statement.

    Without more they are those that await grading. Whoever is seen as submitted was committed with all answers before:
    the statement sees one moment.
    """
    rows = await db.fetch(
        f"{_FINAL} WHERE t.id = ANY($1) AND t.state = ANY($2) ORDER BY t.id FOR NO KEY UPDATE OF t",
        list(attempt_ids),
        [str(state) for state in states],
    )
    return [_final(row) for row in rows]


async def settled_answers(attempt_ids: Collection[int]) -> list[FinalAnswers]:
    """Some attempts that are over, with their answers, for looking at them: nothing is locked. One statement."""
    return [_final(row) for row in await db.fetch(f"{_FINAL} WHERE t.id = ANY($1) ORDER BY t.id", list(attempt_ids))]


def _final(row: Record) -> FinalAnswers:
    chosen: dict[int, int | Answer] = dict(zip(row["chosen"] or (), row["option_ids"] or (), strict=True))
    if row["written"]:
        chosen |= _written.decode(row["written"])
    return FinalAnswers(
        id=row["id"],
        assessment_id=row["assessment_id"],
        account_id=row["account_id"],
        question_ids=row["question_ids"],
        must_pass=row["must_pass"],
        answers=chosen,
    )
