"""Which way a purchase goes, who may buy, and what a transfer amounts to."""

from collections.abc import Mapping
from datetime import timedelta

from backend.core.actor import Actor
from backend.domain.accounts.terms import GroupType
from backend.domain.purchases.terms import PaymentState

TIME_TO_PAY = timedelta(hours=24)
REMINDED_BEFORE = timedelta(hours=2)
"""So long before its time to pay is over somebody is reminded."""

OPEN = frozenset({PaymentState.PENDING, PaymentState.WAITING_CONFIRMATION})
"""These hold an amount; together with PAID they hold a seat, at most one of them per person and batch."""

CODES = ((100, 999), (1000, 9999))
"""What is added to a price, so that every open transfer has an amount of its own: three digits, four when short."""

ADMIN_MOVES: Mapping[PaymentState, frozenset[PaymentState]] = {
    PaymentState.WAITING_CONFIRMATION: frozenset({PaymentState.PAID, PaymentState.REJECTED}),
    PaymentState.PENDING: frozenset({PaymentState.PAID}),  # cash at the desk
    PaymentState.PAID: frozenset({PaymentState.CANCELLED}),  # taken back, with a reason
}
"""Refunding, a paid one's other end, is a command of its own: it says how much money went back, and when."""

HOLDS_SEAT = OPEN | {PaymentState.PAID}


def admin_may_move(before: PaymentState, after: PaymentState) -> bool:
    """Whether an admin may move a purchase so. Source: contract 5.1."""
    return after in ADMIN_MOVES.get(before, frozenset())


def buyer_may_cancel(state: PaymentState) -> bool:
    """Whether the buyer may still give up."""
    return state in OPEN


def takes_proof(state: PaymentState) -> bool:
    """Whether a proof of payment is taken: the first one, or a better one after a rejection."""
    return state in (PaymentState.PENDING, PaymentState.REJECTED)


def may_refund(state: PaymentState) -> bool:
    """Whether there is money to give back."""
    return state is PaymentState.PAID


def needs_verification(group: GroupType) -> bool:
    """Whether the price of a group is only for those whom an admin has verified."""
    return group is not GroupType.PUBLIC


def may_see(actor: Actor, buyer_id: int) -> bool:
    """A purchase is seen by its buyer and by admins."""
    return actor.is_admin or actor.account_id == buyer_id
