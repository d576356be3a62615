"""Excuses from the gate between meetings, on the wire. All of it is ours."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from backend.domain.enrolments.excuse_queries import ExcuseView
from backend.domain.enrolments.terms import ActivityKind


class ExcuseIn(msgspec.Struct):
    """Whom to excuse from what: `item_id` is a meeting (all that is done there), an assignment or a quiz."""

    user_id: UUID
    kind: ActivityKind
    item_id: UUID
    reason: Annotated[str, Meta(max_length=500)] = ""


class ExcuseOut(msgspec.Struct):
    """An excuse, and who gave it or took it back."""

    id: UUID
    user_id: UUID
    user_name: str
    meeting_id: UUID
    kind: ActivityKind
    title: str
    reason: str
    excused_by: UUID | None
    excused_by_name: str | None
    created_at: datetime
    revoked_by: UUID | None
    revoked_by_name: str | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, view: ExcuseView) -> "ExcuseOut":
        """As it is shown."""
        return cls(
            id=view.uuid,
            user_id=view.account_uuid,
            user_name=view.name,
            meeting_id=view.meeting_uuid,
            kind=view.kind,
            title=view.title,
            reason=view.reason,
            excused_by=view.by,
            excused_by_name=view.by_name,
            created_at=view.created_at,
            revoked_by=view.revoked_by,
            revoked_by_name=view.revoked_by_name,
            revoked_at=view.revoked_at,
        )
