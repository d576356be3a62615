"""Words and values of this feature, without any import of features above or of the database."""

from collections.abc import Mapping
from datetime import datetime, time
from enum import StrEnum
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from backend.domain.accounts.terms import GroupType


class CourseType(StrEnum):
    """Where a batch is taught."""

    ONLINE = "online"
    OFFLINE = "offline"


class Day(StrEnum):
    """A day of the week."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class MeetingKind(StrEnum):
    """What a meeting is for."""

    BASIC = "basic"
    EXAM = "exam"


class MaterialKind(StrEnum):
    """What a material is: an address elsewhere, or a file of ours."""

    LINK = "link"
    FILE = "file"


class NewBatch(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch begins with. Clock times are in the school's zone; `custom_fields` are texts by their names."""

    title: str
    start_at: datetime
    end_at: datetime
    registration_start_at: datetime
    registration_end_at: datetime
    start_time: time
    end_time: time
    room: str
    quota: int
    course_type: CourseType
    days: frozenset[Day]
    group_types: frozenset[GroupType]
    description: str | None = None
    batch_thumbnail: str | None = None
    gate: bool = True
    certificate_after_h: int = 24
    auto_issue: bool = False
    language: str = "id"
    duration_h: float | None = None
    post_start_at: datetime | None = None
    post_end_at: datetime | None = None
    platform: str = ""
    note: str = ""
    additional_info: str = ""
    has_reminders: bool = False
    custom_fields: Mapping[str, str] = {}
    required_courses: frozenset[UUID] = frozenset()


class BatchChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a batch.

    `days`, `group_types`, `custom_fields` and `required_courses` replace all there were.
    """

    title: str | UnsetType = UNSET
    start_at: datetime | UnsetType = UNSET
    end_at: datetime | UnsetType = UNSET
    registration_start_at: datetime | UnsetType = UNSET
    registration_end_at: datetime | UnsetType = UNSET
    start_time: time | UnsetType = UNSET
    end_time: time | UnsetType = UNSET
    room: str | UnsetType = UNSET
    quota: int | UnsetType = UNSET
    course_type: CourseType | UnsetType = UNSET
    days: frozenset[Day] | UnsetType = UNSET
    group_types: frozenset[GroupType] | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    batch_thumbnail: str | UnsetType | None = UNSET
    gate: bool | UnsetType = UNSET
    certificate_after_h: int | UnsetType = UNSET
    auto_issue: bool | UnsetType = UNSET
    language: str | UnsetType = UNSET
    duration_h: float | UnsetType | None = UNSET
    post_start_at: datetime | UnsetType | None = UNSET
    post_end_at: datetime | UnsetType | None = UNSET
    platform: str | UnsetType = UNSET
    note: str | UnsetType = UNSET
    additional_info: str | UnsetType = UNSET
    has_reminders: bool | UnsetType = UNSET
    custom_fields: Mapping[str, str] | UnsetType = UNSET
    required_courses: frozenset[UUID] | UnsetType = UNSET


class NewMeeting(msgspec.Struct, frozen=True, kw_only=True):
    """What a meeting begins with."""

    title: str
    kind: MeetingKind
    start_at: datetime
    end_at: datetime
    description: str = ""
    is_open: bool = False
    room: str | None = None
    join_url: str | None = None
    self_check_in: bool = False
    late_after_min: int | None = None
    check_in_min: int | None = None


class MeetingChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a meeting."""

    title: str | UnsetType = UNSET
    kind: MeetingKind | UnsetType = UNSET
    start_at: datetime | UnsetType = UNSET
    end_at: datetime | UnsetType = UNSET
    description: str | UnsetType = UNSET
    is_open: bool | UnsetType = UNSET
    room: str | UnsetType | None = UNSET
    join_url: str | UnsetType | None = UNSET
    self_check_in: bool | UnsetType = UNSET
    late_after_min: int | UnsetType | None = UNSET
    check_in_min: int | UnsetType | None = UNSET


class NewMaterial(msgspec.Struct, frozen=True, kw_only=True):
    """What a material begins with: an address (perhaps of an upload of ours), or a file by its uuid."""

    title: str
    description: str | None = None
    url: str | None = None
    file: UUID | None = None


class MaterialChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a material; a new `url` or `file` takes the place of what there was."""

    title: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    url: str | UnsetType = UNSET
    file: UUID | UnsetType = UNSET
