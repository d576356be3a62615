"""What can be asked about excuses from the gate between meetings."""

from datetime import datetime
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.core.listing import Lens, boolean, page
from backend.core.paging import Listing, Paged
from backend.domain.batches import queries as batches
from backend.domain.enrolments.errors import ExcuseNotFound
from backend.domain.enrolments.terms import ActivityKind


class ExcuseView(msgspec.Struct, frozen=True, kw_only=True):
    """What a student is excused from, by whom and when; and who took it back. `kind` meeting: all of the meeting."""

    id: int
    uuid: UUID
    enrolment_id: int
    meeting_id: int
    meeting_uuid: UUID
    account_uuid: UUID
    name: str
    kind: ActivityKind
    title: str
    reason: str
    by: UUID | None
    by_name: str | None
    created_at: datetime
    revoked_by: UUID | None
    revoked_by_name: str | None
    revoked_at: datetime | None


_COLUMNS = (
    "x.id, x.uuid, x.enrolment_id, x.meeting_id, m.uuid AS meeting_uuid, p.uuid AS account_uuid, p.name,"
    " coalesce(v.kind, 'meeting') AS kind, coalesce(v.title, m.title) AS title, x.reason, g.uuid AS by,"
    " g.name AS by_name, x.created_at, r.uuid AS revoked_by, r.name AS revoked_by_name, x.revoked_at"
)
_SOURCE = (
    "gate_excuse x JOIN meeting m ON m.id = x.meeting_id JOIN enrolment e ON e.id = x.enrolment_id"
    " JOIN account p ON p.id = e.account_id LEFT JOIN activity v ON v.id = x.activity_id"
    " LEFT JOIN account g ON g.id = x.granted_by LEFT JOIN account r ON r.id = x.revoked_by"
)
_LENS = Lens(
    key="x.id",
    order="x.id DESC",
    sorts={"created_at": "x.created_at", "name": "p.name", "revoked_at": "x.revoked_at"},
    filters={
        "user_id": ("p.uuid", UUID),
        "meeting_id": ("m.uuid", UUID),
        "revoked": ("(x.revoked_at IS NOT NULL)", boolean),
    },
    search=("p.name", "p.email"),
)


async def excuse(ref: Ref) -> ExcuseView:
    """An excuse, for callers that decide themselves who may see it.

    Raises: ExcuseNotFound.
    """
    found = await db.row(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE x.{db.column_of(ref)} = $1", ref)  # noqa: S608 - our names
    if found is None:
        raise ExcuseNotFound(ref=str(ref))
    return db.view(ExcuseView, found)


async def excuses(actor: Actor, batch_ref: Ref | str, listing: Listing) -> Paged[ExcuseView]:
    """The excuses of a batch, those that were taken back too, the latest first; for admins and who teaches there.

    Raises: BatchNotFound, NotTeaching.
    """
    batch = await batches.batch(batch_ref)
    await batches.must_teach_batch(actor, batch.id)
    return await page(
        ExcuseView, _LENS, listing, select=_COLUMNS, source=_SOURCE, where="m.batch_id = $1", args=[batch.id]
    )
