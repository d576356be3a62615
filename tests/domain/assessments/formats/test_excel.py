"""Questions in spreadsheets: contract 5.5, the old layout, what cells show, hostile files, and round trips."""

import datetime as dt
import io
from decimal import Decimal

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.workbook_formats import displayed
from backend.core.workbooks import FileRefused
from backend.domain.assessments.errors import QuestionFileRefused
from backend.domain.assessments.formats import excel_reader, excel_writer
from backend.domain.assessments.formats.findings import Asked, Code, Findings, Format, Part, Severity
from backend.domain.assessments.formats.reading import read_questions
from backend.domain.assessments.keys import EssayKey, MultipleScoring, ShortTextKey, SingleChoiceKey
from backend.domain.assessments.terms import QuestionKind, QuizType, TextFormat
from tests.domain.assessments.formats import drawn
from tests.domain.grading.test_sheets_hostile import HOSTILE

MC, TF = QuizType.MULTIPLE_CHOICE, QuizType.TRUE_FALSE
HEADINGS = ("No", "Pertanyaan", "Opsi A", "Opsi B", "Opsi C", "Opsi D", "Jawaban", "Poin", "Pembahasan")


def sheet(path, *rows, formats=None):
    """A workbook of these rows; a tuple in a cell is a value with its number format."""
    with xlsxwriter.Workbook(str(path), {"strings_to_urls": False, "strings_to_formulas": False}) as book:
        page = book.add_worksheet("Soal")
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, tuple):
                    value, code = cell
                    style = book.add_format({"num_format": code})
                    write = page.write_datetime if isinstance(value, dt.date) else page.write_number
                    write(at, column, value, style)
                elif callable(cell):
                    cell(page, at, column)
                elif cell is not None:
                    page.write(at, column, cell)
    return str(path)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "soal.xlsx"


def read(path, *rows, quiz_type=MC):
    return excel_reader.read(sheet(path, *rows), quiz_type)


def told(asked):
    return [(option.text, option.fraction) for option in asked.key.options]


def test_the_contracts_columns(path):
    found = read(
        path,
        HEADINGS,
        (1, "Ibu kota?", "Jakarta", "Bandung", "Medan", None, "A", 2.5, "Sejak 1945"),
        (2, "Dua benar?", "Ya", "Tidak", "Ya juga", None, "a, C", None, None),
        (3, None, None, None, None, None, None, None, None),
        (4, "Terakhir?", "x", "y", None, None, "B", "1,5", None),
    )
    assert found.findings == []
    one, two, three = found.questions
    assert (one.line, one.text, one.points, one.explanation) == (2, "Ibu kota?", Decimal("2.5"), "Sejak 1945")
    assert told(one) == [("Jakarta", 1), ("Bandung", 0), ("Medan", 0)]
    assert two.kind is QuestionKind.MULTIPLE_RESPONSE
    assert two.key.scoring is MultipleScoring.ALL_OR_NOTHING
    assert told(two) == [("Ya", 1), ("Tidak", 0), ("Ya juga", 1)]
    assert (three.line, three.points, three.explanation) == (5, Decimal("1.5"), None)


def test_english_headings_in_any_order(path):
    found = read(path, ("Answer", "Question", "Option B", "Option A"), ("B", "Which?", "two", "one"))
    assert told(found.questions[0]) == [("one", 0), ("two", 1)]


@pytest.mark.parametrize(
    ("answer", "right"),
    [("Benar", 0), ("SALAH", 1), ("True", 0), ("false", 1), ("B", 0), ("S", 1), (True, 0), (False, 1)],
)
def test_true_and_false(path, answer, right):
    (asked,) = read(path, ("No", "Pertanyaan", "Jawaban"), (1, "Bumi bulat", answer), quiz_type=TF).questions
    assert [option.text for option in asked.key.options] == ["Benar", "Salah"]
    assert asked.key.options[right].fraction == 1


@pytest.mark.parametrize(("answer", "right"), [("A", 0), ("b", 1), ("True", 0), ("Salah", 1)])
def test_the_old_layout_for_true_and_false(path, answer, right):
    rows = (("Pertanyaan", "True", "False", "Jawaban"), ("Bumi bulat", "True", "False", answer))
    (asked,) = read(path, *rows, quiz_type=TF).questions
    assert [option.text for option in asked.key.options] == ["True", "False"]
    assert asked.key.options[right].fraction == 1


@pytest.mark.parametrize(
    "heading", [("Soal-soal", "x", "y", "z", "k"), ("Pertanyaan", "Pil 1", "Pil 2", "Pil 3", "Jawaban")]
)
def test_the_old_layout_by_position(path, heading):
    found = read(path, heading, ("Satu?", "a", "b", "c", "C"), ("Dua?", "a", "b", "B", None))
    assert [told(asked) for asked in found.questions] == [[("a", 0), ("b", 0), ("c", 1)], [("a", 0), ("b", 1)]]
    found = read(path, heading, ("Satu?", "a", "b", "c", "X"), ("Dua?", "a", None, "c", "A"), ("Tiga?", "A"))
    assert [(finding.line, finding.code) for finding in found.findings] == [
        (2, Code.ANSWER_UNKNOWN),
        (3, Code.OPTION_BLANK),
        (4, Code.TOO_FEW_OPTIONS),
    ]


def test_cells_say_what_they_show(path):
    moment = dt.datetime(2026, 1, 2, 13, 5)  # noqa: DTZ001 - a cell has no zone
    rows = [
        (1, "?", (1.0, "General"), (0.85, "0%"), (1234.5, "#,##0.00"), (3, "0.0"), "A", None, None),
        (2, "?", (moment, "d-mmm"), (moment, "yyyy-mm-dd"), (moment, "dd/mm/yyyy hh:mm"), (moment, "h:mm AM/PM"), "B"),
    ]
    one, two = read(path, HEADINGS, *rows).questions
    assert [text for text, _ in told(one)] == ["1", "85%", "1,234.50", "3.0"]
    assert [text for text, _ in told(two)] == ["2-Jan", "2026-01-02", "02/01/2026 13:05", "1:05 PM"]


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (1.0, "General", "1"),
        (0.1 + 0.2, "General", "0.3"),
        (2.5, "0", "3"),
        (0.125, "0.0%", "12.5%"),
        (True, "General", "TRUE"),
        (dt.date(2026, 3, 1), "General", "2026-03-01"),
        (dt.date(2026, 3, 1), 'd" hari" mmmm yy', "1 hari March 26"),
        (dt.time(7, 5, 9), "mm:ss", "05:09"),
        (1e300, "0.00", "1e+300"),
        (float("inf"), "0%", "inf%"),
    ],
)
def test_number_formats(value, code, text):
    assert displayed(value, code) == text


def formula(page, at, column):
    page.write_formula(at, column, "=1+1", None, "")


def division(page, at, column):
    page.write_formula(at, column, "=1/0", None, "#DIV/0!")


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ((1, None, "a", "b", None, None, "A"), Code.TEXT_MISSING, "B Pertanyaan"),
        ((1, "?", "a", "b", None, None, None), Code.ANSWER_MISSING, "G Jawaban"),
        ((1, "?", "a", "b", None, None, "C"), Code.ANSWER_UNKNOWN, "G Jawaban"),
        ((1, "?", "a", "b", None, None, "Jakarta"), Code.ANSWER_UNKNOWN, "G Jawaban"),
        ((1, "?", "a", None, "c", None, "A"), Code.OPTION_BLANK, "D Opsi B"),
        ((1, "?", "a", "b", None, None, "A", "dua"), Code.NUMBER_UNREADABLE, "H Poin"),
        ((1, "?", "a", "b", None, None, "A", 0), Code.POINTS_UNFIT, ""),
        ((1, "?", "a", "b", None, None, "A", 1.005), Code.POINTS_UNFIT, ""),
        ((1, "?", "a", division, None, None, "A"), Code.CELL_ERROR, "D Opsi B"),
        ((1, "?", "a", "b", formula, None, "A"), Code.FORMULA_WITHOUT_VALUE, "E Opsi C"),
        ((1, "?", "a", None, None, None, "A"), Code.KEY_UNFIT, ""),
    ],
)
def test_what_is_wrong_is_told_by_row_and_column(path, row, code, column):
    found = read(path, HEADINGS, (1, "Baik?", "a", "b", None, None, "B"), row)
    (finding,) = found.findings
    assert (finding.line, finding.code, finding.column, finding.severity) == (3, code, column, Severity.ERROR)
    assert len(found.questions) == 1


def test_headings_that_are_missing_or_there_twice(path):
    found = read(path, ("No", "Pertanyaan", "Opsi A", "Opsi B"), (1, "?", "a", "b"))
    assert [(finding.code, finding.column) for finding in found.findings] == [(Code.COLUMN_MISSING, "Jawaban")]
    found = read(path, ("Pertanyaan", "Opsi A", "Opsi A", "Jawaban"), ("?", "a", "b", "A"))
    assert [(finding.code, finding.column) for finding in found.findings] == [(Code.COLUMN_TWICE, "C Opsi A")]
    assert [finding.code for finding in read(path, HEADINGS).findings] == [Code.NO_QUESTIONS]


def test_other_kinds(path):
    found = read(
        path,
        ("Jenis", "Pertanyaan", "Opsi A", "Opsi B", "Opsi C", "Jawaban", "Penilaian", "Bobot B"),
        ("Isian Singkat", "Kota?", "Jakarta", "Batavia", None, None, None, 50),
        ("short_text", "Kota?", None, None, None, "Jakarta"),
        ("Angka", "Pi?", "3.14:0.01", "3..3,2", None, None, None, (0.25, "0%")),
        ("Menjodohkan", "Ibu kota", "Jawa Barat -> Bandung", "Bali -> Denpasar", "-> Medan"),
        ("Mengurutkan", "Urutkan", "satu", "dua", "tiga", None, "Urutan"),
        ("Esai", "Tulis"),
        ("Berbicara", "Katakan"),
        ("Rumit", "Apa?"),
    )
    kinds = [asked.kind for asked in found.questions]
    assert kinds == ["short_text", "short_text", "numeric", "matching", "ordering", "essay", "speaking"]
    assert [(one.text, one.fraction) for one in found.questions[0].key.accepted] == [
        ("Jakarta", 1),
        ("Batavia", Decimal("0.5")),
    ]
    assert [(one.value, one.low, one.high, one.fraction) for one in found.questions[2].key.accepted] == [
        (Decimal("3.14"), None, None, 1),
        (None, 3, Decimal("3.2"), Decimal("0.25")),
    ]
    assert [(finding.line, finding.code, finding.found) for finding in found.findings] == [
        (9, Code.KIND_UNSUPPORTED, "Rumit")
    ]


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_files_are_refused(path, name):
    content, reason = HOSTILE[name]
    path.write_bytes(content() if callable(content) else content)
    with pytest.raises(QuestionFileRefused) as caught:
        await read_questions(path, Format.XLSX, MC)
    assert caught.value.data["reason"] == reason


async def test_a_good_file_passes_the_child(path):
    found = await read_questions(sheet(path, HEADINGS, (1, "?", "a", "b", None, None, "B")), Format.XLSX, MC)
    assert told(found.questions[0]) == [("a", 0), ("b", 1)]


@pytest.mark.parametrize("kind", [MC, TF, None, *QuestionKind])
def test_templates_are_empty_and_known(path, kind):
    path.write_bytes(excel_writer.template(kind))
    found = excel_reader.read(str(path), TF if kind is TF else MC)
    assert [finding.code for finding in found.findings] == [Code.NO_QUESTIONS]
    headings = [cell.value for cell in next(openpyxl.load_workbook(path)["Soal"].iter_rows())]
    assert {"No", "Pertanyaan", "Jawaban"} <= set(headings)


def test_nothing_is_a_formula():
    key = SingleChoiceKey(options=drawn.meaningless("=1+1", "@SUM(A1)"))
    content = excel_writer.write([Asked(text='=HYPERLINK("x")', key=key)], Findings())
    page = openpyxl.load_workbook(io.BytesIO(content))["Soal"]
    cells = [cell for row in page.iter_rows(min_row=2) for cell in row if cell.value is not None]
    assert all(cell.data_type == "s" for cell in cells)
    assert {cell.value for cell in cells if cell.style_id and cell.quotePrefix} >= {"=1+1", "@SUM(A1)"}


def test_what_a_sheet_cannot_say_is_told(path):
    found = Findings()
    asked = [
        Asked(line=1, text="Es\x0bai", key=EssayKey(template="x", min_words=5), files=("/uploads/x", "/uploads/y")),
        Asked(line=2, text="?", key=EssayKey(notes="😀" * 17_000)),
    ]
    path.write_bytes(excel_writer.write(asked, found))
    assert [(finding.line, finding.part) for finding in found.kept] == [*((1, Part.CHARACTERS), (2, Part.LENGTH))]
    assert len(excel_reader.read(str(path), MC).questions) == 1


def test_gaps_and_criteria_have_rows_of_their_own(path):
    found = read(
        path,
        ("Jenis", "Pertanyaan", "Opsi A", "Opsi B", "Jawaban", "Isian", "Bobot Isian", "Kriteria", "Satuan", "Undi"),
        ("Isian Rumpang", "[[1]] kota, [[2]] m", None, None, None, None, None, None, None, 2),
        ("Pilihan Ganda", None, "Bandung", "Medan", "B", 1, 2),
        ("Angka", None, "3:1%", None, None, 2, None, None, "cm = 0,01\nm"),
        ("Esai", "Tulis"),
        (None, None, "0", "2: baik", None, None, None, "Isi"),
    )
    assert found.findings == []
    blanks, essay = found.questions
    assert (blanks.line, blanks.draw, essay.line) == (2, 2, 5)
    one, two = blanks.key.gaps
    assert ([option.fraction for option in one.key.options], one.weight, two.weight) == ([0, 1], 2, 1)
    assert [(unit.name, unit.factor) for unit in two.key.units] == [("cm", Decimal("0.01")), ("m", 1)]
    assert [(each.tolerance, each.is_relative) for each in two.key.accepted] == [(Decimal("0.01"), True)]
    (criterion,) = essay.key.rubric
    assert [(level.points, level.text) for level in criterion.levels] == [(0, ""), (2, "baik")]


@pytest.mark.parametrize(
    ("rows", "line", "code", "column"),
    [
        ([(None, None, "x", None, 1)], 2, Code.PART_MISPLACED, ""),
        ([("Esai", "Tulis"), (None, None, "x", None, 1)], 3, Code.PART_MISPLACED, "E Isian"),
        ([("Rumpang", "[[1]]"), (None, None, "1: x", None, None, "Isi")], 3, Code.PART_MISPLACED, "F Kriteria"),
        ([("Rumpang", "[[1]]"), (None, None, "x", None, "satu")], 3, Code.NUMBER_UNREADABLE, "E Isian"),
        ([("Rumpang", "[[1]]"), (None, None, "x", None, 2)], 3, Code.ANSWER_UNREADABLE, "E Isian"),
        ([("Rumpang", "[[1]]"), ("Esai", None, "x", None, 1)], 3, Code.PART_MISPLACED, "A Jenis"),
        (
            [("Rumpang", "[[1]]"), (None, None, "x", None, 1), (None, None, "y", None, 1)],
            4,
            Code.ANSWER_UNREADABLE,
            "E Isian",
        ),
        ([("Rumpang", "[[1]] [[2]]"), (None, None, "x", None, 1)], 2, Code.KEY_UNFIT, ""),
        ([("Esai", "Tulis"), (None, None, "baik", None, None, "Isi")], 3, Code.NUMBER_UNREADABLE, ""),
        ([("Esai", "Tulis"), *[(None, None, "1", None, None, "Isi")] * 120], 103, Code.PART_MISPLACED, ""),
    ],
)
def test_rows_that_belong_to_no_question_are_told(path, rows, line, code, column):
    found = read(path, ("Jenis", "Pertanyaan", "Opsi A", "Jawaban", "Isian", "Kriteria"), *rows)
    told = [finding for finding in found.findings if finding.severity is Severity.ERROR]
    assert (line, code, column) in [(finding.line, finding.code, finding.column) for finding in told]
    assert found.questions == []


def test_columns_that_say_nothing_of_a_question_are_noted(path):
    found = read(
        path,
        ("Pertanyaan", "Opsi A", "Opsi B", "Jawaban", "Catatan", "Satuan", "Umpan Balik C"),
        ("Satu?", "a", "b", "A", "lihat buku", "cm", "z"),
        ("Dua?", "a", "b", "A"),
    )
    (note,) = found.findings
    assert (note.severity, note.part, note.found, note.count) == (Severity.NOTE, Part.COLUMN, "E Catatan", 3)
    assert len(found.questions) == 2


def test_old_sheets_with_columns_of_their_own_stay_readable(path):
    heading = ("No", "Kriteria", "Pertanyaan", "Opsi A", "Opsi B", "Jawaban", "Isian")
    found = read(path, heading, (1, "C2", "Satu?", "a", "b", "A", "x"), (2, "C3", "Dua?", "a", "b", "B", None))
    assert [told(asked) for asked in found.questions] == [[("a", 1), ("b", 0)], [("a", 0), ("b", 1)]]
    assert [(finding.severity, finding.count) for finding in found.findings] == [(Severity.NOTE, 3)]


def test_all_questions_of_a_section_draw_as_many(path):
    heading = ("Pertanyaan", "Opsi A", "Opsi B", "Jawaban", "Bagian", "Undi")
    found = read(
        path, heading, ("1?", "a", "b", "A", "X", 1), ("2?", "a", "b", "A", "X"), ("3?", "a", "b", "A", "Y", 2)
    )
    assert [(asked.category, asked.draw) for asked in found.questions] == [("X", 1), ("X", None), ("Y", 2)]
    found = read(
        path, heading, ("1?", "a", "b", "A", "X", 1), ("2?", "a", "b", "A", "X", 2), ("3?", "a", "b", "A", "Y", 0)
    )
    assert [(finding.line, finding.column) for finding in found.findings] == [(3, "F Undi"), (4, "F Undi")]


TEXTS = drawn.texts(without=("_x",))
FEEDBACK = drawn.maybe(TEXTS)
ARROWLESS = drawn.texts(without=("->", "_x"))
SAYABLE = drawn.asked(
    st.one_of(
        drawn.single(TEXTS, feedback=FEEDBACK),
        drawn.true_false(feedback=FEEDBACK),
        drawn.multiple(list(MultipleScoring), TEXTS, feedback=FEEDBACK),
        drawn.short(TEXTS, feedback=FEEDBACK),
        drawn.numeric(feedback=FEEDBACK),
        drawn.matching(ARROWLESS, shuffles=st.booleans()),
        drawn.ordering(TEXTS),
        drawn.essay(),
    ),
    TEXTS,
    formats=st.sampled_from(TextFormat),
    points=st.decimals(Decimal("0.01"), 1000, places=2),
    penalty=st.decimals(0, 10, places=2),
    floor=st.sampled_from([None, Decimal(0), Decimal("-2.5")]),
    explanation=FEEDBACK.map(lambda text: text or None),
    feedback_right=FEEDBACK,
    feedback_wrong=FEEDBACK,
    category=st.sampled_from(["", "Bab 1", "=A/B"]),
)


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(st.lists(SAYABLE, min_size=1, max_size=4), st.sampled_from(QuizType))
def test_what_was_exported_imports_as_the_same(tmp_path_factory, questions, quiz_type):
    found = Findings()
    path = tmp_path_factory.mktemp("sheets") / "soal.xlsx"
    path.write_bytes(excel_writer.write(questions, found))
    again = excel_reader.read(str(path), quiz_type)
    assert found.kept == []
    assert again.findings == []
    assert [drawn.meaning(asked) for asked in again.questions] == [drawn.meaning(asked) for asked in questions]


CELLS = st.one_of(st.none(), st.floats(), st.integers(-(10**6), 10**6), st.booleans(), st.sampled_from(HEADINGS), TEXTS)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.lists(st.lists(CELLS, max_size=7), max_size=6), st.booleans())
def test_nothing_but_findings_comes_of_noise(tmp_path_factory, rows, headed):
    path = tmp_path_factory.mktemp("sheets") / "soal.xlsx"
    plain = [[None if isinstance(cell, float) and not -1e300 < cell < 1e300 else cell for cell in row] for row in rows]
    try:
        found = read(path, *([HEADINGS] if headed else []), *plain)
    except FileRefused:
        return
    assert found.questions or found.findings


def test_a_short_text_keeps_its_texts(path):
    key = ShortTextKey(accepted=(drawn.accepted_text("Ya"), drawn.accepted_text("*")))
    path.write_bytes(excel_writer.write([Asked(text="?", key=key)], Findings()))
    assert (
        drawn.meaning(excel_reader.read(str(path), MC).questions[0])["key"]
        == drawn.meaning(Asked(text="?", key=key))["key"]
    )
