"""Materials on the wire. Source: contract section 3, Material.

Ours: `kind`, and what is known of a file of ours: `file_id`, `content_type`, `size_bytes`, `duration_s`.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from backend.core.actor import Actor
from backend.dialects.lms.wire.text import Title
from backend.domain.batches.meeting_queries import MaterialView
from backend.domain.batches.terms import MaterialChanges, MaterialKind, NewMaterial
from backend.domain.courses.terms import WEB_ADDRESS

ContentAddress = Annotated[str, Meta(min_length=1, max_length=1000, pattern=WEB_ADDRESS)]
Description = Annotated[str, Meta(max_length=20_000)]


class MaterialIn(msgspec.Struct):
    """What a material begins with: `url` or `file_id`."""

    title: Title
    description: Description | None = None
    url: ContentAddress | None = None
    file_id: UUID | None = None

    def new(self) -> NewMaterial:
        """In the domain's terms."""
        return NewMaterial(title=self.title, description=self.description, url=self.url, file=self.file_id)


class MaterialUpdateIn(msgspec.Struct):
    """What to change of a material."""

    title: Title | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    url: ContentAddress | UnsetType = UNSET
    file_id: UUID | UnsetType = UNSET

    def changes(self) -> MaterialChanges:
        """In the domain's terms."""
        return MaterialChanges(title=self.title, description=self.description, url=self.url, file=self.file_id)


class MaterialOut(msgspec.Struct):
    """A material. `url` and `file_id` are null for students until the meeting is open."""

    id: UUID
    meeting_id: UUID
    title: str
    description: str | None
    url: str | None
    kind: MaterialKind
    file_id: UUID | None
    content_type: str | None
    size_bytes: int | None
    duration_s: float | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: MaterialView, actor: Actor) -> "MaterialOut":
        """As the contract shows it to this reader."""
        hidden = actor.is_student and not view.is_open
        return cls(
            id=view.uuid,
            meeting_id=view.meeting_uuid,
            title=view.title,
            description=view.description,
            url=None if hidden else view.address,
            kind=view.kind,
            file_id=None if hidden else view.file_uuid,
            content_type=view.content_type,
            size_bytes=view.size_bytes,
            duration_s=view.duration_s,
            created_at=view.created_at,
            updated_at=view.updated_at,
        )
