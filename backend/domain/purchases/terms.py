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


class Verdict(StrEnum):
    """What a credit of a bank statement means. Only MATCHED ones are confirmed."""

    MATCHED = "matched"
    AMBIGUOUS = "ambiguous"
    NO_MATCH = "no_match"
    ALREADY_PAID = "already_paid"


class StatementFault(StrEnum):
    """Why a file is no bank statement that can be read."""

    NOT_TEXT = "not_text"
    NO_HEADINGS = "no_headings"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_SLOW = "too_slow"
    DAMAGED = "damaged"


class StatementCell(StrEnum):
    """What is expected of a cell of a bank statement."""

    DATE = "date"
    AMOUNT = "amount"
    SIDE = "side"
