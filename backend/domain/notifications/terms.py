"""Words of this feature, without any import of ours."""

from enum import StrEnum


class NoticeKind(StrEnum):
    """What a mail is about."""

    PAYMENT = "payment"
    """What is to be paid, what became of an order, and money that is given back."""
    PAYMENT_DECIDED = "payment_decided"
    """That a payment was accepted, with the receipt, or was not."""
    SECURITY = "security"
    WORK_GRADED = "work_graded"
    QUIZ_GRADED = "quiz_graded"
    CERTIFICATE = "certificate"
    DEADLINE = "deadline"
    SEAT_OFFERED = "seat_offered"


class Language(StrEnum):
    """In which language somebody wants to be written to."""

    INDONESIAN = "id"
    ENGLISH = "en"
