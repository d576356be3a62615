"""Who is at the operations page: an admin, until half an hour of doing nothing."""

from datetime import timedelta

from backend.core.actor import Role
from backend.dialects.site.gate import Gate

PATH = "/ops"
GATE = Gate(
    path=PATH, cookie_name="lulus_ops", role=Role.ADMIN, idle=timedelta(minutes=30), longest=timedelta(hours=12)
)
