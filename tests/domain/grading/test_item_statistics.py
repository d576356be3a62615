"""The statistics of tests held against published examples, against each other, and at their edges."""

from decimal import Decimal
from fractions import Fraction
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.assessments.keys import (
    AcceptedText,
    Choice,
    Item,
    MatchingKey,
    MultipleResponseKey,
    MultipleScoring,
    OrderingKey,
    ShortTextKey,
    SingleChoiceKey,
    Stem,
    Target,
)
from backend.domain.grading import item_statistics as statistics
from backend.domain.grading.item_analysis import Asked, Band, Sittings, analysed
from backend.domain.grading.item_statistics import Column

TEN_STUDENTS = """
1111110110
1011011101
1111011001
0010001000
0000010010
1110111111
1101110111
1111111101
0101111101
1101101110
"""
"""Ten students at ten questions about reliability, with their KR-20 nearly worked out.

Source: K. L. Wuensch, "The Kuder-Richardson 20", core.ecu.edu/wuenschk/StatHelp/KR20.txt.
"""

ATTITUDE = """
43 51 30 39 61 92 45|63 64 51 54 63 73 47|71 70 68 69 76 86 48|61 63 45 47 54 84 35|81 78 56 66 71 83 47
43 55 49 44 54 49 34|58 67 42 56 66 68 35|71 75 50 55 70 66 41|72 82 72 67 71 83 31|67 61 45 47 62 80 41
64 53 53 58 58 67 34|67 60 47 39 59 74 41|69 62 57 42 55 63 25|68 83 83 45 59 77 35|77 77 54 72 79 77 46
81 90 50 72 60 54 36|74 85 64 69 79 79 63|65 60 65 75 55 80 60|65 70 46 57 75 85 46|50 58 68 54 64 78 52
50 40 33 34 43 64 33|64 61 52 62 66 80 41|53 66 52 50 63 80 37|40 37 42 58 50 57 49|63 54 42 48 66 75 33
66 77 66 63 88 76 72|78 75 58 74 80 78 49|48 57 44 45 51 83 38|85 85 71 71 77 74 55|82 82 39 59 64 78 39
"""
"""Thirty departments at seven questions: S. Chatterjee and B. Price, Regression Analysis by Example (1977), p. 70.

What R's package psych says of it stands in its vignette "An introduction to the psych package" (W. Revelle), under
`alpha(attitude)`: raw_alpha 0.84, and for each item the correlation with the rest, `r.drop`.
"""


def sittings(rows: list[list[int]]) -> tuple[list[Column], list[int]]:
    """Marks by person as columns by question, and totals."""
    everybody = range(len(rows))
    return [Column(everybody, [row[at] for row in rows]) for at in range(len(rows[0]))], [sum(row) for row in rows]


def ten_students() -> list[list[int]]:
    return [[int(mark) for mark in line] for line in TEN_STUDENTS.split()]


def attitude() -> list[list[int]]:
    return [[int(word) for word in person.split()] for person in ATTITUDE.strip().replace("\n", "|").split("|")]


def test_kuder_richardson_20_of_ten_students():
    columns, totals = sittings(ten_students())
    assert totals == [8, 7, 7, 2, 2, 9, 8, 9, 7, 7]
    facilities = [sum(column.marks) / 10 for column in columns]
    assert facilities == [0.7, 0.7, 0.6, 0.7, 0.6, 0.8, 0.7, 0.7, 0.5, 0.6]
    pq = [round(statistics.spread(column.marks, column.marks) / 100, 2) for column in columns]
    assert pq == [0.21, 0.21, 0.24, 0.21, 0.24, 0.16, 0.21, 0.21, 0.25, 0.24]
    assert statistics.spread(totals, totals) / 100 == 5.84
    assert statistics.alpha(columns, totals) == pytest.approx(10 / 9 * (1 - 2.18 / 5.84))


def test_alpha_and_item_rest_correlations_of_the_attitude_data():
    columns, totals = sittings(attitude())
    assert round(statistics.alpha(columns, totals) or 0, 2) == 0.84
    rest = [[total - mark for total, mark in zip(totals, column.marks, strict=True)] for column in columns]
    found = [statistics.correlation(column.marks, left) or 0 for column, left in zip(columns, rest, strict=True)]
    assert [round(r, 2) for r in found] == [0.67, 0.74, 0.56, 0.71, 0.79, 0.27, 0.46]


def test_skewness_and_kurtosis_of_the_examples_of_a_spreadsheet():
    """Source: Microsoft's documentation of the functions SKEW, KURT (0.359543071, -0.151799637) and STDEV.S."""
    found = statistics.moments([3, 4, 5, 2, 3, 4, 5, 6, 4, 7])
    assert found.skewness == pytest.approx(0.359543071, abs=5e-10)
    assert found.kurtosis == pytest.approx(-0.151799637, abs=5e-10)
    strengths = [1345, 1301, 1368, 1322, 1310, 1370, 1318, 1350, 1303, 1299]
    assert statistics.moments(strengths).sd == pytest.approx(27.46391572, abs=5e-9)


def test_alpha_by_pairs_is_alpha_where_everybody_was_asked():
    columns, totals = sittings(attitude())
    assert statistics._pairwise(columns, len(totals)) == pytest.approx(statistics.alpha(columns, totals))


def test_alpha_by_pairs_where_not_everybody_was_asked():
    rows = attitude()
    columns, _ = sittings(rows)
    half = [
        Column(
            [who for who in column.who if (who + at) % 3],
            [mark for who, mark in enumerate(column.marks) if (who + at) % 3],
        )
        for at, column in enumerate(columns)
    ]
    totals = [0] * len(rows)
    for column in half:
        for who, mark in zip(column.who, column.marks, strict=True):
            totals[who] += mark
    found = statistics.alpha(half, totals)
    assert found is not None
    # a test of two thirds the length, by Spearman and Brown
    whole = statistics.alpha(*sittings(rows)) or 0
    assert found == pytest.approx(whole * 2 / 3 / (1 - whole / 3), abs=0.03)


def test_what_sits_in_the_middle_of_an_even_number():
    assert statistics.moments([1, 2, 10, 20]).median == 6


def test_nothing_is_said_of_what_does_not_vary():
    columns, totals = sittings([[1, 0], [1, 0], [1, 0]])
    assert statistics.alpha(columns, totals) is None
    assert statistics.correlation([1, 1], [1, 2]) is None
    assert statistics.efficiency([1, 1], [1, 2]) is None
    assert statistics.moments([5, 5, 5, 5]) == statistics.Moments(4, 5.0, 5.0, 0.0, None, None)
    assert statistics.moments([5]) == statistics.Moments(1, 5.0, 5.0, None, None, None)
    assert statistics.moments([]) == statistics.Moments(0, None, None, None, None, None)


def test_a_perfect_question_has_the_whole_discrimination():
    assert statistics.correlation([0, 0, 1, 1], [2, 2, 4, 4]) == pytest.approx(1)
    assert statistics.efficiency([0, 0, 1, 1], [1, 2, 3, 4]) == 1
    assert statistics.efficiency([1, 1, 0, 0], [1, 2, 3, 4]) == -1


@given(st.lists(st.tuples(st.booleans(), st.integers(-50, 50)), min_size=2, max_size=40))
def test_an_options_correlation_is_pearsons_of_having_chosen_it(chosen: list[tuple[bool, int]]):
    rest = [mark for _, mark in chosen]
    found = statistics.chosen_correlation(rest, [mark for is_so, mark in chosen if is_so])
    expected = statistics.correlation([int(is_so) for is_so, _ in chosen], rest)
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-12))


matrix = st.integers(2, 6).flatmap(
    lambda k: st.lists(st.lists(st.integers(0, 1), min_size=k, max_size=k), min_size=3, max_size=20)
)


@settings(max_examples=60)
@given(matrix)
def test_kr20_is_alpha_of_right_and_wrong(rows: list[list[int]]):
    columns, totals = sittings(rows)
    n, k = len(rows), len(columns)
    variance = Fraction(statistics.spread(totals, totals), n * n)
    found = statistics.alpha(columns, totals)
    if not variance:
        assert found is None
        return
    pq = sum(Fraction(sum(column.marks), n) * (1 - Fraction(sum(column.marks), n)) for column in columns)
    assert found == pytest.approx(float(Fraction(k, k - 1) * (1 - pq / variance)))


def test_effective_weights_worked_out_by_hand():
    """Marks 1 2 3 and 0 0 1, totals 1 2 4: the covariances with the total are 3/2 and 5/6."""
    columns, totals = sittings([[1, 0], [2, 0], [3, 1]])
    roots = [1.5**0.5, (5 / 6) ** 0.5]
    assert statistics.effective_weights(columns, totals) == pytest.approx([100 * root / sum(roots) for root in roots])
    columns, totals = sittings([[3, 0], [2, 0], [0, 1]])
    assert statistics.effective_weights(columns, totals) == [100, None], "one that goes against the rest has none"


@settings(max_examples=60)
@given(matrix)
def test_effective_weights_are_a_hundred_together(rows: list[list[int]]):
    columns, totals = sittings(rows)
    found = statistics.effective_weights(columns, totals)
    if any(found):
        assert sum(weight for weight in found if weight is not None) == pytest.approx(100)


def a_choice(fraction: str) -> Choice:
    return Choice(text="x", fraction=Decimal(fraction))


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (SingleChoiceKey(options=tuple(map(a_choice, "1000"))), 0.25),
        (SingleChoiceKey(options=(a_choice("1"), a_choice("0.5"), a_choice("0"))), 0.5),
        (MultipleResponseKey(options=tuple(map(a_choice, "1100"))), 1 / 16),
        # a of two right and b of two wrong: (1, 0) and (2, 1) give a half in 2 ways each, (2, 0) all in one
        (
            MultipleResponseKey(options=tuple(map(a_choice, "1100")), scoring=MultipleScoring.BALANCED),
            (2 * 0.5 + 2 * 0.5 + 1) / 16,
        ),
        (
            MatchingKey(
                stems=(Stem(text="a", target=uuid4()), Stem(text="b", target=uuid4())),
                targets=tuple(Target(text=letter) for letter in "wxyz"),
            ),
            0.25,
        ),
        (OrderingKey(items=tuple(Item(text=letter) for letter in "abcd")), 0.25),
        (ShortTextKey(accepted=(AcceptedText(text="x"),)), None),
    ],
)
def test_what_somebody_gets_who_knows_nothing(key, expected: float | None):
    assert statistics.guess(key) == (None if expected is None else pytest.approx(expected))


def asked(number: int, options: str = "100", points: str = "1") -> Asked:
    return Asked(
        id=number,
        uuid=uuid4(),
        number=number,
        text=f"Question {number}",
        key=SingleChoiceKey(options=tuple(map(a_choice, options))),
        points=Decimal(points),
    )


def test_an_analysis_of_ten_students():
    questions, kept = [asked(number + 1) for number in range(10)], Sittings()
    for row in ten_students():
        place = kept.add(Decimal(sum(row) * 10), {at + 1: Decimal(mark) for at, mark in enumerate(row)}, [])
        for question, mark in zip(questions, row, strict=True):
            kept.choose(place, question.id, str(question.key.options[0 if mark else 1].uuid))
    quiz, found = analysed(questions, kept)
    assert (quiz.attempts, quiz.is_few, quiz.is_complete, quiz.is_kr20) == (10, False, True, True)
    assert (quiz.mean, quiz.median) == (66, 70)
    assert quiz.alpha == pytest.approx(0.6963, abs=5e-5)
    assert quiz.error_ratio == pytest.approx(100 * (1 - quiz.alpha) ** 0.5)
    assert quiz.sd == pytest.approx((584 * 10 / 9) ** 0.5)
    assert quiz.standard_error == pytest.approx(quiz.sd * quiz.error_ratio / 100)
    first = found[0]
    assert (first.facility, first.guess, first.intended_weight) == (0.7, pytest.approx(1 / 3), 10)
    assert first.sd == pytest.approx((0.21 * 10 / 9) ** 0.5)
    assert [(one.count, one.share, one.functions) for one in first.options] == [
        (7, 0.7, None),
        (3, 0.3, True),
        (0, 0.0, False),
    ]
    assert first.distractor_efficiency == 0.5
    assert first.options[0].discrimination == pytest.approx(first.discrimination)
    assert first.options[1].discrimination == pytest.approx(-first.discrimination)
    assert first.options[2].discrimination is None


def test_one_attempt_says_next_to_nothing():
    kept = Sittings()
    kept.add(Decimal(50), {1: Decimal(1), 2: Decimal(0)}, [2])
    quiz, found = analysed([asked(1), asked(2)], kept)
    assert (quiz.attempts, quiz.is_few, quiz.mean, quiz.sd, quiz.alpha) == (1, True, 50, None, None)
    assert [(one.facility, one.discrimination, one.band) for one in found] == [
        (1, None, Band.UNKNOWN),
        (0, None, Band.UNKNOWN),
    ]
    assert [one.unanswered for one in found] == [0, 1]


def test_no_attempt_and_a_worthless_question():
    quiz, found = analysed([asked(1, points="0")], Sittings())
    assert (quiz.attempts, quiz.mean, found[0].facility, found[0].attempts) == (0, None, None, 0)
    kept = Sittings()
    for _ in range(3):
        kept.add(Decimal(0), {1: Decimal(0)}, [])
    assert analysed([asked(1, points="0")], kept)[1][0].facility is None


def test_a_question_that_not_everybody_had_is_held_against_those_who_had_it():
    kept = Sittings()
    for total, extra in ((3, 1), (2, 1), (1, 0), (0, 0)):
        kept.add(Decimal(0), {1: Decimal(total), 2: Decimal(extra)}, [])
    kept.add(Decimal(0), {1: Decimal(1)}, [])
    quiz, found = analysed([asked(1, points="3"), asked(2)], kept)
    assert not quiz.is_complete
    assert [one.attempts for one in found] == [5, 4]
    assert found[1].discrimination == pytest.approx(statistics.correlation([1, 1, 0, 0], [3, 2, 1, 0]))
    assert quiz.alpha is not None
