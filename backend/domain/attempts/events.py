"""What has happened to attempts."""

from typing import ClassVar

from backend.core.outbox import Deed, Event


class AttemptSubmitted(Event, frozen=True):
    """An attempt was closed by its owner or by the clock; its answers are final."""

    name: ClassVar[str] = "attempts.attempt.submitted.v1"
    is_activity: ClassVar[bool] = False
    attempt_id: int


class OverrideChanged(Event, frozen=True):
    """Somebody (`account_id`) is granted something else at a quiz."""

    name: ClassVar[str] = "attempts.override.changed.v1"
    quiz_id: int
    batch_id: int
    account_id: int
    deed: Deed
    title: str
