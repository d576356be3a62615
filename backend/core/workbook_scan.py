"""Look into a workbook before a parser that cannot defend itself does: is it one, and which sheet is meant?"""

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import Element

import msgspec
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from backend.core import workbook_marks
from backend.core.archives import ArchiveRefused, scan
from backend.core.workbook_marks import Marks
from backend.core.workbooks import FileRefused, Refusal

ENTRIES_MAX = 1_000
TOTAL_MAX = 256 << 20
ENTRY_MAX = 192 << 20
RATIO_MAX = 200
PART_MAX = 4 << 20  # the small parts that are read whole
PIECE = 256 << 10
CELL_BYTES_MAX = 1 << 20

_WORKBOOK = "xl/workbook.xml"
_SHEET_TYPES = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
)
GENERAL = "General"
_BUILT_IN = {
    "1": "0",
    "2": "0.00",
    "3": "#,##0",
    "4": "#,##0.00",
    "9": "0%",
    "10": "0.00%",
    "11": "0.00E+00",
    "14": "m/d/yyyy",
    "15": "d-mmm-yy",
    "16": "d-mmm",
    "17": "mmm-yy",
    "18": "h:mm AM/PM",
    "19": "h:mm:ss AM/PM",
    "20": "h:mm",
    "21": "h:mm:ss",
    "22": "m/d/yyyy h:mm",
    "37": "#,##0",
    "38": "#,##0",
    "39": "#,##0.00",
    "40": "#,##0.00",
    "45": "mm:ss",
    "46": "h:mm:ss",
    "47": "mm:ss",
    "48": "0.0E+0",
    "49": "@",
}
"""Number formats that a workbook names without spelling them. Source: ECMA-376 part 1, 18.8.30 (numFmt)."""

LITERAL = re.compile(r'"[^"]*"|\\.')  # what a number format shows as it stands


class Book(msgspec.Struct):
    """What a workbook is, before it is parsed: the sheet to read, and the properties that were asked for."""

    sheet: str
    marks: Marks
    properties: dict[str, str]


def shows_percent(code: str) -> bool:
    """Whether a number format shows 0.85 as 85%."""
    return "%" in LITERAL.sub("", code)


def inspect(path: str, *, sheets: Collection[str], properties: Collection[str], marked: Callable[[str], bool]) -> Book:
    """Decide whether a file is a workbook that can be parsed, and which of its sheets is meant.

    That is the first of those called one of `sheets` (in small letters), else the first that can be seen. Cells
    whose number format is `marked` are in the answer's marks.

    Raises: FileRefused.
    """
    with Path(path).open("rb") as file:
        _check_archive(file)
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            _check_parts(archive, names)
            sheet, part = _choose_sheet(archive, names, sheets)
            styles = {style: code for style, code in _number_formats(archive, names) if marked(code)}
            found = workbook_marks.marks(_pieces(archive, part), styles)
            return Book(sheet, found, _properties(archive, names, properties))


def _check_archive(file: BinaryIO) -> None:
    try:
        scan(
            file,
            max_entries=ENTRIES_MAX,
            max_total_bytes=TOTAL_MAX,
            max_entry_bytes=ENTRY_MAX,
            max_ratio=RATIO_MAX,
        )
    except ArchiveRefused as refused:
        if refused.reason == "not_zip":
            raise _not_an_archive(file) from refused
        reasons = {"encrypted": Refusal.ENCRYPTED, "damaged": Refusal.DAMAGED}
        large = {"too_many_entries", "too_large", "entry_too_large", "ratio"}
        reason = Refusal.TOO_LARGE if refused.reason in large else reasons.get(refused.reason, Refusal.DAMAGED)
        raise FileRefused(reason, refused.reason) from refused


def _not_an_archive(file: BinaryIO) -> FileRefused:
    """Say what the file is instead, as far as its first bytes tell."""
    file.seek(0)
    head = file.read(PIECE)
    if not head:
        return FileRefused(Refusal.EMPTY)
    if head.startswith(b"PK\x03\x04"):
        return FileRefused(Refusal.DAMAGED, "truncated")
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        locked = "EncryptedPackage".encode("utf-16-le")
        file.seek(-min(file.seek(0, io.SEEK_END), PIECE), io.SEEK_END)
        return FileRefused(Refusal.ENCRYPTED if locked in head + file.read() else Refusal.OLD_XLS)
    return FileRefused(Refusal.NOT_XLSX, "html" if head.lstrip()[:1] == b"<" else "")


def _check_parts(archive: zipfile.ZipFile, names: set[str]) -> None:
    if _WORKBOOK not in names or "[Content_Types].xml" not in names:
        raise FileRefused(Refusal.NOT_XLSX)
    for name in names:
        if name.endswith((".xml", ".rels")):
            _check_declarations(archive, name)
    types = {item.get("ContentType", "") for item in _xml(archive, "[Content_Types].xml")}
    if any("macroEnabled" in kind for kind in types) or any(name.endswith("vbaProject.bin") for name in names):
        raise FileRefused(Refusal.MACROS)
    if not types.intersection(_SHEET_TYPES):
        raise FileRefused(Refusal.NOT_XLSX)
    if any(name.lower().startswith("xl/externallinks/") for name in names):
        raise FileRefused(Refusal.EXTERNAL_LINKS)


def _check_declarations(archive: zipfile.ZipFile, name: str) -> None:
    """Office programs write UTF-8 and never a document type; where entities begin, reading ends."""
    with archive.open(name) as part:
        head = part.read(PART_MAX >> 6)
    if b"\0" in head or head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileRefused(Refusal.DAMAGED, "encoding")
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise FileRefused(Refusal.ENTITIES, name)


def _xml(archive: zipfile.ZipFile, name: str) -> Element:
    if archive.getinfo(name).file_size > PART_MAX:
        raise FileRefused(Refusal.TOO_LARGE, name)
    try:
        return ElementTree.fromstring(archive.read(name), forbid_dtd=True)
    except DefusedXmlException as bomb:
        raise FileRefused(Refusal.ENTITIES, name) from bomb
    except (ElementTree.ParseError, ValueError, LookupError) as broken:
        raise FileRefused(Refusal.DAMAGED, name) from broken


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _choose_sheet(archive: zipfile.ZipFile, names: set[str], wanted: Collection[str]) -> tuple[str, str]:
    """The name and the part of the sheet that is meant."""
    rels = "xl/_rels/workbook.xml.rels"
    if rels not in names:
        raise FileRefused(Refusal.DAMAGED, rels)
    parts = {
        item.get("Id"): posixpath.normpath(posixpath.join("/xl", item.get("Target", ""))).lstrip("/")
        for item in _xml(archive, rels)
        if item.get("Type", "").endswith("/worksheet")
    }
    sheets = []
    for item in _xml(archive, _WORKBOOK).iter():
        if _local(item.tag) == "sheet":
            key = next((value for name, value in item.items() if _local(name) == "id"), None)
            if parts.get(key) in names:
                sheets.append((item.get("name", ""), parts[key], item.get("state", "visible") == "visible"))
    if not sheets:
        raise FileRefused(Refusal.DAMAGED, "no worksheet")
    named = [sheet for sheet in sheets if sheet[0].strip().casefold() in wanted]
    seen = [sheet for sheet in sheets if sheet[2]]
    return (named or seen or sheets)[0][:2]


def _number_formats(archive: zipfile.ZipFile, names: set[str]) -> Iterator[tuple[bytes, str]]:
    """The numbers of the cell styles, each with its number format."""
    if "xl/styles.xml" not in names:
        return
    tables = {_local(item.tag): list(item) for item in _xml(archive, "xl/styles.xml")}
    own = {item.get("numFmtId"): item.get("formatCode", GENERAL) for item in tables.get("numFmts", ())}
    for number, item in enumerate(tables.get("cellXfs", ())):
        key = item.get("numFmtId")
        yield str(number).encode(), own.get(key) or _BUILT_IN.get(key or "", GENERAL)


def _properties(archive: zipfile.ZipFile, names: set[str], wanted: Collection[str]) -> dict[str, str]:
    if "docProps/custom.xml" not in names:
        return {}
    found = {item.get("name", ""): "".join(item.itertext()) for item in _xml(archive, "docProps/custom.xml")}
    return {name: text[:64] for name, text in found.items() if name in wanted}


def _pieces(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """A part in pieces that never cut a cell in two."""
    rest = b""
    with archive.open(name) as part:
        while more := part.read(PIECE):
            piece = rest + more
            prefixed = piece.rfind(b"<", 0, max(piece.rfind(b":c "), 0))
            cut = max(piece.rfind(b"<c "), prefixed)
            cut = cut if cut > 0 else piece.rfind(b"<")
            if len(piece) - cut > CELL_BYTES_MAX:
                raise FileRefused(Refusal.UNUSUAL_CELLS, "size")
            yield piece[:cut]
            rest = piece[cut:]
    yield rest
