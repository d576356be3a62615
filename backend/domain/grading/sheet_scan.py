"""Look into a workbook before a parser that cannot defend itself does.

The parser (calamine) allocates the whole rectangle that the cells span, reads error cells as blank, and does
not show formulas or formats. So each worksheet's XML is read here first, as bytes: it says where the cells
lie, and which of them need a word of their own. What is unusual enough to escape these patterns meets the
memory limit of the child process that all of this runs in.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import Element

import msgspec
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from backend.core.archives import ArchiveRefused, scan
from backend.domain.grading.sheet_headings import SEARCHED_ROWS, SHEET_NAMES
from backend.domain.grading.sheet_values import ASSIGNMENT, COLUMNS_MAX, DATA_ROWS_MAX, EXPORTED, FileRefused, Refusal

ENTRIES_MAX = 1_000
TOTAL_MAX = 256 << 20
ENTRY_MAX = 192 << 20
RATIO_MAX = 200
PART_MAX = 4 << 20  # the small parts that are read whole
CELLS_MAX = 2_000_000
ROWS_MAX = DATA_ROWS_MAX + SEARCHED_ROWS
PIECE = 256 << 10
CELL_BYTES_MAX = 1 << 20

_WORKBOOK = "xl/workbook.xml"
_SHEET_TYPES = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
)
_PERCENT_BUILT_IN = {"9", "10"}

_FORMULA = re.compile(rb"<(?:\w+:)?c(\s[^<>]*)>\s*<(?:\w+:)?f[\s/>]")
_ERROR_TEXT = re.compile(rb"\s*(?:<(?:\w+:)?f[^>]*>(?:[^<]*</(?:\w+:)?f>)?)?\s*<(?:\w+:)?v>([^<]{1,20})")
_LITERAL = re.compile(r'"[^"]*"|\\.')  # what a number format shows as it stands
_ATTRIBUTE = re.compile(rb"""\s(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_PLACE = re.compile(rb"([A-Z]{1,3})([0-9]{1,7})")


class Marks(msgspec.Struct):
    """Cells of one worksheet, by (row, column) from 0, whose value alone does not say what they are."""

    formulas: set[tuple[int, int]] = msgspec.field(default_factory=set)  # with no text as a result
    errors: dict[tuple[int, int], str] = msgspec.field(default_factory=dict)
    percents: set[tuple[int, int]] = msgspec.field(default_factory=set)


class Book(msgspec.Struct):
    """What a workbook is, before it is parsed: the sheet to read, and the properties our template has."""

    sheet: str
    marks: Marks
    properties: dict[str, str]


def inspect(path: str) -> Book:
    """Decide whether a file is a workbook that can be parsed, and which of its sheets is meant.

    Raises: FileRefused.
    """
    with Path(path).open("rb") as file:
        _check_archive(file)
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            _check_parts(archive, names)
            sheet, part = _choose_sheet(archive, names)
            percents = _percent_styles(archive, names)
            marks = _Scanner(percents).read(_pieces(archive, part))
            return Book(sheet, marks, _properties(archive, names))


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
    except ElementTree.ParseError as broken:
        raise FileRefused(Refusal.DAMAGED, name) from broken


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _choose_sheet(archive: zipfile.ZipFile, names: set[str]) -> tuple[str, str]:
    """The name and the part of the sheet called Penilaian or Grades, else of the first that can be seen."""
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
    named = [sheet for sheet in sheets if sheet[0].strip().casefold() in SHEET_NAMES]
    seen = [sheet for sheet in sheets if sheet[2]]
    return (named or seen or sheets)[0][:2]


def _percent_styles(archive: zipfile.ZipFile, names: set[str]) -> set[bytes]:
    """Numbers of the cell styles that show 0.85 as 85%."""
    if "xl/styles.xml" not in names:
        return set()
    root = _xml(archive, "xl/styles.xml")
    tables = {_local(item.tag): list(item) for item in root}
    own = tables.get("numFmts", ())
    percent = {item.get("numFmtId") for item in own if "%" in _LITERAL.sub("", item.get("formatCode", ""))}
    percent |= _PERCENT_BUILT_IN
    formats = enumerate(tables.get("cellXfs", ()))
    return {str(number).encode() for number, item in formats if item.get("numFmtId") in percent}


def _properties(archive: zipfile.ZipFile, names: set[str]) -> dict[str, str]:
    if "docProps/custom.xml" not in names:
        return {}
    found = {item.get("name", ""): "".join(item.itertext()) for item in _xml(archive, "docProps/custom.xml")}
    return {name: text[:64] for name, text in found.items() if name in (ASSIGNMENT, EXPORTED)}


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


class _Scanner:
    """Looks at every cell of one worksheet; only those that are not plain cost more than a glance."""

    def __init__(self, percents: set[bytes]) -> None:
        self.percents = percents
        self.marks = Marks()
        self.cells = 0
        unless = b"(?!(?:" + b"|".join(percents) + b')")' if percents else b""
        plain = b' r="[AB]?[A-Z][0-9]{1,5}"(?: s="' + unless + b'[0-9]+")?'
        plain += b'(?: t="(?:s|n|str|inlineStr|b)")? ?/?>'
        self.odd = re.compile(rb"<(?:\w+:)?c(?=[\s/>])(?!" + plain + rb")([^<>]*)>")

    def read(self, pieces: Iterator[bytes]) -> Marks:
        for piece in pieces:
            self.cells += piece.count(b"<c ") + piece.count(b":c ")
            if self.cells > CELLS_MAX:
                raise FileRefused(Refusal.TOO_MANY_CELLS, str(CELLS_MAX))
            for found in self.odd.finditer(piece):
                self._look(piece, found)
            if b"<f" in piece or b":f" in piece:
                for found in _FORMULA.finditer(piece):
                    self._look_at_formula(found)
        return self.marks

    def _look(self, piece: bytes, found: re.Match[bytes]) -> None:
        if found[1].rstrip().endswith(b"/"):
            return  # a style without a value
        attributes = _attributes(found[1])
        place = _place(attributes)
        if attributes.get(b"t") == b"e":
            text = _ERROR_TEXT.match(piece, found.end())
            self.marks.errors[place] = text[1].decode("ascii", "replace") if text else "#"
        if attributes.get(b"s") in self.percents:
            self.marks.percents.add(place)

    def _look_at_formula(self, found: re.Match[bytes]) -> None:
        attributes = _attributes(found[1])
        if attributes.get(b"t") != b"str":
            self.marks.formulas.add(_place(attributes))


def _attributes(tag: bytes) -> dict[bytes, bytes]:
    return {name: double or single for name, double, single in _ATTRIBUTE.findall(tag)}


def _place(attributes: dict[bytes, bytes]) -> tuple[int, int]:
    """Row and column from 0 of a cell that is within the limits."""
    where = attributes.get(b"r", b"")
    found = _PLACE.fullmatch(where)
    if not found:
        raise FileRefused(Refusal.UNUSUAL_CELLS, where[:20].decode("ascii", "replace"))
    row, column = int(found[2]), 0
    for letter in found[1]:
        column = column * 26 + letter - ord("A") + 1
    if column > COLUMNS_MAX:
        raise FileRefused(Refusal.TOO_MANY_COLUMNS, where.decode())
    if row > ROWS_MAX:
        raise FileRefused(Refusal.TOO_MANY_ROWS, where.decode())
    return row - 1, column - 1
