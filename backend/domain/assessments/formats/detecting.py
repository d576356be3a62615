"""Which format a file of questions is in, told by its beginning. Pure."""

import codecs
import re

from backend.domain.assessments.formats.findings import Format

HEAD_BYTES = 64 << 10
_OPTION = re.compile(r"^[ \t]*[A-Z][.)]", re.MULTILINE)
_ANSWER = re.compile(r"^[ \t]*ANSWER:", re.MULTILINE)
_BRACE = re.compile(r"(?<!\\)\{")

EXTENSIONS = {Format.XLSX: "xlsx", Format.GIFT: "gift", Format.AIKEN: "txt", Format.MOODLE_XML: "xml"}


def detected(head: bytes) -> Format | None:
    """The format of a file that begins so; None: none of ours. `head` may end anywhere."""
    if head.startswith(b"PK\x03\x04"):
        return Format.XLSX
    text = _text(head)
    if text is None:
        return None
    if text.lstrip().startswith("<"):
        return Format.MOODLE_XML if "<quiz" in text else None
    if _ANSWER.search(text) and _OPTION.search(text):
        return Format.AIKEN
    return Format.GIFT if _BRACE.search(text) else None


def may_be(format_: Format, head: bytes) -> bool:
    """Whether a file that begins so can be in a format at all; what is wrong in it, its reader tells."""
    if format_ is Format.XLSX:
        return head.startswith(b"PK\x03\x04")
    is_text = bool(head.strip()) and not head.startswith(b"PK\x03\x04") and b"\0\0" not in head
    return is_text and (format_ is not Format.MOODLE_XML or detected(head) is Format.MOODLE_XML)


def _text(head: bytes) -> str | None:
    is_wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = codecs.getincrementaldecoder("utf-16" if is_wide else "utf-8-sig")().decode(head, final=False)
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
