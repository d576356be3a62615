"""The shapes of this contract: keys, order, types.

Source: seed 000_0d57ed4cfde01ee3; contract/partners.md 4.2, 4.4, 4.5.
"""

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from backend.core import clock
from backend.core.errors import Invalid
from backend.domain.batches.schedule_queries import ScheduledBatch
from backend.domain.batches.terms import CourseType
from backend.domain.clients.access import IssuedToken
from backend.domain.clients.terms import Key
from backend.domain.courses.queries import CourseView
from backend.domain.grading.participant_queries import LastTest, Participant
from backend.http.validation import explain

Text = Annotated[str, Meta(min_length=1, max_length=200)]


class Grant(StrEnum):
    """How a token is asked for."""

    CLIENT_CREDENTIALS = "client_credentials"


class TokenIn(msgspec.Struct):
    """What a token is asked for with."""

    client: Text = msgspec.field(name="clientID")
    secret: Text = msgspec.field(name="clientSecret")
    grant: Grant = msgspec.field(name="grantType")

    @classmethod
    def read(cls, raw: bytes) -> "TokenIn":
        """Out of a body, whatever it is announced as. Raises: Invalid."""
        try:
            return msgspec.json.decode(raw, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            found = explain(cls, raw)
        # a body that is no JSON is told so, and none of it is repeated: there is a secret in it
        raise Invalid(malformed=True) if isinstance(found, str) else Invalid(fields=found)

    def key(self) -> Key:
        """In the domain's terms."""
        return Key(self.client, self.secret)


class TokenOut(msgspec.Struct, rename="camel"):
    """A token. `expires_in` is a text: seconds."""

    access_token: str
    expires_in: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the contract's word

    @classmethod
    def of(cls, issued: IssuedToken) -> "TokenOut":
        """As it is shown, this once."""
        return cls(issued.token, str(issued.lifetime_s))


class Status(StrEnum):
    """How far a batch has come."""

    SCHEDULED = "Scheduled"
    ONGOING = "Ongoing"
    COMPLETED = "Completed"

    @classmethod
    def of(cls, batch: ScheduledBatch, at: datetime) -> "Status":
        """At an instant. The last instant of a batch still belongs to it, with what follows the classes."""
        if at < batch.start_at:
            return cls.SCHEDULED
        return cls.ONGOING if at <= (batch.post_end_at or batch.end_at) else cls.COMPLETED


def stamp(instant: datetime) -> str:
    """An instant in this contract's form, `2022-07-30T02:00:00.000Z`."""
    return f"{instant.astimezone(UTC).isoformat(timespec='milliseconds')[:23]}Z"


def _stamp_or_none(instant: datetime | None) -> str | None:
    return None if instant is None else stamp(instant)


class BatchOut(msgspec.Struct, rename="camel"):
    """A batch. What is taught on the spot has no platform; `location` is a place, or an address to join at."""

    serial: str
    name: str
    main_activity_start_at: str
    main_activity_end_at: str
    post_activity_start_at: str | None
    post_activity_end_at: str | None
    platform: str
    location: str
    note: str
    status: Status

    @classmethod
    def of(cls, batch: ScheduledBatch, at: datetime) -> "BatchOut":
        """As it is shown at an instant."""
        is_offline = batch.course_type is CourseType.OFFLINE
        return cls(
            batch.code,
            batch.title,
            stamp(batch.start_at),
            stamp(batch.end_at),
            _stamp_or_none(batch.post_start_at),
            _stamp_or_none(batch.post_end_at),
            "" if is_offline else batch.platform,
            batch.room if is_offline else batch.join_url or batch.room,
            batch.note,
            Status.of(batch, at),
        )

    @classmethod
    def all(cls, batches: list[ScheduledBatch]) -> "list[BatchOut]":
        """As they are shown now, all at the same instant."""
        at = clock.now()
        return [cls.of(batch, at) for batch in batches]


class CourseOut(msgspec.Struct):
    """A course."""

    serial: str
    name: str
    description: str

    @classmethod
    def of(cls, course: CourseView) -> "CourseOut":
        """As it is shown."""
        return cls(course.code, course.title, course.description)


class AssignedStatus(StrEnum):
    """How somebody fares in a batch."""

    ONGOING = "Ongoing"
    CLEARED = "Cleared"
    FAILED = "Failed"

    @classmethod
    def of(cls, person: Participant, status: Status) -> "AssignedStatus":
        """Who has done everything is through; who has not by the end of the batch is not."""
        if person.ended_at is not None:
            return cls.CLEARED
        return cls.FAILED if status is Status.COMPLETED else cls.ONGOING


class PostActivityStatus(StrEnum):
    """How far somebody has come with the last quiz of a batch."""

    NONE = ""
    NOT_STARTED = "NOT STARTED"
    IN_PROGRESS = "IN PROGRESS"
    COMPLETED = "COMPLETED"
    EXPIRED = "EXPIRED"

    @classmethod
    def of(cls, test: LastTest | None) -> "PostActivityStatus":
        """A result stays one, also while another attempt is under way."""
        if test is None:
            return cls.NONE
        if test.is_open and test.best_percent is None:
            return cls.IN_PROGRESS
        if test.attempts:
            return cls.COMPLETED
        return cls.EXPIRED if test.is_closed else cls.NOT_STARTED


class PersonOut(msgspec.Struct):
    """Somebody. The number is the one that the person's own institution gave, if there is one."""

    serial: str
    name: str
    employee_id: str = msgspec.field(name="employeeID")


class UserOut(msgspec.Struct, rename="camel"):
    """Somebody in a batch. Scores are percent, whole numbers; we know no passing score."""

    user: PersonOut
    absent_reason: str
    assigned_course_serial: str
    feedback: str
    is_attend: bool
    user_assigned_status: AssignedStatus
    post_activity_status: PostActivityStatus
    post_test_attempt: int
    post_test_score: int
    post_test_passing_score: int | None

    @classmethod
    def of(cls, person: Participant, course_serial: str, status: Status) -> "UserOut":
        """As somebody is shown in a batch that has come so far."""
        test = person.last_test
        return cls(
            PersonOut(str(person.uuid), person.name, person.student_no or ""),
            person.absence_note or "",
            course_serial,
            person.feedback or "",
            person.attended > 0,
            AssignedStatus.of(person, status),
            PostActivityStatus.of(test),
            test.attempts if test else 0,
            _whole(test),
            None,
        )


def _whole(test: LastTest | None) -> int:
    if test is None or test.best_percent is None:
        return 0
    return int(test.best_percent.to_integral_value(ROUND_HALF_UP))
