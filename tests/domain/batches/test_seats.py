"""Seats: never more than the quota, whoever comes at once."""

import asyncio

import pytest

from backend.core import db
from backend.domain.batches import commands, queries
from backend.domain.batches.errors import BatchFull, BatchNotFound, MeetingNotFound
from tests import school

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.commits
async def test_of_many_who_want_the_last_seat_one_gets_it():
    batch = await school.a_batch(quota=3)

    async def take() -> bool:
        try:
            await commands.take_seat(batch.id)
        except BatchFull:
            return False
        return True

    assert sum(await asyncio.gather(*(take() for _ in range(8)))) == 3
    assert (await queries.batch(batch.id)).seats_left == 0


async def test_a_released_seat_can_be_taken_again():
    batch = await school.a_batch(quota=1)
    await commands.take_seat(batch.id)
    await commands.release_seat(batch.id)
    await commands.take_seat(batch.id)
    assert await db.value("SELECT seats_taken FROM batch WHERE id = $1", batch.id) == 1


async def test_an_unknown_batch_has_no_seats():
    with pytest.raises(BatchNotFound):
        await commands.take_seat(987654)


async def test_a_batch_is_found_by_each_of_its_names():
    batch = await school.a_batch()
    views = [await queries.batch(ref) for ref in (batch.id, batch.uuid, batch.slug)]
    assert {view.id for view in views} == {batch.id}
    assert views[0].group_types == {"own_student", "other_student", "public"}
    with pytest.raises(BatchNotFound):
        await queries.batch("no-such-batch")


async def test_who_teaches_what(teacher):
    batch = await school.a_batch()
    taught, other = await school.a_meeting(batch), await school.a_meeting(batch)
    elsewhere = await school.a_meeting(await school.a_batch())
    await school.teach(taught, teacher.id)
    assert await queries.teaches_batch(teacher.id, batch.id)
    assert not await queries.teaches_batch(teacher.id, elsewhere.batch_id)
    assert await queries.teaches_meeting(teacher.id, taught.id)
    assert not await queries.teaches_meeting(teacher.id, other.id)
    assert (await queries.meeting(taught.uuid)).batch_id == batch.id
    with pytest.raises(MeetingNotFound):
        await queries.meeting(987654)
