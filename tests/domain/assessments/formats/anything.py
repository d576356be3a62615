"""Questions of every kind that the engine takes, with everything that can be said of them."""

from decimal import Decimal

from hypothesis import strategies as st

from backend.domain.assessments.formats.findings import QuestionUnfit, check
from backend.domain.assessments.keys import (
    NOTHING,
    AcceptedNumber,
    BlanksKey,
    Criterion,
    EssayKey,
    Gap,
    Level,
    MatchingKey,
    MultipleScoring,
    NumericKey,
    SingleChoiceKey,
    SpeakingKey,
    Unit,
    UnitUse,
)
from backend.domain.assessments.terms import TextFormat
from tests.domain.assessments.formats import drawn

ODDER = [
    "->",
    "a -> b",
    "\\->",
    "\\",
    "a\\",
    "_x0041_",
    "a\x0bb",
    "a\u2028b",
    "a\x85b",
    "\x7f",
    "[[1]]",
    "cm = 2",
    "=",
    "±",
]
TEXTS = st.one_of(st.sampled_from(ODDER), drawn.texts())
FEEDBACK = drawn.maybe(TEXTS)
COUNTS = st.one_of(st.none(), st.integers(1, 3600))
POINTS = st.decimals(0, 100, places=2)


@st.composite
def numeric(draw):
    key = draw(drawn.numeric(FEEDBACK, units=True))
    relative = AcceptedNumber(
        value=draw(drawn.NUMBERS), tolerance=draw(drawn.POSITIVE), is_relative=True, fraction=draw(drawn.POSITIVE)
    )
    odd = Unit(
        name=draw(st.sampled_from(["a=b", "m/s", "°C", "a\nb"])), factor=draw(st.decimals("0.0001", 10**6, places=7))
    )
    units = (*key.units, odd) if key.units and draw(st.booleans()) else key.units
    return NumericKey(
        accepted=(*key.accepted, relative) if draw(st.booleans()) else key.accepted,
        units=units,
        unit_use=key.unit_use,
        unit_penalty=key.unit_penalty if key.unit_use is UnitUse.PENALISED else NOTHING,
    )


@st.composite
def rubric(draw):
    def level():
        return Level(text=draw(FEEDBACK), points=draw(POINTS))

    count = draw(st.integers(0, 3))
    return tuple(
        [
            Criterion(text=draw(TEXTS), levels=tuple([level() for _ in range(draw(st.integers(1, 3)))]))
            for _ in range(count)
        ]
    )


@st.composite
def single(draw):
    key = draw(drawn.single(TEXTS, feedback=FEEDBACK))
    if draw(st.integers(0, 9)) == 0:  # more than the alphabet has letters
        key = SingleChoiceKey(options=drawn.meaningless(*[f"opsi {at}" for at in range(1, 31)])[::-1])
    return SingleChoiceKey(options=key.options, shuffles=draw(st.booleans()))


@st.composite
def matching(draw):
    key = draw(drawn.matching(TEXTS, st.booleans()))
    return MatchingKey(
        stems=key.stems, targets=key.targets, shuffles=key.shuffles, is_all_or_nothing=draw(st.booleans())
    )


@st.composite
def blanks(draw):
    kinds = st.one_of(single(), drawn.short(TEXTS, FEEDBACK, st.booleans()), numeric())
    keys = draw(st.lists(kinds, min_size=1, max_size=3))
    return BlanksKey(
        gaps=tuple([Gap(key=key, weight=draw(st.sampled_from([1, 2, Decimal("0.5")])) + NOTHING) for key in keys])
    )


KEYS = st.one_of(
    single(),
    drawn.true_false(feedback=FEEDBACK),
    drawn.multiple(list(MultipleScoring), TEXTS, feedback=FEEDBACK),
    drawn.short(TEXTS, FEEDBACK, st.booleans()),
    numeric(),
    matching(),
    drawn.ordering(TEXTS),
    blanks(),
    st.builds(EssayKey, rubric=rubric(), template=FEEDBACK, notes=FEEDBACK, min_words=COUNTS, max_words=COUNTS),
    st.builds(SpeakingKey, rubric=rubric(), notes=FEEDBACK, max_s=COUNTS),
)


def is_fit(asked):
    """Whether the engine takes it."""
    try:
        check(asked)
    except QuestionUnfit:
        return False
    return True


USUAL = drawn.asked(KEYS, TEXTS).filter(is_fit)
FULL = drawn.asked(
    KEYS,
    TEXTS,
    formats=st.sampled_from(TextFormat),
    points=st.decimals(Decimal("0.01"), 1000, places=2),
    penalty=st.decimals(0, 10, places=2),
    floor=st.sampled_from([None, Decimal(0), Decimal("-2.5")]),
    explanation=FEEDBACK.map(lambda text: text or None),
    feedback_right=FEEDBACK,
    feedback_wrong=FEEDBACK,
    category=st.sampled_from(["", "Bab 1", "=A/B", "top/y"]),
    files=st.sampled_from([(), ("/uploads/soal/2026/01/02/a.png", "/uploads/soal/2026/01/02/b.mp3")]),
).filter(is_fit)


PLAIN = drawn.asked(drawn.single(drawn.texts(one_line=True), st.just(NOTHING)), drawn.texts(one_line=True)).filter(
    is_fit
)
QUESTIONS = st.lists(st.one_of(USUAL, FULL, PLAIN), min_size=1, max_size=5)
