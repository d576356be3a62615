"""What is said of a grading sheet, cell by cell; and the report of its job, with these words put in."""

from collections.abc import Mapping
from typing import Any

from backend.dialects.lms.words.grades import WORDS as GRADES
from backend.dialects.lms.words.word import Word
from backend.domain.grading.sheets import Expected, ProblemCode, Refusal

REFUSALS: Mapping[Refusal, Word] = {
    Refusal.DAMAGED: Word("berkas rusak atau terpotong", "it is damaged or cut short"),
    Refusal.EMPTY: Word("berkas kosong", "it is empty"),
    Refusal.ENCRYPTED: Word("berkas dilindungi kata sandi", "it is protected by a password"),
    Refusal.ENTITIES: Word("berkas memuat entitas XML", "it declares XML entities"),
    Refusal.EXTERNAL_LINKS: Word("berkas memuat tautan ke berkas lain", "it links to other files"),
    Refusal.MACROS: Word("berkas memuat makro", "it has macros"),
    Refusal.NOT_XLSX: Word("bukan berkas .xlsx", "it is no .xlsx file"),
    Refusal.OLD_XLS: Word("format .xls lama; simpan sebagai .xlsx", "it is an old .xls; save it as .xlsx"),
    Refusal.TOO_LARGE: Word("isi berkas terlalu besar", "its content is too large"),
    Refusal.TOO_MANY_CELLS: Word("terlalu banyak sel", "it has too many cells"),
    Refusal.TOO_MANY_COLUMNS: Word("terlalu banyak kolom", "it has too many columns"),
    Refusal.TOO_MANY_ROWS: Word("terlalu banyak baris", "it has too many rows"),
    Refusal.TOO_SLOW: Word("membacanya terlalu lama", "reading it takes too long"),
    Refusal.UNUSUAL_CELLS: Word("sel-selnya tidak lazim", "its cells are unusual"),
}

PROBLEMS: Mapping[ProblemCode, Word] = {
    ProblemCode.ASSIGNMENT_UNKNOWN: Word(
        "tugas ini bukan bagian dari batch ini", "the assignment is not part of this batch"
    ),
    ProblemCode.COLUMN_MISSING: Word("kolom tidak ditemukan", "the column is missing"),
    ProblemCode.COLUMN_TWICE: Word("kolom ada dua kali", "the column is there twice"),
    ProblemCode.DATE_FOR_NUMBER: Word("tanggal, bukan angka", "a date, not a number"),
    ProblemCode.ERROR_VALUE: Word("sel berisi kesalahan rumus", "the cell holds the error of a formula"),
    ProblemCode.FORMULA_WITHOUT_VALUE: Word(
        "rumus tanpa hasil tersimpan; isi hasilnya saja", "a formula without a saved result; write the result itself"
    ),
    ProblemCode.GRADE_MISSING: Word(
        "umpan balik untuk siswa yang belum punya nilai", "feedback for a student who has no grade yet"
    ),
    ProblemCode.NOT_A_NUMBER: Word("bukan angka", "not a number"),
    ProblemCode.NOT_TEXT: Word("bukan teks", "not a text"),
    ProblemCode.OTHER_ASSIGNMENT: Word("berkas untuk tugas lain", "the file is for another assignment"),
    ProblemCode.OTHER_BATCH: Word("berkas untuk batch lain", "the file is for another batch"),
    ProblemCode.OUT_OF_RANGE: Word("di luar batas", "out of range"),
    ProblemCode.PERCENT: Word("persen, bukan angka", "a percentage, not a number"),
    ProblemCode.STUDENT_MALFORMED: Word(
        "UserID tidak dikenali; kolom ini tidak boleh diubah",
        "the UserID is none of ours; this column must stay as it is",
    ),
    ProblemCode.STUDENT_MISSING: Word(
        "UserID kosong; baris ini bukan dari templat", "the UserID is blank; this row is not from the template"
    ),
    ProblemCode.STUDENT_TWICE: Word(
        "siswa ada dua kali (baris {other_row})", "the student is there twice (row {other_row})"
    ),
    ProblemCode.STUDENT_UNKNOWN: Word("siswa tidak terdaftar di batch ini", "the student is not in this batch"),
    ProblemCode.TOO_LONG: Word("teks terlalu panjang", "the text is too long"),
    ProblemCode.TOO_PRECISE: Word("terlalu banyak desimal", "too many decimals"),
    ProblemCode.VERSION_MALFORMED: Word("kolom Versi diubah", "the column Versi was changed"),
}

EXPECTED: Mapping[Expected, Word] = {
    Expected.ASSIGNMENT_OF_BATCH: Word("tugas dari batch ini", "an assignment of this batch"),
    Expected.ENROLLED_STUDENT: Word("siswa yang terdaftar di batch ini", "a student of this batch"),
    Expected.GRADE: Word(
        "angka 0 sampai 100, paling banyak dua desimal", "a number from 0 to 100, at most two decimals"
    ),
    Expected.HEADING: Word("judul kolom seperti di templat", "a heading as in the template"),
    Expected.ONE_ROW_PER_STUDENT: Word("satu baris per siswa", "one row per student"),
    Expected.ONE_SUCH_COLUMN: Word("satu kolom dengan judul ini", "one column with this heading"),
    Expected.STUDENT_ID: Word("UserID seperti di templat", "the UserID as in the template"),
    Expected.TEXT: Word("teks, paling banyak 10.000 karakter", "a text of at most 10,000 characters"),
    Expected.THIS_ASSIGNMENT: Word("templat tugas ini", "the template of this assignment"),
    Expected.THIS_BATCH: Word("templat batch ini", "the template of this batch"),
    Expected.VERSION: Word("angka seperti di templat, atau kosong", "the number as in the template, or blank"),
}


_UNCHANGED = Word(
    "Tidak ada nilai yang diubah: {unchanged} sudah sama, {blank} kosong{skipped}",
    "No grade was changed: {unchanged} the same already, {blank} blank{skipped}",
)
_APPLIED = Word(
    "{applied} nilai diubah; {unchanged} sudah sama, {blank} kosong{skipped}",
    "Grades changed: {applied}; {unchanged} the same already, {blank} blank{skipped}",
)
_PREVIEW = Word(
    "Pratinjau, belum disimpan: {applied} nilai akan diubah; {unchanged} sudah sama, {blank} kosong{skipped}",
    "Preview, nothing saved yet. Grades that would change: {applied}; the same already: {unchanged},"
    " blank: {blank}{skipped}",
)
_STALE = Word(", {stale} sudah berubah sejak berkas diunduh", ", changed since the file was downloaded: {stale}")
_TROUBLED = Word(
    "; {problems} masalah harus diperbaiki dahulu", "; problems that have to be put right first: {problems}"
)


def summary(report: Mapping[str, Any], *, english: bool) -> str:
    """A report of a sheet that was taken, or looked at, in one sentence."""
    more = [word for word, count in ((_STALE, "stale"), (_TROUBLED, "problems")) if report.get(count)]
    skipped = "".join(_say(word, report, english=english) for word in more)
    taken = _APPLIED if report.get("applied") else _UNCHANGED
    word = _PREVIEW if report.get("dry_run") else taken
    return _say(word, {**report, "skipped": skipped}, english=english)


def tell_report(report: Any, *, english: bool) -> Any:  # noqa: ANN401 - a job's report is any JSON
    """The report of an import's job as people read it; anything else is given back as it is.

    Shape: `message` sums it up; of a job that a rule refused there is the rule's code, too.
    """
    if not isinstance(report, dict):
        return report
    if "code" not in report:
        is_whole = "applied" in report
        told = _told(report, english=english)
        return {"message": summary(report, english=english), **told} if is_whole else told
    code, data = str(report["code"]), dict(report.get("data") or {})
    if data.get("reason") in list(Refusal):
        data["reason"] = _say(REFUSALS[Refusal(data["reason"])], data, english=english)
    word = GRADES.get(code)
    message = _say(word, data, english=english) if word else code
    return {"code": code, "message": message, **_told(data, english=english)}


def _told(data: Mapping[str, Any], *, english: bool) -> dict[str, Any]:
    rows = data.get("problem_rows")
    if not isinstance(rows, list):
        return dict(data)
    return {**data, "problem_rows": [_problem(row, english=english) for row in rows]}


def _problem(row: Mapping[str, Any], *, english: bool) -> dict[str, Any]:
    return {
        **row,
        "message": _say(PROBLEMS[ProblemCode(row["code"])], row, english=english),
        "expected": _say(EXPECTED[Expected(row["expected"])], row, english=english),
    }


def _say(word: Word, data: Mapping[str, Any], *, english: bool) -> str:
    return (word.en if english else word.id).format_map({"other_row": "?", "reason": "?", **data})
