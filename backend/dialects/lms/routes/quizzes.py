"""Quizzes and their questions. Source: contract 2.16 and 2.10; editing questions is ours."""

from typing import Any

from litestar import Controller, Request, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, speaks_english, success, success_list
from backend.dialects.lms.wire.questions import (
    OrderIn,
    QuestionIn,
    QuestionOut,
    QuestionUpdateIn,
)
from backend.dialects.lms.wire.quizzes import QuizIn, QuizOut, QuizUpdateIn
from backend.domain.assessments import commands as assessments
from backend.domain.assessments import queries
from backend.domain.assessments import question_commands as editing
from backend.domain.attempts import commands as attempts
from backend.domain.attempts import queries as attempt_queries


class MeetingQuizzes(Controller):
    """The quizzes of a meeting."""

    path = "/meetings/{meeting_id:str}/quizzes"

    @get(opt={"roles": auth.STAFF})
    async def fetch_all(
        self, actor: NamedDependency[Actor], meeting_id: FromPath[str], listing: NamedDependency[Listing]
    ) -> ListEnvelope[QuizOut]:
        """List the quizzes of a meeting."""
        paged = await queries.quizzes_of_meeting(actor, parse_uuid(meeting_id), listing)
        return success_list("Quizzes fetched", [QuizOut.whole(quiz) for quiz in paged.items], paged, listing)

    @post(opt={"roles": auth.STAFF})
    async def create(
        self, actor: NamedDependency[Actor], meeting_id: FromPath[str], data: JSONBody[QuizIn]
    ) -> Envelope[QuizOut]:
        """Make a quiz without questions."""
        quiz = await assessments.create_quiz(actor, parse_uuid(meeting_id), data.plan())
        return success("Quiz metadata created", QuizOut.whole(quiz))


class MyQuizzes(Controller):
    """The quizzes of the student who asks."""

    path = "/me/quizzes"

    @get("/upcoming", opt={"roles": auth.STUDENT})
    async def upcoming(self, actor: NamedDependency[Actor], listing: NamedDependency[Listing]) -> ListEnvelope[QuizOut]:
        """List what can still be taken, the next to end first."""
        paged = await attempt_queries.upcoming_quizzes(actor, listing)
        items = [QuizOut.of_upcoming(quiz) for quiz in paged.items]
        return success_list("Upcoming quiz fetched", items, paged, listing)


class Quizzes(Controller):
    """A quiz."""

    path = "/quizzes/{quiz_id:str}"

    @get(opt={"roles": auth.EVERYONE})
    async def fetch(
        self, actor: NamedDependency[Actor], quiz_id: FromPath[str], request: Request[Any, Any, Any]
    ) -> Envelope[QuizOut]:
        """Show a quiz; students see whether they can start it, and why not."""
        view = await attempt_queries.quiz_standing(actor, parse_uuid(quiz_id))
        return success("Get Quiz metadata", QuizOut.of_standing(view, english=speaks_english(request)))

    @patch(opt={"roles": auth.STAFF})
    async def update(
        self, actor: NamedDependency[Actor], quiz_id: FromPath[str], data: JSONBody[QuizUpdateIn]
    ) -> Envelope[QuizOut]:
        """Change a quiz; running attempts get its new time."""
        quiz = await attempts.change_quiz(actor, parse_uuid(quiz_id), data.change())
        return success("Quiz updated", QuizOut.whole(quiz))

    @delete(status_code=200, opt={"roles": auth.STAFF})
    async def remove(self, actor: NamedDependency[Actor], quiz_id: FromPath[str]) -> Envelope[None]:
        """Delete a quiz that nobody has taken."""
        await assessments.delete_quiz(actor, parse_uuid(quiz_id))
        return success("Quiz deleted", None)


class QuizQuestions(Controller):
    """The questions of a quiz, with what is right: for staff alone. Changing them is ours."""

    path = "/quizzes/{quiz_id:str}/questions"

    @get(opt={"roles": auth.STAFF})
    async def fetch_all(self, actor: NamedDependency[Actor], quiz_id: FromPath[str]) -> Envelope[QuizOut]:
        """Show a quiz with its questions."""
        view = await queries.questions(actor, parse_uuid(quiz_id))
        return success("Success Get Questions", QuizOut.with_key(view))

    @post(opt={"roles": auth.STAFF})
    async def create(
        self, actor: NamedDependency[Actor], quiz_id: FromPath[str], data: JSONBody[QuestionIn]
    ) -> Envelope[QuestionOut]:
        """Put a question at the end."""
        question = await editing.add_question(actor, parse_uuid(quiz_id), data.draft())
        return success("Question created successfully", QuestionOut.of(question))

    @put("/order", opt={"roles": auth.STAFF})
    async def reorder(
        self, actor: NamedDependency[Actor], quiz_id: FromPath[str], data: JSONBody[OrderIn]
    ) -> Envelope[list[QuestionOut]]:
        """Put the questions into an order."""
        questions = await editing.reorder_questions(actor, parse_uuid(quiz_id), data.question_ids)
        return success("Questions reordered successfully", [QuestionOut.of(question) for question in questions])

    @patch("/{question_id:str}", opt={"roles": auth.STAFF})
    async def update(
        self,
        actor: NamedDependency[Actor],
        quiz_id: FromPath[str],
        question_id: FromPath[str],
        data: JSONBody[QuestionUpdateIn],
    ) -> Envelope[QuestionOut]:
        """Change a question."""
        question = await editing.update_question(actor, parse_uuid(quiz_id), parse_uuid(question_id), data.change())
        return success("Question updated successfully", QuestionOut.of(question))

    @delete("/{question_id:str}", status_code=200, opt={"roles": auth.STAFF})
    async def remove(
        self, actor: NamedDependency[Actor], quiz_id: FromPath[str], question_id: FromPath[str]
    ) -> Envelope[None]:
        """Take a question out."""
        await editing.remove_question(actor, parse_uuid(quiz_id), parse_uuid(question_id))
        return success("Question deleted successfully", None)
