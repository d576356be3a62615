# ruff: noqa: B008, FBT002, FBT003 - strategies as defaults are immutable; switches of strategies are plain
"""Questions drawn at random from what a format can say, and what it means that two are the same."""

from decimal import Decimal
from uuid import UUID

import msgspec
from hypothesis import assume, reject
from hypothesis import strategies as st

from backend.domain.assessments import markup
from backend.domain.assessments.errors import KeyUnfit
from backend.domain.assessments.formats.findings import Asked
from backend.domain.assessments.formats.texts import FALSE, TRUE, several
from backend.domain.assessments.key_rules import problems
from backend.domain.assessments.keys import (
    NOTHING,
    WHOLE,
    AcceptedNumber,
    AcceptedText,
    BlanksKey,
    Choice,
    EssayKey,
    Gap,
    Item,
    MatchingKey,
    MultipleResponseKey,
    MultipleScoring,
    NumericKey,
    OrderingKey,
    OrderingScoring,
    ShortTextKey,
    SingleChoiceKey,
    Stem,
    Target,
    TrueFalseKey,
    Unit,
    UnitUse,
)
from backend.domain.assessments.terms import TextFormat

LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp"), exclude_characters="\x85")
ODD = st.sampled_from(
    [
        *(
            "=a",
            "~b",
            "{c}",
            "#d",
            "a:b",
            "::t::",
            "\\",
            "\\n",
            "\\\\n",
            "%50%x",
            "[html]x",
            "[plain]",
            "//x",
            "$CATEGORY: x",
        ),
        *(
            "####",
            "a\nb",
            "a\n\nb",
            "<b>fett</b>",
            "a < b & c",
            "A. satu",
            "ANSWER: A",
            "{1:SHORTANSWER:=a}",
            "]]>",
            "&amp;",
        ),
        *(
            "=1+1",
            "'x",
            "1.0",
            "TRUE",
            "T",
            "- x",
            "a, b",
            "a | b",
            "*",
            "\\*",
            "a*b",
            "}",
            "50%",
            "-1..2",
            "1:2",
            "@@PLUGINFILE@@",
        ),
    ]
)
POSITIVE = st.decimals(Decimal("0.01"), Decimal(1), places=4)
FRACTION = st.decimals(Decimal(-1), Decimal("0.99"), places=5)
NUMBERS = st.decimals(Decimal(-10) ** 9, Decimal(10) ** 9, places=3)


def texts(*, one_line=False, without=(), most=40):
    """Texts as people and nobody write them."""
    drawn = st.one_of(ODD, st.text(LETTERS | st.just("\n"), min_size=1, max_size=most))

    def good(text):
        return bool(text.strip()) and not (one_line and "\n" in text) and not any(each in text for each in without)

    return drawn.map(str.strip).filter(good)


def maybe(drawn):
    """Often nothing."""
    return st.one_of(st.just(""), drawn)


@st.composite
def single(draw, texts=texts(), fractions=FRACTION, feedback=st.just("")):
    count = draw(st.integers(2, 6))
    right = draw(st.integers(0, count - 1))
    options = [
        Choice(text=draw(texts), fraction=WHOLE if at == right else draw(fractions), feedback=draw(feedback))
        for at in range(count)
    ]
    return SingleChoiceKey(options=tuple(options))


@st.composite
def true_false(draw, feedback=st.just("")):
    is_true = draw(st.booleans())
    return TrueFalseKey(
        options=(
            Choice(text=TRUE, fraction=WHOLE if is_true else NOTHING, feedback=draw(feedback)),
            Choice(text=FALSE, fraction=NOTHING if is_true else WHOLE, feedback=draw(feedback)),
        )
    )


@st.composite
def multiple(draw, scorings, texts=texts(), feedback=st.just("")):
    scoring = draw(st.sampled_from(scorings))
    right, wrong = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    if scoring is MultipleScoring.FRACTIONS:
        worth = [
            Decimal("0.6"),
            *[Decimal("0.5")] * right,
            *[draw(FRACTION.filter(lambda f: f <= 0)) for _ in range(wrong)],
        ]
    else:
        worth = [WHOLE] * right + [NOTHING] * wrong
    options = [
        Choice(text=draw(texts), fraction=each, feedback=draw(feedback)) for each in draw(st.permutations(worth))
    ]
    if scoring is MultipleScoring.FRACTIONS:
        return several(options)
    return MultipleResponseKey(options=tuple(options), scoring=scoring)


@st.composite
def short(draw, texts=texts(without=("->",)), feedback=st.just(""), cases=st.just(False)):
    rest = draw(st.lists(st.tuples(texts, POSITIVE, feedback), max_size=3))
    accepted = [AcceptedText(text=draw(texts), feedback=draw(feedback))]
    accepted += [AcceptedText(text=text, fraction=fraction, feedback=said) for text, fraction, said in rest]
    return ShortTextKey(accepted=tuple(accepted), is_case_sensitive=draw(cases))


@st.composite
def accepted_number(draw, feedback, fraction=WHOLE, ranges=True):
    said = draw(feedback)
    if ranges and draw(st.booleans()):
        low, high = sorted([draw(NUMBERS), draw(NUMBERS)])
        return AcceptedNumber(low=low, high=high, fraction=fraction, feedback=said)
    return AcceptedNumber(value=draw(NUMBERS), tolerance=abs(draw(NUMBERS)), fraction=fraction, feedback=said)


@st.composite
def numeric(draw, feedback=st.just(""), units=False, ranges=True):
    accepted = [draw(accepted_number(feedback, ranges=ranges))]
    accepted += [draw(accepted_number(feedback, draw(POSITIVE), ranges)) for _ in range(draw(st.integers(0, 2)))]
    if draw(st.booleans()):
        accepted.append(AcceptedNumber(fraction=NOTHING, feedback=draw(feedback)))
    if not units or draw(st.booleans()):
        return NumericKey(accepted=tuple(accepted))
    named = draw(st.lists(st.sampled_from(["m", "cm", "km", "kg m/s"]), min_size=1, unique=True))
    factors = [Unit(name=name, factor=draw(st.decimals(Decimal("0.001"), 5000, places=3))) for name in named]
    use = draw(st.sampled_from(UnitUse))
    penalty = draw(st.sampled_from([Decimal("0.1"), Decimal("0.25")])) if use is UnitUse.PENALISED else NOTHING
    return NumericKey(accepted=tuple(accepted), units=tuple(factors), unit_use=use, unit_penalty=penalty)


@st.composite
def matching(draw, texts=texts(without=("->",)), shuffles=st.just(True)):
    named = draw(st.lists(texts, min_size=2, max_size=5, unique=True))
    targets = tuple([Target(text=text) for text in named])
    count = draw(st.integers(2, 5))
    stems = tuple([Stem(text=draw(texts), target=draw(st.sampled_from(targets)).uuid) for _ in range(count)])
    return MatchingKey(stems=stems, targets=targets, shuffles=draw(shuffles))


@st.composite
def ordering(draw, texts=texts()):
    items = draw(st.lists(texts, min_size=2, max_size=5))
    return OrderingKey(items=tuple([Item(text=text) for text in items]), scoring=draw(st.sampled_from(OrderingScoring)))


@st.composite
def blanks(draw, gap_keys, weights=st.just(WHOLE)):
    keys = draw(st.lists(gap_keys, min_size=1, max_size=3))
    return BlanksKey(gaps=tuple([Gap(key=key, weight=draw(weights)) for key in keys]))


def essay(**parts):
    return st.builds(EssayKey, **parts)


@st.composite
def asked(draw, keys, texts=texts(), formats=st.just(TextFormat.PLAIN), **more):
    key = draw(keys)
    text = draw(texts)
    if isinstance(key, BlanksKey):
        text += " ".join(f"[[{number}]]" for number in range(1, len(key.gaps) + 1))
    drawn = Asked(
        line=1, text=text, key=key, text_format=draw(formats), **{name: draw(drawn) for name, drawn in more.items()}
    )
    return kept(drawn)


def kept(asked):
    """A question as it is kept: clean, and still one."""
    try:
        clean = markup.cleaned(asked)
    except KeyUnfit:
        reject()
    assume(not problems(clean.key, clean.text))
    if isinstance(clean.key, MatchingKey):
        assume(len({target.text for target in clean.key.targets}) == len(clean.key.targets))
    return clean


def same(one, other):
    """Whether two questions ask, score and say the same; parts have other uuids, and targets no order."""
    return meaning(one) == meaning(other)


def meaning(asked):
    plain = msgspec.structs.asdict(asked)
    plain["key"] = _key(asked.key)
    plain["explanation"] = asked.explanation or None
    return {name: value for name, value in plain.items() if name != "line"}


def _key(key):
    if isinstance(key, MatchingKey):
        named = {target.uuid: target.text for target in key.targets}
        stems = [(stem.text, named[stem.target]) for stem in key.stems]
        return (key.KIND, stems, sorted(named.values()), key.is_all_or_nothing, key.shuffles)
    return _without_uuids(key)


def _without_uuids(part):
    if isinstance(part, msgspec.Struct):
        values = {name: getattr(part, name) for name in part.__struct_fields__}
        if isinstance(part, AcceptedNumber) and part.low is not None:
            pass
        return (
            type(part).__name__,
            {name: _without_uuids(each) for name, each in values.items() if not isinstance(each, UUID)},
        )
    return [_without_uuids(each) for each in part] if isinstance(part, tuple) else part


def meaningless(*texts):
    """Options of these texts, the first of them right."""
    return tuple([Choice(text=text, fraction=WHOLE if at == 0 else NOTHING) for at, text in enumerate(texts)])


def accepted_text(text):
    return AcceptedText(text=text)


def replaced(asked, key):
    """The same question with another key."""
    return msgspec.structs.replace(asked, key=key)
