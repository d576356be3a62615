"""The receipt on paper: plain values in, PDF bytes out. Call it in a thread."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import msgspec

from backend.core import rupiah
from backend.core.dates import spoken
from backend.core.typeset import NOTHING, printable, typeset

_TEMPLATE = Path(__file__).with_name("receipt.typ")
NUMBER_DIGITS = 7


class ReceiptPaper(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on a receipt. `amount` is what was transferred, the unique code in it once; whole rupiah."""

    number: int
    name: str
    nim: str | None
    group: str
    amount: int
    holder: str | None
    course: str
    batch: str
    paid_on: date
    place: str
    school: str
    signatory_name: str
    signatory_title: str


def number(invoice: int) -> str:
    """An invoice's number as it is written: seven digits, more once they run short."""
    return f"{invoice:0{NUMBER_DIGITS}}"


def amount_in_words(amount: int) -> str:
    """An amount as a receipt spells it: ``Dua juta seratus Rupiah``."""
    return f"{rupiah.in_words(amount).capitalize()} Rupiah"


def render(paper: ReceiptPaper) -> bytes:
    """Draw a receipt: one page A5. The same values give the same bytes, on any day."""
    inputs = {"paper": msgspec.json.encode(_shown(paper)).decode()}
    return typeset(_TEMPLATE, inputs, datetime.combine(paper.paid_on, time(), tzinfo=UTC))


def _shown(paper: ReceiptPaper) -> dict[str, object]:
    """Put the values into the words of the template, see the head of receipt.typ."""
    texts = ("name", "group", "course", "batch", "place", "school", "signatory_name", "signatory_title")
    return {
        **{field: printable(getattr(paper, field)) for field in texts},
        "number": number(paper.number),
        "nim": printable(paper.nim or NOTHING),
        "holder": printable(paper.holder or NOTHING),
        "amount": rupiah.dotted(paper.amount),
        "words": amount_in_words(paper.amount),
        "paid_on": spoken(paper.paid_on),
        "paid": [paper.paid_on.year, paper.paid_on.month, paper.paid_on.day],
    }
