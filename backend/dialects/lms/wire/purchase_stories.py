"""A purchase with all that has happened to it, and refunds, on the wire. Ours, around the contract's Purchase."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from backend.dialects.lms.wire.purchases import PurchaseOut, Reason
from backend.domain.purchases.commands import Refund
from backend.domain.purchases.queries import ChangeView, PurchaseStory, RefundView
from backend.domain.purchases.terms import PaymentState

Amount = Annotated[int, Meta(ge=1, le=10**12)]
Note = Annotated[str, Meta(max_length=1000)]


class RefundIn(msgspec.Struct):
    """Money that was given back, whole rupiah; without a time it was just now."""

    amount: Amount
    reason: Reason
    note: Note = ""
    refunded_at: Annotated[datetime, Meta(tz=True)] | None = None

    def given(self) -> Refund:
        """In the domain's terms."""
        return Refund(self.amount, self.reason, self.note, self.refunded_at)


class ChangeOut(msgspec.Struct):
    """One step. `by` is buyer, admin or system; who it was by name is for admins."""

    before: PaymentState | None
    after: PaymentState
    reason: str | None
    at: datetime
    by: str
    user_id: UUID | None
    user_name: str | None

    @classmethod
    def of(cls, view: ChangeView, *, names_people: bool) -> "ChangeOut":
        """As the buyer or an admin sees it."""
        by = "buyer" if view.is_buyer else "admin" if view.actor_uuid else "system"
        who = (view.actor_uuid, view.actor_name) if names_people else (None, None)
        return cls(view.before, view.after, view.reason, view.created_at, by, *who)


class RefundOut(msgspec.Struct):
    """Money that was given back. `note` and who did it are for admins."""

    amount: int
    refunded_at: datetime
    refunded_by: str | None
    note: str | None

    @classmethod
    def of(cls, view: RefundView, *, names_people: bool) -> "RefundOut":
        """As the buyer or an admin sees it."""
        if not names_people:
            return cls(view.amount, view.refunded_at, None, None)
        return cls(view.amount, view.refunded_at, view.refunded_by, view.note)


class PurchaseStoryOut(PurchaseOut, kw_only=True):
    """A purchase with its history, what was given back, and where its receipt is once it is drawn."""

    history: list[ChangeOut]
    refund: RefundOut | None
    receipt_url: str | None

    @classmethod
    def told(cls, story: PurchaseStory, place: str, *, names_people: bool) -> "PurchaseStoryOut":
        """As the buyer or an admin sees it; `place` is the address of purchases for them."""
        shown = PurchaseOut.of(story.purchase)
        return cls(
            **{name: getattr(shown, name) for name in shown.__struct_fields__},
            history=[ChangeOut.of(change, names_people=names_people) for change in story.changes],
            refund=RefundOut.of(story.refund, names_people=names_people) if story.refund else None,
            receipt_url=f"{place}/{shown.id}/receipt" if story.has_receipt else None,
        )
