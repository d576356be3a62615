"""Meetings and those who teach them. Source: contract section 2.11."""

from collections.abc import Sequence
from typing import Any

from litestar import Controller, Request, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, speaks_english, success, success_list
from backend.dialects.lms.wire.assignments import AssignmentOut
from backend.dialects.lms.wire.meetings import (
    AssignIn,
    MeetingIn,
    MeetingOut,
    MeetingUpdateIn,
    ReplaceIn,
    Work,
    teacher_out,
)
from backend.dialects.lms.wire.quizzes import QuizOut
from backend.dialects.lms.wire.users import UserOut
from backend.domain.assessments import queries as assessments
from backend.domain.assignments import queries as assignments
from backend.domain.batches import meeting_commands as meetings
from backend.domain.batches import meeting_queries, queries
from backend.domain.batches.meeting_queries import FullMeeting
from backend.domain.enrolments import standing


async def work_of(found: Sequence[FullMeeting]) -> Work:
    """The assignments and quizzes of some meetings, asked of the features that own them: three statements."""
    ids = [meeting.id for meeting in found]
    tasks = await assignments.of_meetings(ids)
    quizzes = await assessments.quizzes_of_meetings(ids)
    return Work(
        assignments={id_: [AssignmentOut.of(task) for task in some] for id_, some in tasks.items()},
        quizzes={id_: [QuizOut.of(quiz) for quiz in some] for id_, some in quizzes.items()},
    )


async def meeting_out(meeting: FullMeeting, actor: Actor) -> MeetingOut:
    """One meeting for its staff."""
    return MeetingOut.of(meeting, actor, await work_of([meeting]))


class Meetings(Controller):
    """Classes of batches."""

    path = "/meetings"

    @get(opt={"roles": auth.ADMIN})
    async def fetch_all(
        self, actor: NamedDependency[Actor], listing: NamedDependency[Listing]
    ) -> ListEnvelope[MeetingOut]:
        """List all meetings."""
        paged = await meeting_queries.meetings(listing)
        work = await work_of(paged.items)
        shown = [MeetingOut.of(meeting, actor, work) for meeting in paged.items]
        return success_list("Meetings fetched", shown, paged, listing)

    @get("/{ref:str}", opt={"roles": auth.STAFF})
    async def fetch(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[MeetingOut]:
        """Show a meeting to admins and to those who teach in its batch."""
        meeting = await meeting_queries.full_meeting(actor, parse_uuid(ref))
        return success("Meeting fetched", await meeting_out(meeting, actor))

    @patch("/{ref:str}", opt={"roles": auth.ADMIN})
    async def update(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[MeetingUpdateIn]
    ) -> Envelope[MeetingOut]:
        """Change a meeting."""
        meeting = await meetings.update_meeting(actor, parse_uuid(ref), data.changes())
        return success("Meeting updated successfully", await meeting_out(meeting, actor))

    @delete("/{ref:str}", status_code=200, opt={"roles": auth.ADMIN})
    async def remove(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[None]:
        """Remove a meeting without work in it."""
        await meetings.delete_meeting(actor, parse_uuid(ref))
        return success("Meeting deleted successfully", None)


class BatchMeetings(Controller):
    """The meetings of a batch."""

    path = "/batches/{ref:str}/meetings"

    @get(opt={"roles": auth.EVERYONE})
    async def fetch_all(
        self,
        request: Request[Any, Any, Any],
        actor: NamedDependency[Actor],
        ref: FromPath[str],
        listing: NamedDependency[Listing],
    ) -> ListEnvelope[MeetingOut]:
        """List the meetings of a batch by its slug; students see which are locked for them, and why."""
        batch = await queries.batch(ref)
        standings = await standing.standings(actor, batch.id)
        paged = await meeting_queries.meetings(listing, batch_id=batch.id)
        work = await work_of(paged.items)
        english = speaks_english(request)
        shown = [MeetingOut.of(one, actor, work, standings.get(one.id), english=english) for one in paged.items]
        return success_list("Meetings fetched", shown, paged, listing)

    @post(opt={"roles": auth.ADMIN})
    async def create(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[MeetingIn]
    ) -> Envelope[MeetingOut]:
        """Plan a meeting of a batch."""
        meeting = await meetings.create_meeting(actor, parse_uuid(ref), data.new())
        return success("Meeting created successfully", await meeting_out(meeting, actor))


class MeetingTeachers(Controller):
    """Those who teach a meeting."""

    path = "/meetings/{ref:str}/teachers"

    @get(opt={"roles": auth.ADMIN})
    async def fetch_all(
        self, actor: NamedDependency[Actor], ref: FromPath[str], listing: NamedDependency[Listing]
    ) -> ListEnvelope[UserOut]:
        """List who teaches a meeting."""
        paged = await meeting_queries.teachers(parse_uuid(ref), listing)
        return success_list("Meetings fetched", [teacher_out(who, actor) for who in paged.items], paged, listing)

    @post(status_code=200, opt={"roles": auth.ADMIN})
    async def assign(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[AssignIn]
    ) -> Envelope[MeetingOut]:
        """Let people teach a meeting, too: all or none."""
        meeting = await meetings.assign_teachers(actor, parse_uuid(ref), data.teacher_ids)
        return success("Guru berhasil ditambahkan", await meeting_out(meeting, actor))

    @put(opt={"roles": auth.ADMIN})
    async def replace(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[ReplaceIn]
    ) -> Envelope[MeetingOut]:
        """Let exactly these people teach a meeting."""
        meeting = await meetings.replace_teachers(actor, parse_uuid(ref), data.teacher_ids)
        return success("Guru berhasil diupdate", await meeting_out(meeting, actor))

    @delete("/{teacher:str}", status_code=200, opt={"roles": auth.ADMIN})
    async def unassign(
        self, actor: NamedDependency[Actor], ref: FromPath[str], teacher: FromPath[str]
    ) -> Envelope[MeetingOut]:
        """Let somebody teach a meeting no more."""
        meeting = await meetings.unassign_teacher(actor, parse_uuid(ref), parse_uuid(teacher))
        return success("Guru berhasil diupdate", await meeting_out(meeting, actor))
