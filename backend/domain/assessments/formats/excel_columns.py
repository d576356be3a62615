"""The columns of a sheet of questions, found by their headings, in either language and any order.

Source: contract 5.5: `No, Pertanyaan, Opsi A..F, Jawaban, Poin?, Pembahasan?`. Ours: `Jenis` and what goes with it.
"""

import re
from collections.abc import Sequence
from string import ascii_uppercase

import msgspec

from backend.domain.assessments.formats.findings import Code, Findings
from backend.domain.assessments.keys import MultipleScoring, OrderingScoring, UnitUse
from backend.domain.assessments.terms import QuestionKind

SHEET = "Soal"
SHEETS = ("soal", "questions")
LETTERS = ascii_uppercase
HEADINGS = {
    "no": "No",
    "kind": "Jenis",
    "question": "Pertanyaan",
    "answer": "Jawaban",
    "points": "Poin",
    "explanation": "Pembahasan",
    "penalty": "Penalti",
    "floor": "Batas Bawah",
    "right": "Umpan Balik Benar",
    "wrong": "Umpan Balik Salah",
    "shuffle": "Acak",
    "scoring": "Penilaian",
    "format": "Format",
    "section": "Bagian",
    "files": "Berkas",
    "draw": "Undi",
    "cased": "Peka Huruf",
    "units": "Satuan",
    "unit_use": "Aturan Satuan",
    "unit_penalty": "Penalti Satuan",
    "least_words": "Kata Minimum",
    "most_words": "Kata Maksimum",
    "most_s": "Durasi Maksimum",
    "template": "Kerangka Jawaban",
    "notes": "Catatan Penilai",
    "gap": "Isian",
    "gap_weight": "Bobot Isian",
    "criterion": "Kriteria",
}
PARTS = ("gap", "criterion")
"""A row in which one of these is filled, and no question, belongs to the question above."""
OPTION, FEEDBACK, WEIGHT = "Opsi", "Umpan Balik", "Bobot"
_SERIES = {
    **dict.fromkeys(("opsi", "option", "pilihan", "jawaban", "answer", ""), OPTION),
    **dict.fromkeys(("umpanbalik", "feedback"), FEEDBACK),
    **dict.fromkeys(("bobot", "weight"), WEIGHT),
}
_WORDS = {
    "no": "no nomor number",
    "kind": "jenis kind tipe type jenissoal",
    "question": "pertanyaan soal question",
    "answer": "jawaban answer kunci kuncijawaban jawabanbenar correctanswer",
    "points": "poin points point skor",
    "explanation": "pembahasan explanation",
    "penalty": "penalti penalty",
    "floor": "batasbawah floor",
    "right": "umpanbalikbenar feedbackright",
    "wrong": "umpanbaliksalah feedbackwrong",
    "shuffle": "acak shuffle",
    "scoring": "penilaian scoring",
    "format": "format",
    "section": "bagian section",
    "files": "berkas files",
    "draw": "undi draw",
    "cased": "pekahuruf casesensitive",
    "units": "satuan units",
    "unit_use": "aturansatuan unituse",
    "unit_penalty": "penaltisatuan unitpenalty",
    "least_words": "kataminimum minwords",
    "most_words": "katamaksimum maxwords",
    "most_s": "durasimaksimum maxseconds",
    "template": "kerangkajawaban responsetemplate",
    "notes": "catatanpenilai gradernotes",
    "gap": "isian gap",
    "gap_weight": "bobotisian gapweight",
    "criterion": "kriteria criterion",
}
_BY_WORD = {word: key for key, words in _WORDS.items() for word in words.split()}
_LETTERED = re.compile(r".*?(?P<two>a?(?P<last>[a-z]))")
_NOISE = re.compile(r"[\s_\-*:.?/()]+")

KINDS = {
    QuestionKind.SINGLE_CHOICE: "Pilihan Ganda",
    QuestionKind.TRUE_FALSE: "Benar Salah",
    QuestionKind.MULTIPLE_RESPONSE: "Pilihan Majemuk",
    QuestionKind.SHORT_TEXT: "Isian Singkat",
    QuestionKind.NUMERIC: "Angka",
    QuestionKind.MATCHING: "Menjodohkan",
    QuestionKind.ORDERING: "Mengurutkan",
    QuestionKind.BLANKS: "Isian Rumpang",
    QuestionKind.ESSAY: "Esai",
    QuestionKind.SPEAKING: "Berbicara",
}
_MORE_KINDS = {
    "pg": QuestionKind.SINGLE_CHOICE,
    "mc": QuestionKind.SINGLE_CHOICE,
    "multiplechoice": QuestionKind.SINGLE_CHOICE,
    "tf": QuestionKind.TRUE_FALSE,
    "bs": QuestionKind.TRUE_FALSE,
    "pgkompleks": QuestionKind.MULTIPLE_RESPONSE,
    "shortanswer": QuestionKind.SHORT_TEXT,
    "isian": QuestionKind.SHORT_TEXT,
    "numerik": QuestionKind.NUMERIC,
    "numerical": QuestionKind.NUMERIC,
    "uraian": QuestionKind.ESSAY,
    "rumpang": QuestionKind.BLANKS,
    "cloze": QuestionKind.BLANKS,
}
SCORINGS: dict[str, str] = {
    MultipleScoring.ALL_OR_NOTHING: "Semua",
    MultipleScoring.BALANCED: "Seimbang",
    MultipleScoring.FRACTIONS: "Bobot",
    OrderingScoring.PLACES: "Tempat",
    OrderingScoring.NEIGHBOURS: "Urutan",
}
UNIT_USES = {UnitUse.OPTIONAL: "Opsional", UnitUse.REQUIRED: "Wajib", UnitUse.PENALISED: "Penalti"}
YES, NO = "Ya", "Tidak"


class Columns(msgspec.Struct):
    """Where the columns are; `row` is that of the headings, from 1. A series has letters: ("Opsi", 0) is Opsi A."""

    row: int
    at: dict[str, int]
    series: dict[tuple[str, int], int]
    names: dict[int, str]

    def letters(self, series: str) -> list[tuple[int, int]]:
        """Number and column of each of a series, in order."""
        return sorted((number, column) for (name, number), column in self.series.items() if name == series)


def plain(text: str) -> str:
    """A word as it is compared."""
    return _NOISE.sub("", text).casefold()


def kind_of(text: str) -> QuestionKind | None:
    """The kind that a word of the column Jenis means."""
    word = plain(text)
    known = {plain(name): kind for kind, name in KINDS.items()} | {plain(kind): kind for kind in KINDS}
    return (known | _MORE_KINDS).get(word)


def scoring_of(text: str) -> str | None:
    """The scoring that a word of the column Penilaian means."""
    word = plain(text)
    return next((value for value, name in SCORINGS.items() if word in (plain(name), plain(value))), None)


def unit_use_of(text: str) -> UnitUse | None:
    """What a word of the column Aturan Satuan means."""
    word = plain(text)
    return next((use for use, name in UNIT_USES.items() if word in (plain(name), plain(use))), None)


def number_of_letters(letters: str) -> int:
    """The number that a column's letters stand for; A is 0."""
    number = 0
    for each in letters.upper():
        number = number * len(LETTERS) + LETTERS.index(each) + 1
    return number - 1


def letter(number: int) -> str:
    """A column's letters as Excel shows them; 0 is A."""
    text = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = LETTERS[rest] + text
    return text


def find(rows: Sequence[Sequence[str]], found: Findings) -> Columns | None:
    """Read the headings from the row that has most of them; None: the sheet is laid out as old clients do it.

    Those have a heading row that nobody reads, then the question, its options, and the right one's letter.
    """
    best = max(range(len(rows)), key=lambda at: len(_known(rows[at])), default=None)
    if best is None or not _known(rows[best]):
        return None
    cells = rows[best]
    columns = Columns(best + 1, {}, {}, {at: f"{letter(at)} {text.strip()}" for at, text in enumerate(cells)})
    _place(columns, cells, found)
    if "kind" not in columns.at and not columns.letters(OPTION) and _has_strangers(columns, cells):
        return None
    for key in ("question", "answer"):
        if key not in columns.at and not (key == "answer" and "kind" in columns.at):
            found.error(columns.row, Code.COLUMN_MISSING, ", ".join(filter(None, cells)), column=HEADINGS[key])
    return columns


def _place(columns: Columns, cells: Sequence[str], found: Findings) -> None:
    for at, text in enumerate(cells):
        key = _key(text)
        if key is None:
            continue
        places: dict[object, int] = columns.at if isinstance(key, str) else columns.series  # type: ignore[assignment]  # one of the two
        if key in places:
            found.error(columns.row, Code.COLUMN_TWICE, text.strip(), column=columns.names[at])
        places.setdefault(key, at)


def _known(cells: Sequence[str]) -> set[object]:
    """The columns that a row of headings names; one that names neither question nor answer is none."""
    keys: set[object] = {key for text in cells if (key := _key(text)) is not None}
    return keys if keys & {"question", "answer"} else set()


def _key(text: str) -> str | tuple[str, int] | None:
    word = plain(text)
    if word in _BY_WORD:
        return _BY_WORD[word]
    found = _LETTERED.fullmatch(word)
    for letters in (found["last"], found["two"]) if found else ():
        series = word.removesuffix(letters) if letters else ""
        if letters and series in _SERIES and (series or len(letters) == 1):
            return _SERIES[series], number_of_letters(letters)
    return None


def _has_strangers(columns: Columns, cells: Sequence[str]) -> bool:
    """Whether there are columns without a known heading between the question and its answer, as in old sheets."""
    known = {*columns.at.values(), *columns.series.values()}
    first, last = columns.at.get("question", 0), columns.at.get("answer", len(cells))
    return any(at not in known and cells[at].strip() for at in range(first + 1, min(last, len(cells))))
