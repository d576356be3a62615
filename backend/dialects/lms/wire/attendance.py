"""Attendance on the wire. Source: contract sections 2.14 and 3, Attendance."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from backend.dialects.lms.wire.users import UserOut
from backend.domain.enrolments.attendance_commands import Mark
from backend.domain.enrolments.attendance_queries import AttendanceRow, AttendanceView, StudentAttendance
from backend.domain.enrolments.check_in_queries import AttendanceChangeView, CheckInCode
from backend.domain.enrolments.terms import AttendanceStatus, MarkSource


class MarkIn(msgspec.Struct):
    """Whether somebody was at a meeting. `status` is ours: it says more than the boolean, and counts before it."""

    user_id: UUID
    meeting_id: UUID
    is_present: bool = False
    status: AttendanceStatus | None = None
    note: Annotated[str, Meta(max_length=2000)] | UnsetType | None = UNSET


class AttendancesIn(msgspec.Struct):
    """Marks of a batch: all are taken, or none."""

    attendances: Annotated[list[MarkIn], Meta(min_length=1, max_length=20_000)]

    def marks(self) -> list[Mark]:
        """In the domain's terms."""
        return [
            Mark(
                person=mark.user_id,
                meeting=mark.meeting_id,
                is_present=mark.is_present,
                status=mark.status,
                note=mark.note,
            )
            for mark in self.attendances
        ]


class AttendanceOut(msgspec.Struct):
    """A mark; `attendance_time` is when it was last changed, `checked_in_at` when the person noted it themselves."""

    id: UUID
    meeting_id: UUID
    user_id: UUID
    is_present: bool
    status: AttendanceStatus
    note: str | None
    checked_in_at: datetime | None
    attendance_time: datetime
    updated_by: UUID | None
    created_at: datetime
    updated_at: datetime
    user: UserOut | None = None

    @classmethod
    def of(cls, row: AttendanceRow) -> "AttendanceOut":
        """As the contract shows it; a view that knows its person shows them, too."""
        return cls(
            id=row.uuid,
            meeting_id=row.meeting_uuid,
            user_id=row.account_uuid,
            is_present=row.is_present,
            status=row.status,
            note=row.note,
            checked_in_at=row.checked_in_at,
            attendance_time=row.updated_at,
            updated_by=row.by,
            created_at=row.created_at,
            updated_at=row.updated_at,
            user=UserOut.of(row.person) if isinstance(row, AttendanceView) else None,
        )


def student_out(view: StudentAttendance) -> UserOut:
    """Somebody with their `attendances`."""
    shown = UserOut.of(view.person)
    shown.attendances = [AttendanceOut.of(mark) for mark in view.marks]
    return shown


class ChangeOut(msgspec.Struct):
    """One change of a mark; `before` is null for the first."""

    before: AttendanceStatus | None
    after: AttendanceStatus
    note_before: str | None
    note_after: str | None
    source: MarkSource
    changed_by: UUID | None
    changed_by_name: str | None
    created_at: datetime

    @classmethod
    def of(cls, view: AttendanceChangeView) -> "ChangeOut":
        """As it is shown."""
        return cls(
            before=view.before,
            after=view.after,
            note_before=view.note_before,
            note_after=view.note_after,
            source=view.source,
            changed_by=view.by,
            changed_by_name=view.by_name,
            created_at=view.created_at,
        )


class CheckInIn(msgspec.Struct):
    """The code that is shown in class."""

    code: Annotated[str, Meta(min_length=1, max_length=64)]


class CheckInCodeOut(msgspec.Struct):
    """The code of the moment. Ask again at `expires_at`; it is taken for fifteen seconds more."""

    code: str
    url: str
    expires_at: datetime
    server_time: datetime
    opens_at: datetime
    closes_at: datetime
    checked_in: int
    enrolled: int

    @classmethod
    def of(cls, view: CheckInCode) -> "CheckInCodeOut":
        """As it is shown."""
        return cls(**msgspec.structs.asdict(view))
