"""Words of this feature, without any import of ours."""

from enum import StrEnum


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
