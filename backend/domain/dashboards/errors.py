"""What can go wrong with dashboards."""

from backend.core.errors import Forbidden


class NotYourDashboard(Forbidden):
    """The panel is for other roles."""

    code = "dashboards.not_yours"
