"""What can go wrong with blogs."""

from backend.core.errors import Forbidden, Invalid, NotFound


class BlogNotFound(NotFound):
    """No such article."""

    code = "blogs.not_found"


class BlogKeptByAdmins(Forbidden):
    """Only admins write articles."""

    code = "blogs.kept_by_admins"


class ContentUnfit(Invalid):
    """Nothing to read is left of the content once it is clean, or it is nested beyond reason (`fields`)."""

    code = "blogs.content_unfit"
