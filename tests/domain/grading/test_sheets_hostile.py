"""Files that mean harm, or are something else: each is refused with its reason, and we live on."""

import io
import zipfile

import pytest

from backend.core import workbook_marks, workbook_scan
from backend.core.errors import Unmet
from backend.domain.grading.sheet_headings import letters
from backend.domain.grading.sheets import SheetRefused, read_grades
from tests.domain.grading.sheet_files import by_hand, cell, graded, worksheet

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)
BOMB = '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
MACRO = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
NEAR = worksheet('<row r="1">' + cell("A1") + "</row>")


def zipped(names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


def excel():
    """A good workbook's bytes."""
    return by_hand(NEAR)


def lying():
    """The directory says that the worksheet is shorter than it is."""
    data = bytearray(by_hand(NEAR.replace("</sheetData>", " " * 5000 + "</sheetData>")))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size.to_bytes(4, "little")
    return bytes(data.replace(size, (10).to_bytes(4, "little")))


def columns(count):
    row = "".join(f'<c r="{place}1"><v>1</v></c>' for place in map(letters, range(count)))
    return by_hand(worksheet(f'<row r="1">{row}</row>'))


def far():
    return by_hand(worksheet(f'<row r="1">{cell("A1")}</row><row r="1048576">{cell("XFD1048576")}</row>'))


def corners():
    """Two cells at the corners of all that may be; the parser asks for the ten million between them, 320 MB."""
    return by_hand(worksheet(f'<row r="1">{cell("A1")}</row><row r="100010">{cell("CV100010")}</row>'))


HOSTILE = {
    "empty": (b"", "empty"),
    "html": (b"<html><table><tr><td>1</td></tr></table></html>", "not_xlsx"),
    "csv": (b"UserID,Nilai\n1,2\n", "not_xlsx"),
    "zip": (zipped(["a.txt"]), "not_xlsx"),
    "docx": (by_hand(NEAR, main="application/vnd.openxmlformats-officedocument.wordprocessingml.x"), "not_xlsx"),
    "xls": (OLE, "old_xls"),
    "encrypted": (OLE + "EncryptedPackage".encode("utf-16-le") + bytes(500), "encrypted"),
    "truncated": (excel()[:-200], "damaged"),
    "broken xml": (by_hand(NEAR, more={"xl/workbook.xml": "<workbook>"}), "damaged"),
    "no relations": (by_hand(NEAR, rels=False), "damaged"),
    "no sheet": (by_hand(NEAR, more={"xl/workbook.xml": "<workbook/>"}), "damaged"),
    "unknown encoding": (
        by_hand(NEAR, more={"xl/styles.xml": '<?xml version="1.0" encoding="x-no"?><a/>'}),
        "damaged",
    ),
    "gb18030": (by_hand(NEAR, more={"xl/styles.xml": '<?xml version="1.0" encoding="gb18030"?><a/>'}), "damaged"),
    "utf-16": (by_hand(NEAR.encode("utf-16")), "damaged"),
    "lying sizes": (lying(), "damaged"),
    "macros": (by_hand(NEAR, main=MACRO), "macros"),
    "vba": (by_hand(NEAR, more={"xl/vbaProject.bin": "x"}), "macros"),
    "external links": (by_hand(NEAR, more={"xl/externalLinks/externalLink1.xml": "<x/>"}), "external_links"),
    "entities": (by_hand(worksheet("&b;", BOMB)), "entities"),
    "entities in styles": (by_hand(NEAR, more={"xl/styles.xml": BOMB + "<styleSheet/>"}), "entities"),
    "late entities": (by_hand(NEAR, more={"xl/styles.xml": " " * 99_999 + BOMB + "<x>&b;</x>"}), "entities"),
    "far cell": (far(), "too_many_columns"),
    "corners": (corners(), "too_large"),
    "deep cell": (by_hand(worksheet(f'<row r="1048576">{cell("A1048576")}</row>')), "too_many_rows"),
    "deep cell, plain row": (by_hand(worksheet(f'<row r="1">{cell("A100011")}</row>')), "too_many_rows"),
    "16384 columns": (columns(16_384), "too_many_columns"),
    "101 columns": (columns(101), "too_many_columns"),
    "no places": (by_hand(worksheet("<row><c><v>1</v></c></row>")), "unusual_cells"),
    "hidden place": (by_hand(worksheet('<row r="1"><c r="&#88;FD1"><v>1</v></c></row>')), "unusual_cells"),
    "endless cell": (by_hand(worksheet("<row><c " + "x" * 3_000_000)), "too_large"),
    "zip bomb": (by_hand(worksheet(" " * (20 << 20))), "too_large"),
    "many parts": (by_hand(NEAR, more={f"xl/x{n}.xml": "<x/>" for n in range(1000)}), "too_large"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_it_is_refused_with_its_reason(name, tmp_path):
    data, reason = HOSTILE[name]
    path = tmp_path / "upload.xlsx"
    path.write_bytes(data)
    with pytest.raises(SheetRefused) as caught:
        await read_grades(path)
    assert caught.value.data["reason"] == reason, caught.value.data
    assert isinstance(caught.value, Unmet)


async def test_the_far_cell_is_small_and_names_its_place(tmp_path):
    path = tmp_path / "far"
    path.write_bytes(far())
    assert path.stat().st_size < 4096
    with pytest.raises(SheetRefused) as caught:
        await read_grades(path)
    assert caught.value.data["detail"] == "XFD1048576"


async def test_what_escapes_the_scan_meets_the_memory_limit(tmp_path):
    """An attribute with a ">" in it hides the far cell from the patterns; the parser then asks for 512 GiB."""
    hidden = '<row r="1048576"><c x="/>" r="XFD1048576"><v>1</v></c></row>'
    path = tmp_path / "s"
    path.write_bytes(by_hand(worksheet(f'<row r="1">{cell("A1")}</row>{hidden}')))
    with pytest.raises(SheetRefused) as caught:
        await read_grades(path)
    assert caught.value.data["reason"] == "too_large"


async def test_the_name_alone_makes_no_difference(tmp_path):
    for name in ("nilai", "nilai.xls", "nilai.csv"):
        assert len((await read_grades(graded(tmp_path / name, 80))).rows) == 1


def test_too_many_strings_are_refused_before_they_are_parsed(tmp_path, monkeypatch):
    row = (
        '<row r="{0}">'
        + "".join(f'<c r="{c}{{0}}" t="inlineStr"><is><t>a</t></is></c>' for c in "ABCDEFGHIJ")
        + "</row>"
    )
    path = tmp_path / "s"
    path.write_bytes(by_hand(worksheet("".join(row.format(n) for n in range(1, 2001)))))
    monkeypatch.setattr(workbook_marks, "CELLS_MAX", 19_999)
    with pytest.raises(workbook_scan.FileRefused) as caught:
        workbook_scan.inspect(str(path), sheets=(), properties=(), marked=workbook_scan.shows_percent)
    assert caught.value.reason == "too_many_cells"


async def test_a_dimension_that_lies_does_no_harm(tmp_path):
    xml = worksheet('<row r="1">' + cell("A1") + "</row>").replace(
        "<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>'
    )
    (tmp_path / "s").write_bytes(by_hand(xml))
    parsed = await read_grades(tmp_path / "s")
    assert [problem.code for problem in parsed.problems] == ["column_missing"] * 2


@pytest.mark.parametrize("at", range(0, 6000, 397))
async def test_a_byte_changed_anywhere_is_read_or_refused(at, tmp_path):
    data = bytearray(graded(tmp_path / "good", 80).read_bytes())
    data[at % len(data)] ^= 0x55
    (tmp_path / "s").write_bytes(data)
    reason = "read"
    try:
        await read_grades(tmp_path / "s")
    except SheetRefused as refused:
        reason = refused.data["reason"]
    assert reason in {"read", "damaged", "not_xlsx", "encrypted"}


async def test_a_file_that_is_not_there_is_our_own_mistake(tmp_path):
    with pytest.raises(FileNotFoundError):
        await read_grades(tmp_path / "nothing")
