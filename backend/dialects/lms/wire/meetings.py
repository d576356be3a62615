"""Meetings on the wire. Source: contract section 3, Meeting.

Ours: `room`, `join_url`, how students check in (`self_check_in`, `late_after_minutes`, `check_in_minutes`), and for
students `locked`, `lock_reason`, `missing`, `is_present`, `attendance_status`, `submitted` (null for staff).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from backend.core.actor import Actor
from backend.dialects.lms.envelope import WORDS, tell
from backend.dialects.lms.wire.assignments import AssignmentOut
from backend.dialects.lms.wire.batches import LongText
from backend.dialects.lms.wire.materials import MaterialOut
from backend.dialects.lms.wire.quizzes import QuizOut
from backend.dialects.lms.wire.text import Moment, Title
from backend.dialects.lms.wire.users import UserOut
from backend.domain.accounts.queries import PersonView
from backend.domain.batches.meeting_queries import FullMeeting
from backend.domain.batches.terms import MeetingChanges, MeetingKind, NewMeeting
from backend.domain.enrolments.queries import Missing
from backend.domain.enrolments.standing import StandingView
from backend.domain.enrolments.terms import ActivityKind, AttendanceStatus

Minutes = Annotated[int, Meta(ge=0, le=1440)]
CheckInMinutes = Annotated[int, Meta(ge=1, le=1440)]
Room = Annotated[str, Meta(max_length=255)]
JoinAddress = Annotated[str, Meta(max_length=500, pattern=r"""^https?://[^\s/"'<>\\][^\s"'<>\\]*$(?!\n)""")]


class MeetingIn(msgspec.Struct):
    """What a meeting begins with."""

    title: Title
    type: MeetingKind
    start_at: Moment
    end_at: Moment
    description: LongText | None = None
    is_open: bool = False
    room: Room | None = None
    join_url: JoinAddress | None = None
    self_check_in: bool = False
    late_after_minutes: Minutes | None = None
    check_in_minutes: CheckInMinutes | None = None

    def new(self) -> NewMeeting:
        """In the domain's terms."""
        return NewMeeting(
            title=self.title,
            kind=self.type,
            start_at=self.start_at,
            end_at=self.end_at,
            description=self.description or "",
            is_open=self.is_open,
            room=self.room,
            join_url=self.join_url,
            self_check_in=self.self_check_in,
            late_after_min=self.late_after_minutes,
            check_in_min=self.check_in_minutes,
        )


class MeetingUpdateIn(msgspec.Struct):
    """What to change of a meeting; the type goes by either of its names."""

    title: Title | UnsetType = UNSET
    type: MeetingKind | UnsetType = UNSET
    meeting_type: MeetingKind | UnsetType = UNSET
    start_at: Moment | UnsetType = UNSET
    end_at: Moment | UnsetType = UNSET
    description: LongText | UnsetType | None = UNSET
    is_open: bool | UnsetType = UNSET
    room: Room | UnsetType | None = UNSET
    join_url: JoinAddress | UnsetType | None = UNSET
    self_check_in: bool | UnsetType = UNSET
    late_after_minutes: Minutes | UnsetType | None = UNSET
    check_in_minutes: CheckInMinutes | UnsetType | None = UNSET

    def changes(self) -> MeetingChanges:
        """In the domain's terms."""
        return MeetingChanges(
            title=self.title,
            kind=self.meeting_type if isinstance(self.type, UnsetType) else self.type,
            start_at=self.start_at,
            end_at=self.end_at,
            description="" if self.description is None else self.description,
            is_open=self.is_open,
            room=self.room,
            join_url=self.join_url,
            self_check_in=self.self_check_in,
            late_after_min=self.late_after_minutes,
            check_in_min=self.check_in_minutes,
        )


class AssignIn(msgspec.Struct):
    """Who shall teach a meeting, too."""

    teacher_ids: Annotated[list[UUID], Meta(min_length=1, max_length=100)]


class ReplaceIn(msgspec.Struct):
    """Who shall teach a meeting; an empty list leaves nobody."""

    teacher_ids: Annotated[list[UUID], Meta(max_length=100)]


class MissingOut(msgspec.Struct):
    """Something of the meeting before that the gate asks for."""

    kind: ActivityKind
    title: str
    meeting_id: UUID

    @classmethod
    def of(cls, missing: Missing) -> "MissingOut":
        """As it is shown."""
        return cls(kind=missing.kind, title=missing.title, meeting_id=missing.meeting_uuid)


class MeetingOut(msgspec.Struct):
    """A meeting. `assignments` and `quizzes` are those of the features that own them."""

    id: UUID
    batch_id: UUID
    title: str
    description: str
    type: MeetingKind
    meeting_type: MeetingKind
    start_at: datetime
    end_at: datetime
    is_open: bool
    room: str | None
    join_url: str | None
    self_check_in: bool
    late_after_minutes: int | None
    check_in_minutes: int | None
    teachers: list[UserOut]
    assignments: Sequence[AssignmentOut]
    materials: list[MaterialOut]
    quizzes: Sequence[QuizOut]
    locked: bool | None
    lock_reason: str | None
    missing: list[MissingOut] | None
    is_present: bool | None
    attendance_status: AttendanceStatus | None
    submitted: bool | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(
        cls,
        view: FullMeeting,
        actor: Actor,
        work: "Work",
        standing: StandingView | None = None,
        *,
        english: bool = False,
    ) -> "MeetingOut":
        """As the contract shows it to this reader."""
        return cls(
            id=view.uuid,
            batch_id=view.batch_uuid,
            title=view.title,
            description=view.description,
            type=view.kind,
            meeting_type=view.kind,
            start_at=view.start_at,
            end_at=view.end_at,
            is_open=view.is_open,
            room=view.room,
            join_url=view.join_url,
            self_check_in=view.self_check_in,
            late_after_minutes=view.late_after_min,
            check_in_minutes=view.check_in_min,
            teachers=[teacher_out(person, actor) for person in view.teachers],
            assignments=work.assignments.get(view.id, ()),
            materials=[MaterialOut.of(material, actor) for material in view.materials],
            quizzes=work.quizzes.get(view.id, ()),
            locked=None if standing is None else bool(standing.missing),
            lock_reason=_reason(standing, english=english),
            missing=None if standing is None else [MissingOut.of(one) for one in standing.missing],
            is_present=None if standing is None else standing.is_present,
            attendance_status=None if standing is None else standing.status,
            submitted=None if standing is None else standing.has_submitted,
            created_at=view.created_at,
            updated_at=view.updated_at,
        )


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done in some meetings, by the meeting's id, as it goes on the wire."""

    assignments: Mapping[int, Sequence[AssignmentOut]] = {}
    quizzes: Mapping[int, Sequence[QuizOut]] = {}


def teacher_out(person: PersonView, actor: Actor) -> UserOut:
    """A teacher: admins see all, teachers no profile, students neither profile nor e-mail and phone."""
    shown = UserOut.of(person)
    if not actor.is_admin:
        shown.profile = None
    if actor.is_student:
        shown.email = shown.phone = ""
    return shown


def _reason(standing: StandingView | None, *, english: bool) -> str | None:
    if standing is None or not standing.missing or standing.lock_code is None:
        return None
    told = {
        "title": standing.missing[0].title,
        "missing": [{"kind": str(one.kind), "title": one.title} for one in standing.missing],
    }
    return tell(WORDS[standing.lock_code], told, english=english)
