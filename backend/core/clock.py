"""The clock for what is only shown. Deadlines, leases and `run_at` are compared with Postgres's now()."""

from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from backend.core.settings import settings


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


@cache
def school_zone() -> ZoneInfo:
    """The zone in which the school's days begin and its local times are meant."""
    return ZoneInfo(settings().school_timezone)


def school_date(instant: datetime) -> date:
    """The day on the school's calendar."""
    return instant.astimezone(school_zone()).date()
