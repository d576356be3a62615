"""What can be done about who is in a batch, and what they have done there."""

from collections.abc import Sequence

from backend.core import db
from backend.core.db import transaction
from backend.core.outbox import emit
from backend.domain.enrolments.events import ProgressLost, ProgressMade, StudentEnrolled, StudentWithdrawn
from backend.domain.enrolments.terms import ActivityKind


async def enrol(account_id: int, batch_id: int) -> int:
    """Put a person into a batch and say the enrolment's id. The seat was taken before, by who calls this.

    Safe to repeat: somebody who is in it already stays so. Somebody who had left comes back to what they had done.

    Emits: StudentEnrolled, when the person was not in it.
    """
    async with transaction():
        found = await db.row(
            "INSERT INTO enrolment (account_id, batch_id, state) VALUES ($1, $2, 'active')"
            " ON CONFLICT (account_id, batch_id) DO UPDATE SET state = 'active', updated_at = now()"
            " WHERE enrolment.state <> 'active' RETURNING id",
            account_id,
            batch_id,
        )
        if found is not None:
            await emit(StudentEnrolled(found["id"]))
            return int(found["id"])
        return int(
            await db.value("SELECT id FROM enrolment WHERE account_id = $1 AND batch_id = $2", account_id, batch_id)
        )


async def enrol_each(places: Sequence[tuple[int, int]]) -> None:
    """As `enrol`, for many (account, batch) pairs; two statements for however many.

    Emits: StudentEnrolled, for each who was not in it.
    """
    async with transaction():
        rows = await db.fetch(
            "INSERT INTO enrolment (account_id, batch_id, state)"
            " SELECT account_id, batch_id, 'active' FROM unnest($1::bigint[], $2::bigint[]) AS p (account_id, batch_id)"
            " ORDER BY batch_id, account_id"
            " ON CONFLICT (account_id, batch_id) DO UPDATE SET state = 'active', updated_at = now()"
            " WHERE enrolment.state <> 'active' RETURNING id",
            [account_id for account_id, _ in places],
            [batch_id for _, batch_id in places],
        )
        await emit(*[StudentEnrolled(row["id"]) for row in rows])


async def withdraw(account_id: int, batch_id: int) -> bool:
    """Take a person out of a batch; says whether they were in it. The seat is given back by who calls this.

    What they did is kept.

    Emits: StudentWithdrawn, when the person was in it.
    """
    async with transaction():
        found = await db.value(
            "UPDATE enrolment SET state = 'withdrawn', updated_at = now()"
            " WHERE account_id = $1 AND batch_id = $2 AND state = 'active' RETURNING id",
            account_id,
            batch_id,
        )
        if found is not None:
            await emit(StudentWithdrawn(found))
        return found is not None


async def add_activity(batch_id: int, meeting_id: int, kind: ActivityKind, item_id: int, title: str) -> None:
    """Let an assignment or a quiz count to progress. Safe to repeat. Meetings count without one."""
    async with transaction():
        await db.statement(
            "INSERT INTO activity (batch_id, meeting_id, kind, item_id, title) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (kind, item_id) DO UPDATE SET title = excluded.title",
            batch_id,
            meeting_id,
            str(kind),
            item_id,
            title,
        )


async def rename_activity(kind: ActivityKind, item_id: int, title: str) -> None:
    """Tell an assignment or a quiz by another title from now on."""
    async with transaction():
        await db.statement("UPDATE activity SET title = $3 WHERE kind = $1 AND item_id = $2", str(kind), item_id, title)


async def ask_to_pass(kind: ActivityKind, item_id: int, *, must_pass: bool) -> None:
    """Say of an assignment or a quiz whether it is done only by who passes it. Who has done it is the caller's."""
    async with transaction():
        await db.statement(
            "UPDATE activity SET must_pass = $3 WHERE kind = $1 AND item_id = $2", str(kind), item_id, must_pass
        )


async def remove_activity(kind: ActivityKind, item_id: int) -> None:
    """Let an assignment or a quiz count no longer, for anybody. Safe to repeat."""
    async with transaction():
        await db.statement("DELETE FROM activity WHERE kind = $1 AND item_id = $2", str(kind), item_id)


async def complete(account_id: int, kind: ActivityKind, item_id: int) -> None:
    """Note that a person has done an assignment or a quiz. Safe to repeat; nothing for who is not in the batch.

    Emits: ProgressMade, when it is new.
    """
    async with transaction():
        enrolment_id = await db.value(
            "INSERT INTO completion (enrolment_id, activity_id)"
            " SELECT e.id, a.id FROM activity a JOIN enrolment e ON e.batch_id = a.batch_id"
            " WHERE e.account_id = $1 AND e.state = 'active' AND a.kind = $2 AND a.item_id = $3"
            " ON CONFLICT (enrolment_id, activity_id) DO NOTHING RETURNING enrolment_id",
            account_id,
            str(kind),
            item_id,
        )
        if enrolment_id is not None:
            await emit(ProgressMade(enrolment_id))


async def complete_each(kind: ActivityKind, done: Sequence[tuple[int, int]]) -> None:
    """As `complete`, for many (account, item) pairs of one kind; two statements for however many.

    Emits: ProgressMade, for each that is new.
    """
    async with transaction():
        rows = await db.fetch(
            "INSERT INTO completion (enrolment_id, activity_id)"
            " SELECT DISTINCT e.id, a.id FROM unnest($2::bigint[], $3::bigint[]) AS d (account_id, item_id)"
            " JOIN activity a ON a.kind = $1 AND a.item_id = d.item_id"
            " JOIN enrolment e ON e.batch_id = a.batch_id AND e.account_id = d.account_id AND e.state = 'active'"
            " ORDER BY e.id, a.id ON CONFLICT (enrolment_id, activity_id) DO NOTHING RETURNING enrolment_id",
            str(kind),
            [account_id for account_id, _ in done],
            [item_id for _, item_id in done],
        )
        await emit(*[ProgressMade(row["enrolment_id"]) for row in rows])


async def uncomplete(account_id: int, kind: ActivityKind, item_id: int) -> None:
    """Take back that a person has done an assignment or a quiz. Safe to repeat.

    Emits: ProgressLost, when it was so.
    """
    async with transaction():
        enrolment_id = await db.value(
            "DELETE FROM completion c USING activity a, enrolment e"
            " WHERE a.id = c.activity_id AND e.id = c.enrolment_id"
            " AND e.account_id = $1 AND a.kind = $2 AND a.item_id = $3 RETURNING c.enrolment_id",
            account_id,
            str(kind),
            item_id,
        )
        if enrolment_id is not None:
            await emit(ProgressLost(enrolment_id))


async def uncomplete_each(kind: ActivityKind, undone: Sequence[tuple[int, int]]) -> None:
    """As `uncomplete`, for many (account, item) pairs of one kind; two statements for however many.

    Emits: ProgressLost, for each that was so.
    """
    async with transaction():
        rows = await db.fetch(
            "DELETE FROM completion c USING unnest($2::bigint[], $3::bigint[]) AS d (account_id, item_id)"
            " JOIN activity a ON a.kind = $1 AND a.item_id = d.item_id"
            " JOIN enrolment e ON e.batch_id = a.batch_id AND e.account_id = d.account_id"
            " WHERE c.activity_id = a.id AND c.enrolment_id = e.id RETURNING c.enrolment_id",
            str(kind),
            [account_id for account_id, _ in undone],
            [item_id for _, item_id in undone],
        )
        await emit(*[ProgressLost(row["enrolment_id"]) for row in rows])
