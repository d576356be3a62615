"""The statistics of a test and its questions: pure, exact until the last division, and said where they come from.

Marks are whole numbers (ten-thousandths of a point), so that sums do not depend on their order, and what has no
variance has exactly none. None stands for what cannot be said: a correlation with something that does not vary, a
skewness of fewer than three values.

Sources. The formulas of the test and of its questions are those of Moodle's "Quiz statistics calculations"
(docs.moodle.org), which are classical test theory as in Allen & Yen, Introduction to Measurement Theory (1979), and
Crocker & Algina, Introduction to Classical and Modern Test Theory (1986). Cronbach, Coefficient alpha and the internal
structure of tests, Psychometrika 16 (1951); its dichotomous case is formula 20 of Kuder & Richardson, The theory of
the estimation of test reliability, Psychometrika 2 (1937).
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from math import comb, factorial, sqrt
from operator import mul
from statistics import median

import msgspec

from backend.domain.assessments.keys import (
    BlanksKey,
    Key,
    MatchingKey,
    MultipleResponseKey,
    MultipleScoring,
    OrderingKey,
    OrderingScoring,
    SingleChoiceKey,
    TrueFalseKey,
    options_of,
)

FUNCTIONS_FROM = 0.05
"""A wrong option that fewer choose does not work. Haladyna & Downing, Educational and Psychological Measurement 53
(1993); the share of a question's wrong options that work is its distractor efficiency, as in Tarrant, Ware & Mohammed,
BMC Medical Education 9:40 (2009)."""


class Moments(msgspec.Struct, frozen=True):
    """How values are spread. `sd` is of a sample (n - 1); skewness and kurtosis are 0 for the normal distribution."""

    count: int
    mean: float | None
    median: float | None
    sd: float | None
    skewness: float | None
    kurtosis: float | None


def moments(values: Sequence[int], unit: int = 1) -> Moments:
    """The moments of values that are given in so many parts of one.

    With m2, m3, m4 the moments about the mean, Fisher's k-statistics are k2 = n m2 / (n - 1),
    k3 = n² m3 / ((n - 1)(n - 2)) and k4 = n² ((n + 1) m4 - 3 (n - 1) m2²) / ((n - 1)(n - 2)(n - 3)); skewness is
    k3 / k2^(3/2), kurtosis k4 / k2². Source: Moodle, as above.
    """
    n = len(values)
    if not n:
        return Moments(0, None, None, None, None, None)
    mean = Fraction(sum(values), n)
    m2, m3, m4 = _central(values, mean)
    k2 = n * m2 / (n - 1) if n > 1 else None
    skewness = kurtosis = None
    if k2 and n > 2:
        skewness = float(n * n * m3 / ((n - 1) * (n - 2))) / float(k2) ** 1.5
    if k2 and n > 3:
        k4 = n * n * ((n + 1) * m4 - 3 * (n - 1) * m2 * m2) / ((n - 1) * (n - 2) * (n - 3))
        kurtosis = float(k4 / (k2 * k2))
    spread = None if k2 is None else sqrt(k2) / unit
    return Moments(n, float(mean) / unit, float(median(values)) / unit, spread, skewness, kurtosis)


def _central(values: Sequence[int], mean: Fraction) -> tuple[Fraction, Fraction, Fraction]:
    """The second, third and fourth moment about the mean, from sums of powers of whole numbers."""
    n = len(values)
    squares = [value * value for value in values]
    s2 = Fraction(sum(squares), n)
    s3 = Fraction(sum(map(mul, squares, values)), n)
    s4 = Fraction(sum(map(mul, squares, squares)), n)
    return (
        s2 - mean**2,
        s3 - 3 * mean * s2 + 2 * mean**3,
        s4 - 4 * mean * s3 + 6 * mean**2 * s2 - 3 * mean**4,
    )


def spread(xs: Sequence[int], ys: Sequence[int]) -> int:
    """n² times the covariance of a population, which is a whole number; of one with itself the variance."""
    together: int = sum(map(mul, xs, ys))
    return len(xs) * together - sum(xs) * sum(ys)


def correlation(xs: Sequence[int], ys: Sequence[int]) -> float | None:
    """Pearson's product-moment correlation; with one of two values in `xs` it is the point-biserial."""
    of_x, of_y = spread(xs, xs), spread(ys, ys)
    if not of_x or not of_y:
        return None
    return _within(spread(xs, ys) / (sqrt(of_x) * sqrt(of_y)))


def _within(r: float) -> float:
    return max(-1.0, min(1.0, r))


def efficiency(xs: Sequence[int], rest: Sequence[int]) -> float | None:
    """Discrimination of the most that these marks allow: the covariance over that of both put in order.

    Source: Moodle, as above.
    """
    most = spread(sorted(xs), sorted(rest))
    return spread(xs, rest) / most if most else None


def chosen_correlation(rest: Sequence[int], of_choosers: Sequence[int]) -> float | None:
    """The point-biserial of having chosen an option with the rest of the test; `of_choosers` is a part of `rest`."""
    n, chosen = len(rest), len(of_choosers)
    of_rest = spread(rest, rest)
    if not of_rest or chosen in (0, n):
        return None
    together = n * sum(of_choosers) - chosen * sum(rest)
    return _within(together / (sqrt(n * chosen - chosen * chosen) * sqrt(of_rest)))


class Column(msgspec.Struct, frozen=True):
    """The marks of a question: `who` are the places of the attempts that were asked, in order, `marks` theirs."""

    who: Sequence[int]
    marks: Sequence[int]


def alpha(columns: Sequence[Column], totals: Sequence[int]) -> float | None:
    """Cronbach's alpha, k / (k - 1) (1 - Σ var(x) / var(total)); of marks that are 0 or 1 it is KR-20.

    Where not everybody was asked everything it is k c / (v + (k - 1) c), the same by other means: v is the mean
    variance of a question, c the mean covariance of two, each over those who were asked both, and k how many questions
    an attempt has on average.
    """
    if len(totals) < 2 or len(columns) < 2:
        return None
    if all(len(column.who) == len(totals) for column in columns):
        k, of_totals = len(columns), spread(totals, totals)
        if not of_totals:
            return None
        return k / (k - 1) * (1 - sum(spread(column.marks, column.marks) for column in columns) / of_totals)
    return _pairwise(columns, len(totals))


def _pairwise(columns: Sequence[Column], n: int) -> float | None:
    asked = [column for column in columns if len(column.who) > 1]
    variances = [_sample(spread(column.marks, column.marks), len(column.who)) for column in asked]
    dense = [_dense(column, n) for column in asked]
    shared = [_shared(one, other) for one, other in combinations(dense, 2)]
    together = [covariance for covariance in shared if covariance is not None]
    k = sum(len(column.who) for column in columns) / n
    if not together:
        return None
    v, c = sum(variances) / len(variances), sum(together) / len(together)
    return k * c / (v + (k - 1) * c) if v + (k - 1) * c > 0 else None


def _sample(spread_: int, n: int) -> float:
    return spread_ / (n * (n - 1))


def _dense(column: Column, n: int) -> tuple[int, list[int]]:
    """Marks by the place of the attempt, 0 where it was not asked, and a bit for each that was."""
    marks, bits = [0] * n, bytearray(n)
    for place, mark in zip(column.who, column.marks, strict=True):
        marks[place], bits[place] = mark, 1
    return int("".join("1" if bit else "0" for bit in reversed(bits)), 2), marks


def _shared(one: tuple[int, list[int]], other: tuple[int, list[int]]) -> float | None:
    both = one[0] & other[0]
    n = both.bit_count()
    if n < 2:
        return None
    places = [place for place, bit in enumerate(reversed(f"{both:b}")) if bit == "1"]
    xs, ys = [one[1][place] for place in places], [other[1][place] for place in places]
    return _sample(spread(xs, ys), n)


def effective_weights(columns: Sequence[Column], totals: Sequence[int]) -> list[float | None]:
    """How much each question has to do with the differences between totals, in percent, 100 together.

    The root of its covariance with the total, over the sum of these; None where it is negative. Source: Moodle, as
    above.
    """
    roots: list[float | None] = []
    for column in columns:
        n = len(column.who)
        together = _sample(spread(column.marks, [totals[place] for place in column.who]), n) if n > 1 else -1.0
        roots.append(sqrt(together) if together >= 0 else None)
    whole = sum(root for root in roots if root is not None)
    return [100 * root / whole if root is not None and whole else None for root in roots]


def guess(key: Key) -> float | None:
    """What somebody gets on average who knows nothing, as a fraction; None where it cannot be said.

    One of the options by lot, each tick by a coin, any target, any order; what is typed is not guessed.
    """
    if isinstance(key, SingleChoiceKey | TrueFalseKey):
        return float(sum(option.fraction for option in key.options) / len(key.options))
    if isinstance(key, MultipleResponseKey):
        return _ticks(key)
    if isinstance(key, MatchingKey):
        each = 1 / len(key.targets)
        return float(each ** len(key.stems)) if key.is_all_or_nothing else each
    if isinstance(key, OrderingKey):
        many = len(key.items)
        return 1 / factorial(many) if key.scoring is OrderingScoring.ALL_OR_NOTHING else 1 / many
    if isinstance(key, BlanksKey):
        whole = float(sum(gap.weight for gap in key.gaps))
        return sum(float(gap.weight) * (guess(gap.key) or 0.0) for gap in key.gaps) / whole
    return None


def _ticks(key: MultipleResponseKey) -> float | None:
    options = options_of(key)
    right = sum(option.is_correct for option in options)
    wrong = len(options) - right
    if key.scoring is MultipleScoring.ALL_OR_NOTHING:
        return 1 / (2.0 ** len(options))
    if key.scoring is MultipleScoring.BALANCED:
        ways = (
            comb(right, some) * comb(wrong, others) * max(0.0, some / right - (others / wrong if wrong else 0.0))
            for some in range(right + 1)
            for others in range(wrong + 1)
        )
        return sum(ways) / (2.0 ** len(options))
    return None
