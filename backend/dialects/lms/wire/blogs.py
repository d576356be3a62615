"""Blogs on the wire. Source: contract section 3, Blog; dates and the author are its corrections."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from backend.dialects.lms.wire.text import Title
from backend.domain.blogs.queries import BlogView
from backend.domain.blogs.terms import BlogChanges, NewBlog
from backend.domain.courses.terms import WEB_ADDRESS

Summary = Annotated[str, Meta(min_length=1, max_length=10_000, pattern=r"\S")]
Html = Annotated[str, Meta(min_length=1, max_length=500_000, pattern=r"^(?![\s\S]*\x00)\s*\S")]
"""Cleaning would drop a NUL in silence; it is refused as everywhere else."""
Picture = Annotated[str, Meta(min_length=1, max_length=500, pattern=WEB_ADDRESS)]


class BlogIn(msgspec.Struct):
    """What an article begins with. `content` is HTML; what acts or loads from strange schemes is taken out of it."""

    title: Title
    description: Summary
    content: Html
    image: Picture

    def new(self) -> NewBlog:
        """In the domain's terms."""
        return NewBlog(title=self.title, description=self.description, content=self.content, image=self.image)


class BlogUpdateIn(msgspec.Struct):
    """What to change of an article."""

    title: Title | UnsetType = UNSET
    description: Summary | UnsetType = UNSET
    content: Html | UnsetType = UNSET
    image: Picture | UnsetType = UNSET

    def changes(self) -> BlogChanges:
        """In the domain's terms."""
        return BlogChanges(title=self.title, description=self.description, content=self.content, image=self.image)


class WriterOut(msgspec.Struct):
    """Who wrote something, as everybody may know them."""

    name: str
    avatar: str | None


class BlogOut(msgspec.Struct):
    """An article."""

    id: UUID
    slug: str
    title: str
    description: str
    content: str
    image: str
    author: WriterOut | None
    published_at: datetime
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: BlogView) -> "BlogOut":
        """As the contract shows it."""
        return cls(
            id=view.uuid,
            slug=view.slug,
            title=view.title,
            description=view.description,
            content=view.content,
            image=view.image,
            author=None if view.author is None else WriterOut(view.author, view.author_avatar),
            published_at=view.published_at,
            created_at=view.created_at,
            updated_at=view.updated_at,
        )
