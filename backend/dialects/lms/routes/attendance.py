"""Attendance. Source: contract section 2.14; that teachers take it for their own meetings is ours."""

from litestar import Controller, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, success, success_list
from backend.dialects.lms.wire.attendance import AttendanceOut, AttendancesIn, student_out
from backend.dialects.lms.wire.users import UserOut
from backend.domain.enrolments import attendance_queries as queries
from backend.domain.enrolments import commands as enrolments


class Attendances(Controller):
    """Who was there."""

    path = "/attendances"

    @get(opt={"roles": auth.ADMIN})
    async def fetch_all(self, listing: NamedDependency[Listing]) -> ListEnvelope[AttendanceOut]:
        """List marks, of a meeting or a person if asked."""
        paged = await queries.attendances(listing)
        return success_list("Attendances fetched", [AttendanceOut.of(view) for view in paged.items], paged, listing)

    @get("/{ref:str}", opt={"roles": auth.ADMIN})
    async def fetch(self, ref: FromPath[str]) -> Envelope[AttendanceOut]:
        """Show a mark."""
        attendance = await queries.attendance(parse_uuid(ref))
        return success("Attendance retrieved successfully", AttendanceOut.of(attendance))


class BatchAttendances(Controller):
    """Who was there, in a batch."""

    path = "/batches/{ref:str}/attendances"

    @get(opt={"roles": auth.ADMIN})
    async def fetch_all(self, ref: FromPath[str], listing: NamedDependency[Listing]) -> ListEnvelope[UserOut]:
        """List everybody in a batch by its slug, each with their marks."""
        paged = await queries.attendances_of_batch(ref, listing)
        return success_list("Attendances fetchesssd", [student_out(view) for view in paged.items], paged, listing)

    @put("/bulk", opt={"roles": auth.STAFF, "failure": "Failed to save attendances"})
    async def save(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[AttendancesIn]
    ) -> Envelope[list[AttendanceOut]]:
        """Mark people at meetings: all of the marks or none."""
        views = await enrolments.take_attendance(actor, parse_uuid(ref), data.marks())
        return success("Attendances saved", [AttendanceOut.of(view) for view in views])
