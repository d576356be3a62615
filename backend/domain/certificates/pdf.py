"""The certificate on paper: plain values in, PDF bytes out. No database, no clock, no files but the template.

Everything here is synchronous and takes milliseconds of a processor: call it in a thread.
"""

import io
from datetime import UTC, datetime, time
from pathlib import Path

import msgspec
import segno

from backend.core.dates import period, spoken
from backend.core.typeset import NOTHING, printable, typeset
from backend.domain.certificates.terms import CertificatePaper

_TEMPLATE = Path(__file__).with_name("certificate.typ")
_MASK = 2


def render(view: CertificatePaper) -> bytes:
    """Draw the certificate: one page to hang on the wall, and from the second page on what was learnt.

    The same values give the same bytes, in any process on any day: the only date inside is `issued_on`.
    The values are text to the template and are never evaluated. The file is PDF/UA-1; only a name with
    characters that no font of ours has comes as plain tagged PDF, because the standard forbids blanks.
    Threads take turns.
    """
    inputs = {"paper": msgspec.json.encode(_shown(view)).decode()}
    return typeset(_TEMPLATE, inputs, datetime.combine(view.issued_on, time(), tzinfo=UTC))


def _shown(view: CertificatePaper) -> dict[str, object]:
    """Put the values into the words of the template, see the head of certificate.typ."""
    plain = ("number", "holder_name", "course_title", "batch_title", "place")
    names = ("school_name", "signatory_name", "signatory_title", "verify_url")
    return {
        **{field: printable(getattr(view, field)) for field in plain + names},
        "issued_on": spoken(view.issued_on),
        "issued": [view.issued_on.year, view.issued_on.month, view.issued_on.day],
        "period": period(view.start_on, view.end_on),
        "qr": _qr(view.verify_url),
        "hours": _hours(sum(topic.hours for topic in view.topics)),
        "topics": [
            [printable(topic.title), spoken(topic.held_on) if topic.held_on else NOTHING, _hours(topic.hours)]
            for topic in view.topics
        ],
    }


def _hours(hours: float) -> str:
    """Write hours as Indonesians do, with a comma and no empty decimals."""
    return f"{hours:.2f}".rstrip("0").rstrip(".").replace(".", ",") if hours else NOTHING


def _qr(url: str) -> str:
    """Draw the code. Trying all eight masks takes a fifth as long as drawing the page, so that one is given.

    Readers know them all; by the standard's own measure this one is within 1 % of the best for our addresses.
    """
    out = io.BytesIO()
    segno.make(url, error="m", micro=False, mask=_MASK).save(out, kind="svg", border=0, dark="#14284b", xmldecl=False)
    return out.getvalue().decode()
