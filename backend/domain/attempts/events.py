"""What has happened to attempts."""

from typing import ClassVar

from backend.core.outbox import Event


class AttemptSubmitted(Event, frozen=True):
    """An attempt was closed by its owner or by the clock; its answers are final."""

    name: ClassVar[str] = "attempts.attempt.submitted.v1"
    is_activity: ClassVar[bool] = False
    attempt_id: int
