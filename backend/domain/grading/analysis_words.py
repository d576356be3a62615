"""What charts and workbooks of an analysis say, in Indonesian and in English. A test compares the two."""

from collections.abc import Mapping

from backend.core.dates import Lang
from backend.domain.grading.item_analysis import Band
from backend.domain.grading.terms import AnalysedAttempts

WORDS: Mapping[Lang, Mapping[str, str]] = {
    "id": {
        "title": "Analisis butir soal",
        "attempts": "{count} percobaan ({which})",
        "few": "Kurang dari {few} percobaan: angka-angka ini bisa jadi kebetulan.",
        "partial": "Tidak semua peserta mendapat semua soal: tiap angka dihitung dari yang mendapat soal itu.",
        "mean": "Rata-rata",
        "median": "Median",
        "sd": "Simpangan baku",
        "skewness": "Kemencengan",
        "kurtosis": "Keruncingan",
        "alpha": "Alfa Cronbach",
        "kr20": "Alfa Cronbach (KR-20)",
        "error_ratio": "Rasio galat",
        "standard_error": "Galat baku pengukuran",
        "facility": "Tingkat kemudahan",
        "facility_axis": "Tingkat kemudahan (rata-rata nilai soal, %)",
        "discrimination": "Daya beda",
        "discrimination_axis": "Daya beda (korelasi soal dengan sisa tes)",
        "harder": "lebih sulit",
        "easier": "lebih mudah",
        "efficiency": "Efisiensi daya beda",
        "question": "Soal",
        "questions": "Soal",
        "number": "No",
        "kind": "Jenis",
        "points": "Poin",
        "asked": "Peserta",
        "unanswered": "Tidak dijawab",
        "guess": "Nilai tebakan",
        "intended": "Bobot semula",
        "effective": "Bobot efektif",
        "band": "Golongan",
        "distractors": "Efisiensi pengecoh",
        "option": "Opsi",
        "options": "Pilihan jawaban",
        "fraction": "Nilai opsi",
        "chosen": "Dipilih",
        "share": "Bagian",
        "functions": "Pengecoh berfungsi",
        "right": "kunci",
        "wrong": "pengecoh",
        "idle": "pengecoh yang dipilih kurang dari 5 %",
        "luring": "dipilih oleh peserta yang nilainya tinggi: periksa kunci",
        "yes": "ya",
        "no": "tidak",
        "summary": "Ringkasan",
        "notes": "Catatan",
        "none": "Belum ada percobaan yang dinilai.",
        "no_options": "Soal tanpa pilihan jawaban",
        "sources": "Sumber rumus",
    },
    "en": {
        "title": "Item analysis",
        "attempts": "{count} attempts ({which})",
        "few": "Fewer than {few} attempts: these figures may be chance.",
        "partial": "Not everybody was asked everything: each figure is of those who were asked.",
        "mean": "Mean",
        "median": "Median",
        "sd": "Standard deviation",
        "skewness": "Skewness",
        "kurtosis": "Kurtosis",
        "alpha": "Cronbach's alpha",
        "kr20": "Cronbach's alpha (KR-20)",
        "error_ratio": "Error ratio",
        "standard_error": "Standard error of measurement",
        "facility": "Facility",
        "facility_axis": "Facility (mean mark of the question, %)",
        "discrimination": "Discrimination",
        "discrimination_axis": "Discrimination (correlation with the rest of the test)",
        "harder": "harder",
        "easier": "easier",
        "efficiency": "Discrimination efficiency",
        "question": "Question",
        "questions": "Questions",
        "number": "No",
        "kind": "Kind",
        "points": "Points",
        "asked": "Attempts",
        "unanswered": "Not answered",
        "guess": "Random guess score",
        "intended": "Intended weight",
        "effective": "Effective weight",
        "band": "Band",
        "distractors": "Distractor efficiency",
        "option": "Option",
        "options": "Options",
        "fraction": "Worth",
        "chosen": "Chosen by",
        "share": "Share",
        "functions": "Distractor works",
        "right": "right",
        "wrong": "distractor",
        "idle": "distractor that fewer than 5 % choose",
        "luring": "chosen by those with high scores: look at the key",
        "yes": "yes",
        "no": "no",
        "summary": "Summary",
        "notes": "Notes",
        "none": "No attempt was graded yet.",
        "no_options": "Questions without options",
        "sources": "Sources of the formulas",
    },
}

BANDS: Mapping[Lang, Mapping[Band, str]] = {
    "id": {
        Band.GOOD: "baik (0,30 ke atas)",
        Band.FAIR: "cukup (0,20 sampai 0,30)",
        Band.WEAK: "lemah (di bawah 0,20)",
        Band.NEGATIVE: "negatif: periksa kunci",
        Band.UNKNOWN: "tidak diketahui",
    },
    "en": {
        Band.GOOD: "good (0.30 and more)",
        Band.FAIR: "fair (0.20 to 0.30)",
        Band.WEAK: "weak (below 0.20)",
        Band.NEGATIVE: "negative: look at the key",
        Band.UNKNOWN: "not known",
    },
}

WHICH: Mapping[Lang, Mapping[AnalysedAttempts, str]] = {
    "id": {
        AnalysedAttempts.COUNTED: "yang dihitung",
        AnalysedAttempts.FIRST: "yang pertama dari tiap peserta",
        AnalysedAttempts.ALL: "semua",
    },
    "en": {
        AnalysedAttempts.COUNTED: "those that count",
        AnalysedAttempts.FIRST: "each person's first",
        AnalysedAttempts.ALL: "all",
    },
}

SOURCES = (
    "Moodle, Quiz statistics calculations (docs.moodle.org)",
    "Allen & Yen, Introduction to Measurement Theory (1979)",
    "Crocker & Algina, Introduction to Classical and Modern Test Theory (1986)",
    "Cronbach, Psychometrika 16 (1951); Kuder & Richardson, Psychometrika 2 (1937)",
    "Ebel & Frisbie, Essentials of Educational Measurement (1991)",
    "Haladyna & Downing, Educational and Psychological Measurement 53 (1993)",
    "Tarrant, Ware & Mohammed, BMC Medical Education 9:40 (2009)",
)


def number(value: float | None, lang: Lang, *, digits: int = 2) -> str:
    """A figure as people write it in this language; a dash for what cannot be said."""
    if value is None:
        return "\N{EN DASH}"
    shown = f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")
    return shown.replace(".", ",") if lang == "id" else shown


def percent(value: float | None, lang: Lang, *, digits: int = 0) -> str:
    """A fraction of 1 in percent."""
    return number(None if value is None else 100 * value, lang, digits=digits) + ("" if value is None else " %")
