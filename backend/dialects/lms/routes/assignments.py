"""Assignments. Source: contract section 2.12, and `GET /me/assignments/upcoming` of 2.10."""

from litestar import Controller, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, success, success_list
from backend.dialects.lms.wire.assignments import AssignmentIn, AssignmentOut, AssignmentUpdateIn
from backend.domain.assignments import commands as assignments
from backend.domain.assignments import queries
from backend.domain.grading import gradebook


class Assignments(Controller):
    """Tasks of meetings."""

    tags = ("assignments",)

    @get("/assignments", opt={"roles": auth.ADMIN})
    async def fetch_all(self, listing: NamedDependency[Listing]) -> ListEnvelope[AssignmentOut]:
        """List all assignments."""
        paged = await queries.assignments(listing)
        return success_list("Assignments fetched", [AssignmentOut.of(view) for view in paged.items], paged, listing)

    @get("/meetings/{ref:str}/assignments", opt={"roles": auth.STAFF})
    async def fetch_of_meeting(
        self, actor: NamedDependency[Actor], ref: FromPath[str], listing: NamedDependency[Listing]
    ) -> ListEnvelope[AssignmentOut]:
        """List the assignments of a meeting."""
        paged = await queries.assignments_of_meeting(actor, parse_uuid(ref), listing)
        return success_list("Assignments fetched", [AssignmentOut.of(view) for view in paged.items], paged, listing)

    @get("/me/assignments/upcoming", opt={"roles": auth.STUDENT})
    async def fetch_upcoming(
        self, actor: NamedDependency[Actor], listing: NamedDependency[Listing]
    ) -> ListEnvelope[AssignmentOut]:
        """List what I still have to hand in, the most urgent first; overdue ones are among them."""
        paged = await queries.upcoming(actor, listing)
        return success_list(
            "Upcoming assignments fetched", [AssignmentOut.of(view) for view in paged.items], paged, listing
        )

    @get("/assignments/{ref:str}", opt={"roles": auth.EVERYONE, "failure": "Assignment not found"})
    async def fetch(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[AssignmentOut]:
        """Show an assignment with the work for it: a student's own, for staff everybody's."""
        task = await gradebook.assignment(actor, parse_uuid(ref))
        return success("Assignment retrieved successfully", AssignmentOut.with_work(task))

    @post("/meetings/{ref:str}/assignments", opt={"roles": auth.STAFF, "failure": "Failed to create assignment"})
    async def create(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[AssignmentIn]
    ) -> Envelope[AssignmentOut]:
        """Give a meeting an assignment."""
        view = await assignments.create_assignment(actor, parse_uuid(ref), data.task())
        return success("Assignment created successfully", AssignmentOut.of(view))

    @patch("/assignments/{ref:str}", opt={"roles": auth.STAFF, "failure": "Failed to update assignment"})
    async def update(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[AssignmentUpdateIn]
    ) -> Envelope[AssignmentOut]:
        """Change an assignment; files that are sent replace all there were."""
        view = await assignments.update_assignment(actor, parse_uuid(ref), data.changes())
        return success("Assignment updated successfully", AssignmentOut.of(view))

    @delete(
        "/assignments/{ref:str}",
        status_code=200,
        opt={"roles": auth.STAFF, "failure": "Failed to delete assignment"},
    )
    async def remove(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[None]:
        """Remove an assignment for which nothing was handed in or graded."""
        await assignments.delete_assignment(actor, parse_uuid(ref))
        return success("Assignment deleted successfully", None)
