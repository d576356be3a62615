"""The certificate on paper: plain values in, PDF bytes out. No database, no clock, no files but the template.

Everything here is synchronous and takes milliseconds of a processor: call it in a thread.
"""

import io
import threading
import unicodedata
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path

import msgspec
import segno
import typst

from backend.core.dates import period, spoken
from backend.domain.certificates.terms import CertificatePaper

_TEMPLATE = Path(__file__).with_name("certificate.typ")
_BLANK = Path(__file__).with_name("blank.typ")
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
_FIRST_PICTOGRAM = 0x2190
NOTHING = "\N{EN DASH}"
_MASK = 2
_LOCK = threading.Lock()


def render(view: CertificatePaper) -> bytes:
    """Draw the certificate: one page to hang on the wall, and from the second page on what was learnt.

    The same values give the same bytes, in any process on any day: the only date inside is `issued_on`.
    The values are text to the template and are never evaluated. The file is PDF/UA-1; only a name with
    characters that no font of ours has comes as plain tagged PDF, because the standard forbids blanks.
    Threads take turns.
    """
    inputs = {"paper": msgspec.json.encode(_shown(view)).decode()}
    stamp = datetime.combine(view.issued_on, time(), tzinfo=UTC)
    with _LOCK:
        paper = _compiler(_TEMPLATE)
        try:
            drawn = paper.compile(format="pdf", sys_inputs=inputs, timestamp=stamp, pdf_standards=["ua-1"])
        except typst.TypstError:
            drawn = paper.compile(format="pdf", sys_inputs=inputs, timestamp=stamp)
        _forget()
    if not isinstance(drawn, bytes):  # the type allows a list, which only pictures of pages are
        raise TypeError("typst gave no PDF")
    return drawn


def printable(text: str) -> str:
    """Keep what can stand on paper: no control, direction or private characters, no emoji, single spaces."""
    kept = "".join(char if _has_ink(char) else " " for char in unicodedata.normalize("NFC", text))
    return " ".join(filter(None, (word.strip(_JOINERS) for word in kept.split()))) or NOTHING


def _has_ink(char: str) -> bool:
    if char in _JOINERS:
        return True
    kind = unicodedata.category(char)
    pictogram = kind in {"So", "Sk"} and ord(char) >= _FIRST_PICTOGRAM
    return not (kind in _UNPRINTABLE or pictogram or "\ufe00" <= char <= "\ufe0f")


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


def _forget() -> None:
    """Let typst drop what it remembers of old pages.

    It keeps the layouts of the last ten compilations, 130 MB for certificates. Two blank ones after each
    keep a process at 90 MB and cost no time that can be measured.
    """
    for _ in range(2):
        _compiler(_BLANK).compile(format="pdf")


@cache
def _compiler(source: Path) -> typst.Compiler:
    """Build a compiler once: its fonts are those inside typst, so each machine draws the same page."""
    return typst.Compiler(str(source), root=str(source.parent), ignore_system_fonts=True)
