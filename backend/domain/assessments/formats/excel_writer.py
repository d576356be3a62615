"""Questions as a spreadsheet, and the template to fill in. Source: contract 5.5. Blocks: call it in a thread."""

import io
import re
from collections.abc import Iterable, Mapping, Sequence

import xlsxwriter

from backend.domain.assessments.formats.excel_columns import (
    FEEDBACK,
    HEADINGS,
    KINDS,
    NO,
    OPTION,
    SCORINGS,
    SHEET,
    UNIT_USES,
    WEIGHT,
    YES,
    letter,
)
from backend.domain.assessments.formats.excel_rows import Line, line
from backend.domain.assessments.formats.findings import Asked, Findings, Part
from backend.domain.assessments.terms import QuestionKind, QuizType

USUAL_OPTIONS = 6
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
_ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\r]|_x[0-9A-Fa-f]{4}_")
_CELL_MAX = 32_767
_OPTIONS = {
    "constant_memory": True,
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_FIXED = ("no", "kind", "question", "answer", "points", "explanation")
_WIDTHS = {"No": 6, "Jenis": 18, "Pertanyaan": 60, "Jawaban": 12, "Poin": 8, "Pembahasan": 40}
_MORE = {
    QuestionKind.MULTIPLE_RESPONSE: ("scoring",),
    QuestionKind.MATCHING: ("scoring",),
    QuestionKind.ORDERING: ("scoring",),
    QuestionKind.SHORT_TEXT: ("cased",),
    QuestionKind.NUMERIC: ("units", "unit_use", "unit_penalty"),
    QuestionKind.BLANKS: ("gap", "gap_weight"),
    QuestionKind.ESSAY: ("criterion", "notes", "template", "least_words", "most_words"),
    QuestionKind.SPEAKING: ("criterion", "notes", "most_s"),
}
"""What a template has beside the usual columns."""
_TRUE_FALSE = ("no", "question", "answer", "points", "explanation")
_HELP = (
    "Isi lembar Soal, satu pertanyaan per baris. Judul kolom tidak boleh diubah; kolom kosong boleh dihapus.",
    "Pilihan Ganda: Opsi A, B, ... dan Jawaban berupa huruf, misalnya A.",
    "Pilihan Majemuk: Jawaban berupa beberapa huruf, misalnya A,C. Penilaian: Semua, Seimbang atau Bobot.",
    "Benar Salah: Jawaban Benar atau Salah (juga B/S, True/False); opsi boleh kosong.",
    "Isian Singkat: setiap Opsi adalah satu jawaban yang diterima; * berarti teks apa saja.",
    "Angka: setiap Opsi adalah satu angka: 3.14 atau 3.14:0.01 (toleransi) atau 3.1..3.2 (rentang).",
    "Menjodohkan: setiap Opsi berbentuk pertanyaan -> jawaban; -> jawaban saja adalah pengecoh.",
    "Mengurutkan: Opsi A, B, ... dalam urutan yang benar.",
    "Esai dan Berbicara: hanya Pertanyaan, dinilai oleh pengajar; boleh dengan Catatan Penilai, Kerangka Jawaban,"
    " Kata Minimum, Kata Maksimum dan Durasi Maksimum (detik).",
    "Rubrik: di bawah soalnya satu baris per kriteria, dengan kolom Kriteria dan setiap Opsi satu tingkat: 2: Baik.",
    "Isian Rumpang: [[1]], [[2]], ... di dalam Pertanyaan; di bawahnya satu baris per isian, dengan kolom Isian (1, 2,"
    " ...), Jenis (Isian Singkat, Angka atau Pilihan Ganda) dan isi seperti soal biasa; Bobot Isian boleh kosong.",
    "Satuan: satu baris per satuan, misalnya cm = 0.01; Aturan Satuan: Opsional, Wajib atau Penalti (dengan Penalti"
    " Satuan dalam persen). Toleransi relatif: 3.14:1%. Peka Huruf: Ya bila huruf besar-kecil dibedakan.",
    "Berkas: alamat gambar atau rekaman yang sudah diunggah (/uploads/...), satu per baris.",
    "Bagian: judul bagian quiz; Undi: berapa soal dari bagian itu yang diundi untuk setiap peserta.",
    "Bobot A, B, ...: persen nilai untuk jawaban itu. Poin, Pembahasan dan kolom lain boleh kosong.",
)


def write(questions: Sequence[Asked], found: Findings) -> bytes:
    """Questions in a sheet; what it cannot say is found, and left out."""
    lines: list[Line] = []
    for asked in questions:
        one = line(asked, found)
        if any(_ODD.search(text) for text in one.texts()):
            found.unsupported(asked.line, Part.CHARACTERS, asked.text)
        if any(_length(text) > _CELL_MAX for text in one.texts()):
            found.left_out_as(asked.line, Part.LENGTH, asked.text)
            continue
        lines.append(one)
    rows = [row for one in lines for row in (one, *one.parts)]
    used = {key for row in rows for key in row.cells}
    keys = [*_FIXED, *[key for key in HEADINGS if key in used and key not in _FIXED]]
    most = max((len(row.options) for row in rows), default=0)
    extra = {
        FEEDBACK: max((len(row.feedback) for row in rows), default=0),
        WEIGHT: max((len(row.weights) for row in rows), default=0),
    }
    return _book(keys, max(most, USUAL_OPTIONS), extra, lines)


def _length(text: str) -> int:
    """How long a cell's text is as Excel counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def template(kind: QuestionKind | QuizType | None) -> bytes:
    """An empty sheet for questions of a kind (of the two quiz types: without the column Jenis); None: for all."""
    if kind in (QuizType.TRUE_FALSE, QuestionKind.TRUE_FALSE):
        return _book(_TRUE_FALSE, 0, {}, [], help_=True)
    if kind in (QuizType.MULTIPLE_CHOICE, QuestionKind.SINGLE_CHOICE):
        return _book([key for key in _FIXED if key != "kind"], USUAL_OPTIONS, {}, [], help_=True)
    weighed = kind in (None, QuestionKind.MULTIPLE_RESPONSE, QuestionKind.SHORT_TEXT, QuestionKind.NUMERIC)
    more = set(
        _MORE.get(kind, ()) if isinstance(kind, QuestionKind) else [key for keys in _MORE.values() for key in keys]
    )
    keys = [*_FIXED, *[key for key in HEADINGS if key in more]]
    chosen = KINDS[kind] if isinstance(kind, QuestionKind) and kind is not QuestionKind.BLANKS else None
    return _book(keys, USUAL_OPTIONS, {WEIGHT: USUAL_OPTIONS if weighed else 0}, [], help_=True, only=chosen)


def _book(
    keys: Sequence[str],
    options: int,
    extra: Mapping[str, int],
    lines: Iterable[Line],
    *,
    help_: bool = False,
    only: str | None = None,
) -> bytes:
    out = io.BytesIO()
    headings = _headings(keys, options, extra)
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        sheet = book.add_worksheet(SHEET)
        text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        quoted = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top", "quote_prefix": True})
        bold = book.add_format({"bold": True, "bg_color": "#E8EEF7", "bottom": 1})
        sheet.freeze_panes(1, 0)
        for column, (_, heading) in enumerate(headings):
            sheet.set_column(column, column, _WIDTHS.get(heading, 18), text)
        for column, (_, heading) in enumerate(headings):
            sheet.write_string(0, column, heading, bold)
        for at, row in enumerate(_numbered(lines), 1):
            for column, (key, _) in enumerate(headings):
                cell = row.at(key)
                if cell:
                    sheet.write_string(at, column, cell, quoted if cell.startswith(_STARTS) else text)
        _lists(sheet, headings, only)
        if help_:
            notes = book.add_worksheet("Petunjuk")
            notes.set_column(0, 0, 110)
            for at, note in enumerate(_HELP):
                notes.write_string(at, 0, note)
    return out.getvalue()


def _numbered(lines: Iterable[Line]) -> Iterable[Line]:
    """All rows; those of questions have a number."""
    for number, one in enumerate(lines, 1):
        one.cells["no"] = str(number)
        yield one
        yield from one.parts


def _headings(keys: Sequence[str], options: int, extra: Mapping[str, int]) -> list[tuple[str | tuple[str, int], str]]:
    """The columns in order: the options stand between the question and its answer, as in old sheets."""
    headings: list[tuple[str | tuple[str, int], str]] = []
    for key in keys:
        headings.append((key, HEADINGS[key]))
        if key == "question":
            headings += [((OPTION, at), f"{OPTION} {letter(at)}") for at in range(options)]
    for series, count in extra.items():
        headings += [((series, at), f"{series} {letter(at)}") for at in range(count)]
    return headings


def _lists(sheet: xlsxwriter.worksheet.Worksheet, headings: Sequence[tuple[object, str]], only: str | None) -> None:
    """Let people choose from the words that are known."""
    words = {"kind": [only] if only else list(KINDS.values()), "scoring": list(dict.fromkeys(SCORINGS.values()))}
    words |= {"shuffle": [NO], "cased": [YES], "unit_use": list(UNIT_USES.values())}
    for column, (key, _) in enumerate(headings):
        if key in words:
            rule = {"validate": "list", "source": words[str(key)], "ignore_blank": True, "error_type": "warning"}
            sheet.data_validation(1, column, 1000, column, rule)
