"""What can be asked about who is in a batch and how far they are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.core.paging import Listing, Paged
from backend.domain.batches import queries as batches
from backend.domain.batches.queries import BatchView
from backend.domain.enrolments import rules
from backend.domain.enrolments.errors import (
    AssignmentOpen,
    AttendanceNotTaken,
    EnrolmentNotFound,
    NotEnrolled,
    QuizNotPassed,
    QuizOpen,
    WasAbsent,
)
from backend.domain.enrolments.terms import ActivityKind, EnrolmentState


class EnrolmentView(msgspec.Struct, frozen=True, kw_only=True):
    """A person in a batch."""

    id: int
    uuid: UUID
    account_id: int
    batch_id: int
    state: EnrolmentState
    created_at: datetime


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not done. `is_recorded`: attendance was taken, and the student was absent.

    `is_excused`: staff have said that the gate does not ask this student for it. It still counts to progress.
    `must_pass`: it is a quiz that has to be passed.
    """

    kind: ActivityKind
    title: str
    item_id: int
    meeting_id: int
    meeting_uuid: UUID
    is_recorded: bool = False
    is_excused: bool = False
    must_pass: bool = False


class Count(msgspec.Struct, frozen=True):
    """How many of a kind are done, of how many."""

    done: int
    total: int


class ProgressView(msgspec.Struct, frozen=True, kw_only=True):
    """How far somebody is in a batch, and what is missing, in the order of meetings."""

    percent: Decimal
    done: int
    total: int
    counts: Mapping[ActivityKind, Count]
    missing: Sequence[Missing]

    @property
    def is_whole(self) -> bool:
        """Whether there was something to do, and all of it is done."""
        return self.total > 0 and self.done == self.total


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How far somebody is, in numbers alone."""

    enrolment_id: int
    done: int
    total: int
    attended: int
    meetings: int


class _Item(Missing, frozen=True, kw_only=True):
    is_done: bool


_ENROLMENT = "SELECT id, uuid, account_id, batch_id, state, created_at FROM enrolment"


def items_of(enrolments: str) -> str:
    """SQL for everything that counts to progress of some enrolments, and whether it is done.

    `enrolments` names the table, or a part of the statement, that has them. A meeting that somebody was excused from is
    none of theirs: neither done nor missing, and not in the total.
    """
    return f"""
SELECT 'meeting' AS kind, m.title, m.id AS item_id, m.id AS meeting_id, m.uuid AS meeting_uuid,
       t.id IS NOT NULL AS is_recorded, COALESCE(t.is_present, false) AS is_done, m.start_at, e.id AS enrolment_id,
       NULL::bigint AS activity_id, false AS must_pass
FROM {enrolments} e JOIN meeting m ON m.batch_id = e.batch_id
LEFT JOIN attendance t ON t.meeting_id = m.id AND t.account_id = e.account_id
WHERE t.status IS DISTINCT FROM 'excused'
UNION ALL
SELECT a.kind, a.title, a.item_id, a.meeting_id, m.uuid, false, c.id IS NOT NULL, m.start_at, e.id, a.id, a.must_pass
FROM {enrolments} e JOIN activity a ON a.batch_id = e.batch_id AND a.kind IN ('assignment', 'quiz')
JOIN meeting m ON m.id = a.meeting_id
LEFT JOIN completion c ON c.activity_id = a.id AND c.enrolment_id = e.id
"""  # noqa: S608 - our own text


_ITEMS = items_of("enrolment")

_EXCUSED = """EXISTS (SELECT FROM gate_excuse x WHERE x.enrolment_id = item.enrolment_id
    AND x.meeting_id = item.meeting_id AND x.revoked_at IS NULL
    AND (x.activity_id IS NULL OR x.activity_id = item.activity_id))"""

_PROGRESS = f"""
SELECT kind, title, item_id, meeting_id, meeting_uuid, is_recorded, is_done, must_pass,
    NOT is_done AND {_EXCUSED} AS is_excused
FROM ({_ITEMS}) AS item
WHERE enrolment_id = $1 ORDER BY start_at, meeting_id, array_position($2::text[], kind::text), item_id
"""  # noqa: S608 - our own text

_UNDONE = f"""
FROM ({_ITEMS}) AS item WHERE enrolment_id = {{enrolment}} AND NOT is_done AND meeting_id = (
    SELECT p.id FROM meeting m JOIN batch b ON b.id = m.batch_id AND b.gate
    JOIN meeting p ON p.batch_id = m.batch_id AND p.start_at < m.start_at
    WHERE m.id = {{meeting}} ORDER BY p.start_at DESC, p.id DESC LIMIT 1
) AND NOT {_EXCUSED}
"""  # noqa: S608 - our own text

_BEFORE = f"""
SELECT kind, title, item_id, meeting_id, meeting_uuid, is_recorded, is_done, must_pass
{_UNDONE.format(enrolment="$1", meeting="$3")} ORDER BY array_position($2::text[], kind::text), item_id
"""

_STANDINGS = f"""
SELECT enrolment_id, count(*) FILTER (WHERE is_done) AS done, count(*) AS total,
       count(*) FILTER (WHERE is_done AND kind = 'meeting') AS attended,
       count(*) FILTER (WHERE kind = 'meeting') AS meetings
FROM ({_ITEMS}) AS item WHERE enrolment_id = ANY($1) GROUP BY enrolment_id
"""  # noqa: S608 - our own text

_ORDER = [str(kind) for kind in rules.KINDS]


async def enrolment(account_id: int, batch_id: int) -> EnrolmentView | None:
    """A person's place in a batch, if they are in it now. This is what the contract calls paid(batch)."""
    found = await db.row(
        f"{_ENROLMENT} WHERE account_id = $1 AND batch_id = $2 AND state = 'active'", account_id, batch_id
    )
    return db.view(EnrolmentView, found) if found else None


async def enrolment_by_id(enrolment_id: int) -> EnrolmentView:
    """An enrolment in whatever state (for jobs, which get its id from an event).

    Raises: EnrolmentNotFound.
    """
    found = await db.row(f"{_ENROLMENT} WHERE id = $1", enrolment_id)
    if found is None:
        raise EnrolmentNotFound(enrolment=enrolment_id)
    return db.view(EnrolmentView, found)


async def must_be_enrolled(account_id: int, batch_id: int) -> EnrolmentView:
    """A person's place in a batch.

    Raises: NotEnrolled.
    """
    found = await enrolment(account_id, batch_id)
    if found is None:
        raise NotEnrolled
    return found


async def batches_of(actor: Actor, listing: Listing) -> Paged[BatchView]:
    """The actor's batches: those a teacher teaches, those anybody else is in."""
    if actor.is_teacher:
        return await batches.batches_taught(actor.person_id, listing)
    found = await db.fetch("SELECT batch_id FROM enrolment WHERE account_id = $1 AND state = 'active'", actor.person_id)
    return await batches.batches_by_id([row["batch_id"] for row in found], listing)


async def progress_of(actor: Actor, batch_ref: Ref) -> ProgressView:
    """How far the actor is in a batch of theirs.

    Raises: BatchNotFound, NotEnrolled.
    """
    batch = await batches.batch(batch_ref)
    held = await must_be_enrolled(actor.person_id, batch.id)
    return await progress(held.id)


async def enrolments_of(batch_id: int) -> list[EnrolmentView]:
    """Everybody who is in a batch now, in order of entry."""
    return db.views(
        EnrolmentView, await db.fetch(f"{_ENROLMENT} WHERE batch_id = $1 AND state = 'active' ORDER BY id", batch_id)
    )


async def count_enrolled(batch_id: int) -> int:
    """How many people are in a batch now."""
    found: int = await db.value("SELECT count(*) FROM enrolment WHERE batch_id = $1 AND state = 'active'", batch_id)
    return found


async def progress(enrolment_id: int) -> ProgressView:
    """How far somebody is: meetings attended, assignments handed in and quizzes finished, of all there are.

    One statement. Grades do not matter, but for quizzes that have to be passed, and content added later lowers it.
    Source: contract 5.8.
    """
    items = db.views(_Item, await db.fetch(_PROGRESS, enrolment_id, _ORDER))
    done = sum(item.is_done for item in items)
    return ProgressView(
        percent=rules.percent(done, len(items)),
        done=done,
        total=len(items),
        counts={kind: _count(items, kind) for kind in rules.KINDS},
        missing=[item for item in items if not item.is_done],
    )


def _count(items: Sequence[_Item], kind: ActivityKind) -> Count:
    of_kind = [item.is_done for item in items if item.kind is kind]
    return Count(sum(of_kind), len(of_kind))


async def standings(enrolment_ids: Sequence[int]) -> dict[int, Standing]:
    """How far many people are, by enrolment; who has nothing to do is not among them. One statement."""
    rows = await db.fetch(_STANDINGS, list(enrolment_ids))
    return {found["enrolment_id"]: db.view(Standing, found) for found in rows}


def gate_is_open(enrolment: str, meeting: str) -> str:
    """SQL that says whether `missing_before` is empty; the arguments name the columns with the ids."""
    return f"NOT EXISTS (SELECT {_UNDONE.format(enrolment=enrolment, meeting=meeting)})"


async def missing_before(enrolment_id: int, meeting_id: int) -> list[Missing]:
    """What the gate before a meeting still asks for: everything undone of the meeting that began last before it.

    Empty when the gate is open: nothing is undone that staff have not excused the student from, it is the first
    meeting, or the batch has no gate. One statement.
    Presence comes first, then assignments, then quizzes. Source: contract 5.3.
    """
    return list(db.views(_Item, await db.fetch(_BEFORE, enrolment_id, _ORDER, meeting_id)))


async def pass_gate(enrolment_id: int, meeting_id: int) -> None:
    """Let a student work in a meeting, or name what is missing before it: the first thing, and all in `missing`.

    Raises: AttendanceNotTaken, WasAbsent, AssignmentOpen, QuizOpen, QuizNotPassed.
    """
    missing = await missing_before(enrolment_id, meeting_id)
    if not missing:
        return
    first = missing[0]
    told = {"title": first.title, "missing": [{"kind": str(one.kind), "title": one.title} for one in missing]}
    if first.kind is ActivityKind.ASSIGNMENT:
        raise AssignmentOpen(**told)
    if first.kind is ActivityKind.QUIZ:
        raise (QuizNotPassed if first.must_pass else QuizOpen)(**told)
    if first.is_recorded:
        raise WasAbsent(**told)
    raise AttendanceNotTaken(**told)
