"""What times of a batch can be."""

from datetime import UTC, datetime, time

import pytest

from backend.domain.accounts.terms import GroupType
from backend.domain.batches.rules import Fault, fault_of
from backend.domain.batches.terms import CourseType, Day, NewBatch

NOON = datetime(2027, 1, 10, 12, tzinfo=UTC)


def at(day: int) -> datetime:
    return NOON.replace(day=day)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, None),
        ({"end_at": at(10)}, Fault.ENDS_TOO_EARLY),
        ({"end_at": at(9)}, Fault.ENDS_TOO_EARLY),
        ({"registration_end_at": at(1)}, Fault.REGISTRATION_ENDS_TOO_EARLY),
        ({"registration_end_at": at(20)}, None),
        ({"registration_end_at": at(21)}, Fault.REGISTRATION_OUTLASTS_BATCH),
        ({"end_time": time(8)}, Fault.CLASS_ENDS_TOO_EARLY),
        ({"post_start_at": at(21), "post_end_at": at(22)}, None),
        ({"post_start_at": at(21)}, Fault.POST_UNFIT),
        ({"post_end_at": at(21)}, Fault.POST_UNFIT),
        ({"post_start_at": at(21), "post_end_at": at(21)}, Fault.POST_UNFIT),
    ],
)
def test_the_first_fault_is_named(changes, fault):
    values = {
        "title": "T",
        "start_at": at(10),
        "end_at": at(20),
        "registration_start_at": at(1),
        "registration_end_at": at(9),
        "start_time": time(8),
        "end_time": time(10),
        "room": "R",
        "quota": 1,
        "course_type": CourseType.ONLINE,
        "days": frozenset({Day.MONDAY}),
        "group_types": frozenset({GroupType.PUBLIC}),
    }
    assert fault_of(NewBatch(**{**values, **changes})) is fault
