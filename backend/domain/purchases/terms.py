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
