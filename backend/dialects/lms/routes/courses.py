"""Courses. Source: contract section 2.5; archiving is ours."""

from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, success, success_list
from backend.dialects.lms.wire.courses import CourseIn, CourseOut, CourseUpdateIn
from backend.domain.courses import commands as courses
from backend.domain.courses import queries


class Courses(Controller):
    """What the school teaches."""

    path = "/courses"

    @get(opt={"public": True})
    async def fetch_all(self, listing: NamedDependency[Listing]) -> ListEnvelope[CourseOut]:
        """List courses; `sort=popular` brings the most wanted first, `archived=true` the archived ones."""
        paged = await queries.courses(listing)
        return success_list("Courses fetched", [CourseOut.of(course) for course in paged.items], paged, listing)

    @get("/{ref:str}", opt={"public": True, "failure": "Course Doesn't Exist"})
    async def fetch(self, ref: FromPath[str]) -> Envelope[CourseOut]:
        """Show a course by its slug."""
        course = await queries.course(ref)
        return success("Course fetched", CourseOut.of(course))

    @post(opt={"roles": auth.ADMIN, "failure": "Failed to create course"})
    async def create(self, actor: NamedDependency[Actor], data: JSONBody[CourseIn]) -> Envelope[CourseOut]:
        """Offer a course."""
        course = await courses.create_course(actor, data.new())
        return success("Course created successfully", CourseOut.of(course))

    @put("/{ref:str}", opt={"roles": auth.ADMIN, "failure": "Failed to update course"})
    async def update(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[CourseUpdateIn]
    ) -> Envelope[CourseOut]:
        """Change a course; its slug stays."""
        course = await courses.update_course(actor, parse_uuid(ref), data.changes())
        return success("Course updated successfully", CourseOut.of(course))

    @delete("/{ref:str}", status_code=200, opt={"roles": auth.ADMIN, "failure": "Failed to delete course"})
    async def remove(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[None]:
        """Remove a course that never had a batch."""
        await courses.delete_course(actor, parse_uuid(ref))
        return success("Course deleted successfully", None)

    @post("/{ref:str}/archive", status_code=200, opt={"roles": auth.ADMIN})
    async def archive(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[CourseOut]:
        """Offer a course no more."""
        course = await courses.archive_course(actor, parse_uuid(ref))
        return success("Course archived successfully", CourseOut.of(course))

    @delete("/{ref:str}/archive", status_code=200, opt={"roles": auth.ADMIN})
    async def restore(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[CourseOut]:
        """Offer an archived course again."""
        course = await courses.restore_course(actor, parse_uuid(ref))
        return success("Course restored successfully", CourseOut.of(course))
