"""The map of everything asynchronous: which jobs follow from which event."""

import importlib
import importlib.util
import pkgutil
from collections.abc import Mapping, Sequence

from backend import domain
from backend.core.outbox import Event
from backend.domain.accounts.events import (
    AccountRegistered,
    PasswordChanged,
    PasswordResetRequested,
    VerificationRequested,
)
from backend.domain.assessments.events import PassMarkChanged
from backend.domain.attempts.events import AttemptSubmitted
from backend.domain.certificates.events import CertificateIssued
from backend.domain.enrolments.events import ProgressMade
from backend.domain.grading.events import AttemptGraded, GradeGiven, GradesImported, QuizRegraded
from backend.domain.purchases.events import (
    PurchaseCancelled,
    PurchaseCreated,
    PurchaseExpired,
    PurchasePaid,
    PurchaseRefunded,
    PurchaseRejected,
    ReceiptMade,
    SeatOffered,
)

SUBSCRIPTIONS: Mapping[type[Event], Sequence[str]] = {
    AccountRegistered: ("mail_verification",),
    VerificationRequested: ("mail_verification",),
    PasswordResetRequested: ("mail_password_reset",),
    PasswordChanged: ("mail_password_changed",),
    PurchaseCreated: ("plan_purchases", "mail_payment_asked"),
    PurchasePaid: ("make_receipt",),
    ReceiptMade: ("mail_receipt",),
    PurchaseRejected: ("mail_rejected",),
    PurchaseCancelled: ("mail_cancelled",),
    PurchaseExpired: ("mail_expired",),
    PurchaseRefunded: ("mail_refunded",),
    SeatOffered: ("mail_seat_offered",),
    PassMarkChanged: ("settle_passing",),
    AttemptSubmitted: ("grade_attempt",),
    AttemptGraded: ("mail_result",),
    GradeGiven: ("mail_grade",),
    GradesImported: ("announce_grades",),
    QuizRegraded: ("review_certificates", "announce_regrade"),
    ProgressMade: ("consider_certificate",),
    CertificateIssued: ("mail_certificate",),
}


# An event that nothing follows is settled all the same, so whoever has the map knows every event there is.
for _feature in pkgutil.iter_modules(domain.__path__, f"{domain.__name__}."):
    if importlib.util.find_spec(f"{_feature.name}.events"):
        importlib.import_module(f"{_feature.name}.events")


def kinds_by_event() -> dict[str, Sequence[str]]:
    """The map by names, as the relay needs it."""
    return {event.name: kinds for event, kinds in SUBSCRIPTIONS.items()}
