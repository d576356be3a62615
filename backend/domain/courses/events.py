"""What has happened to courses."""

from typing import ClassVar

from backend.core.outbox import Deed, Event


class CourseChanged(Event, frozen=True):
    """Something became of a course."""

    name: ClassVar[str] = "courses.course.changed.v1"
    course_id: int
    deed: Deed
    title: str
