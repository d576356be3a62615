"""The template, looked at with openpyxl; and the way there and back."""

import io
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.grading import sheet_reader, sheets
from backend.domain.grading.sheets import Current, GradeRow, Handed, judge
from tests.domain.grading.sheet_files import NOW, TASK, student, template

D = Decimal
EVIL = ['=HYPERLINK("http://evil.example","x")', "+1", "-1+1", "@SUM(A1)", "\t=1", "http://evil.example", "'=1"]
ROWS = [
    GradeRow(student(1), "Ani", "50412345", "ani@example.id", Handed.YES, D("85.5"), "bagus\nsekali", 3),
    GradeRow(student(2), "Budi", None, None, Handed.NO),
    GradeRow(student(3), "Citra", "1", "c@example.id", Handed.LATE, D(0), None, 1),
]


def opened(path):
    return openpyxl.load_workbook(path)["Penilaian"]


def books(rows):
    return {row.user: Current(row.grade, row.feedback, row.version) for row in rows}


def there_and_back(path, rows, edit):
    book = openpyxl.load_workbook(template(path, rows))
    edit(book["Penilaian"])
    book.save(path)
    return judge(sheet_reader.read(str(path)), books(rows), assignment=TASK)


def test_everybody_is_there_with_what_stands_now(tmp_path):
    page = opened(template(tmp_path / "t.xlsx", ROWS))
    values = [[cell.value for cell in row] for row in page.iter_rows()]
    assert values[0] == ["UserID", "No", "Nama Siswa", "Nilai", "Feedback", "NIM", "Email", "Status", "Versi"]
    ani = [str(student(1)), 1, "Ani", 85.5, "bagus\nsekali", "50412345", "ani@example.id", "Sudah mengumpulkan", 3]
    assert values[1] == ani
    assert values[2][3:5] == [None, None]
    assert values[2][7:] == ["Belum mengumpulkan", 0]
    assert values[3][3] == 0


def test_only_grades_and_feedback_can_be_edited(tmp_path):
    page = opened(template(tmp_path / "t.xlsx", ROWS))
    assert page.protection.sheet
    assert page.protection.password is None
    for row in page.iter_rows(min_row=2):
        assert [cell.column_letter for cell in row if not cell.protection.locked] == ["D", "E"]
    assert page.freeze_panes == "D2"
    assert [letter for letter, column in page.column_dimensions.items() if column.hidden] == ["A", "I"]


def test_grades_are_validated_in_the_sheet(tmp_path):
    (rule,) = opened(template(tmp_path / "t.xlsx", ROWS)).data_validations.dataValidation
    assert (str(rule.sqref), rule.type, rule.operator or "between") == ("D2:D4", "decimal", "between")
    assert (rule.formula1, rule.formula2, rule.allow_blank) == ("0", "100", True)


def test_a_template_without_students_is_a_sheet():
    out = io.BytesIO()
    sheets.write_template(out, sheets.GradeSheet(TASK, NOW, []))
    assert opened(out).max_row == 1


def test_nothing_in_it_is_a_formula_or_a_link(tmp_path):
    rows = [GradeRow(student(n), text, text, text, Handed.YES, D(1), text, 1) for n, text in enumerate(EVIL)]
    path = template(tmp_path / "t.xlsx", rows)
    for row in opened(path).iter_rows(min_row=2):
        for cell in row:
            assert cell.data_type != "f"
            assert cell.hyperlink is None
        assert row[2].quotePrefix == row[4].quotePrefix == (row[2].value[0] in "=+-@\t'")
    with zipfile.ZipFile(path) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml")
        assert b"<f>" not in xml
        assert b"<hyperlink" not in xml
    assert judge(sheet_reader.read(str(path)), books(rows)).unchanged == len(EVIL)


def test_untouched_it_changes_nothing(tmp_path):
    judgement = there_and_back(tmp_path / "t.xlsx", ROWS, lambda page: None)
    assert (judgement.changes, judgement.stale, judgement.problems) == ([], [], [])
    assert (judgement.unchanged, judgement.blank) == (2, 1)


def test_edits_come_out_as_changes(tmp_path):
    def edit(page):
        page["D2"], page["E2"] = "90,25", None
        page["D3"], page["E3"] = 70, "=bukan rumus"
        page["E3"].data_type = "s"

    first, second = there_and_back(tmp_path / "t.xlsx", ROWS, edit).changes
    assert (first.row, first.old_grade, first.new_grade) == (2, D("85.5"), D("90.25"))
    assert (first.new_feedback, first.version) == ("bagus\nsekali", 3)
    assert (second.user, second.new_grade, second.new_feedback) == (student(2), D(70), "=bukan rumus")


def test_a_sheet_knows_its_assignment_and_time(tmp_path):
    parsed = sheet_reader.read(str(template(tmp_path / "t", ROWS)))
    assert (parsed.assignment, parsed.exported_at) == (TASK, NOW.isoformat())


def test_feedback_that_does_not_fit_is_left_blank(tmp_path):
    rows = [ROWS[0]._replace(feedback="x" * 40_000)]
    path = template(tmp_path / "t.xlsx", rows)
    assert opened(path)["E2"].value is None
    assert judge(sheet_reader.read(str(path)), books(rows)).unchanged == 1


@pytest.mark.parametrize("text", ["_x0041_", 'a & <b> "c"', " tepi ", "😀 é", "a\x01b", '<c r="ZZ9"><f>1</f></c>'])
def test_odd_feedback_survives(tmp_path, text):
    rows = [ROWS[0]._replace(feedback=text)]
    assert judge(sheet_reader.read(str(template(tmp_path / "t", rows))), books(rows)).unchanged == 1


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.none() | st.integers(0, 10_000), st.text(st.characters(codec="utf-8"), max_size=20))))
def test_any_grades_survive_the_way_there_and_back(tmp_path_factory, contents):
    rows = [
        GradeRow(
            student(n),
            f"Siswa {n}",
            grade=None if cents is None else D(cents) / 100,
            feedback=text if cents is not None else None,
            version=n,
        )
        for n, (cents, text) in enumerate(contents)
    ]
    parsed = sheet_reader.read(str(template(tmp_path_factory.mktemp("t") / "t.xlsx", rows)))
    judgement = judge(parsed, books(rows))
    assert (judgement.changes, judgement.stale, judgement.problems) == ([], [], [])
    assert [row.grade for row in parsed.rows] == [row.grade for row in rows]
