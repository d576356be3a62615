"""Bank statements as banks write them: dates, amounts, columns, and what cannot be read."""

import csv
import io
from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.purchases import statement_reader, statements
from backend.domain.purchases.errors import StatementRefused
from backend.domain.purchases.statement_values import FileRefused, amount, day, marked, side
from backend.domain.purchases.terms import StatementCell, StatementFault

AMOUNTS = {
    "1.000.123,00": "1000123.00",
    "1,000,123.00": "1000123.00",
    "1000123": "1000123",
    "1000123.00": "1000123.00",
    "1000123,5": "1000123.5",
    "1.000.123": "1000123",
    "1,000,123": "1000123",
    "1.000": "1000",
    "1,000": "1000",
    "12,50": "12.50",
    "12.50": "12.50",
    "Rp 2.300.456": "2300456",
    "Rp2.300.456,-": "2300456",
    "-Rp2.300.456,-": "-2300456",
    ".00": "0.00",
    "-.50": "-0.50",
    "IDR 2,300,456.00": "2300456.00",
    "+750.123,00": "750123.00",
    "-750.123,00": "-750123.00",
    "750,123.00-": "-750123.00",
    "(750,123.00)": "-750123.00",
    "'750123": "750123",
    "1 000 123": "1000123",
    "0,00": "0.00",
    "1.00.123": None,
    "1,000.123,00": None,
    "1.000,123.00": None,
    "1234.567": None,
    "1.234.56": None,
    "0.123": None,
    "12a": None,
    "": None,
    "-": None,
    ",": None,
    "9" * 19: None,
    "١٢٣": None,
    "1e6": None,
    "NaN": None,
}
DAYS = {
    "22/11/2026": date(2026, 11, 22),
    "2/3/2026": date(2026, 3, 2),
    "22-11-2026": date(2026, 11, 22),
    "22.11.2026": date(2026, 11, 22),
    "2026-11-22": date(2026, 11, 22),
    "2026/11/22": date(2026, 11, 22),
    "22/11/26": date(2026, 11, 22),
    "22 Nov 2026": date(2026, 11, 22),
    "22-Okt-2026": date(2026, 10, 22),
    "5 Agustus 2026": date(2026, 8, 5),
    "5-AUG-26": date(2026, 8, 5),
    "22/11/2026 14:05:09": date(2026, 11, 22),
    "2026-11-22T14:05:09+07:00": date(2026, 11, 22),
    "'22/11/2026": date(2026, 11, 22),
    "11/22/2026": None,
    "31/02/2026": None,
    "22/11": None,
    "22/11/20266": None,
    "PEND": None,
    "": None,
    "22 Foo 2026": None,
    "0/0/0000": None,
}


@pytest.mark.parametrize(("text", "found"), AMOUNTS.items())
def test_amounts(text: str, found: str | None):
    assert amount(text) == (None if found is None else Decimal(found))


@given(st.integers(0, 10**15), st.integers(0, 99), st.sampled_from([",.", ".,", " ,", "'."]), st.booleans())
def test_an_amount_written_in_any_way_is_read_back(whole: int, cents: int, marks: str, has_cents: bool):  # noqa: FBT001
    text = f"{whole:,}".replace(",", marks[0]) + (f"{marks[1]}{cents:02}" if has_cents else "")
    assert amount(text) == Decimal(whole) + (Decimal(cents) / 100 if has_cents else 0)


@pytest.mark.parametrize(("text", "found"), DAYS.items())
def test_days(text: str, found: date | None):
    assert day(text) == found


@pytest.mark.parametrize(
    ("text", "until", "found"),
    [
        ("21/11", date(2026, 11, 22), date(2026, 11, 21)),
        ("'22/11", date(2026, 11, 22), date(2026, 11, 22)),
        ("23/11", date(2026, 11, 22), date(2025, 11, 23)),
        ("31 Des", date(2026, 1, 2), date(2025, 12, 31)),
        ("29/02", date(2026, 3, 1), None),
        ("29/02", date(2025, 1, 1), date(2024, 2, 29)),
        ("31/02", date(2026, 11, 22), None),
        ("22/11/2030", date(2026, 11, 22), date(2030, 11, 22)),
        ("PEND", date(2026, 11, 22), None),
    ],
)
def test_days_without_a_year(text: str, until: date, found: date | None):
    assert day(text, until) == found


def test_marks_and_sides():
    assert marked("1.000,00 CR") == ("1.000,00", True)
    assert marked("1.000,00DB") == ("1.000,00", False)
    assert marked("1.000,00") == ("1.000,00", None)
    assert [side(word) for word in ("K", "Kredit", "cr.", "D", "DEBET", "db", "x", "")] == [
        *[True] * 3,
        *[False] * 3,
        None,
        None,
    ]


HEADINGS = {
    "Tanggal|Keterangan|Mutasi": ("22/11/2026", "TRSF E-BANKING", "1.000.123,00 CR"),
    "Date|Description|Amount|Type": ("22/11/2026", "Transfer", "1,000,123.00", "CR"),
    "Tgl. Transaksi|Uraian|Debit (IDR)|Kredit (IDR)|Saldo": (
        "22/11/26",
        "Transfer",
        "",
        "1.000.123,00",
        "9.000.000,00",
    ),
    "Posting Date|Remark|Debit|Credit": ("2026-11-22", "Transfer", "0.00", "1000123.00"),
    "Tanggal|D/K|Nominal": ("22 Nov 2026", "K", "1.000.123"),
    "TANGGAL TRANSAKSI|JUMLAH (Rp)": ("22-11-2026 10:00", "1000123"),
}
PREAMBLE = "Rekening;1234567890\nPeriode;01/11/2026 - 30/11/2026\n\n"
FOOTER = [["Saldo Awal", "", ""], ["", "", ""], ["Total Kredit"]]


def written(rows, delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize(("headings", "delimiter"), list(product(HEADINGS, ",;\t")))
@pytest.mark.parametrize(
    ("preamble", "encoding"), [("", "utf-8"), (PREAMBLE, "utf-8-sig"), ("", "utf-16"), (PREAMBLE, "cp1252")]
)
def test_tables_of_many_banks(tmp_path, headings, delimiter, preamble, encoding):
    row = HEADINGS[headings]
    rows = [headings.split("|"), row, *FOOTER]
    text = preamble + written(rows, delimiter)
    if encoding == "cp1252":
        text = text.replace("Transfer", "Transfér").replace("TRSF", "TRSF \u20ac")
    path = tmp_path / "statement.csv"
    path.write_bytes(text.encode(encoding))
    found = statement_reader.read(str(path))
    (line,) = found.lines
    assert (line.row, line.on, line.amount) == (
        text.count("\n", 0, text.index(row[0])) + 1,
        date(2026, 11, 22),
        1000123,
    )
    assert (found.problem_count, found.rows, found.ignored) == (0, 3, 2)


def read(tmp_path, text: str | bytes):
    path = tmp_path / "statement.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return statement_reader.read(str(path))


BANKS = {
    "CR and DB below no heading, commas in texts": """Account No.,=,'0000000001
Name,=,SEKOLAH CONTOH
Currency,=,IDR

Date,Description,Branch,Amount,,Balance
'21/11/2026,TRSF E-BANKING DB LISTRIK,'0000,2300123.00,DB,5000000.00
'22/11/2026,TRSF E-BANKING CR BUDI, SISWA,'0000,2300123.00,CR,7300123.00
'22/11/2026,BIAYA ADM, BULANAN,'0000,15000.00,DB,7285123.00
Starting Balance,=,7300123.00
Credit,=,2300123.00
""",
    "no year, a period above": """Mutasi Rekening
Periode : 01/11/2026 - 30/11/2026

Tanggal Transaksi,Keterangan,Cabang,Jumlah,,Saldo
'22/11,"TRSF E-BANKING CR BUDI",'0000,"2,300,123.00",CR,"9,300,123.00"
'22/11,"TARIKAN ATM",'0000,"2,300,123.00",DB,"7,000,000.00"
"Saldo Awal : 7,000,000.00"
""",
    "cents alone": """Account No,Date,Val. Date,Transaction Code,Description,Description,Reference No.,Debit,Credit,
0001,21/11/26,21/11/26,6902,"BIAYA","",,"5,000.00",".00",
0001,22/11/26,22/11/26,7820,"TRF DARI BUDI","",,".00","2,300,123.00",
""",
    "credit before debit": """AccountNo;Ccy;PostDate;Remarks;AdditionalDesc;Credit Amount;Debit Amount;Close Balance
0001;IDR;2026-11-22 10:20:01;TRF DARI BUDI;;2,300,123.00;0.00;9,300,123.00
0001;IDR;2026-11-22 10:25:00;BIAYA;;0.00;5,000.00;9,295,123.00
""",
    "names as in a database": """ID,NOREK,TGL_TRAN,DESK_TRAN,MUTASI_DEBET,MUTASI_KREDIT,SALDO_AKHIR_MUTASI,GLSIGN
1,0001,2026-11-22 00:00:00,TRF DARI BUDI,.00,2300123.00,9300123.00,K
2,0001,2026-11-22 00:00:00,BIAYA,5000.00,.00,9295123.00,D
""",
}


@pytest.mark.parametrize("form", BANKS)
def test_forms_of_banks(tmp_path, form):
    (tmp_path / "statement.csv").write_text(BANKS[form])
    found = statement_reader.read(str(tmp_path / "statement.csv"), "2026-11-24")
    assert [(line.on, line.amount) for line in found.lines] == [(date(2026, 11, 22), 2300123)]
    assert "BUDI" in found.lines[0].text
    assert found.problem_count == 0


def test_a_year_is_not_guessed_beyond_what_is_told(tmp_path):
    text = "Dicetak 24/11/2099\n\nTanggal,Jumlah\n22/11,5\n23/11,6\n"
    (tmp_path / "statement.csv").write_text(text)
    found = statement_reader.read(str(tmp_path / "statement.csv"), "2026-11-22")
    assert [line.on for line in found.lines] == [date(2026, 11, 22), date(2025, 11, 23)]
    assert [wrong.found for wrong in read(tmp_path, text).problems] == ["22/11", "23/11"]


def test_what_went_out_is_left_out(tmp_path):
    found = read(
        tmp_path,
        "Date,Amount,DB/CR\n22/11/2026,100,DB\n22/11/2026,-100,\n22/11/2026,0,CR\n22/11/2026,100 D,\n22/11/2026,7,CR\n",
    )
    assert [(line.row, line.amount) for line in found.lines] == [(6, 7)]
    assert found.ignored == 4


def test_every_cell_that_cannot_be_read_is_told(tmp_path):
    found = read(
        tmp_path,
        "Tanggal;Keterangan;Jumlah;D/K\n"
        "11/22/2026;a;100;K\n"
        "22/11/2026;b;seratus;K\n"
        "22/11/2026;c;100;Z\n"
        "22/11/2026;d;;K\n"
        "PEND;e;100;K\n"
        "22/11/2026\n"
        "22/11/2026;f;100;K;more;than;there;is\n",
    )
    assert [(wrong.row, wrong.column, wrong.found, wrong.expected) for wrong in found.problems] == [
        (2, "Tanggal", "11/22/2026", StatementCell.DATE),
        (3, "Jumlah", "seratus", StatementCell.AMOUNT),
        (4, "D/K", "Z", StatementCell.SIDE),
        (5, "Jumlah", "", StatementCell.AMOUNT),
        (6, "Tanggal", "PEND", StatementCell.DATE),
        (7, "Jumlah", "", StatementCell.AMOUNT),
    ]
    assert [line.row for line in found.lines] == [8]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", StatementFault.NO_HEADINGS),
        (b"a;b\n1;2\n", StatementFault.NO_HEADINGS),
        (b"Tanggal;Saldo\n22/11/2026;5\n", StatementFault.NO_HEADINGS),
        (b"PK\x03\x04rest", StatementFault.NOT_TEXT),
        (b"%PDF-1.7", StatementFault.NOT_TEXT),
        (b"Tanggal;Jumlah\n\0\0", StatementFault.NOT_TEXT),
        (b"Tanggal;Jumlah\n22/11/2026;" + b"9" * 30_000, StatementFault.DAMAGED),
        (b'Tanggal;Jumlah\n22/11/2026;"' + b"1\n" * 30_000, StatementFault.DAMAGED),
        (b"Tanggal;Jumlah\n" + b"22/11/2026;5\n" * 100_001, StatementFault.TOO_MANY_ROWS),
    ],
)
def test_files_that_are_no_statement(tmp_path, content, fault):
    with pytest.raises(FileRefused) as refused:
        read(tmp_path, content)
    assert refused.value.fault is fault


async def test_a_file_is_read_in_a_process_of_its_own(tmp_path):
    path = tmp_path / "statement.csv"
    path.write_text("Tanggal;Jumlah\n" + "22/11/2026;1.000.123,00\n" * 100_000)
    found = await statements.read_statement(path)
    assert (len(found.lines), found.rows, found.lines[-1].amount) == (100_000, 100_000, Decimal("1000123.00"))
    path.write_bytes(b"%PDF-1.7")
    with pytest.raises(StatementRefused) as refused:
        await statements.read_statement(path)
    assert refused.value.data["reason"] is StatementFault.NOT_TEXT
