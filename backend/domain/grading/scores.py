"""Everything a person has scored in a batch: grades of assignments, and the attempt that counts at each quiz."""

from decimal import Decimal

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.domain.accounts import queries as accounts
from backend.domain.assessments import queries as assessments
from backend.domain.assessments.queries import QuizView
from backend.domain.assignments import queries as assignments
from backend.domain.assignments import submissions
from backend.domain.assignments.queries import AssignmentView
from backend.domain.attempts.terms import AttemptState
from backend.domain.batches import queries as batches
from backend.domain.enrolments import queries as enrolments
from backend.domain.grading import gradebook
from backend.domain.grading.errors import ScoresNotFound
from backend.domain.grading.queries import counting_scores
from backend.domain.grading.terms import ScoreState


class TaskScore(msgspec.Struct, frozen=True):
    """What an assignment was graded; 0 while it was not, and the state says so."""

    task: AssignmentView
    score: Decimal
    state: ScoreState


class QuizScore(msgspec.Struct, frozen=True):
    """The result of a quiz that counts, in percent; 0 while there is none to be seen, and the state says so."""

    quiz: QuizView
    score: Decimal
    state: ScoreState

    @property
    def has_passed(self) -> bool | None:
        """Whether it reaches the pass mark; None: there is no score to be seen, or no pass mark."""
        if self.state is not ScoreState.SCORED or self.quiz.pass_percent is None:
            return None
        return self.score >= self.quiz.pass_percent


class ScoresView(msgspec.Struct, frozen=True):
    """The scores of one person in one batch, in the order of meetings."""

    tasks: list[TaskScore]
    quizzes: list[QuizScore]


async def my_scores(actor: Actor, batch: Ref) -> ScoresView:
    """The actor's own scores in a batch they are in.

    Raises: BatchNotFound, NotEnrolled.
    """
    found = await batches.batch(batch)
    await enrolments.must_be_enrolled(actor.person_id, found.id)
    return await _scores(actor.person_id, found.id, as_shown=True)


async def scores_of(actor: Actor, slug: str, student: Ref) -> ScoresView:
    """The scores of a student of a batch, for admins and who teaches there.

    Raises: BatchNotFound, NotTeachingBatch, PersonNotFound, ScoresNotFound.
    """
    found = await batches.batch(slug)
    await gradebook.must_grade(actor, found.id)
    person = await accounts.person(student)
    if await enrolments.enrolment(person.id, found.id) is None:
        raise ScoresNotFound
    return await _scores(person.id, found.id, as_shown=False)


async def _scores(account_id: int, batch_id: int, *, as_shown: bool) -> ScoresView:
    return ScoresView(await _tasks(account_id, batch_id), await _quizzes(account_id, batch_id, as_shown=as_shown))


async def _tasks(account_id: int, batch_id: int) -> list[TaskScore]:
    tasks = await assignments.of_batch(batch_id)
    ids = [task.id for task in tasks]
    grades = await gradebook.grades_of(ids, [account_id])
    handed = {work.assignment_id for work in await submissions.submissions_of(ids, account_id)}
    scores = []
    for task in tasks:
        grade = grades.get((task.id, account_id))
        waits = ScoreState.WAITING if task.id in handed else ScoreState.NOTHING
        scores.append(TaskScore(task, grade.grade if grade else Decimal(0), ScoreState.SCORED if grade else waits))
    return scores


async def _quizzes(account_id: int, batch_id: int, *, as_shown: bool) -> list[QuizScore]:
    rows = await db.fetch("SELECT id FROM meeting WHERE batch_id = $1 ORDER BY start_at, id", batch_id)
    ids = [row["id"] for row in rows]
    grouped = await assessments.quizzes_of_meetings(ids)
    quizzes = [quiz for meeting_id in ids for quiz in grouped.get(meeting_id, [])]
    counting = await counting_scores(account_id, [quiz.id for quiz in quizzes], as_shown=as_shown)
    unseen = await _over(account_id, [quiz.id for quiz in quizzes if quiz.id not in counting])
    scores = []
    for quiz in quizzes:
        state = ScoreState.SCORED if quiz.id in counting else unseen.get(quiz.id, ScoreState.NOTHING)
        scores.append(QuizScore(quiz, counting.get(quiz.id, Decimal(0)), state))
    return scores


async def _over(account_id: int, quiz_ids: list[int]) -> dict[int, ScoreState]:
    """Of quizzes without a score to be seen those that were taken: graded, so it is hidden, or not yet."""
    rows = await db.fetch(
        "SELECT assessment_id, bool_or(state = $3) AS is_graded FROM attempt"
        " WHERE account_id = $1 AND assessment_id = ANY($2) AND state <> $4 GROUP BY assessment_id",
        account_id,
        quiz_ids,
        str(AttemptState.GRADED),
        str(AttemptState.OPEN),
    )
    return {row["assessment_id"]: ScoreState.HIDDEN if row["is_graded"] else ScoreState.WAITING for row in rows}
