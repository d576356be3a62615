"""The quiz of the demo school: a question of nearly every kind, and how a student answers who knows it or does not."""

from collections.abc import Sequence
from decimal import Decimal

from backend.core.actor import Actor
from backend.domain.assessments.answers import (
    Answer,
    BlanksAnswer,
    EssayAnswer,
    MatchingAnswer,
    MultipleResponseAnswer,
    NumericAnswer,
    OrderingAnswer,
    ShortTextAnswer,
    SingleChoiceAnswer,
)
from backend.domain.assessments.drafts import QuestionDraft
from backend.domain.assessments.keys import (
    NOTHING,
    WHOLE,
    AcceptedNumber,
    AcceptedText,
    BlanksKey,
    Choice,
    Criterion,
    EssayKey,
    Gap,
    GapKey,
    Item,
    Key,
    Level,
    MatchingKey,
    MultipleResponseKey,
    MultipleScoring,
    NumericKey,
    OrderingKey,
    ShortTextKey,
    SingleChoiceKey,
    Stem,
    Target,
    TrueFalseKey,
    Unit,
)
from backend.domain.attempts import commands as attempts
from backend.domain.attempts import queries, saving
from backend.domain.grading import commands as grading
from backend.domain.grading import hand_marking
from backend.domain.grading.hand_marking import HandMarkDraft

_TAXES = {"gaji karyawan": "PPh pasal 21", "impor barang": "PPh pasal 22", "sewa alat": "PPh pasal 23"}
_ESSAY = "Supaya penghasilan untuk hidup sehari-hari tidak ikut dikenai pajak."
_HARDNESS = (1, 0, 2, 3, 5, 4, 2, 6)
"""Of each question but the essay; who can do so much knows the answer, and now and then somebody who cannot."""


def questions() -> tuple[QuestionDraft, ...]:
    """The questions, made anew: their parts have names of their own each time."""
    return (
        QuestionDraft(
            text="Siapa yang wajib memiliki NPWP?",
            key=SingleChoiceKey(options=_choices("+Wajib Pajak yang memenuhi syarat", "Setiap orang", "Hanya badan")),
        ),
        QuestionDraft(
            text="SPT adalah singkatan dari Surat Pemberitahuan.", key=TrueFalseKey(options=_choices("+Benar", "Salah"))
        ),
        QuestionDraft(text="Gaji karyawan dipotong PPh menurut pasal…", key=_text("21", "pasal 21", "dua puluh satu")),
        QuestionDraft(
            text="PPN dikenakan atas penyerahan… (pilih dua)",
            key=MultipleResponseKey(
                options=_choices("+barang kena pajak", "+jasa kena pajak", "gaji", "warisan"),
                scoring=MultipleScoring.BALANCED,
            ),
        ),
        QuestionDraft(
            text="Berapa PTKP setahun bagi orang pribadi yang tidak kawin dan tanpa tanggungan?",
            key=NumericKey(
                accepted=(AcceptedNumber(value=Decimal(54_000_000)),),
                units=(Unit(name="rupiah"), Unit(name="juta", factor=Decimal(1_000_000))),
            ),
            explanation="54 juta rupiah; yang kawin dan setiap tanggungan menambah 4,5 juta.",
        ),
        QuestionDraft(text="Pasangkan yang dikenai pajak dengan pasalnya.", points=Decimal(3), key=_pairs()),
        QuestionDraft(
            text="Urutkan kewajiban dalam satu masa pajak.",
            key=OrderingKey(items=tuple(Item(text=text) for text in ("menghitung", "menyetor", "melapor"))),
        ),
        QuestionDraft(
            text="Pajak dipungut dengan [[1]] assessment; SPT tahunan orang pribadi jatuh tempo akhir [[2]].",
            points=Decimal(2),
            key=_blanks(),
        ),
        QuestionDraft(text="Mengapa ada PTKP? Jelaskan dalam satu dua kalimat.", points=Decimal(4), key=_essay()),
    )


async def take(student: Actor, teacher: Actor | None, quiz_id: int, number: int) -> None:
    """Take the quiz as student `number` does; `teacher` marks the essay, without one it waits."""
    able = number % 8
    attempt = await attempts.start_attempt(student, quiz_id)
    *closed, essay = (await queries.attempt_detail(student, attempt.id)).questions
    for index, question in enumerate(closed):
        is_right = able + (number * 5 + index * 3) % 4 > _HARDNESS[index]
        await saving.save(student, attempt.uuid, question.uuid, _answer(question.key, is_right=is_right))
    await saving.save(student, attempt.uuid, essay.uuid, EssayAnswer(text=_ESSAY))
    await attempts.submit_attempt(student, attempt.id)
    await grading.grade_attempts([attempt.id])
    if teacher is not None and isinstance(essay.key, EssayKey):
        levels = [criterion.levels[-1 if able > 2 else 1].uuid for criterion in essay.key.rubric]
        mark = HandMarkDraft(levels=levels, feedback="Intinya tepat.")
        await hand_marking.mark_answer(teacher, attempt.id, essay.uuid, mark)


def _choices(*texts: str) -> tuple[Choice, ...]:
    """Options; those with a plus are right."""
    return tuple(
        Choice(text=text.removeprefix("+"), fraction=WHOLE if text.startswith("+") else NOTHING) for text in texts
    )


def _text(*accepted: str) -> ShortTextKey:
    return ShortTextKey(accepted=tuple(AcceptedText(text=text) for text in accepted))


def _pairs() -> MatchingKey:
    targets = {text: Target(text=text) for text in (*_TAXES.values(), "PPh pasal 25")}
    stems = tuple(Stem(text=stem, target=targets[target].uuid) for stem, target in _TAXES.items())
    return MatchingKey(stems=stems, targets=tuple(targets.values()))


def _blanks() -> BlanksKey:
    month = SingleChoiceKey(options=_choices("April", "+Maret", "Desember"))
    return BlanksKey(gaps=(Gap(key=_text("self")), Gap(key=month)))


def _essay() -> EssayKey:
    return EssayKey(
        rubric=(
            Criterion(text="Isi", levels=_levels("keliru", "sebagian", "lengkap", "dengan contoh")),
            Criterion(text="Bahasa", levels=_levels("sulit diikuti", "jelas")),
        ),
        notes="Yang dicari: kebutuhan hidup minimum tidak dikenai pajak.",
        max_words=200,
    )


def _levels(*texts: str) -> tuple[Level, ...]:
    return tuple(Level(text=text, points=Decimal(points)) for points, text in enumerate(texts))


def _answer(key: Key, *, is_right: bool) -> Answer:
    match key:
        case SingleChoiceKey(options=options) | TrueFalseKey(options=options):
            return SingleChoiceAnswer(option=_one(options, is_right=is_right).uuid)
        case MultipleResponseKey(options=options):
            wanted = [option.uuid for option in options if option.is_correct]
            return MultipleResponseAnswer(options=tuple(wanted if is_right else wanted[:1]))
        case NumericKey():
            return NumericAnswer(text="54" if is_right else "45", unit="juta")
        case MatchingKey(stems=stems):
            found = [stem.target for stem in stems]
            given = found if is_right else [found[1], found[0], *found[2:]]
            return MatchingAnswer(pairs={stem.uuid: target for stem, target in zip(stems, given, strict=True)})
        case OrderingKey(items=items):
            return OrderingAnswer(items=tuple(item.uuid for item in (items if is_right else items[::-1])))
        case BlanksKey(gaps=gaps):
            return BlanksAnswer(gaps={gap.uuid: _typed(gap.key, is_right=is_right) for gap in gaps})
        case ShortTextKey() as text:
            return ShortTextAnswer(text=_typed(text, is_right=is_right))
    return EssayAnswer(text=_ESSAY)


def _typed(key: GapKey, *, is_right: bool) -> str:
    match key:
        case SingleChoiceKey(options=options):
            return str(_one(options, is_right=is_right).uuid)
        case ShortTextKey(accepted=accepted) if is_right:
            return accepted[0].text
    return "22"


def _one(options: Sequence[Choice], *, is_right: bool) -> Choice:
    return next(option for option in options if option.is_correct is is_right)
