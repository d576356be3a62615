"""How a person stands before the meetings of a batch and their materials: let in, locked out, or present."""

from collections.abc import Mapping, Sequence

import msgspec
from asyncpg import Record

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.domain.batches import meeting_queries as meetings
from backend.domain.batches import queries as batches
from backend.domain.batches.meeting_queries import MaterialView
from backend.domain.enrolments.errors import AssignmentOpen, AttendanceNotTaken, QuizNotPassed, QuizOpen, WasAbsent
from backend.domain.enrolments.queries import Missing, must_be_enrolled, progress
from backend.domain.enrolments.terms import ActivityKind, AttendanceStatus


class StandingView(msgspec.Struct, frozen=True, kw_only=True):
    """A student before a meeting. `missing` is what the gate asks for; `is_present` and `status` None: not taken.

    `lock_code` is the code of the error that the gate would raise. `has_submitted`: nothing is left to hand in; None
    where there is no assignment.
    """

    missing: Sequence[Missing]
    lock_code: str | None
    is_present: bool | None
    status: AttendanceStatus | None
    has_submitted: bool | None


_MEETINGS = """
SELECT m.id, t.is_present, t.status, CASE WHEN b.gate THEN (
    SELECT p.id FROM meeting p WHERE p.batch_id = m.batch_id AND p.start_at < m.start_at
    ORDER BY p.start_at DESC, p.id DESC LIMIT 1
) END AS previous_id,
EXISTS (SELECT FROM activity a WHERE a.meeting_id = m.id AND a.kind = 'assignment') AS has_tasks
FROM meeting m JOIN batch b ON b.id = m.batch_id
LEFT JOIN attendance t ON t.meeting_id = m.id AND t.account_id = $2
WHERE m.batch_id = $1
"""


async def standings(actor: Actor, batch_id: int) -> Mapping[int, StandingView]:
    """How a student stands before each meeting of a batch, by the meeting's id; empty for its staff.

    Three statements for a student, however many meetings there are.

    Raises: NotEnrolled, NotTeaching.
    """
    if not actor.is_student:
        await batches.must_teach_batch(actor, batch_id)
        return {}
    enrolment = await must_be_enrolled(actor.person_id, batch_id)
    missing = (await progress(enrolment.id)).missing
    asked: dict[int, list[Missing]] = {}
    for one in missing:
        if not one.is_excused:
            asked.setdefault(one.meeting_id, []).append(one)
    owed = {one.meeting_id for one in missing if one.kind is ActivityKind.ASSIGNMENT}
    rows = await db.fetch(_MEETINGS, batch_id, actor.person_id)
    return {row["id"]: _standing(row, asked.get(row["previous_id"], []), owes=row["id"] in owed) for row in rows}


async def readable_material(actor: Actor, ref: Ref) -> MaterialView:
    """A material, for admins, who teaches its meeting, and who is in its batch.

    Raises: MaterialNotFound, NotEnrolled, NotTeaching.
    """
    material = await meetings.material(ref)
    if actor.is_student:
        await must_be_enrolled(actor.person_id, material.batch_id)
    else:
        await batches.must_teach_meeting(actor, material.meeting_id)
    return material


def _standing(row: Record, missing: Sequence[Missing], *, owes: bool) -> StandingView:
    return StandingView(
        missing=missing,
        lock_code=_code(missing[0]) if missing else None,
        is_present=row["is_present"],
        status=AttendanceStatus(row["status"]) if row["status"] else None,
        has_submitted=not owes if row["has_tasks"] else None,
    )


def _code(missing: Missing) -> str:
    if missing.kind is ActivityKind.MEETING:
        return WasAbsent.code if missing.is_recorded else AttendanceNotTaken.code
    if missing.kind is ActivityKind.ASSIGNMENT:
        return AssignmentOpen.code
    return QuizNotPassed.code if missing.must_pass else QuizOpen.code
