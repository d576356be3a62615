"""Attempts at quizzes and their results. Source: contract 2.16."""

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, success, success_list
from backend.dialects.lms.wire.attempts import (
    AnswerIn,
    AttemptDetailOut,
    AttemptOut,
    NextIn,
    ResultOut,
    SavedOut,
)
from backend.domain.attempts import commands as attempts
from backend.domain.attempts import moving, queries, saving
from backend.domain.grading import queries as grading
from backend.domain.grading import reviews


class AttemptsOfQuiz(Controller):
    """The attempts at a quiz."""

    path = "/quizzes/{quiz_id:str}"

    @post("/start", status_code=200, opt={"roles": auth.STUDENT})
    async def start(self, actor: NamedDependency[Actor], quiz_id: FromPath[str]) -> Envelope[AttemptOut]:
        """Begin an attempt; its deadline is the server's."""
        attempt = await attempts.start_attempt(actor, parse_uuid(quiz_id))
        return success("Success Start Quiz", AttemptOut.of(attempt))

    @get("/attempts/active", opt={"roles": auth.STUDENT})
    async def active(self, actor: NamedDependency[Actor], quiz_id: FromPath[str]) -> Envelope[AttemptOut | None]:
        """Show the attempt that is open, if one is."""
        attempt = await queries.active_attempt(actor, parse_uuid(quiz_id))
        return success("Success" if attempt else "No attempt yet", AttemptOut.of(attempt) if attempt else None)

    @get("/attempts", opt={"roles": auth.EVERYONE})
    async def fetch_all(
        self, actor: NamedDependency[Actor], quiz_id: FromPath[str], listing: NamedDependency[Listing]
    ) -> ListEnvelope[AttemptOut]:
        """List attempts with their scores: one's own, or for staff everybody's."""
        paged = await grading.attempts_of_quiz(actor, parse_uuid(quiz_id), listing)
        return success_list("Success", [AttemptOut.of_row(row) for row in paged.items], paged, listing)


class Attempts(Controller):
    """An attempt."""

    path = "/quizzes/attempts/{attempt_id:str}"

    @get(opt={"roles": auth.EVERYONE})
    async def fetch(self, actor: NamedDependency[Actor], attempt_id: FromPath[str]) -> Envelope[AttemptDetailOut]:
        """Show an attempt with its questions and the answers; once it is over, as far as its review shows them."""
        view = await reviews.attempt_review(actor, parse_uuid(attempt_id))
        return success("Success", AttemptDetailOut.of(view))

    @post("/temp-submissions", status_code=200, opt={"roles": auth.STUDENT})
    async def save(
        self, actor: NamedDependency[Actor], attempt_id: FromPath[str], data: JSONBody[AnswerIn]
    ) -> Envelope[SavedOut]:
        """Keep one answer; the last one stands."""
        await saving.save(actor, parse_uuid(attempt_id), data.question_id, data.chosen())
        return success("Questions saved successfully", SavedOut())

    @post("/next", status_code=200, opt={"roles": auth.STUDENT})
    async def move_on(
        self, actor: NamedDependency[Actor], attempt_id: FromPath[str], data: JSONBody[NextIn]
    ) -> Envelope[AttemptDetailOut]:
        """Leave a question for the next one, where they come one after the other. Ours, not the contract's."""
        view = await moving.move_on(actor, parse_uuid(attempt_id), data.question_id)
        return success("Success", AttemptDetailOut.running(view))

    @post("/submissions", opt={"roles": auth.STUDENT, "failure": "failed to submit quiz"})
    async def submit(self, actor: NamedDependency[Actor], attempt_id: FromPath[str]) -> Envelope[None]:
        """Close an attempt with the answers that were saved."""
        await attempts.submit_attempt(actor, parse_uuid(attempt_id))
        return success("Quiz submitted successfully", None)

    @get("/result", opt={"roles": auth.EVERYONE})
    async def result(self, actor: NamedDependency[Actor], attempt_id: FromPath[str]) -> Envelope[ResultOut]:
        """Show how an attempt went; status "grading" until it is known."""
        view = await grading.attempt_result(actor, parse_uuid(attempt_id))
        return success("Success", ResultOut.of(view))
