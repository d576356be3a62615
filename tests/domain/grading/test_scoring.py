from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.grading.scoring import Item, Score, score

points = st.decimals(min_value=Decimal("0.01"), max_value=1000, places=2)
worths = st.lists(points, min_size=1, max_size=40)


def items_of(worth: list[Decimal]) -> list[Item]:
    return [Item(number, value, number * 10) for number, value in enumerate(worth, 1)]


@st.composite
def attempts(draw) -> tuple[list[Item], dict[int, int]]:
    items = items_of(draw(worths))
    chosen = draw(st.lists(st.sampled_from([None, 0, 1]), min_size=len(items), max_size=len(items)))
    answers = {
        item.question_id: item.question_id * 10 + move
        for item, move in zip(items, chosen, strict=True)
        if move is not None
    }
    return items, answers


@pytest.mark.parametrize(
    ("worth", "right", "wrong", "percent"),
    [
        (["1", "1", "1"], [1, 2], [3], "66.67"),
        (["1", "1", "1"], [1], [], "33.33"),
        (["1"] * 20, [1], [], "5.00"),  # one of twenty answered, and rightly: not a hundred
        (["1"] * 8, [1], [], "12.50"),
        (["1"] * 800, [1], [], "0.13"),  # 0.125: half a hundredth goes up
        (["5", "3", "2"], [1], [2, 3], "50.00"),
        (["0.10", "0.20", "0.70"], [1, 2], [], "30.00"),
        (["1", "1"], [], [], "0.00"),
        (["1", "1"], [1, 2], [], "100.00"),
        ([], [], [], "0.00"),
        (["0", "0"], [1], [], "0.00"),
    ],
)
def test_correct_points_over_all_points(worth, right, wrong, percent):
    answers = {number: number * 10 for number in right} | dict.fromkeys(wrong, -1)
    made = score(items_of([Decimal(value) for value in worth]), answers)
    assert str(made.percent) == percent
    assert (made.total, made.correct, made.wrong) == (len(worth), len(right), len(worth) - len(right))


def test_a_question_without_a_right_option_is_never_right():
    assert score([Item(1, Decimal(1), None)], {1: 7}) == Score(1, 0, 1, Decimal(0), Decimal(1), Decimal("0.00"))


def test_answers_to_other_questions_count_for_nothing():
    assert score([Item(1, Decimal(1), 10)], {2: 10, 3: 30}).correct == 0


@settings(deadline=None)
@given(attempts())
def test_a_score_stays_in_its_bounds(attempt):
    items, answers = attempt
    made = score(items, answers)
    assert 0 <= made.percent <= 100
    assert made.percent == made.percent.quantize(Decimal("0.01"))
    assert 0 <= made.points <= made.max_points == sum(item.points for item in items)
    assert made.correct + made.wrong == made.total == len(items)
    assert (made.correct == made.total) == (made.points == made.max_points)


@settings(deadline=None)
@given(attempts(), st.data())
def test_one_more_right_answer_never_lowers_a_score(attempt, data):
    items, answers = attempt
    item = data.draw(st.sampled_from(items))
    before, after = score(items, answers), score(items, {**answers, item.question_id: item.question_id * 10})
    assert after.points >= before.points
    assert after.percent >= before.percent
    assert after.correct >= before.correct


@settings(deadline=None)
@given(attempts(), st.randoms())
def test_the_order_of_questions_and_answers_does_not_matter(attempt, random):
    items, answers = attempt
    shuffled, pairs = list(items), list(answers.items())
    random.shuffle(shuffled)
    random.shuffle(pairs)
    assert score(shuffled, dict(pairs)) == score(items, answers)
