"""Words for what the gate between meetings asks for, and for excuses from it."""

from collections.abc import Mapping, Sequence

from backend.dialects.lms.words.word import Word

KINDS: Mapping[str, Word] = {
    "meeting": Word("kehadiran di '{title}'", "presence at '{title}'"),
    "assignment": Word("tugas '{title}'", "the assignment '{title}'"),
    "quiz": Word("kuis '{title}'", "the quiz '{title}'"),
}

WORDS = {
    "enrolments.excuse_not_found": Word("Pengecualian tidak ditemukan", "There is no such excuse"),
    "enrolments.already_excused": Word("Siswa sudah dikecualikan", "The student is excused already"),
    "enrolments.item_not_of_batch": Word(
        "Pertemuan, tugas, atau kuis itu bukan bagian dari batch ini",
        "The meeting, assignment or quiz is not part of this batch",
    ),
}


def all_missing(missing: Sequence[Mapping[str, str]], *, english: bool) -> str:
    """Everything the gate asks for by its name, to follow the contract's words, which name a quiz and nothing else.

    Empty where those words say it all: presence alone, or one quiz.
    """
    if not missing or (len(missing) == 1 and missing[0]["kind"] != "assignment"):
        return ""
    told = [KINDS[one["kind"]].en if english else KINDS[one["kind"]].id for one in missing]
    listed = ", ".join(word.replace("{title}", one["title"]) for word, one in zip(told, missing, strict=True))
    return f" (still missing: {listed})" if english else f" (belum: {listed})"
