"""Receipts of paid purchases: what stands on them, that they are drawn once, and who may fetch them."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from backend.core import clock, db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.core.outbox import emit
from backend.core.settings import settings
from backend.domain.purchases import queries, receipt_pdf, rules
from backend.domain.purchases.errors import NotYourPurchase, ReceiptNotFound
from backend.domain.purchases.events import ReceiptMade
from backend.domain.purchases.receipt_pdf import ReceiptPaper


class StoredReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """Where the file of a receipt is."""

    purchase_id: int
    object_key: str
    sha256: str
    size_bytes: int
    created_at: datetime

    @property
    def filename(self) -> str:
        """What the file is called where it is kept."""
        return f"kwitansi-{receipt_pdf.number(self.purchase_id)}.pdf"


_STORED = "SELECT purchase_id, object_key, sha256, size_bytes, created_at FROM receipt WHERE purchase_id = $1"


async def paper(purchase_id: int) -> ReceiptPaper | None:
    """What the receipt of a purchase is to say; None for one that has a receipt, or was never paid."""
    found = await db.row(
        'SELECT p.id AS number, a.name, f.nim, g.name AS "group", p.transfer_amount AS amount, p.paid_at,'
        " p.buyer_bank_account_name AS holder, c.title AS course, b.title AS batch"
        " FROM purchase p JOIN account a ON a.id = p.account_id LEFT JOIN profile f ON f.account_id = a.id"
        " JOIN price_group g ON g.id = p.price_group_id JOIN batch b ON b.id = p.batch_id"
        " JOIN course c ON c.id = b.course_id WHERE p.id = $1 AND p.paid_at IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM receipt r WHERE r.purchase_id = p.id)",
        purchase_id,
    )
    if found is None:
        return None
    values = dict(found)
    return ReceiptPaper(
        **{name: value for name, value in values.items() if name != "paid_at"},
        paid_on=clock.school_date(values["paid_at"]),
        place=settings().school_place,
        school=settings().school_name,
        signatory_name=settings().signatory_name,
        signatory_title=settings().signatory_title,
    )


async def record(purchase_id: int, object_key: str, sha256: str, size_bytes: int) -> None:
    """Keep where a receipt is stored; the first one counts, and a later one is an orphan for the sweep.

    Emits: ReceiptMade, for the first.
    """
    async with transaction():
        made = await db.statement(
            "INSERT INTO receipt (purchase_id, object_key, sha256, size_bytes) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (purchase_id) DO NOTHING",
            purchase_id,
            object_key,
            sha256,
            size_bytes,
        )
        if made:
            await emit(ReceiptMade(purchase_id))


async def stored(purchase_id: int) -> StoredReceipt:
    """The file of a purchase's receipt, whoever asks.

    Raises: ReceiptNotFound.
    """
    found = await db.row(_STORED, purchase_id)
    if found is None:
        raise ReceiptNotFound
    return db.view(StoredReceipt, found)


async def receipt(actor: Actor, ref: Ref) -> StoredReceipt:
    """The file of the receipt of a purchase of the actor's, or for admins of any.

    Raises: PurchaseNotFound, NotYourPurchase, ReceiptNotFound.
    """
    found = await queries.purchase_row(ref)
    if not rules.may_see(actor, found.account_id):
        raise NotYourPurchase
    return await stored(found.id)


async def named_objects(object_keys: Sequence[str]) -> set[str]:
    """Those of some objects that are the file of a receipt (for the sweep of storage)."""
    rows = await db.fetch("SELECT object_key FROM receipt WHERE object_key = ANY($1)", list(object_keys))
    return {found["object_key"] for found in rows}
