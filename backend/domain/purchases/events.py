"""What has happened to purchases."""

from typing import ClassVar

from backend.core.outbox import Deed, Event


class PurchaseCreated(Event, frozen=True):
    """A seat and an amount are reserved."""

    name: ClassVar[str] = "purchases.purchase.created.v1"
    purchase_id: int


class PaymentProofUploaded(Event, frozen=True):
    """A buyer says that the money is on its way."""

    name: ClassVar[str] = "purchases.proof.uploaded.v1"
    purchase_id: int


class PurchasePaid(Event, frozen=True):
    """An admin has seen the money; the buyer is in the batch."""

    name: ClassVar[str] = "purchases.purchase.paid.v1"
    purchase_id: int


class PurchaseRejected(Event, frozen=True):
    """An admin has not seen the money."""

    name: ClassVar[str] = "purchases.purchase.rejected.v1"
    purchase_id: int


class PurchaseCancelled(Event, frozen=True):
    """The buyer, or after payment an admin, has given up; the seat is free again."""

    name: ClassVar[str] = "purchases.purchase.cancelled.v1"
    purchase_id: int


class PurchaseExpired(Event, frozen=True):
    """No proof came in time."""

    name: ClassVar[str] = "purchases.purchase.expired.v1"
    purchase_id: int


class PurchaseRefunded(Event, frozen=True):
    """Money was given back; the seat is free again."""

    name: ClassVar[str] = "purchases.purchase.refunded.v1"
    purchase_id: int


class ReceiptMade(Event, frozen=True):
    """The receipt of a paid purchase is stored."""

    name: ClassVar[str] = "purchases.receipt.made.v1"
    is_activity: ClassVar[bool] = False
    purchase_id: int


class SeatOffered(Event, frozen=True):
    """A seat is held for who was first in line."""

    name: ClassVar[str] = "purchases.seat.offered.v1"
    place_id: int


class PriceChanged(Event, frozen=True):
    """A group was given a price, or another one, in rupiah."""

    name: ClassVar[str] = "purchases.price.changed.v1"
    price_group_id: int
    deed: Deed
    title: str
    price: int


class LineJoined(Event, frozen=True):
    """Somebody waits for a seat of a full batch."""

    name: ClassVar[str] = "purchases.line.joined.v1"
    place_id: int
    batch_id: int


class LineLeft(Event, frozen=True):
    """Somebody waits no longer, or does not want the seat that was offered."""

    name: ClassVar[str] = "purchases.line.left.v1"
    place_id: int
    batch_id: int
