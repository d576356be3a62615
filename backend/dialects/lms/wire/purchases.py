"""Purchases on the wire. Source: contract section 3, Purchase; `invoice_number`, `paid_at` and `reason` are ours."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from backend.dialects.lms.wire.batches import BatchOut
from backend.dialects.lms.wire.groups import GroupOut
from backend.dialects.lms.wire.users import UserOut
from backend.domain.purchases.commands import Payer
from backend.domain.purchases.queries import PurchaseView
from backend.domain.purchases.terms import PaymentState

ProofAddress = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=500,
        pattern=r"""^(https?://[^\s/"'<>\\][^\s"'<>\\]*|/uploads/[A-Za-z0-9_./-]+)$(?!\n)""",
    ),
]
BankName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
AccountNumber = Annotated[str, Meta(max_length=50, pattern=r"^[0-9]{5,50}$(?!\n)")]
Reason = Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"\S")]


class PurchaseIn(msgspec.Struct):
    """What to buy."""

    batch_id: UUID


class PaymentIn(msgspec.Struct):
    """The proof of a transfer, and where it came from."""

    payment_proof_url: ProofAddress
    buyer_bank_account_name: BankName
    buyer_bank_account_number: AccountNumber
    buyer_bank_name: BankName | None = None

    def payer(self) -> Payer:
        """In the domain's terms."""
        return Payer(self.buyer_bank_account_name, self.buyer_bank_account_number, self.buyer_bank_name)


class Status(StrEnum):
    """The contract's six; a refund says more than a status, so it has an endpoint of its own."""

    PENDING = "pending"
    WAITING_CONFIRMATION = "waiting_confirmation"
    PAID = "paid"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class StatusIn(msgspec.Struct):
    """What an admin decides."""

    payment_status: Status
    reason: Reason | None = None

    @property
    def state(self) -> PaymentState:
        """In the domain's terms."""
        return PaymentState(self.payment_status)


class PurchaseOut(msgspec.Struct):
    """A purchase. Money is whole rupiah; `price.price` is what the group paid when it was made."""

    id: UUID
    invoice_number: int
    payment_status: PaymentState
    user_id: UUID
    batch_id: UUID
    price_id: UUID
    expired_at: datetime
    user: UserOut
    batch: BatchOut
    payment_proof: str | None
    price: GroupOut
    unique_code: int
    transfer_amount: int
    buyer_bank_account_name: str | None
    buyer_bank_account_number: str | None
    buyer_bank_name: str | None
    paid_at: datetime | None
    reason: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: PurchaseView) -> "PurchaseOut":
        """As the contract shows it."""
        return cls(
            id=view.uuid,
            invoice_number=view.id,
            payment_status=view.state,
            user_id=view.buyer.uuid,
            batch_id=view.batch.uuid,
            price_id=view.price_group.uuid,
            expired_at=view.expires_at,
            user=UserOut.of(view.buyer),
            batch=BatchOut.of(view.batch),
            payment_proof=view.payment_proof,
            price=msgspec.structs.replace(GroupOut.of(view.price_group), price=view.price),
            unique_code=view.unique_code,
            transfer_amount=view.transfer_amount,
            buyer_bank_account_name=view.buyer_bank_account_name,
            buyer_bank_account_number=view.buyer_bank_account_number,
            buyer_bank_name=view.buyer_bank_name,
            paid_at=view.paid_at,
            reason=view.reason,
            created_at=view.created_at,
            updated_at=view.updated_at,
        )
