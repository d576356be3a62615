"""What can go wrong with courses."""

from backend.core.errors import Conflict, Forbidden, NotFound


class CourseNotFound(NotFound):
    """No such course."""

    code = "courses.not_found"


class CourseInUse(Conflict):
    """Batches hang on the course: archive it instead."""

    code = "courses.in_use"


class CourseKeptByAdmins(Forbidden):
    """Only admins change courses."""

    code = "courses.kept_by_admins"
