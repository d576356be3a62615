"""Words of this feature, without any import of ours."""

from enum import StrEnum


class PaymentState(StrEnum):
    """Where a purchase stands. Pending and waiting_confirmation hold a seat and an amount."""

    PENDING = "pending"
    WAITING_CONFIRMATION = "waiting_confirmation"
    PAID = "paid"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class WaitState(StrEnum):
    """Where somebody stands who wants a seat of a full batch. An offer holds a seat until it is taken or lapses."""

    WAITING = "waiting"
    OFFERED = "offered"
    TAKEN = "taken"
    LAPSED = "lapsed"
    LEFT = "left"
