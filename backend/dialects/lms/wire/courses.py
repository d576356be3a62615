"""Courses on the wire. Source: contract section 3, Course; `code`, `archived_at` and `additional_info` are ours."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from backend.dialects.lms.wire.text import Title
from backend.domain.courses.queries import CourseImageView, CourseView
from backend.domain.courses.terms import WEB_ADDRESS, CourseChanges, NewCourse

Text = Annotated[str, Meta(min_length=1, max_length=100_000, pattern=r"\S")]
Info = Annotated[str, Meta(max_length=100_000)]
ImageAddress = Annotated[str, Meta(min_length=1, max_length=500, pattern=WEB_ADDRESS)]


class CourseImageIn(msgspec.Struct):
    """A picture of a course."""

    image_url: ImageAddress


Images = Annotated[list[CourseImageIn], Meta(max_length=10)]


class CourseIn(msgspec.Struct):
    """What a course begins with."""

    title: Title
    short_description: Text
    description: Text
    learning_outcomes: Text
    achievements: Text
    course_images: Annotated[Images, Meta(min_length=1)]
    additional_info: Info = ""

    def new(self) -> NewCourse:
        """In the domain's terms."""
        return NewCourse(
            title=self.title,
            short_description=self.short_description,
            description=self.description,
            learning_outcomes=self.learning_outcomes,
            achievements=self.achievements,
            images=tuple(image.image_url for image in self.course_images),
            additional_info=self.additional_info,
        )


class CourseUpdateIn(msgspec.Struct):
    """What to change of a course; `course_images` replace all there were."""

    title: Title | UnsetType = UNSET
    short_description: Text | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    learning_outcomes: Text | UnsetType = UNSET
    achievements: Text | UnsetType = UNSET
    course_images: Images | UnsetType = UNSET
    additional_info: Info | UnsetType = UNSET

    def changes(self) -> CourseChanges:
        """In the domain's terms."""
        images = self.course_images
        return CourseChanges(
            title=self.title,
            short_description=self.short_description,
            description=self.description,
            learning_outcomes=self.learning_outcomes,
            achievements=self.achievements,
            images=UNSET if isinstance(images, UnsetType) else tuple(image.image_url for image in images),
            additional_info=self.additional_info,
        )


class CourseImageOut(msgspec.Struct):
    """A picture of a course."""

    id: UUID
    course_id: UUID
    image_url: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, image: CourseImageView, course_id: UUID) -> "CourseImageOut":
        """As the contract shows it."""
        return cls(image.uuid, course_id, image.image_url, image.created_at, image.updated_at)


class CourseOut(msgspec.Struct):
    """A course. `additional_info` is left out when it is empty."""

    id: UUID
    code: str
    title: str
    slug: str
    short_description: str
    description: str
    learning_outcomes: str
    achievements: str
    course_images: list[CourseImageOut]
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime
    additional_info: str | UnsetType = UNSET

    @classmethod
    def of(cls, course: CourseView) -> "CourseOut":
        """As the contract shows it."""
        return cls(
            id=course.uuid,
            code=course.code,
            title=course.title,
            slug=course.slug,
            short_description=course.short_description,
            description=course.description,
            learning_outcomes=course.learning_outcomes,
            achievements=course.achievements,
            course_images=[CourseImageOut.of(image, course.uuid) for image in course.images],
            archived_at=course.archived_at,
            created_at=course.created_at,
            updated_at=course.updated_at,
            additional_info=course.additional_info or UNSET,
        )
