"""What an answer is worth, kind by kind: each a table of cases."""

from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backend.domain.assessments import answers as given_
from backend.domain.assessments import keys
from backend.domain.assessments.keys import AcceptedNumber, AcceptedText, Choice, Gap, Item, Stem, Target, Unit
from backend.domain.grading import marking, typed
from backend.domain.grading.marking import Mark, Verdict, Worth

ONE = Worth(Decimal(1))
D = Decimal


def options(*fractions: str) -> tuple[Choice, ...]:
    return tuple(
        Choice(text=str(number), fraction=D(fraction), feedback=f"said {number}")
        for number, fraction in enumerate(fractions)
    )


@pytest.mark.parametrize(
    ("chosen", "penalty", "floor", "points", "verdict"),
    [
        (0, "0", None, "1", "right"),
        (1, "0", None, "0", "wrong"),
        (2, "0", None, "0.5", "partial"),
        (3, "0", None, "-0.25", "wrong"),
        (0, "0.5", None, "1", "right"),
        (1, "0.5", None, "-0.5", "wrong"),
        (2, "0.5", None, "0.5", "partial"),
        (3, "0.5", None, "-0.75", "wrong"),
        (1, "3", None, "-1", "wrong"),
        (1, "3", "0", "0", "wrong"),
        (1, "3", "-0.3", "-0.3", "wrong"),
        (None, "3", None, "0", "unanswered"),
    ],
)
def test_single_choice(chosen, penalty, floor, points, verdict):
    key = keys.SingleChoiceKey(options=options("1", "0", "0.5", "-0.25"))
    answer = None if chosen is None else given_.SingleChoiceAnswer(option=key.options[chosen].uuid)
    made = marking.mark(Worth(D(1), D(penalty), None if floor is None else D(floor)), key, answer)
    assert (made.points, made.verdict) == (D(points), verdict)
    assert answer is None or marking.part(key, answer).feedback == (f"said {chosen}",)


@pytest.mark.parametrize(("chosen", "verdict"), [(0, "right"), (1, "wrong")])
def test_true_false(chosen, verdict):
    key = keys.TrueFalseKey(options=options("1", "0"))
    made = marking.mark(ONE, key, given_.TrueFalseAnswer(option=key.options[chosen].uuid))
    assert made.verdict == verdict
    assert marking.part(key, given_.SingleChoiceAnswer(option=key.options[0].uuid)).fraction == 0, "another kind"


ALL, BALANCED, FRACTIONS = keys.MultipleScoring


@pytest.mark.parametrize(
    ("scoring", "fractions", "ticked", "points", "wrong"),
    [
        (ALL, "1 1 0 0", "01", "1", 0),
        (ALL, "1 1 0 0", "0", "0", 0),
        (ALL, "1 1 0 0", "012", "0", 1),
        (ALL, "1 1 0 0", "0123", "0", 2),
        (ALL, "1 1 0 0", "", "0", 0),
        (BALANCED, "1 1 0 0", "01", "1", 0),
        (BALANCED, "1 1 0 0", "0", "0.5", 0),
        (BALANCED, "1 1 0 0", "02", "0", 1),
        (BALANCED, "1 1 0 0", "012", "0.5", 1),
        (BALANCED, "1 1 0 0", "0123", "0", 2),  # ticking everything gives nothing
        (BALANCED, "1 1 1 0 0", "01", "0.6667", 0),
        (BALANCED, "1 1 1", "012", "1", 0),
        (BALANCED, "1 0 0 0", "01", "0.6667", 1),
        (FRACTIONS, "0.5 0.5 -1 0", "01", "1", 0),
        (FRACTIONS, "0.5 0.5 -1 0", "03", "0.5", 1),
        (FRACTIONS, "0.5 0.5 -1 0", "012", "0", 1),
        (FRACTIONS, "0.3333333 0.3333333 0.3333333", "012", "1", 0),
        (FRACTIONS, "0.6 0.6", "01", "1", 0),
        (FRACTIONS, "0.5 0.5 0 0", "01", "1", 0),
        (FRACTIONS, "0.5 0.5 0 0", "0", "0.5", 0),
        (FRACTIONS, "0.5 0.5 0 0", "02", "0", 1),
        (FRACTIONS, "0.75 0.25 0 0", "012", "0.5", 1),
        (FRACTIONS, "0.75 0.25 0 0", "02", "0.25", 1),
        (FRACTIONS, "0.6 0.6 0", "012", "0", 1),
        (FRACTIONS, "0.5 0.5 0 0", "0123", "0", 2),  # nobody has said what wrong ones take
        (FRACTIONS, "0.5 0.5 -0.25", "012", "0", 1),  # what was said takes too little
        (FRACTIONS, "0.5 0.5 -0.25 -0.25", "0123", "0", 2),
        (FRACTIONS, "0.5 0.5 -0.25 -0.25", "012", "0.5", 1),
        (FRACTIONS, "0.5 0.5 -0.25 -0.25", "01", "1", 0),
        (FRACTIONS, "0.5 0.5 -0.5 0", "0123", "0", 2),
        (FRACTIONS, "0.5 0.5 -0.5 0", "03", "0.25", 1),
        (FRACTIONS, "0.9 0.9 -0.1 -0.2", "0123", "0", 2),
        (FRACTIONS, "0.5 0.5 -0.5 -1", "012", "0.5", 1),  # takes enough, so it is as it was said
    ],
)
def test_multiple_response(scoring, fractions, ticked, points, wrong):
    key = keys.MultipleResponseKey(options=options(*fractions.split()), scoring=scoring)
    answer = given_.MultipleResponseAnswer(options=tuple(key.options[int(at)].uuid for at in ticked))
    assert marking.part(key, answer).wrong == wrong
    assert marking.mark(ONE, key, answer).points == D(points)


def test_each_wrong_tick_costs_its_penalty():
    key = keys.MultipleResponseKey(options=options("1", "1", "0", "0"), scoring=BALANCED)
    everything = given_.MultipleResponseAnswer(options=tuple(option.uuid for option in key.options))
    assert marking.mark(Worth(D(1), D("0.25")), key, everything).points == D("-0.5")


@pytest.mark.parametrize(
    ("accepted", "text", "fits"),
    [
        ("Jakarta", "jakarta", True),
        ("Jakarta", "  JAKARTA ", True),
        ("New York", "new \t  york", True),
        ("New York", "newyork", False),
        ("ﬁle", "file", True),  # NFKC
        ("Straße", "STRASSE", True),
        ("é", "e\u0301", True),
        ("\uff12\uff10", "20", True),
        ("Jak*", "Jakarta", True),
        ("Jak*", "Jak", True),
        ("*karta", "Jakarta", True),
        ("J*k*a", "Jakarta", True),
        ("J*k*t", "Jakarta", False),
        ("*", "anything", True),
        ("a*a", "a", False),
        (r"2\*3", "2*3", True),
        (r"2\*3", "2x3", False),
        (r"a\\*", "a\\b", True),
        (r"a\b", r"a\b", True),
        ("a\\", "a\\", True),
        ("a.c", "abc", False),
        ("pph 21*", "PPh   21 final", True),
    ],
)
def test_short_text(accepted, text, fits):
    key = keys.ShortTextKey(accepted=(AcceptedText(text=accepted),))
    assert marking.mark(ONE, key, given_.ShortTextAnswer(text=text)).verdict == ("right" if fits else "wrong")


def test_the_first_text_that_fits_counts_and_case_may_matter():
    key = keys.ShortTextKey(
        accepted=(AcceptedText(text="Ag"), AcceptedText(text="a*", fraction=D("0.4"), feedback="Nearly")),
        is_case_sensitive=True,
    )
    found = [marking.part(key, given_.ShortTextAnswer(text=text)) for text in ("Ag", "ag", "AG")]
    assert [made.fraction for made in found] == [1, D("0.4"), 0]
    assert found[1].feedback == ("Nearly",)


def test_a_pattern_of_stars_is_not_slow():
    assert not typed.matches("*a" * 400 + "b", "a" * 1000)


@pytest.mark.parametrize(
    ("text", "values", "unit"),
    [
        ("12", ["12"], ""),
        (" -3,5 ", ["-3.5"], ""),
        ("+3.5", ["3.5"], ""),
        ("\u22123", ["-3"], ""),
        (".5", ["0.5"], ""),
        ("1.234,5", ["1234.5"], ""),
        ("1,234.5", ["1234.5"], ""),
        ("1.234.567", ["1234567"], ""),
        ("1.500", ["1.500", "1500"], ""),
        ("0.500", ["0.500"], ""),
        ("12 500", ["12500"], ""),
        ("6,02e23", [], ""),
        ("1.5e3", ["1.5e3"], ""),
        ("12 km/h", ["12"], "km/h"),
        ("12km", ["12"], "km"),
        ("5%", ["5"], "%"),
        ("1.2.3", [], ""),
        ("1,2,3.4", ["123.4"], ""),
        ("", None, ""),
        ("twelve", None, ""),
        ("9" * 50, [], ""),
    ],
)
def test_numbers_are_read(text, values, unit):
    found = typed.number(text)
    assert found == (typed.Typed(tuple(D(value) for value in values), unit) if values else None)


@pytest.mark.parametrize(
    ("accepted", "text", "fits"),
    [
        (AcceptedNumber(value=D(5)), "5", True),
        (AcceptedNumber(value=D(5)), "5.0", True),
        (AcceptedNumber(value=D(5)), "5.1", False),
        (AcceptedNumber(value=D(5), tolerance=D("0.1")), "5,1", True),
        (AcceptedNumber(value=D(5), tolerance=D("0.1")), "5.11", False),
        (AcceptedNumber(value=D(200), tolerance=D("0.05"), is_relative=True), "190", True),
        (AcceptedNumber(value=D(200), tolerance=D("0.05"), is_relative=True), "189", False),
        (AcceptedNumber(value=D(-200), tolerance=D("0.05"), is_relative=True), "-210", True),
        (AcceptedNumber(low=D(1), high=D(2)), "1", True),
        (AcceptedNumber(low=D(1), high=D(2)), "2", True),
        (AcceptedNumber(low=D(1), high=D(2)), "2.01", False),
        (AcceptedNumber(value=D(1500)), "1.500", True),
        (AcceptedNumber(value=D("1.5")), "1.500", True),
        (AcceptedNumber(), "7", True),
        (AcceptedNumber(), "seven", False),
        (AcceptedNumber(value=D(5)), "5 km", False),
    ],
)
def test_numeric(accepted, text, fits):
    key = keys.NumericKey(accepted=(accepted,))
    assert marking.mark(ONE, key, given_.NumericAnswer(text=text)).verdict == ("right" if fits else "wrong")


@pytest.mark.parametrize(
    ("use", "text", "unit", "points"),
    [
        ("optional", "5", "", "1"),
        ("optional", "5 km", "", "1"),
        ("optional", "5000", "m", "1"),
        ("optional", "5 M", "", "0"),
        ("optional", "5 miles", "", "0"),
        ("optional", "5", "KM", "1"),
        ("required", "5", "", "0"),
        ("required", "5km", "", "1"),
        ("penalised", "5", "", "0.75"),
        ("penalised", "5 miles", "", "0.75"),
        ("penalised", "6", "", "0"),
        ("penalised", "5000 m", "", "1"),
    ],
)
def test_units(use, text, unit, points):
    key = keys.NumericKey(
        accepted=(AcceptedNumber(value=D(5)),),
        units=(Unit(name="km"), Unit(name="m", factor=D("0.001"))),
        unit_use=keys.UnitUse(use),
        unit_penalty=D("0.25"),
    )
    assert marking.mark(ONE, key, given_.NumericAnswer(text=text, unit=unit)).points == D(points)


def a_matching(*, is_all_or_nothing: bool = False) -> keys.MatchingKey:
    targets = tuple(Target(text=text) for text in ("one", "two", "three", "a distractor"))
    stems = tuple(Stem(text=str(at), target=targets[at].uuid) for at in range(3))
    return keys.MatchingKey(stems=stems, targets=targets, is_all_or_nothing=is_all_or_nothing)


@pytest.mark.parametrize(
    ("pairs", "whole", "points", "wrong"),
    [
        ("0-0 1-1 2-2", False, "1", 0),
        ("0-0 1-1 2-3", False, "0.6667", 1),
        ("0-0 1-2 2-1", False, "0.3333", 2),
        ("0-0", False, "0.3333", 0),
        ("0-0 1-1 2-2", True, "1", 0),
        ("0-0 1-1", True, "0", 0),
    ],
)
def test_matching(pairs, whole, points, wrong):
    key = a_matching(is_all_or_nothing=whole)
    made = {key.stems[int(pair[0])].uuid: key.targets[int(pair[2])].uuid for pair in pairs.split()}
    answer = given_.MatchingAnswer(pairs=made)
    assert marking.part(key, answer).wrong == wrong
    assert marking.mark(ONE, key, answer).points == D(points)


@pytest.mark.parametrize(
    ("scoring", "order", "points"),
    [
        ("all_or_nothing", "0123", "1"),
        ("all_or_nothing", "0132", "0"),
        ("places", "0123", "1"),
        ("places", "0132", "0.5"),
        ("places", "1230", "0"),
        ("neighbours", "0123", "1"),
        ("neighbours", "1230", "0.6667"),
        ("neighbours", "3210", "0"),
    ],
)
def test_ordering(scoring, order, points):
    key = keys.OrderingKey(items=tuple(Item(text=str(at)) for at in range(4)), scoring=keys.OrderingScoring(scoring))
    answer = given_.OrderingAnswer(items=tuple(key.items[int(at)].uuid for at in order))
    assert marking.mark(ONE, key, answer).points == D(points)


def test_targets_that_read_the_same_are_one():
    yes, also_yes, no = targets = [Target(text=text) for text in ("Ya", "Ya", "Tidak")]
    stems = [Stem(text=str(at), target=target.uuid) for at, target in enumerate(targets)]
    key = keys.MatchingKey(stems=tuple(stems), targets=tuple(targets))
    swapped = dict(zip([stem.uuid for stem in stems], [also_yes.uuid, yes.uuid, no.uuid], strict=True))
    assert marking.part(key, given_.MatchingAnswer(pairs=swapped)).fraction == 1
    assert marking.part(key, given_.MatchingAnswer(pairs=swapped | {stems[0].uuid: no.uuid})).wrong == 1


@pytest.mark.parametrize(
    ("scoring", "order", "points"),
    [
        ("all_or_nothing", "2103", "1"),
        ("places", "2103", "1"),
        ("places", "0213", "0.5"),
        ("neighbours", "2103", "1"),
        ("neighbours", "3210", "0.6667"),  # of A B, B A and A C the first two
        ("neighbours", "0213", "0.3333"),
    ],
)
def test_items_that_read_the_same_are_as_good_as_each_other(scoring, order, points):
    key = keys.OrderingKey(items=tuple(Item(text=text) for text in "ABAC"), scoring=keys.OrderingScoring(scoring))
    answer = given_.OrderingAnswer(items=tuple(key.items[int(at)].uuid for at in order))
    assert marking.mark(ONE, key, answer).points == D(points)


@pytest.mark.parametrize(
    ("typed_", "points", "wrong"),
    [
        (("paris", "3.14", "right"), "1", 0),
        (("rome", "3.14", "right"), "0.75", 1),
        (("paris", "4", "wrong"), "0.25", 2),
        (("", "3.14", ""), "0.5", 0),
        (("paris", " ", "nonsense"), "0.25", 1),
    ],
)
def test_blanks(typed_, points, wrong):
    choice = keys.SingleChoiceKey(options=options("1", "0"))
    key = keys.BlanksKey(
        gaps=(
            Gap(key=keys.ShortTextKey(accepted=(AcceptedText(text="Paris"),))),
            Gap(key=keys.NumericKey(accepted=(AcceptedNumber(value=D("3.14")),)), weight=D(2)),
            Gap(key=choice),
        )
    )
    named = {"right": str(choice.options[0].uuid), "wrong": str(choice.options[1].uuid)}
    answer = given_.BlanksAnswer(
        gaps={gap.uuid: named.get(text, text) for gap, text in zip(key.gaps, typed_, strict=True)}
    )
    assert marking.part(key, answer).wrong == wrong
    assert marking.mark(ONE, key, answer).points == D(points)


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        (keys.EssayKey(), given_.EssayAnswer(text="Because")),
        (keys.SpeakingKey(), given_.SpeakingAnswer(file=Item(text="").uuid)),
    ],
)
def test_what_a_person_marks_waits(key, answer):
    assert marking.mark(ONE, key, answer) == Mark(D(0), D(1), D(0), Verdict.WAITING)
    assert marking.by_hand(Worth(D(4)), D(3)) == Mark(D(3), D(4), D("0.75"), Verdict.PARTIAL)
    assert marking.by_hand(Worth(D(4)), D(4)).verdict is Verdict.RIGHT
    assert marking.by_hand(Worth(D(4)), D(0)).verdict is Verdict.WRONG


def test_a_rubric_is_scaled_to_the_points():
    assert marking.rubric_points(Worth(D(10)), [D(2), D(1)], D(6)) == 5
    assert marking.rubric_points(Worth(D(10)), [], D(0)) == 0


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["1", "0"]), min_size=2, max_size=8),
    st.sets(st.integers(0, 7)),
    st.sampled_from(keys.MultipleScoring),
)
def test_no_ticks_are_worth_more_than_all_or_less_than_nothing(fractions, ticked, scoring):
    key = keys.MultipleResponseKey(options=options(*fractions), scoring=scoring)
    some = tuple(option.uuid for at, option in enumerate(key.options) if at in ticked)
    assert 0 <= marking.part(key, given_.MultipleResponseAnswer(options=some)).fraction <= 1
    everything = given_.MultipleResponseAnswer(options=tuple(option.uuid for option in key.options))
    if "0" in fractions and not (scoring is FRACTIONS and min(map(D, fractions)) < 0):
        assert marking.part(key, everything).fraction == 0


SOME = st.sets(st.integers(0, 7))
WEIGHTS = st.lists(st.integers(-100, 100).map(lambda hundredths: str(D(hundredths) / 100)), min_size=2, max_size=8)


@settings(deadline=None)
@given(WEIGHTS, SOME, SOME)
def test_whatever_weights_are_chosen_ticking_everything_gives_nothing(fractions, ticked, more):
    """And no other wrong tick gains anything."""
    key = keys.MultipleResponseKey(options=options(*fractions), scoring=FRACTIONS)
    assume(any(option.is_correct for option in key.options) and not all(option.is_correct for option in key.options))

    def worth(of: set[int]) -> Decimal:
        chosen = tuple(option.uuid for at, option in enumerate(key.options) if at in of)
        return marking.part(key, given_.MultipleResponseAnswer(options=chosen)).fraction

    assert worth(set(range(8))) == 0
    wrong = {at for at, option in enumerate(key.options) if not option.is_correct}
    assert worth(ticked | (more & wrong)) <= worth(ticked)


@settings(deadline=None)
@given(st.text(max_size=60), st.text(alphabet="ab*\\ é", max_size=12))
def test_whatever_is_typed_is_read(text, pattern):
    typed.number(text)
    typed.matches(pattern, text)
    assert typed.matches("*", text)
    assert typed.matches(typed.normal(text).replace("\\", "\\\\").replace("*", "\\*"), text)
