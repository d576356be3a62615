"""Reading real workbooks: headings, each kind of cell, duplicates, and where each problem stands."""

import datetime as dt
from decimal import Decimal

import openpyxl
import pytest

from backend.domain.grading import sheet_reader
from backend.domain.grading.sheet_values import ParsedRow
from backend.domain.grading.sheets import GradeRow, read_grades
from tests.domain.grading.sheet_files import by_hand, cell, graded, student, template, worksheet, written

D = Decimal


def read(path):
    return sheet_reader.read(str(path))


def only(parsed):
    (problem,) = parsed.problems
    assert parsed.problem_count == 1
    return problem


def formula(text, value):
    return lambda page, row, column, formats: page.write_formula(row, column, text, None, value)


def styled(value, style):
    return lambda page, row, column, formats: page.write(row, column, value, formats[style])


async def test_a_sheet_is_read_in_a_child_process(tmp_path):
    path = written(tmp_path / "s", [(str(student(1)), 1, "Ani", "85,5", "baik", 4)])
    parsed = await read_grades(path)
    assert parsed.rows == [ParsedRow(2, student(1), D("85.5"), "baik", 4)]
    assert (parsed.sheet, parsed.problems, parsed.assignment) == ("Penilaian", [], None)
    assert parsed.columns["grade"] == "D Nilai"


@pytest.mark.parametrize(
    "headings",
    [
        ("Nilai", "UserID", "Feedback", "Versi"),
        ("GRADE", "student id", "Feedback", "version"),
        ("score", " ID Siswa ", "Catatan", "Versi"),
        ("Nilai *", "User_ID", "Umpan Balik", "VERSI"),
    ],
)
def test_columns_are_found_by_name_in_any_order(tmp_path, headings):
    path = written(tmp_path / "s", [(80, str(student(1)), "baik", 2)], headings)
    assert read(path).rows == [ParsedRow(2, student(1), D(80), "baik", 2)]


def test_a_title_may_stand_above_the_headings(tmp_path):
    rows = [(), ("Kelas A",), ("UserID", "Nilai"), (str(student(1)), 80)]
    assert read(written(tmp_path / "s", rows, ("Penilaian tugas",))).rows == [
        ParsedRow(5, student(1), D(80), None, None)
    ]


def test_headings_below_the_tenth_row_are_not_found(tmp_path):
    rows = [()] * 9 + [("UserID", "Nilai"), (str(student(1)), 80)]
    parsed = read(written(tmp_path / "s", rows, ("Judul",)))
    assert [(problem.row, problem.found) for problem in parsed.problems] == [(1, "Judul")] * 2


@pytest.mark.parametrize(
    ("headings", "missing"),
    [
        (("UserID", "Nama", "Angka"), ["Nilai"]),
        (("Nama", "Nilai", "Angka"), ["UserID"]),
        (("x", "y", "z"), ["UserID", "Nilai"]),
    ],
)
def test_a_missing_column_is_named_with_what_was_found(tmp_path, headings, missing):
    parsed = read(written(tmp_path / "s", [("a", "b", "c")], headings))
    assert [problem.column for problem in parsed.problems] == missing
    assert {(problem.row, problem.code, problem.found) for problem in parsed.problems} == {
        (1, "column_missing", ", ".join(headings))
    }


def test_an_empty_sheet_has_no_columns(tmp_path):
    parsed = read(written(tmp_path / "s", [], ()))
    assert [problem.code for problem in parsed.problems] == ["column_missing"] * 2


def test_a_column_that_is_there_twice_is_refused(tmp_path):
    problem = only(read(written(tmp_path / "s", [(str(student(1)), 1, 2)], ("UserID", "Nilai", "Grade"))))
    assert (problem.row, problem.code) == (1, "column_twice")
    assert (problem.column, problem.found) == ("C Grade", "B Nilai, C Grade")


def test_the_sheet_with_the_known_name_wins(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Catatan"
    page = book.create_sheet("grades")
    for row in (("UserID", "Nilai"), (str(student(1)), 80)):
        page.append(row)
    book.save(tmp_path / "s")
    assert read(tmp_path / "s").sheet == "grades"


def test_a_hidden_sheet_is_not_the_first(tmp_path):
    book = openpyxl.Workbook()
    book.active.sheet_state = "veryHidden"
    book.create_sheet("Kelas A")
    book.active = 1
    book.save(tmp_path / "s")
    assert read(tmp_path / "s").sheet == "Kelas A"


def test_blank_rows_are_skipped_and_numbers_stay_right(tmp_path):
    rows = [
        (),
        (str(student(1)), 1, "A", 5),
        (),
        ("", 9, "  ", " "),
        (None, 3, "Rata-rata"),
        (str(student(2)), 2, "B", 6),
    ]
    assert [row.row for row in read(written(tmp_path / "s", rows)).rows] == [3, 7]


@pytest.mark.parametrize(
    ("grade", "code", "found"),
    [
        ("A", "not_a_number", "A"),
        (True, "not_a_number", "TRUE"),
        (101, "out_of_range", "101"),
        ("-1", "out_of_range", "-1"),
        (85.333, "too_precise", "85.333"),
        (styled(dt.date(2026, 5, 8), "yyyy-mm-dd"), "date_for_number", "2026-05-08"),
        (styled(0.855, "0%"), "percent", "85.5%"),
        (styled(1, "0%"), "percent", "100%"),
        ("85%", "percent", "85%"),
        (formula("=NA()", "#N/A"), "error_value", "#N/A"),
        (formula("=1/0", "#DIV/0!"), "error_value", "#DIV/0!"),
        (formula("=60+20", ""), "formula_without_value", ""),
    ],
)
def test_a_wrong_grade_is_reported_where_it_stands(tmp_path, grade, code, found):
    parsed = read(graded(tmp_path / "s", grade, "baik", 1))
    problem = only(parsed)
    assert (problem.row, problem.column, problem.code) == (2, "D Nilai", code)
    assert (problem.found, problem.expected) == (found, "grade")
    assert parsed.rows == []


@pytest.mark.parametrize(
    ("grade", "value"),
    [
        (None, None),
        ("  ", None),
        (formula("=60+20", 80), D(80)),
        (formula('="85,5"', "85,5"), D("85.5")),
        (styled(80, '0.0"%"'), D(80)),
    ],
)
def test_cached_values_count_and_blanks_leave_alone(tmp_path, grade, value):
    parsed = read(graded(tmp_path / "s", grade))
    assert parsed.rows[0].grade == value


def test_openpyxl_saves_formulas_without_a_value(tmp_path):
    book = openpyxl.Workbook()
    for row in (("UserID", "Nilai", "Feedback"), (str(student(1)), "=60+20", "=A1")):
        book.active.append(row)
    book.save(tmp_path / "s")
    parsed = read(tmp_path / "s")
    assert [(p.column, p.code) for p in parsed.problems] == [
        ("B Nilai", "formula_without_value"),
        ("C Feedback", "formula_without_value"),
    ]


def test_every_problem_of_every_row_is_collected(tmp_path):
    rows = [("Ani", 1, "A", "x", True, -1), (None, 2, "B", 200, "baik", 1), (str(student(3)), 3, "C", 80, "", 1)]
    parsed = read(written(tmp_path / "s", rows))
    assert [(p.row, p.column, p.code) for p in parsed.problems] == [
        (2, "A UserID", "student_malformed"),
        (2, "D Nilai", "not_a_number"),
        (2, "E Feedback", "not_text"),
        (2, "F Versi", "version_malformed"),
        (3, "A UserID", "student_missing"),
        (3, "D Nilai", "out_of_range"),
    ]
    assert [row.row for row in parsed.rows] == [4]


def test_a_student_who_is_there_twice_is_at_fault_in_each_row(tmp_path):
    rows = [(str(student(n)), 1, "A", grade) for n, grade in ((1, 5), (2, 6), (1, "x"), (1, 7))]
    parsed = read(written(tmp_path / "s", rows))
    twice = [(p.row, p.other_row) for p in parsed.problems if p.code == "student_twice"]
    assert twice == [(2, 4), (4, 2), (5, 2)]
    assert [row.user for row in parsed.rows] == [student(2)]


def test_problems_end_at_a_thousand_but_are_counted(tmp_path):
    parsed = read(written(tmp_path / "s", [("x", 1, "A", "y")] * 700))
    assert (len(parsed.problems), parsed.problem_count) == (1000, 1400)


def test_a_styled_cell_far_away_does_not_matter(tmp_path):
    texts = {"A1": "UserID", "B1": "Nilai"}
    cells = "".join(f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>' for place, text in texts.items())
    head = f'<row r="1">{cells}</row>'
    body = f'<row r="2"><c r="A2" t="inlineStr"><is><t>{student(1)}</t></is></c>{cell("B2", 80)}</row>'
    far = '<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    (tmp_path / "s").write_bytes(by_hand(worksheet(head + body + far, before="<!-- x -->")))
    assert read(tmp_path / "s").rows == [ParsedRow(2, student(1), D(80), None, None)]


@pytest.mark.parametrize("prefix", ["", "x:"])
def test_cells_are_understood_with_and_without_a_prefix(tmp_path, prefix):
    texts = {"A1": "UserID", "B1": "Nilai", "A2": str(student(1))}
    cells = [f'<c t="inlineStr" r="{place}"><is><t>{text}</t></is></c>' for place, text in texts.items()]
    rows = f'<row r="1">{cells[0]}{cells[1]}</row><row r="2">{cells[2]}<c t="e" r="B2"><f>NA()</f><v>#N/A</v></c></row>'
    xml = worksheet(rows)
    if prefix:
        xml = xml.replace("</", "\0").replace("<?", "\1").replace("<", "<x:").replace("\0", "</x:")
        xml = xml.replace("\1", "<?").replace("xmlns=", "xmlns:x=")
    (tmp_path / "s").write_bytes(by_hand(xml))
    assert only(read(tmp_path / "s")).found == "#N/A"


def test_pieces_of_any_size_give_the_same_marks(tmp_path, monkeypatch):
    rows = [(str(student(n)), n, "A", formula("=NA()", "#N/A") if n % 3 else formula("=1", "")) for n in range(1, 60)]
    path = written(tmp_path / "s", rows)
    whole = read(path).problems
    for size in (37, 100, 1000):
        monkeypatch.setattr("backend.core.workbook_scan.PIECE", size)
        assert read(path).problems == whole
    assert len(whole) == 59


def test_five_thousand_rows_are_read(tmp_path):
    rows = (GradeRow(student(n), f"Siswa {n}", grade=D(n % 101), version=1) for n in range(5000))
    parsed = read(template(tmp_path / "s.xlsx", rows))
    assert (len(parsed.rows), parsed.problem_count) == (5000, 0)
    assert parsed.rows[-1] == ParsedRow(5001, student(4999), D(4999 % 101), None, 1)
