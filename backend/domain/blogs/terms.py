"""Values of this feature, without any import of ours."""

import msgspec
from msgspec import UNSET, UnsetType


class NewBlog(msgspec.Struct, frozen=True, kw_only=True):
    """What an article begins with; `content` is HTML as somebody sent it, `image` an address."""

    title: str
    description: str
    content: str
    image: str


class BlogChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of an article."""

    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    content: str | UnsetType = UNSET
    image: str | UnsetType = UNSET
