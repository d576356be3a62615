"""What is said of a file of questions, line by line; and the report of its job, with these words put in."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from backend.core.workbooks import Refusal
from backend.dialects.lms.words.sheets import REFUSALS
from backend.dialects.lms.words.word import Word
from backend.domain.assessments.formats.findings import Code, Part, Severity

WORDS = {
    "assessments.format_unknown": Word(
        "Format berkas tidak dikenali; yang diterima: {expected}",
        "The format of the file is not known; these are taken: {expected}",
    ),
    "assessments.question_file_refused": Word(
        "Berkas tidak dapat dibaca: {reason}", "The file cannot be read: {reason}"
    ),
    "assessments.questions_refused": Word(
        "{error_count} kesalahan dan {unsupported_count} hal yang tidak didukung; tidak ada soal yang diambil",
        "Errors: {error_count}, unsupported: {unsupported_count}; no question was taken",
    ),
    "assessments.not_sayable": Word(
        "{count} hal tidak dapat ditulis dalam format {format}; tambahkan skip_unsupported=true untuk melewatkannya",
        "Things that cannot be said in the format {format}: {count}; skip_unsupported=true leaves them out",
    ),
    "assessments.preview_not_found": Word("Pratinjau tidak ditemukan untuk quiz ini", "The quiz has no such preview"),
    "assessments.preview_is_stale": Word(
        "Soal quiz sudah berubah sejak pratinjau; tidak ada soal yang diambil",
        "The questions of the quiz have changed since the preview; no question was taken",
    ),
}

CODES: Mapping[Code, tuple[Word, Word]] = {
    Code.ANSWER_MISSING: (
        Word("jawaban tidak ada", "there is no answer"),
        Word("baris atau sel dengan jawaban yang benar", "a line or cell that says what is right"),
    ),
    Code.ANSWER_UNKNOWN: (
        Word("jawaban bukan salah satu opsi", "the answer is none of the options"),
        Word("huruf dari opsi yang ada", "the letter of an option that is there"),
    ),
    Code.ANSWER_UNREADABLE: (
        Word("jawaban tidak dapat dibaca", "the answers cannot be read"),
        Word("jawaban seperti pada dokumentasi format", "answers as the documentation of the format has them"),
    ),
    Code.BRACES: (
        Word("kurung kurawal tidak lengkap", "the braces do not match"),
        Word("satu pasang { } untuk setiap soal", "one pair of { } for each question"),
    ),
    Code.CELL_ERROR: (
        Word("sel berisi kesalahan rumus", "the cell holds the error of a formula"),
        Word("teks atau angka", "a text or a number"),
    ),
    Code.COLUMN_MISSING: (
        Word("kolom tidak ditemukan", "the column is missing"),
        Word("judul kolom seperti di templat", "a heading as in the template"),
    ),
    Code.COLUMN_TWICE: (
        Word("kolom ada dua kali", "the column is there twice"),
        Word("satu kolom dengan judul ini", "one column with this heading"),
    ),
    Code.CONTROL_CHARACTER: (
        Word("karakter kendali di dalam teks", "there is a control character in the text"),
        Word("teks biasa", "plain text"),
    ),
    Code.FILE_UNKNOWN: (
        Word("berkas tidak ditemukan atau bukan milik Anda", "there is no such file, or it is not yours"),
        Word("alamat /uploads/ dari berkas yang Anda unggah", "the address (/uploads/) of a file that you uploaded"),
    ),
    Code.FORMULA_WITHOUT_VALUE: (
        Word("rumus tanpa hasil tersimpan", "a formula without a saved result"),
        Word("isi nilainya sendiri", "write the value itself"),
    ),
    Code.KEY_UNFIT: (
        Word("isi soal tidak sesuai", "the parts of the question do not fit"),
        Word(
            "minimal dua opsi dengan tepat satu yang benar, atau isi sesuai jenis soal",
            "at least two options with exactly one right, or what the kind of question needs",
        ),
    ),
    Code.KIND_UNSUPPORTED: (
        Word(
            "jenis soal ini tidak didukung; dapat dilewatkan",
            "this kind of question is not supported; it can be left out",
        ),
        Word("jenis soal yang ada di kedua sisi", "a kind of question that both sides know"),
    ),
    Code.LETTERS_UNORDERED: (
        Word("huruf opsi tidak berurutan", "the letters of the options are out of order"),
        Word("A, B, C dan seterusnya", "A, B, C and so on"),
    ),
    Code.NOT_UTF8: (Word("teks bukan UTF-8", "the text is not UTF-8"), Word("berkas UTF-8", "a file in UTF-8")),
    Code.NO_QUESTIONS: (
        Word("excel kosong / berkas tanpa isi", "there is no question in the file"),
        Word("minimal satu pertanyaan", "at least one question"),
    ),
    Code.NUMBER_UNREADABLE: (
        Word("angka tidak dapat dibaca", "the number cannot be read"),
        Word("angka dengan titik desimal, misalnya 3.14 atau 3:0.5 atau 1..5", "a number such as 3.14, 3:0.5 or 1..5"),
    ),
    Code.OPTION_BLANK: (Word("opsi kosong", "an option is blank"), Word("teks opsi", "the text of the option")),
    Code.OPTION_WITHOUT_QUESTION: (
        Word("opsi atau jawaban tanpa pertanyaan", "an option or an answer without a question"),
        Word("pertanyaan pada satu baris di atasnya", "a question on one line above it"),
    ),
    Code.PAIR_UNREADABLE: (
        Word("pasangan tidak lengkap", "a pair is incomplete"),
        Word("pertanyaan -> jawaban", "question -> answer"),
    ),
    Code.PART_MISPLACED: (
        Word("baris ini tidak cocok dengan soal di atasnya", "this row does not belong to the question above it"),
        Word(
            "baris Isian di bawah soal isian rumpang, baris Kriteria di bawah esai atau berbicara",
            "a gap below a text with gaps, a criterion below an essay or a speaking question",
        ),
    ),
    Code.PART_UNSUPPORTED: (
        Word("tidak dapat disimpan: {part}", "cannot be kept: {part}"),
        Word("isi yang dikenal kedua sisi", "what both sides know"),
    ),
    Code.POINTS_UNFIT: (
        Word("poin di luar batas", "the points are out of range"),
        Word("0,01 sampai 1000, paling banyak dua desimal", "0.01 to 1000, at most two decimals"),
    ),
    Code.SEVERAL_LINES: (
        Word("pertanyaan lebih dari satu baris", "the question has more than one line"),
        Word("pertanyaan pada satu baris, lalu opsi A.", "the question on one line, then option A."),
    ),
    Code.TEXT_MISSING: (Word("pertanyaan kosong", "the question is blank"), Word("teks pertanyaan", "a text")),
    Code.TEXT_TOO_LONG: (
        Word("teks terlalu panjang", "a text is too long"),
        Word("paling banyak 20.000 karakter, umpan balik 5.000", "at most 20,000 characters, 5,000 for feedback"),
    ),
    Code.TITLE_UNCLOSED: (Word("nama tidak ditutup", "the name is not closed"), Word("::nama::", "::name::")),
    Code.TOO_FEW_OPTIONS: (
        Word("opsi kurang dari dua", "there are fewer than two options"),
        Word("minimal dua opsi", "at least two options"),
    ),
    Code.TOO_MANY_QUESTIONS: (
        Word("terlalu banyak pertanyaan", "there are too many questions"),
        Word("paling banyak 1.000", "at most 1,000"),
    ),
    Code.WEIGHT_UNREADABLE: (
        Word("bobot tidak dapat dibaca", "the weight cannot be read"),
        Word("%50% sebelum jawaban", "%50% before the answer"),
    ),
    Code.XML_BROKEN: (Word("XML rusak", "the XML is broken"), Word("XML yang lengkap", "well-formed XML")),
    Code.XML_FORBIDDEN: (
        Word("XML memuat DOCTYPE atau entitas", "the XML has a document type or entities"),
        Word("XML tanpa DOCTYPE", "XML without a document type"),
    ),
    Code.XML_OTHER: (
        Word("bukan Moodle XML", "this is no Moodle XML"),
        Word("elemen <quiz> dengan <question>", "<quiz> with <question> in it"),
    ),
}

PARTS: Mapping[Part, Word] = {
    Part.ATTACHMENTS: Word("lampiran jawaban", "files as an answer"),
    Part.CASE: Word("huruf besar-kecil dibedakan", "that case matters"),
    Part.CHARACTERS: Word("karakter kendali", "control characters"),
    Part.COLUMN: Word("kolom yang tidak dibaca untuk soal ini", "a column that is not read for this question"),
    Part.DRAW: Word("jumlah yang diundi per bagian", "how many are drawn from a section"),
    Part.EXPLANATION: Word("pembahasan", "the explanation"),
    Part.FEEDBACK: Word("umpan balik benar dan salah", "feedback for right and wrong"),
    Part.FILES: Word("gambar atau file", "pictures or files"),
    Part.FLOOR: Word("nilai terendah", "the least that it can give"),
    Part.FORMAT: Word("format teks", "the format of the text"),
    Part.FORMATS_MIXED: Word("beberapa format teks dalam satu pertanyaan", "texts of several formats in one question"),
    Part.FRACTIONS: Word("nilai sebagian", "partial credit"),
    Part.HINTS: Word("petunjuk", "hints"),
    Part.LENGTH: Word("teks yang terlalu panjang untuk satu sel", "a text that is too long for a cell"),
    Part.LINES: Word("baris baru di dalam teks", "line ends in a text"),
    Part.MARKUP: Word("HTML yang tidak diizinkan", "HTML that is not let in"),
    Part.NAME: Word("nama pertanyaan", "the name of the question"),
    Part.OPTION_FEEDBACK: Word("umpan balik per jawaban", "feedback for single answers"),
    Part.OTHERWISE: Word(
        "soal yang akan terbaca lain bila diimpor kembali", "a question that would be read as another one"
    ),
    Part.PARTIAL_FEEDBACK: Word("umpan balik untuk jawaban sebagian benar", "feedback for partly right answers"),
    Part.PENALTY: Word("pengurangan poin", "points taken for wrong answers"),
    Part.POINTS: Word("poin", "points"),
    Part.RUBRIC: Word("rubrik", "the rubric"),
    Part.SCORING: Word("cara penilaian", "the way it is scored"),
    Part.SECTIONS: Word("beberapa bagian dengan judul yang sama", "several sections of the same title"),
    Part.SHUFFLE: Word("opsi tidak diacak", "that options are not shuffled"),
    Part.TAGS: Word("label", "tags"),
    Part.TEMPLATE: Word("templat jawaban atau catatan penilai", "the answer's template, or notes for markers"),
    Part.TOLERANCE: Word("toleransi relatif", "a relative tolerance"),
    Part.TRIES: Word("pengurangan per percobaan", "what is taken for each try"),
    Part.TRUE_FALSE_WORDS: Word("opsi selain Benar lalu Salah", "options other than Benar, then Salah"),
    Part.TWICE: Word("jawaban yang sama dua kali", "the same answer twice"),
    Part.UNITS: Word("satuan", "units"),
    Part.VIEW: Word("cara tampil", "how it is shown"),
    Part.WEIGHTS: Word("bobot isian", "weights of gaps"),
    Part.WORDS: Word("batas jumlah kata", "limits of words"),
}

_TAKEN = Word(
    "{imported} pertanyaan diambil, {replaced} diganti{skipped_too}",
    "Questions taken: {imported}, replaced: {replaced}{skipped_too}",
)
_PREVIEW = Word(
    "Pratinjau, belum disimpan: {imported} pertanyaan akan diambil, {replaced} diganti{skipped_too}",
    "Preview, nothing saved yet: {imported} questions would be taken, {replaced} replaced{skipped_too}",
)
_SKIPPED = Word(", {skipped} dilewatkan", ", left out: {skipped}")
_TROUBLED = Word(
    "; {error_count} kesalahan dan {unsupported_count} hal yang tidak didukung",
    "; errors: {error_count}, unsupported: {unsupported_count}",
)


def summary(report: Mapping[str, Any], *, english: bool) -> str:
    """A report of a file that was taken, or looked at, in one sentence."""
    more = [_SKIPPED] if report.get("skipped") else []
    if report.get("error_count") or report.get("unsupported_count"):
        more.append(_TROUBLED)
    told = "".join(_say(word, report, english=english) for word in more)
    word = _PREVIEW if report.get("dry_run") else _TAKEN
    return _say(word, {**report, "skipped_too": told}, english=english)


def tell_import(report: Any, *, english: bool) -> Any:  # noqa: ANN401 - a job's report is any JSON
    """The report of an import's job as people read it; anything else is given back as it is.

    Shape: `message` sums it up; of a job that a rule refused there is the rule's code, too.
    """
    if not isinstance(report, dict):
        return report
    if "code" not in report:
        return {"message": summary(report, english=english), **told(report, english=english)}
    code, data = str(report["code"]), dict(report.get("data") or {})
    if data.get("reason") in list(Refusal):
        data["reason"] = _say(REFUSALS[Refusal(data["reason"])], data, english=english)
    word = WORDS.get(code)
    message = _say(word, data, english=english) if word else code
    return {"code": code, "message": message, **told(data, english=english)}


def told(data: Mapping[str, Any], *, english: bool) -> dict[str, Any]:
    """A report whose findings have words."""
    lists = {name: findings(data[name], english=english) for name in ("errors", "notes") if name in data}
    return {**data, **lists}


def findings(found: Sequence[Any], *, english: bool) -> list[dict[str, Any]]:
    """Findings as people read them. Shape: row, column, code, severity, part, found, count, message, expected."""
    return [_finding(msgspec.to_builtins(one), english=english) for one in found]


def _finding(one: Mapping[str, Any], *, english: bool) -> dict[str, Any]:
    message, expected = CODES[Code(one["code"])]
    part = one.get("part")
    said = _say(PARTS[Part(part)], {}, english=english) if part else ""
    return {
        "row": one["line"],
        "column": one.get("column", ""),
        "code": one["code"],
        "severity": one.get("severity", Severity.ERROR),
        "part": part,
        "found": one.get("found", ""),
        "count": one.get("count", 1),
        "message": _say(message, {"part": said}, english=english),
        "expected": _say(expected, {}, english=english),
    }


def _say(word: Word, data: Mapping[str, Any], *, english: bool) -> str:
    text = word.en if english else word.id
    return text.format_map({"reason": "?", **data}) if data else text
