"""What can be asked about purchases and prices. Money is integer rupiah."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.core.listing import Lens, page
from backend.core.paging import Listing, Paged
from backend.domain.accounts import queries as accounts
from backend.domain.accounts.queries import PersonView
from backend.domain.accounts.terms import GroupType
from backend.domain.batches import queries as batches
from backend.domain.batches.queries import BatchView
from backend.domain.purchases import rules
from backend.domain.purchases.errors import NotYourPurchase, PriceGroupNotFound, PurchaseNotFound
from backend.domain.purchases.terms import PaymentState


class PriceGroupView(msgspec.Struct, frozen=True, kw_only=True):
    """A group and what it pays for a batch."""

    id: int
    uuid: UUID
    group_type: GroupType
    name: str
    price: int
    created_at: datetime
    updated_at: datetime


class PurchaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase by itself. `price` is what the group paid when it was made; `id` is the number of its invoice."""

    id: int
    uuid: UUID
    account_id: int
    batch_id: int
    price_group_id: int
    group_type: GroupType
    state: PaymentState
    price: int
    unique_code: int
    transfer_amount: int
    expires_at: datetime
    payment_proof: str | None
    buyer_bank_account_name: str | None
    buyer_bank_account_number: str | None
    buyer_bank_name: str | None
    paid_at: datetime | None
    reason: str | None
    created_at: datetime
    updated_at: datetime


class PurchaseView(PurchaseRow, frozen=True, kw_only=True):
    """A purchase with its buyer, its batch and the group whose price it has."""

    buyer: PersonView
    batch: BatchView
    price_group: PriceGroupView


class ChangeView(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a purchase. The first has no state before it; without an actor it was the clock's doing."""

    before: PaymentState | None
    after: PaymentState
    reason: str | None
    created_at: datetime
    actor_uuid: UUID | None
    actor_name: str | None
    is_buyer: bool


class RefundView(msgspec.Struct, frozen=True, kw_only=True):
    """Money that was given back, whole rupiah, and by whom."""

    amount: int
    refunded_at: datetime
    refunded_by: str | None
    note: str


class PurchaseStory(msgspec.Struct, frozen=True):
    """A purchase, and all that has happened to it, in order."""

    purchase: PurchaseView
    changes: list[ChangeView]
    refund: RefundView | None
    has_receipt: bool


class _Happened(msgspec.Struct):
    """What has happened to a purchase."""

    changes: list[ChangeView]
    refund: RefundView | None
    has_receipt: bool


class _Shown(msgspec.Struct):
    """What is shown of a purchase beside itself."""

    buyer: PersonView
    batch: BatchView
    price_group: PriceGroupView


COLUMNS = ", ".join(f"p.{field}" for field in PurchaseRow.__struct_fields__)
_GROUP_COLUMNS = "id, uuid, group_type, name, price, created_at, updated_at"
_SHOWN = f"""
SELECT json_build_object('buyer', {accounts.PERSON_JSON.format(id="$1")}, 'batch', {batches.BATCH_JSON.format(id="$2")},
    'price_group', (SELECT row_to_json(x) FROM (SELECT {_GROUP_COLUMNS} FROM price_group WHERE id = $3) AS x))::text
"""  # noqa: S608 - our names
_HAPPENED = """
SELECT json_build_object('changes', (SELECT coalesce(json_agg(json_build_object('before', c.before, 'after', c.after,
        'reason', c.reason, 'created_at', c.created_at, 'actor_uuid', a.uuid, 'actor_name', a.name,
        'is_buyer', coalesce(c.actor_id = p.account_id, false)) ORDER BY c.id), '[]'::json)
    FROM purchase_change c JOIN purchase p ON p.id = c.purchase_id LEFT JOIN account a ON a.id = c.actor_id
    WHERE c.purchase_id = $1), 'refund', (SELECT json_build_object('amount', r.amount, 'refunded_at', r.refunded_at,
        'refunded_by', a.name, 'note', r.note)
    FROM refund r LEFT JOIN account a ON a.id = r.refunded_by WHERE r.purchase_id = $1),
    'has_receipt', EXISTS (SELECT FROM receipt WHERE purchase_id = $1))::text
"""
_SOURCE = "purchase p LEFT JOIN account a ON a.id = p.account_id LEFT JOIN batch b ON b.id = p.batch_id"

_LENS = Lens(
    key="p.id",
    sorts={
        "invoice_number": "p.id",
        "payment_status": "p.state",
        "transfer_amount": "p.transfer_amount",
        "expired_at": "p.expires_at",
        "created_at": "p.created_at",
        "updated_at": "p.updated_at",
    },
    filters={
        "payment_status": ("p.state", lambda text: str(PaymentState(text))),
        "batch_id": ("b.uuid", UUID),
        "user_id": ("a.uuid", UUID),
        "id": ("p.uuid", UUID),
        "invoice_number": ("p.id", int),
        "transfer_amount": ("p.transfer_amount", int),
        "unique_code": ("p.unique_code", int),
    },
    search=("a.name", "a.email"),
)
_NUMBERS = 18
"""Digits that surely fit a bigint."""

_GROUP_LENS = Lens(
    key="id",
    sorts={"name": "name", "price": "price"},
    filters={"group_type": ("group_type", lambda text: str(GroupType(text)))},
    search=("name",),
    order="price",
)


async def purchase(actor: Actor, ref: Ref) -> PurchaseView:
    """A purchase of the actor's, or for admins any. Two statements.

    Raises: PurchaseNotFound, NotYourPurchase.
    """
    found = await purchase_row(ref)
    if not rules.may_see(actor, found.account_id):
        raise NotYourPurchase
    return await complete(found)


async def story(actor: Actor, ref: Ref) -> PurchaseStory:
    """A purchase of the actor's, or for admins any, with its history. Three statements.

    Raises: PurchaseNotFound, NotYourPurchase.
    """
    found = await purchase(actor, ref)
    happened = msgspec.json.decode(await db.value(_HAPPENED, found.id), type=_Happened)
    return PurchaseStory(found, happened.changes, happened.refund, happened.has_receipt)


async def purchase_row(ref: Ref) -> PurchaseRow:
    """A purchase by itself, whoever asks: for commands.

    Raises: PurchaseNotFound.
    """
    found = await db.row(f"SELECT {COLUMNS} FROM purchase p WHERE p.{db.column_of(ref)} = $1", ref)  # noqa: S608 - our names
    if found is None:
        raise PurchaseNotFound(ref=str(ref))
    return db.view(PurchaseRow, found)


async def complete(row: PurchaseRow) -> PurchaseView:
    """A purchase with all that is shown of it. One statement."""
    shown = msgspec.json.decode(await db.value(_SHOWN, row.account_id, row.batch_id, row.price_group_id), type=_Shown)
    return PurchaseView(
        **msgspec.structs.asdict(row), buyer=shown.buyer, batch=shown.batch, price_group=shown.price_group
    )


async def purchases(listing: Listing) -> Paged[PurchaseView]:
    """All purchases, for admins. `q` finds an invoice number, an exact amount, or a part of a name or e-mail."""
    return await _listed(listing, "true", ())


async def purchases_of(account_id: int, listing: Listing) -> Paged[PurchaseView]:
    """A person's own purchases."""
    return await _listed(listing, "p.account_id = $1", (account_id,))


async def purchases_of_batch(batch_ref: Ref | str, listing: Listing) -> Paged[PurchaseView]:
    """The purchases of one batch, for admins.

    Raises: BatchNotFound.
    """
    batch = await batches.batch(batch_ref)
    return await _listed(listing, "p.batch_id = $1", (batch.id,))


async def _listed(listing: Listing, where: str, args: Sequence[int]) -> Paged[PurchaseView]:
    lens = _LENS
    digits = (listing.q or "").replace(".", "")
    if digits.isdecimal() and digits.isascii() and len(digits) <= _NUMBERS:
        where = f"{where} AND (p.id = ${len(args) + 1} OR p.transfer_amount = ${len(args) + 1})"
        args = (*args, int(digits))
        lens = msgspec.structs.replace(lens, search=())
    found = await page(PurchaseRow, lens, listing, select=COLUMNS, source=_SOURCE, where=where, args=args)
    return Paged(await _whole(found.items), found.total)


async def _whole(rows: Sequence[PurchaseRow]) -> list[PurchaseView]:
    """Purchases with all that is shown of them; four statements however many they are."""
    if not rows:
        return []
    people = await accounts.people([row.account_id for row in rows])
    found = await db.fetch(
        f"SELECT {batches.BATCH_COLUMNS} FROM {batches.BATCH_SOURCE} WHERE b.id = ANY($1)",  # noqa: S608 - our names
        list({row.batch_id for row in rows}),
    )
    whole = await batches.complete(db.views(BatchView, found), has_teachers=False)
    of_batch = {batch.id: batch for batch in whole}
    groups = {group.id: group for group in await _groups()}
    return [
        PurchaseView(
            **msgspec.structs.asdict(row),
            buyer=people[row.account_id],
            batch=of_batch[row.batch_id],
            price_group=groups[row.price_group_id],
        )
        for row in rows
    ]


async def _groups() -> list[PriceGroupView]:
    return db.views(PriceGroupView, await db.fetch(f"SELECT {_GROUP_COLUMNS} FROM price_group"))  # noqa: S608 - our names


async def price_groups(listing: Listing) -> Paged[PriceGroupView]:
    """Every group and what it pays, the cheapest first."""
    return await page(PriceGroupView, _GROUP_LENS, listing, select=_GROUP_COLUMNS, source="price_group")


async def price_group(ref: Ref) -> PriceGroupView:
    """A group and what it pays.

    Raises: PriceGroupNotFound.
    """
    found = await db.row(f"SELECT {_GROUP_COLUMNS} FROM price_group WHERE {db.column_of(ref)} = $1", ref)  # noqa: S608 - our names
    if found is None:
        raise PriceGroupNotFound(ref=str(ref))
    return db.view(PriceGroupView, found)


async def has_open_purchase(account_id: int) -> bool:
    """Whether a person's purchase waits for payment or confirmation (one that is overdue does not)."""
    return bool(
        await db.value(
            "SELECT EXISTS (SELECT FROM purchase WHERE account_id = $1 AND (state = 'waiting_confirmation'"
            " OR state = 'pending' AND expires_at > now()))",
            account_id,
        )
    )
