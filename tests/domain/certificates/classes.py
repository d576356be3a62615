"""Batches whose students have done everything, or nothing."""

from datetime import timedelta

from backend.core import db
from backend.core.actor import Actor, Role
from tests.people import an_account
from tests.school import BatchRow, MeetingRow, a_batch, a_meeting, enrol


async def attend(meeting: MeetingRow, account_id: int, *, present: bool = True) -> None:
    await db.statement(
        "INSERT INTO attendance (meeting_id, account_id, is_present) VALUES ($1, $2, $3)"
        " ON CONFLICT (meeting_id, account_id) DO UPDATE SET is_present = excluded.is_present",
        meeting.id,
        account_id,
        present,
    )


async def a_finished_batch(*, meetings: int = 2, **values) -> tuple[BatchRow, list[MeetingRow]]:
    """A batch that ended two days ago."""
    batch = await a_batch(
        **{"begins": timedelta(days=-30), "ends": timedelta(days=-2), "quota": 200, "title": "Angkatan 12", **values}
    )
    held = [await a_meeting(batch, begins=timedelta(days=day - 20), title=f"PPh {day + 1}") for day in range(meetings)]
    return batch, held


async def graduate(batch: BatchRow, meetings: list[MeetingRow], account_id: int) -> int:
    """Enrol a person who was at every meeting; says the enrolment's id."""
    enrolment_id = await enrol(batch, account_id)
    for meeting in meetings:
        await attend(meeting, account_id)
    return enrolment_id


async def a_graduate(batch: BatchRow, meetings: list[MeetingRow], *, name: str = "") -> Actor:
    """Somebody new who may have a certificate."""
    account_id, *_ = await an_account(Role.STUDENT, name=name)
    await graduate(batch, meetings, account_id)
    return Actor(account_id, Role.STUDENT)
