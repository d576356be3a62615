"""What is kept about purchases. Money is integer rupiah."""

from piccolo.columns import JSONB, BigInt, BigSerial, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from backend.core.columns import row_uuid
from backend.domain.accounts.tables import Account
from backend.domain.accounts.terms import GroupType
from backend.domain.batches.tables import Batch
from backend.domain.purchases.terms import PaymentState, WaitState


class PriceGroup(Table, tablename="price_group"):
    """What people of a group pay for a batch; one row per group."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    group_type = Varchar(length=16, choices=GroupType, unique=True)
    name = Varchar(length=100)
    price = BigInt()
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class Purchase(Table, tablename="purchase"):
    """One person's purchase of one batch; open or paid at most once per person and batch.

    `transfer_amount` = `price` + `unique_code`, unique among open purchases.
    """

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    account_id = ForeignKey(Account, on_delete=OnDelete.restrict, null=False)
    batch_id = ForeignKey(Batch, on_delete=OnDelete.restrict, null=False)
    price_group_id = ForeignKey(PriceGroup, on_delete=OnDelete.restrict, null=False)
    group_type = Varchar(length=16, choices=GroupType)
    state = Varchar(length=24, choices=PaymentState)
    price = BigInt()
    unique_code = Integer()
    transfer_amount = BigInt()
    expires_at = Timestamptz()
    payment_proof = Varchar(length=500, null=True, default=None)
    buyer_bank_account_name = Varchar(length=100, null=True, default=None)
    buyer_bank_account_number = Varchar(length=50, null=True, default=None)
    buyer_bank_name = Varchar(length=100, null=True, default=None)
    paid_at = Timestamptz(null=True, default=None)
    decided_by = BigInt(null=True, default=None)
    reason = Text(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class PurchaseChange(Table, tablename="purchase_change"):
    """One step of a purchase: append-only."""

    id = BigSerial(primary_key=True, index=False)
    purchase_id = ForeignKey(Purchase, on_delete=OnDelete.restrict, null=False)
    before = Varchar(length=24, null=True, default=None)
    after = Varchar(length=24)
    actor_id = BigInt(null=True, default=None)
    reason = Text(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())


class Refund(Table, tablename="refund"):
    """Money that was given back, as whoever gave it says: append-only, at most one per purchase."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    purchase_id = ForeignKey(Purchase, on_delete=OnDelete.restrict, null=False, unique=True)
    amount = BigInt()
    refunded_at = Timestamptz()
    refunded_by = BigInt(null=True, default=None)
    note = Text(default="")
    created_at = Timestamptz(default=TimestamptzNow())


class RestingAmount(Table, tablename="resting_amount"):
    """An amount that no new purchase asks for yet: a late transfer would look like somebody else's."""

    amount = BigInt(primary_key=True)
    rests_until = Timestamptz()


class Receipt(Table, tablename="receipt"):
    """The receipt of a paid purchase, drawn once."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    purchase_id = ForeignKey(Purchase, on_delete=OnDelete.restrict, null=False, unique=True)
    object_key = Varchar(length=255, unique=True)
    sha256 = Varchar(length=64)
    size_bytes = BigInt()
    created_at = Timestamptz(default=TimestamptzNow())


class StatementPreview(Table, tablename="statement_preview"):
    """What a bank statement would confirm, exactly as it was shown; no record: it goes after 30 days.

    `report` is what came of it once it was applied, which happens at most once.

    Shape: changes: [{row, purchase_id, state, updated_at, on}].
    """

    id = BigSerial(primary_key=True, index=False)
    job_id = BigInt(unique=True)
    sha256 = Varchar(length=64)
    changes = JSONB()
    report = JSONB(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())


class WaitPlace(Table, tablename="wait_place"):
    """Somebody's place in the line for a full batch: the lower the id, the earlier. One open place per person."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    batch_id = ForeignKey(Batch, on_delete=OnDelete.restrict, null=False)
    account_id = ForeignKey(Account, on_delete=OnDelete.restrict, null=False)
    state = Varchar(length=16, choices=WaitState, default=WaitState.WAITING)
    offered_at = Timestamptz(null=True, default=None)
    offer_ends_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())
