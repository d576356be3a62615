"""What can be done so that the gate between meetings locks nobody for ever: one student is excused from one thing."""

from uuid import UUID

import asyncpg
import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.core.outbox import Deed, emit
from backend.domain.batches import queries as batches
from backend.domain.enrolments import excuse_queries
from backend.domain.enrolments.errors import AlreadyExcused, ExcuseNotFound, ItemNotOfBatch, PersonNotOfBatch
from backend.domain.enrolments.events import ExcuseChanged
from backend.domain.enrolments.excuse_queries import ExcuseView
from backend.domain.enrolments.terms import ActivityKind


class Plea(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to excuse from what: a meeting with all that is done there, or one assignment or quiz by its id."""

    person: UUID
    kind: ActivityKind
    item_id: int
    reason: str = ""


async def excuse_student(actor: Actor, batch_ref: Ref, plea: Plea) -> ExcuseView:
    """Let the gate not ask a student for something; progress and the certificate still do.

    Admins excuse everywhere, teachers in the meetings they teach.

    Raises: BatchNotFound, ItemNotOfBatch, NotTeaching, PersonNotOfBatch, AlreadyExcused.
    Emits: ExcuseChanged.
    """
    async with transaction():
        batch = await batches.batch(batch_ref)
        meeting_id, activity_id = await _item(batch.id, plea)
        await batches.must_teach_meeting(actor, meeting_id)
        enrolment_id = await _place(batch.id, plea.person)
        try:
            async with db.savepoint():
                made = await db.value(
                    "INSERT INTO gate_excuse (enrolment_id, meeting_id, activity_id, reason, granted_by)"
                    " VALUES ($1, $2, $3, $4, $5) RETURNING id",
                    enrolment_id,
                    meeting_id,
                    activity_id,
                    plea.reason,
                    actor.account_id,
                )
        except asyncpg.UniqueViolationError:
            raise AlreadyExcused from None
        await emit(ExcuseChanged(made, enrolment_id, meeting_id, Deed.CREATED))
        return await excuse_queries.excuse(int(made))


async def revoke_excuse(actor: Actor, ref: Ref) -> ExcuseView:
    """Let the gate ask again. Safe to repeat; the excuse stays in the history.

    Raises: ExcuseNotFound, NotTeaching.
    Emits: ExcuseChanged, when it stood.
    """
    async with transaction():
        excuse_id = await db.lock("gate_excuse", ref)
        if excuse_id is None:
            raise ExcuseNotFound(ref=str(ref))
        found = await excuse_queries.excuse(excuse_id)
        await batches.must_teach_meeting(actor, found.meeting_id)
        if found.revoked_at is not None:
            return found
        await db.statement(
            "UPDATE gate_excuse SET revoked_at = now(), revoked_by = $2 WHERE id = $1", found.id, actor.account_id
        )
        await emit(ExcuseChanged(found.id, found.enrolment_id, found.meeting_id, Deed.REMOVED))
        return await excuse_queries.excuse(found.id)


async def _item(batch_id: int, plea: Plea) -> tuple[int, int | None]:
    """The meeting of what is named, and its activity; none for a meeting as a whole."""
    if plea.kind is ActivityKind.MEETING:
        query = "SELECT id AS meeting_id, NULL::bigint AS id FROM meeting WHERE batch_id = $1 AND id = $2"
        found = await db.row(query, batch_id, plea.item_id)
    else:
        query = "SELECT meeting_id, id FROM activity WHERE batch_id = $1 AND item_id = $2 AND kind = $3"
        found = await db.row(query, batch_id, plea.item_id, str(plea.kind))
    if found is None:
        raise ItemNotOfBatch
    return found["meeting_id"], found["id"]


async def _place(batch_id: int, person: UUID) -> int:
    found = await db.value(
        "SELECT e.id FROM enrolment e JOIN account a ON a.id = e.account_id"
        " WHERE e.batch_id = $1 AND e.state = 'active' AND a.uuid = $2",
        batch_id,
        person,
    )
    if found is None:
        raise PersonNotOfBatch(people=str(person))
    return int(found)
