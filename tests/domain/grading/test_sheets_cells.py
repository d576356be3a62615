"""What may stand in a cell, as a table of cases; no file."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.grading import sheet_cells, sheet_headings
from backend.domain.grading.sheet_values import FEEDBACK_MAX, ProblemCode

cents = st.integers(0, 10_000).map(lambda number: Decimal(number) / 100)


@pytest.mark.parametrize(
    ("cell", "grade"),
    [
        ("", None),
        ("  ", None),
        ("\u00a0", None),
        (0, "0"),
        (0.0, "0"),
        (-0.0, "0"),
        ("0", "0"),
        (100, "100"),
        ("100,00", "100"),
        (85.5, "85.5"),
        ("85.5", "85.5"),
        ("85,5", "85.5"),
        (" 85,50 ", "85.5"),
        ("+7", "7"),
        ("085", "85"),
        ("85,500", "85.5"),
        (85.10000000000001, "85.1"),
        (0.1 + 0.2, "0.3"),
        (0.85, "0.85"),
    ],
)
def test_a_grade_is_read(cell, grade):
    assert sheet_cells.grade(cell) == (None if grade is None else Decimal(grade))


@pytest.mark.parametrize(
    ("cell", "code", "found"),
    [
        (101, "out_of_range", "101"),
        ("100,01", "out_of_range", "100,01"),
        (-1.0, "out_of_range", "-1"),
        ("-0,5", "out_of_range", "-0,5"),
        (1e300, "out_of_range", "1e+300"),
        (85.125, "too_precise", "85.125"),
        ("85,125", "too_precise", "85,125"),
        ("1.234", "too_precise", "1.234"),
        (256 / 3, "too_precise", "85.3333333333333"),
        ("A", "not_a_number", "A"),
        ("8 5", "not_a_number", "8 5"),
        ("1.234,5", "not_a_number", "1.234,5"),
        ("1e2", "not_a_number", "1e2"),
        ("nan", "not_a_number", "nan"),
        ("٨٥", "not_a_number", "٨٥"),
        (float("nan"), "not_a_number", "nan"),
        (float("inf"), "not_a_number", "inf"),
        (True, "not_a_number", "TRUE"),
        (False, "not_a_number", "FALSE"),
        ("85%", "percent", "85%"),
        ("85,5 %", "percent", "85,5 %"),
        (dt.date(2026, 5, 8), "date_for_number", "2026-05-08"),
        (dt.datetime(2026, 5, 8, 1, tzinfo=None), "date_for_number", "2026-05-08T01:00:00"),  # noqa: DTZ001 - Excel's
        (dt.time(1, 2), "date_for_number", "01:02:00"),
        (dt.timedelta(hours=8), "date_for_number", "8:00:00"),
        ("x" * 500, "not_a_number", "x" * 80),
    ],
)
def test_a_grade_is_refused(cell, code, found):
    with pytest.raises(sheet_cells.CellWrong) as caught:
        sheet_cells.grade(cell)
    assert (caught.value.code, caught.value.found, caught.value.expected) == (code, found, "grade")


@given(cents)
def test_every_grade_reads_the_same_in_every_spelling(grade):
    point = str(grade)
    for cell in (point, point.replace(".", ","), f"{grade:.2f}", float(grade), float(point)):
        assert sheet_cells.grade(cell) == grade


@given(st.text(max_size=30))
def test_any_text_is_a_grade_or_refused(text):
    try:
        grade = sheet_cells.grade(text)
    except sheet_cells.CellWrong:
        return
    assert grade is None or (0 <= grade <= 100 and grade == round(grade, 2))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("", None),
        (" \n ", None),
        (" bagus ", "bagus"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\x01b", "ab"),
        (5, "5"),
        (5.0, "5"),
        ("=1+1", "=1+1"),
    ],
)
def test_feedback_is_read(cell, text):
    assert sheet_cells.feedback(cell) == text


@pytest.mark.parametrize(
    ("cell", "code"),
    [(True, "not_text"), (dt.date(2026, 1, 1), "not_text"), ("x" * (FEEDBACK_MAX + 1), "too_long")],
)
def test_feedback_is_refused(cell, code):
    with pytest.raises(sheet_cells.CellWrong) as caught:
        sheet_cells.feedback(cell)
    assert caught.value.code == code


@given(st.text(max_size=60))
def test_the_canonical_form_is_one(text):
    once = sheet_cells.canonical(text)
    assert sheet_cells.canonical(once) == once


def test_a_student_is_a_whole_uuid():
    text = "12345678-1234-5678-1234-56781234ABCD"
    assert sheet_cells.user(f" {text} ") == UUID(text)
    for wrong in ("Ani", text[:-1], text.replace("-", ""), f"{{{text}}}", 5.0):
        with pytest.raises(sheet_cells.CellWrong) as caught:
            sheet_cells.user(wrong)
        assert caught.value.code == ProblemCode.STUDENT_MALFORMED


@pytest.mark.parametrize(("cell", "version"), [("", None), (3, 3), (3.0, 3), (" 3 ", 3), (0, 0)])
def test_a_version_is_read(cell, version):
    assert sheet_cells.version(cell) == version


@pytest.mark.parametrize("cell", [-1, 1.5, "a", True, 2**31, "9" * 30])
def test_a_version_is_refused(cell):
    with pytest.raises(sheet_cells.CellWrong) as caught:
        sheet_cells.version(cell)
    assert caught.value.code == ProblemCode.VERSION_MALFORMED


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("UserID, ID Siswa, student id,user_id", "user"),
        ("Nilai,GRADE, score ,nilai *,Nilai:", "grade"),
        ("Feedback,Umpan Balik,catatan", "feedback"),
        ("Nama Siswa,name", "name"),
        ("Versi,Version", "version"),
        ("No,Email,,Status,Nilai akhir", None),
    ],
)
def test_headings_are_known_in_both_languages(words, key):
    assert {sheet_headings.key_of(word) for word in words.split(",")} == {key}


@pytest.mark.parametrize(("column", "text"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_have_letters(column, text):
    assert sheet_headings.letters(column) == text
