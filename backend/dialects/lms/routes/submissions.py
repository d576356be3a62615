"""Handed-in work and its grades, one by one. Source: contract section 2.17."""

from litestar import Controller, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, success, success_list
from backend.dialects.lms.wire.assignments import GradeOut, SubmissionOut
from backend.dialects.lms.wire.submissions import GradeIn, SubmissionIn
from backend.domain.grading import gradebook, grades


class Submissions(Controller):
    """Work for assignments."""

    tags = ("submissions",)

    @get("/assignments/{ref:str}/submissions", opt={"roles": auth.EVERYONE})
    async def fetch_all(
        self, actor: NamedDependency[Actor], ref: FromPath[str], listing: NamedDependency[Listing]
    ) -> ListEnvelope[SubmissionOut]:
        """List the work for an assignment, newest first: a student's own, for staff everybody's."""
        paged = await gradebook.graded_submissions(actor, parse_uuid(ref), listing)
        return success_list("Submissions fetched", [SubmissionOut.of(work) for work in paged.items], paged, listing)

    @get("/submissions/{ref:str}", opt={"roles": auth.EVERYONE, "failure": "Submission not found"})
    async def fetch(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[SubmissionOut]:
        """Show a submission."""
        work = await gradebook.submission(actor, parse_uuid(ref))
        return success("Submission detail fetched", SubmissionOut.of(work))

    @post("/assignments/{ref:str}/submissions", opt={"roles": auth.STUDENT})
    async def create(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[SubmissionIn]
    ) -> Envelope[SubmissionOut]:
        """Hand in work; once per assignment."""
        work = await grades.hand_in(actor, parse_uuid(ref), data.work())
        return success("Submission created successfully", SubmissionOut.of(work))

    @patch("/submissions/{ref:str}", opt={"roles": auth.STUDENT})
    async def update(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[SubmissionIn]
    ) -> Envelope[SubmissionOut]:
        """Change my work, until it is graded."""
        work = await grades.change_submission(actor, parse_uuid(ref), data.work())
        return success("Submission updated successfully", SubmissionOut.of(work))

    @delete("/submissions/{ref:str}", status_code=200, opt={"roles": auth.STUDENT})
    async def remove(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[None]:
        """Take my work back, until it is graded."""
        await grades.take_back_submission(actor, parse_uuid(ref))
        return success("Submission deleted successfully", None)

    @get("/submissions/{ref:str}/grade", opt={"roles": auth.EVERYONE})
    async def fetch_grade(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[GradeOut]:
        """Show what a submission was graded."""
        grade = await gradebook.grade_of(actor, parse_uuid(ref))
        return success("Submission grade fetched successfully", GradeOut.of(grade, parse_uuid(ref)))

    @put("/submissions/{ref:str}/grade", opt={"roles": auth.STAFF})
    async def grade(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[GradeIn]
    ) -> Envelope[GradeOut]:
        """Grade a submission, or grade it anew."""
        grade = await grades.grade_submission(actor, parse_uuid(ref), data.exact, data.feedback)
        return success("Submission graded successfully", GradeOut.of(grade, parse_uuid(ref)))
