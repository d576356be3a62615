"""Pages from a template and plain values, drawn by typst. No database, no clock, no files but the template.

Everything here is synchronous and takes milliseconds of a processor: call it in a thread.
"""

import threading
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

import typst

_BLANK = Path(__file__).with_name("blank.typ")
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
_FIRST_PICTOGRAM = 0x2190
NOTHING = "\N{EN DASH}"
_LOCK = threading.Lock()


def typeset(template: Path, inputs: Mapping[str, str], stamp: datetime) -> bytes:
    """Draw a template of ours as a PDF that says it was made at `stamp`.

    The same values give the same bytes, in any process on any day. They are text to the template and are never
    evaluated. The file is PDF/UA-1; only a text with characters that no font of ours has comes as plain tagged PDF,
    because the standard forbids blanks. Threads take turns.
    """
    with _LOCK:
        paper = _compiler(template)
        try:
            drawn = paper.compile(format="pdf", sys_inputs=dict(inputs), timestamp=stamp, pdf_standards=["ua-1"])
        except typst.TypstError:
            drawn = paper.compile(format="pdf", sys_inputs=dict(inputs), timestamp=stamp)
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
