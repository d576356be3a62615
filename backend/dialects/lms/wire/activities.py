"""What people did lately, on the wire. Source: contract 2.19, recent activities."""

from datetime import datetime
from typing import Final

import msgspec

from backend.core.clock import now
from backend.dialects.lms.words.dashboards import ACTIVITIES, AGO, JUST_NOW, OTHER, SYSTEM
from backend.dialects.lms.words.word import Word
from backend.domain.dashboards.activity_queries import ActivityView

_TYPES: Final = {
    "account_registered": "user_registered",
    "account_created": "user_created",
    "account_updated": "user_updated",
    "account_removed": "user_removed",
    "material_created": "material_uploaded",
    "proof_uploaded": "purchase_uploaded",
    "purchase_paid": "purchase_verified",
    "submission_created": "assignment_submitted",
    "attempt_graded": "quiz_graded",
    "grade_given": "assignment_graded",
}
"""What the contract's clients call some of our events; the others have our noun and what became of it."""
_STATUS: Final = {
    "purchase_created": "pending",
    "purchase_uploaded": "waiting_confirmation",
    "purchase_verified": "paid",
    "purchase_rejected": "rejected",
    "purchase_cancelled": "cancelled",
    "purchase_expired": "expired",
    "purchase_refunded": "refunded",
    "quiz_graded": "graded",
    "assignment_graded": "graded",
    "certificate_issued": "valid",
    "certificate_revoked": "revoked",
}


class ActivityOut(msgspec.Struct):
    """Something that was done. `amount` is in rupiah; `relative_time` is in the language of the request."""

    id: str
    type: str
    title: str
    description: str
    actor_name: str
    related_to: str | None
    amount: int | None
    status: str | None
    created_at: datetime
    relative_time: str

    @classmethod
    def of(cls, view: ActivityView, *, english: bool) -> "ActivityOut":
        """As the contract shows it."""
        kind = type_of(view.event, view.deed)
        title = _in(ACTIVITIES.get(kind, OTHER), english=english)
        told = [text for text in (view.person, view.title, view.batch, view.score) if text]
        return cls(
            id=str(view.id),
            type=kind,
            title=title,
            description=" · ".join(dict.fromkeys(told)) or title,
            actor_name=view.actor or _himself(view, kind) or _in(SYSTEM, english=english),
            related_to=view.title or view.batch,
            amount=view.amount,
            status=_STATUS.get(kind),
            created_at=view.created_at,
            relative_time=ago(view.created_at, now(), english=english),
        )


def type_of(event: str, deed: str | None) -> str:
    """What this contract calls an event."""
    _, noun, verb, *_ = event.split(".")
    name = f"{noun}_{deed or verb}"
    return _TYPES.get(name, name)


def ago(at: datetime, present: datetime, *, english: bool) -> str:
    """How long ago something was, in its largest whole unit up to days."""
    seconds = int((present - at).total_seconds())
    for length, several, one in AGO:
        count = seconds // length
        if count > 0:
            return _in(one if count == 1 else several, english=english).format(n=count)
    return _in(JUST_NOW, english=english)


def _himself(view: ActivityView, kind: str) -> str | None:
    """Who registers is nobody yet."""
    return view.person if kind == "user_registered" else None


def _in(word: Word, *, english: bool) -> str:
    return word.en if english else word.id
