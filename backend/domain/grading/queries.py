"""What can be asked about results and grades."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.core.listing import Lens, page
from backend.core.paging import Listing, Paged
from backend.domain.accounts import queries as accounts
from backend.domain.accounts.queries import PersonView
from backend.domain.assessments import queries as assessments
from backend.domain.assessments.queries import QuizView
from backend.domain.attempts import queries as attempts
from backend.domain.attempts.errors import AttemptNotFound
from backend.domain.attempts.queries import AttemptView
from backend.domain.grading import rules
from backend.domain.grading.counting import counting_score
from backend.domain.grading.errors import ResultNotFound
from backend.domain.grading.sights import SCORE_IS_SHOWN, sight_of


class ResultView(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of an attempt. `score_percent` has two decimals."""

    uuid: UUID
    total_questions: int
    correct_answers: int
    wrong_answers: int
    points: Decimal
    max_points: Decimal
    score_percent: Decimal
    created_at: datetime
    updated_at: datetime


class AttemptResultView(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt, its quiz, and its result; that is None while it is being graded, and where it is not to be seen."""

    attempt: AttemptView
    quiz: QuizView
    result: ResultView | None
    is_hidden: bool = False


class AttemptRow(AttemptView, frozen=True, kw_only=True):
    """An attempt in a list and, once graded, how it went; `person` took it (None in one's own list).

    `has_passed` None: there is no score to be seen, or no pass mark.
    """

    score_percent: Decimal | None
    has_passed: bool | None
    person: PersonView | None = None


_RESULT_COLUMNS = (
    "uuid, total_questions, correct_answers, wrong_answers, points, max_points, score_percent, created_at, updated_at"
)
_SCORE = "r.score_percent, r.score_percent >= a.pass_percent AS has_passed"
_NO_SCORE = "NULL::numeric AS score_percent, NULL::boolean AS has_passed"
_SORTS = {
    "started_at": "t.started_at",
    "ended_at": "t.submitted_at",
    "score": "r.score_percent",
    "name": "p.name",
    "attempt_no": "t.attempt_no",
}
_ROWS = Lens(key="t.id", order="t.started_at DESC", sorts=_SORTS, search=("p.name", "p.email"))
_UNSCORED = Lens(
    key="t.id", order="t.started_at DESC", sorts={**_SORTS, "score": "t.attempt_no"}, search=("p.name", "p.email")
)
"""For whom the scores are hidden: their order would tell."""


async def attempt_result(actor: Actor, ref: Ref) -> AttemptResultView:
    """The result of an attempt, for its owner as far as the quiz shows it, and those who teach the batch.

    Raises: AttemptHidden, ResultNotFound, also where there is no such attempt.
    """
    try:
        attempt = await attempts.attempt(actor, ref)
    except AttemptNotFound:
        raise ResultNotFound(ref=str(ref)) from None
    found = await db.row(f"SELECT {_RESULT_COLUMNS} FROM result WHERE attempt_id = $1", attempt.id)  # noqa: S608 - our names
    if found is None and not rules.awaits_result(attempt.state):
        raise ResultNotFound(ref=str(ref))
    quiz = await assessments.quiz_by_id(attempt.assessment_id)
    if found is None:
        return AttemptResultView(attempt=attempt, quiz=quiz, result=None)
    if not (await sight_of(actor, quiz)).score:
        return AttemptResultView(attempt=attempt, quiz=quiz, result=None, is_hidden=True)
    return AttemptResultView(attempt=attempt, quiz=quiz, result=db.view(ResultView, found))


async def attempts_of_quiz(actor: Actor, ref: Ref, listing: Listing) -> Paged[AttemptRow]:
    """The attempts at a quiz: for a student their own, with scores if they may see them, for staff everybody's.

    Raises: QuizNotFound, NotYourQuiz.
    """
    quiz = await assessments.quiz(actor, ref)
    shows = (await sight_of(actor, quiz)).score
    paged = await page(
        AttemptRow,
        _ROWS if shows else _UNSCORED,
        listing,
        select=f"{attempts.ATTEMPT_COLUMNS}, {_SCORE if shows else _NO_SCORE}",
        source=f"{attempts.ATTEMPT_SOURCE} LEFT JOIN result r ON r.attempt_id = t.id",
        where="t.assessment_id = $1 AND ($2::bigint IS NULL OR t.account_id = $2)",
        args=[quiz.id, actor.account_id if actor.is_student else None],
    )
    if actor.is_student:
        return paged
    people = await accounts.people([row.account_id for row in paged.items])
    rows = [msgspec.structs.replace(row, person=people[row.account_id]) for row in paged.items]
    return Paged(rows, paged.total)


def counted_of(account: str, quizzes: str, *, as_shown: bool) -> str:
    """SQL for the score in percent that counts of a person at each of some quizzes (id, score).

    The arguments are SQL: the account's id, and an array of the quizzes' ids. `as_shown`: only what students see.
    """
    which = f" AND {SCORE_IS_SHOWN}" if as_shown else ""
    return (
        f"SELECT a.id, {counting_score('a')} AS score FROM attempt t JOIN result r ON r.attempt_id = t.id"  # noqa: S608 - our names
        f" JOIN assessment a ON a.id = t.assessment_id WHERE t.account_id = {account} AND a.id = ANY({quizzes}){which}"
        " GROUP BY a.id"
    )


async def counting_scores(account_id: int, assessment_ids: list[int], *, as_shown: bool) -> dict[int, Decimal]:
    """The score in percent that counts of a person at each of these quizzes; without a result a quiz is left out.

    `as_shown`: and without one that students see.
    """
    rows = await db.fetch(counted_of("$1", "$2", as_shown=as_shown), account_id, assessment_ids)
    return {found["id"]: found["score"] for found in rows}
