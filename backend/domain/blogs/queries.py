"""What can be asked about blogs."""

from datetime import datetime
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.ids import Ref
from backend.core.listing import Lens, page
from backend.core.paging import Listing, Paged
from backend.domain.blogs.errors import BlogNotFound


class BlogView(msgspec.Struct, frozen=True, kw_only=True):
    """An article. `author` is None when nobody knows who wrote it, or that person was removed."""

    id: int
    uuid: UUID
    slug: str
    title: str
    description: str
    content: str
    image: str
    author: str | None
    author_avatar: str | None
    published_at: datetime
    created_at: datetime
    updated_at: datetime


_COLUMNS = (
    "g.id, g.uuid, g.slug, g.title, g.description, g.content, g.image, w.name AS author, w.avatar AS author_avatar,"
    " g.published_at, g.created_at, g.updated_at"
)
_SOURCE = "blog g LEFT JOIN account w ON w.id = g.author_id AND w.removed_at IS NULL"
_LENS = Lens(
    key="g.id",
    sorts={name: f"g.{name}" for name in ("title", "slug", "published_at", "created_at", "updated_at")},
    filters={"id": ("g.uuid", UUID), "slug": ("g.slug", str), "title": ("g.title", str)},
    search=("g.title",),
)


async def blogs(listing: Listing) -> Paged[BlogView]:
    """Articles. Two statements."""
    return await page(BlogView, _LENS, listing, select=_COLUMNS, source=_SOURCE)


async def blog(ref: Ref | str) -> BlogView:
    """An article by id, uuid or slug. One statement.

    Raises: BlogNotFound.
    """
    column = "slug" if isinstance(ref, str) else db.column_of(ref)
    found = await db.row(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE g.{column} = $1", ref)  # noqa: S608 - our names
    if found is None:
        raise BlogNotFound(ref=str(ref))
    return db.view(BlogView, found)
