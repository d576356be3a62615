"""What has happened to blogs."""

from typing import ClassVar

from backend.core.outbox import Deed, Event


class BlogChanged(Event, frozen=True):
    """Something became of an article."""

    name: ClassVar[str] = "blogs.blog.changed.v1"
    blog_id: int
    deed: Deed
    title: str
