"""Attendance on the wire. Source: contract sections 2.14 and 3, Attendance."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from backend.dialects.lms.wire.users import UserOut
from backend.domain.enrolments.attendance_queries import AttendanceRow, AttendanceView, StudentAttendance
from backend.domain.enrolments.commands import Mark


class MarkIn(msgspec.Struct):
    """Whether somebody was at a meeting."""

    user_id: UUID
    meeting_id: UUID
    is_present: bool = False
    note: Annotated[str, Meta(max_length=2000)] | None = None


class AttendancesIn(msgspec.Struct):
    """Marks of a batch: all are taken, or none."""

    attendances: Annotated[list[MarkIn], Meta(min_length=1, max_length=20_000)]

    def marks(self) -> list[Mark]:
        """In the domain's terms."""
        return [
            Mark(person=mark.user_id, meeting=mark.meeting_id, is_present=mark.is_present, note=mark.note)
            for mark in self.attendances
        ]


class AttendanceOut(msgspec.Struct):
    """A mark; `attendance_time` is when it was last changed."""

    id: UUID
    meeting_id: UUID
    user_id: UUID
    is_present: bool
    note: str | None
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
            note=row.note,
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
