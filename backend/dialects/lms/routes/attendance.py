"""Attendance. Source: contract section 2.14; taken by teachers, its history, and checking in are ours."""

from litestar import Controller, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, success, success_list
from backend.dialects.lms.wire.attendance import (
    AttendanceOut,
    AttendancesIn,
    ChangeOut,
    CheckInCodeOut,
    CheckInIn,
    student_out,
)
from backend.dialects.lms.wire.users import UserOut
from backend.domain.enrolments import attendance_commands as enrolments
from backend.domain.enrolments import attendance_queries as queries
from backend.domain.enrolments import check_in_queries as check_ins
from backend.http import qr


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

    @get("/{ref:str}/history", opt={"roles": auth.STAFF})
    async def fetch_history(
        self, actor: NamedDependency[Actor], ref: FromPath[str], listing: NamedDependency[Listing]
    ) -> ListEnvelope[ChangeOut]:
        """List what became of a mark: who, when, before and after."""
        paged = await check_ins.attendance_changes(actor, parse_uuid(ref), listing)
        return success_list("Attendance history fetched", [ChangeOut.of(view) for view in paged.items], paged, listing)


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


class CheckIns(Controller):
    """A meeting's marks; students note their own presence by a code that changes every fifteen seconds."""

    path = "/meetings/{ref:str}"
    tags = ("attendances",)

    @get("/check-in/code", opt={"roles": auth.STAFF})
    async def fetch_code(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[CheckInCodeOut]:
        """Show the code of the moment, and how many have come."""
        view = await check_ins.check_in_code(actor, parse_uuid(ref))
        return success("Check-in code fetched", CheckInCodeOut.of(view))

    @get("/check-in/code.svg", opt={"roles": auth.STAFF}, media_type=qr.SVG)
    async def draw_svg(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Response[bytes]:
        """Draw the code of the moment as a vector picture."""
        return qr.svg((await check_ins.check_in_code(actor, parse_uuid(ref))).url)

    @get("/check-in/code.png", opt={"roles": auth.STAFF}, media_type=qr.PNG)
    async def draw_png(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Response[bytes]:
        """Draw the code of the moment as a picture."""
        return qr.png((await check_ins.check_in_code(actor, parse_uuid(ref))).url)

    @post("/check-in", opt={"roles": auth.STUDENT, "no_idempotency": True})
    async def check_in(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[CheckInIn]
    ) -> Envelope[AttendanceOut]:
        """Note my presence, once, by the code that is shown in class."""
        view = await enrolments.check_in(actor, parse_uuid(ref), data.code)
        return success("Attendance recorded", AttendanceOut.of(view))

    @get("/attendances", opt={"roles": auth.STAFF})
    async def list_marks(
        self, actor: NamedDependency[Actor], ref: FromPath[str], listing: NamedDependency[Listing]
    ) -> ListEnvelope[AttendanceOut]:
        """List the marks of a meeting by name, for who takes them."""
        paged = await check_ins.marks_of_meeting(actor, parse_uuid(ref), listing)
        return success_list("Attendances fetched", [AttendanceOut.of(view) for view in paged.items], paged, listing)

    @get("/check-ins", opt={"roles": auth.STAFF})
    async def fetch_check_ins(
        self, actor: NamedDependency[Actor], ref: FromPath[str], listing: NamedDependency[Listing]
    ) -> ListEnvelope[AttendanceOut]:
        """List who has checked in, the latest first."""
        paged = await check_ins.check_ins(actor, parse_uuid(ref), listing)
        return success_list("Check-ins fetched", [AttendanceOut.of(view) for view in paged.items], paged, listing)
