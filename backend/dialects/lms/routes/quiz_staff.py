"""What staff do around the attempts at a quiz: overrides, marking by hand, proof. All of it is ours."""

from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, success, success_list
from backend.dialects.lms.wire.proofs import (
    HandMarkIn,
    HandMarkOut,
    KeyVersionOut,
    OverrideIn,
    OverrideOut,
    TimelineOut,
    WaitingOut,
)
from backend.dialects.lms.wire.questions import SectionOut, SectionsIn
from backend.domain.assessments import paper_queries, queries
from backend.domain.assessments import question_commands as editing
from backend.domain.attempts import commands as attempts
from backend.domain.attempts import overrides, timeline
from backend.domain.grading import hand_marking


class QuizSections(Controller):
    """The sections of a quiz."""

    path = "/quizzes/{quiz_id:str}/sections"

    @get(opt={"roles": auth.STAFF})
    async def fetch_all(self, actor: NamedDependency[Actor], quiz_id: FromPath[str]) -> Envelope[list[SectionOut]]:
        """Show the sections in order."""
        sections = await queries.sections(actor, parse_uuid(quiz_id))
        return success("Sections fetched", [SectionOut.of(section) for section in sections])

    @put(opt={"roles": auth.STAFF})
    async def replace(
        self, actor: NamedDependency[Actor], quiz_id: FromPath[str], data: JSONBody[SectionsIn]
    ) -> Envelope[list[SectionOut]]:
        """Let the quiz have exactly these sections."""
        plans = [section.plan() for section in data.sections]
        sections = await editing.put_sections(actor, parse_uuid(quiz_id), plans)
        return success("Sections updated successfully", [SectionOut.of(section) for section in sections])


class QuestionKeys(Controller):
    """The keys that a question has had."""

    path = "/quizzes/{quiz_id:str}/questions/{question_id:str}/keys"

    @get(opt={"roles": auth.STAFF})
    async def fetch_all(
        self,
        actor: NamedDependency[Actor],
        quiz_id: FromPath[str],
        question_id: FromPath[str],
        listing: NamedDependency[Listing],
    ) -> ListEnvelope[KeyVersionOut]:
        """List the keys of a question, the newest first."""
        paged = await paper_queries.key_history(actor, parse_uuid(quiz_id), parse_uuid(question_id), listing)
        return success_list("Keys fetched", [KeyVersionOut.of(key) for key in paged.items], paged, listing)


class QuizOverrides(Controller):
    """What single people are granted at a quiz."""

    path = "/quizzes/{quiz_id:str}/overrides"

    @get(opt={"roles": auth.STAFF})
    async def fetch_all(
        self, actor: NamedDependency[Actor], quiz_id: FromPath[str], listing: NamedDependency[Listing]
    ) -> ListEnvelope[OverrideOut]:
        """List the overrides of a quiz."""
        paged = await overrides.overrides(actor, parse_uuid(quiz_id), listing)
        return success_list("Overrides fetched", [OverrideOut.of(view) for view in paged.items], paged, listing)

    @put("/{user_id:str}", opt={"roles": auth.STAFF})
    async def grant(
        self,
        actor: NamedDependency[Actor],
        quiz_id: FromPath[str],
        user_id: FromPath[str],
        data: JSONBody[OverrideIn],
    ) -> Envelope[OverrideOut]:
        """Grant a student something; an attempt that is running gets its time at once."""
        view = await overrides.put_override(actor, parse_uuid(quiz_id), parse_uuid(user_id), data.plan())
        return success("Override saved successfully", OverrideOut.of(view))

    @delete("/{user_id:str}", status_code=200, opt={"roles": auth.STAFF})
    async def take_back(
        self, actor: NamedDependency[Actor], quiz_id: FromPath[str], user_id: FromPath[str]
    ) -> Envelope[None]:
        """Take it back."""
        await overrides.delete_override(actor, parse_uuid(quiz_id), parse_uuid(user_id))
        return success("Override deleted successfully", None)


class QuizMarking(Controller):
    """Answers at a quiz that a person marks."""

    path = "/quizzes/{quiz_id:str}/marking"

    @get(opt={"roles": auth.STAFF})
    async def fetch_all(
        self, actor: NamedDependency[Actor], quiz_id: FromPath[str], listing: NamedDependency[Listing]
    ) -> ListEnvelope[WaitingOut]:
        """List the answers that wait, the oldest first."""
        paged = await hand_marking.waiting_answers(actor, parse_uuid(quiz_id), listing)
        return success_list("Answers fetched", [WaitingOut.of(view) for view in paged.items], paged, listing)


class AttemptStaff(Controller):
    """An attempt, for those who teach the batch."""

    path = "/quizzes/attempts/{attempt_id:str}"

    @put("/marks/{question_id:str}", opt={"roles": auth.STAFF})
    async def mark(
        self,
        actor: NamedDependency[Actor],
        attempt_id: FromPath[str],
        question_id: FromPath[str],
        data: JSONBody[HandMarkIn],
    ) -> Envelope[HandMarkOut]:
        """Give points for an answer; with the last one that waited the attempt has its result."""
        view = await hand_marking.mark_answer(actor, parse_uuid(attempt_id), parse_uuid(question_id), data.draft())
        return success("Answer marked successfully", HandMarkOut.of(view))

    @post("/close", status_code=200, opt={"roles": auth.STAFF})
    async def close(self, actor: NamedDependency[Actor], attempt_id: FromPath[str]) -> Envelope[None]:
        """Close an attempt with the answers that were saved."""
        await attempts.close_attempt(actor, parse_uuid(attempt_id))
        return success("Attempt closed successfully", None)

    @get("/timeline", opt={"roles": auth.STAFF})
    async def happened(
        self, actor: NamedDependency[Actor], attempt_id: FromPath[str], listing: NamedDependency[Listing]
    ) -> ListEnvelope[TimelineOut]:
        """List what happened, in order."""
        paged = await timeline.timeline(actor, parse_uuid(attempt_id), listing)
        return success_list("Timeline fetched", [TimelineOut.of(entry) for entry in paged.items], paged, listing)
