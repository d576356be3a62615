"""What can be asked about courses."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.ids import Ref
from backend.core.listing import Lens, boolean, page
from backend.core.paging import Listing, Paged
from backend.domain.courses.errors import CourseNotFound


class CourseImageView(msgspec.Struct, frozen=True, kw_only=True):
    """A picture of a course."""

    uuid: UUID
    course_id: int
    image_url: str
    created_at: datetime
    updated_at: datetime


class CourseView(msgspec.Struct, frozen=True, kw_only=True):
    """A course with its pictures in order. An archived one is still read, but offered no more."""

    id: int
    uuid: UUID
    code: str
    slug: str
    title: str
    short_description: str
    description: str
    learning_outcomes: str
    achievements: str
    additional_info: str
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime
    images: list[CourseImageView] = []


_COLUMNS = (
    "id, uuid, code, slug, title, short_description, description, learning_outcomes, achievements, additional_info,"
    " archived_at, created_at, updated_at"
)

_LENS = Lens(
    key="id",
    sorts={
        "title": "title",
        "slug": "slug",
        "created_at": "created_at",
        "updated_at": "updated_at",
        # the one look upwards: how many seats of its batches are taken orders this list, and decides nothing
        "popular": "(SELECT coalesce(sum(b.seats_taken), 0) FROM batch b WHERE b.course_id = course.id)",
    },
    filters={
        "id": ("uuid", UUID),
        "slug": ("slug", str),
        "code": ("code", str),
        "title": ("title", str),
        "archived": ("(archived_at IS NOT NULL)", boolean),
    },
    search=("title",),
)


def most_popular_first(listing: Listing) -> Listing:
    """`sort=popular` has one direction: the most wanted first, then the newest."""
    return msgspec.structs.replace(listing, descending=True) if listing.sort == "popular" else listing


async def courses(listing: Listing) -> Paged[CourseView]:
    """Courses; archived ones only when the filter `archived` asks for them. Three statements."""
    where = "true" if "archived" in listing.filters else "archived_at IS NULL"
    paged = await page(CourseView, _LENS, most_popular_first(listing), select=_COLUMNS, source="course", where=where)
    return Paged(await _with_images(paged.items), paged.total)


async def course(ref: Ref | str) -> CourseView:
    """A course by id, uuid or slug. Two statements.

    Raises: CourseNotFound.
    """
    column = "slug" if isinstance(ref, str) else db.column_of(ref)
    found = await db.row(f"SELECT {_COLUMNS} FROM course WHERE {column} = $1", ref)  # noqa: S608 - our names
    if found is None:
        raise CourseNotFound(ref=str(ref))
    return (await _with_images([db.view(CourseView, found)]))[0]


async def course_id_of(code: str) -> int:
    """The id behind a code that people know a course by; letters are meant as they are. One statement.

    Raises: CourseNotFound.
    """
    found: int | None = await db.value("SELECT id FROM course WHERE code = $1", code)
    if found is None:
        raise CourseNotFound(ref=code)
    return found


async def _with_images(found: Sequence[CourseView]) -> list[CourseView]:
    images: dict[int, list[CourseImageView]] = {course.id: [] for course in found}
    rows = await db.fetch(
        "SELECT uuid, course_id, image_url, created_at, updated_at FROM course_image WHERE course_id = ANY($1)"
        " ORDER BY position, id",
        list(images),
    )
    for image in db.views(CourseImageView, rows):
        images[image.course_id].append(image)
    return [msgspec.structs.replace(course, images=images[course.id]) for course in found]
