"""Batches on the wire. Source: contract section 3, Batch.

Ours: `code`, `course`, `seats_taken`, `seats_left`, `gate`, `certificate_after_h`, `auto_issue`, `archived_at`, and
what partners are shown, from `language` on: of that, an answer has only what was set.
"""

from datetime import datetime, time
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from backend.dialects.lms.wire.terms import GroupWord
from backend.dialects.lms.wire.text import Moment, Title
from backend.domain.batches.queries import BatchView, DayView, FieldView, GroupView
from backend.domain.batches.terms import BatchChanges, CourseType, Day, NewBatch
from backend.domain.courses.terms import WEB_ADDRESS

ClockTime = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$(?!\n)")]
Quota = Annotated[int, Meta(ge=1, le=100_000)]
Days = Annotated[list[Day], Meta(min_length=1, max_length=7)]
Groups = Annotated[list[GroupWord], Meta(min_length=1, max_length=3)]
Hours = Annotated[int, Meta(ge=0, le=8760)]
Thumbnail = Annotated[str, Meta(max_length=500, pattern=rf"^$(?!\n)|{WEB_ADDRESS}")]
"""The address of a picture; empty counts as none."""
LongText = Annotated[str, Meta(max_length=100_000)]
Language = Annotated[str, Meta(max_length=16, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$(?!\n)")]
"""A language by its code (`id`, `en`, `pt-BR`)."""
DEFAULT_LANGUAGE = "id"
Duration = Annotated[float, Meta(ge=0, le=100_000)]
Platform = Annotated[str, Meta(max_length=255)]


class CustomFieldIn(msgspec.Struct):
    """Something that the school notes of its batches, by its name."""

    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
    value: Annotated[str, Meta(max_length=2000)]


CustomFields = Annotated[list[CustomFieldIn], Meta(max_length=50)]
Required = Annotated[list[UUID], Meta(max_length=100)]


class BatchIn(msgspec.Struct):
    """What a batch begins with. Shape: `start_time` and `end_time` are HH:MM in the school's zone."""

    title: Title
    start_at: Moment
    end_at: Moment
    registration_start_at: Moment
    registration_end_at: Moment
    start_time: ClockTime
    end_time: ClockTime
    room: Title
    quota: Quota
    course_type: CourseType
    days: Days
    group_types: Groups
    description: LongText | None = None
    batch_thumbnail: Thumbnail | None = None
    gate: bool = True
    certificate_after_h: Hours = 24
    auto_issue: bool = False
    language: Language = DEFAULT_LANGUAGE
    duration_h: Duration | None = None
    post_start_at: Moment | None = None
    post_end_at: Moment | None = None
    platform: Platform = ""
    note: LongText = ""
    additional_info: LongText = ""
    has_reminders: bool = False
    custom_fields: CustomFields = []
    required_course_ids: Required = []

    def new(self) -> NewBatch:
        """In the domain's terms."""
        return NewBatch(**_translated(msgspec.structs.asdict(self)))


class BatchUpdateIn(msgspec.Struct):
    """What to change of a batch; lists replace all there were."""

    title: Title | UnsetType = UNSET
    start_at: Moment | UnsetType = UNSET
    end_at: Moment | UnsetType = UNSET
    registration_start_at: Moment | UnsetType = UNSET
    registration_end_at: Moment | UnsetType = UNSET
    start_time: ClockTime | UnsetType = UNSET
    end_time: ClockTime | UnsetType = UNSET
    room: Title | UnsetType = UNSET
    quota: Quota | UnsetType = UNSET
    course_type: CourseType | UnsetType = UNSET
    days: Days | UnsetType = UNSET
    group_types: Groups | UnsetType = UNSET
    description: LongText | UnsetType | None = UNSET
    batch_thumbnail: Thumbnail | UnsetType | None = UNSET
    gate: bool | UnsetType = UNSET
    certificate_after_h: Hours | UnsetType = UNSET
    auto_issue: bool | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    duration_h: Duration | UnsetType | None = UNSET
    post_start_at: Moment | UnsetType | None = UNSET
    post_end_at: Moment | UnsetType | None = UNSET
    platform: Platform | UnsetType = UNSET
    note: LongText | UnsetType = UNSET
    additional_info: LongText | UnsetType = UNSET
    has_reminders: bool | UnsetType = UNSET
    custom_fields: CustomFields | UnsetType = UNSET
    required_course_ids: Required | UnsetType = UNSET

    def changes(self) -> BatchChanges:
        """In the domain's terms."""
        return BatchChanges(**_translated(msgspec.structs.asdict(self)))


def _translated(values: dict[str, Any]) -> dict[str, Any]:
    """What was sent, in the domain's forms and names."""
    sent = {name: value for name, value in values.items() if not isinstance(value, UnsetType)}
    for name in ("start_time", "end_time"):
        if name in sent:
            sent[name] = time.fromisoformat(sent[name])
    if sent.get("batch_thumbnail") == "":
        sent["batch_thumbnail"] = None
    if "days" in sent:
        sent["days"] = frozenset(sent["days"])
    if "group_types" in sent:
        sent["group_types"] = frozenset(word.group for word in sent["group_types"])
    if "custom_fields" in sent:
        sent["custom_fields"] = {field.name: field.value for field in sent["custom_fields"]}
    if "required_course_ids" in sent:
        sent["required_courses"] = frozenset(sent.pop("required_course_ids"))
    return sent


class CustomFieldOut(msgspec.Struct):
    """What a custom field says of a batch; `id` is the field's."""

    id: UUID
    name: str
    value: str

    @classmethod
    def of(cls, view: FieldView) -> "CustomFieldOut":
        """As it is shown."""
        return cls(view.uuid, view.name, view.value)


class DayOut(msgspec.Struct):
    """A day of the week on which a batch meets."""

    id: UUID
    batch_id: UUID
    day: Day

    @classmethod
    def of(cls, view: DayView, batch_id: UUID) -> "DayOut":
        """As the contract shows it."""
        return cls(view.uuid, batch_id, view.day)


class BatchGroupOut(msgspec.Struct):
    """A group that may buy a batch."""

    id: UUID
    batch_id: UUID
    group_type: GroupWord
    price: int | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: GroupView, batch_id: UUID) -> "BatchGroupOut":
        """As the contract shows it."""
        return cls(view.uuid, batch_id, GroupWord.of(view.group_type), view.price, view.created_at, view.updated_at)


class CourseNameOut(msgspec.Struct):
    """What a batch shows of its course."""

    id: UUID
    code: str
    slug: str
    title: str


class TeacherNameOut(msgspec.Struct):
    """Who teaches, as everybody may know them."""

    name: str
    avatar: str | None


class BatchOut(msgspec.Struct):
    """A batch. Shape: `start_time` and `end_time` are HH:MM:SS in the school's zone."""

    id: UUID
    code: str
    course_id: UUID
    course: CourseNameOut
    slug: str
    title: str
    description: str | None
    batch_thumbnail: str | None
    start_at: datetime
    end_at: datetime
    registration_start_at: datetime
    registration_end_at: datetime
    start_time: time
    end_time: time
    room: str
    quota: int
    seats_taken: int
    seats_left: int
    course_type: CourseType
    days: list[DayOut]
    batch_groups: list[BatchGroupOut]
    gate: bool
    certificate_after_h: int
    auto_issue: bool
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime
    teachers: list[TeacherNameOut] | UnsetType = UNSET
    language: str | UnsetType = UNSET
    duration_h: float | UnsetType = UNSET
    post_start_at: datetime | UnsetType = UNSET
    post_end_at: datetime | UnsetType = UNSET
    platform: str | UnsetType = UNSET
    note: str | UnsetType = UNSET
    additional_info: str | UnsetType = UNSET
    has_reminders: bool | UnsetType = UNSET
    custom_fields: list[CustomFieldOut] | UnsetType = UNSET
    required_course_ids: list[UUID] | UnsetType = UNSET

    @classmethod
    def of(cls, view: BatchView) -> "BatchOut":
        """As the contract shows it."""
        return cls(
            id=view.uuid,
            code=view.code,
            course_id=view.course_uuid,
            course=CourseNameOut(view.course_uuid, view.course_code, view.course_slug, view.course_title),
            slug=view.slug,
            title=view.title,
            description=view.description,
            batch_thumbnail=view.batch_thumbnail,
            start_at=view.start_at,
            end_at=view.end_at,
            registration_start_at=view.registration_start_at,
            registration_end_at=view.registration_end_at,
            start_time=view.start_time,
            end_time=view.end_time,
            room=view.room,
            quota=view.quota,
            seats_taken=view.seats_taken,
            seats_left=view.seats_left,
            course_type=view.course_type,
            days=[DayOut.of(day, view.uuid) for day in view.days],
            batch_groups=[BatchGroupOut.of(group, view.uuid) for group in view.groups],
            gate=view.gate,
            certificate_after_h=view.certificate_after_h,
            auto_issue=view.auto_issue,
            archived_at=view.archived_at,
            created_at=view.created_at,
            updated_at=view.updated_at,
            teachers=UNSET if view.teachers is None else [TeacherNameOut(x.name, x.avatar) for x in view.teachers],
            **_set(view),
        )


def _set(view: BatchView) -> dict[str, Any]:
    """What partners are shown of a batch, as far as it was set."""
    given = {
        "duration_h": view.duration_h,
        "post_start_at": view.post_start_at,
        "post_end_at": view.post_end_at,
        "language": None if view.language == DEFAULT_LANGUAGE else view.language,
        "platform": view.platform or None,
        "note": view.note or None,
        "additional_info": view.additional_info or None,
        "has_reminders": view.has_reminders or None,
        "custom_fields": [CustomFieldOut.of(field) for field in view.custom_fields] or None,
        "required_course_ids": view.required_courses or None,
    }
    return {name: value for name, value in given.items() if value is not None}


class QuotaOut(msgspec.Struct):
    """Seats of a batch: `used` by people who are in it, `reserved` by open purchases, `remaining` for sale."""

    quota: int
    used: int
    reserved: int
    remaining: int

    @classmethod
    def of(cls, view: BatchView, enrolled: int) -> "QuotaOut":
        """As the contract shows it; `enrolled` people are in the batch."""
        return cls(view.quota, enrolled, max(0, view.seats_taken - enrolled), view.seats_left)
