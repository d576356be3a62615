"""Values of this feature, without any import of ours."""

import msgspec
from msgspec import UNSET, UnsetType

WEB_ADDRESS = r"""^(https?://[^\s/"'<>\\][^\s"'<>\\]*|/uploads/[A-Za-z0-9_./-]+)$(?!\n)"""
"""What an address that people give looks like: elsewhere by http(s), or an upload of ours."""


class NewCourse(msgspec.Struct, frozen=True, kw_only=True):
    """What a course begins with; `images` are addresses in order."""

    title: str
    short_description: str
    description: str
    learning_outcomes: str
    achievements: str
    images: tuple[str, ...] = ()
    additional_info: str = ""


class CourseChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a course; `images` replace all there were."""

    title: str | UnsetType = UNSET
    short_description: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    learning_outcomes: str | UnsetType = UNSET
    achievements: str | UnsetType = UNSET
    images: tuple[str, ...] | UnsetType = UNSET
    additional_info: str | UnsetType = UNSET
