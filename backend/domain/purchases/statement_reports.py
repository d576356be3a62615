"""What a bank statement would confirm, or has confirmed, as its job tells it. The words are the dialect's."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec

from backend.domain.purchases.statement_values import Problem
from backend.domain.purchases.terms import PaymentState, Verdict

LISTED_MAX = 5_000


class LineReport(msgspec.Struct, frozen=True, kw_only=True):
    """A credit and what it means. `row` counts from 1 as in the file; the purchase is the one its amount belongs to.

    `amount` is text with two decimals, as a statement may have them; purchases are whole rupiah.
    """

    row: int
    on: date
    amount: str
    text: str
    verdict: Verdict
    purchase_id: UUID | None = None
    invoice_number: int | None = None
    buyer: str | None = None
    payment_status: PaymentState | None = None


class StatementReport(msgspec.Struct, frozen=True, kw_only=True):
    """Every row is counted once, but for `confirmed` and `stale`, which are what became of the matched ones.

    `lines` holds the first LISTED_MAX credits, `problem_rows` the first problems; the counts are of all.
    """

    dry_run: bool = True
    rows: int = 0
    matched: int = 0
    ambiguous: int = 0
    no_match: int = 0
    already_paid: int = 0
    unreadable: int = 0
    ignored: int = 0
    confirmed: int = 0
    stale: int = 0
    lines: Sequence[LineReport] = ()
    problem_rows: Sequence[Problem] = ()
