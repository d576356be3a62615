from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.assessments.answers import EssayAnswer
from backend.domain.assessments.keys import NOTHING, WHOLE, Choice, EssayKey, SingleChoiceKey
from backend.domain.grading.marking import Verdict, Worth
from backend.domain.grading.scoring import Item, score

points = st.decimals(min_value=Decimal("0.01"), max_value=1000, places=2)
worths = st.lists(points, min_size=1, max_size=40)


def item(number: int, worth: Worth, *, right: int | None = 0) -> Item:
    """A question with three options, whose rows are number * 10 and up."""
    options = tuple(Choice(text=str(at), fraction=WHOLE if at == right else NOTHING) for at in range(3))
    rows = {number * 10 + at: str(option.uuid) for at, option in enumerate(options)}
    return Item.of(number, worth, SingleChoiceKey(options=options), rows)


def items_of(worth: list[Decimal], **rest: Decimal) -> list[Item]:
    return [item(number, Worth(value, **rest)) for number, value in enumerate(worth, 1)]


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
    made = score([item(1, Worth(Decimal(1)), right=None)], {1: 10})
    assert (made.total, made.correct, made.wrong, made.points, str(made.percent)) == (1, 0, 1, 0, "0.00")


def test_answers_to_other_questions_count_for_nothing():
    assert score([item(1, Worth(Decimal(1)))], {2: 10, 3: 30}).correct == 0


def test_an_option_of_another_question_is_wrong():
    made = score([item(1, Worth(Decimal(1), Decimal("0.5")))], {1: 77})
    assert made.marks[1].verdict is Verdict.WRONG
    assert made.marks[1].points == Decimal("-0.5")


def test_an_attempt_never_comes_below_nothing():
    worst = items_of([Decimal(1)] * 3, penalty=Decimal(5))
    made = score(worst, {1: 11, 2: 21, 3: 30})
    assert [made.marks[number].points for number in (1, 2, 3)] == [-1, -1, 1]
    assert (made.points, str(made.percent)) == (0, "0.00")
    floored = score(items_of([Decimal(1)] * 3, penalty=Decimal(5), floor=NOTHING), {1: 11, 2: 21, 3: 30})
    assert (floored.points, str(floored.percent)) == (1, "33.33")


def test_only_what_was_asked_counts():
    made = score(items_of([Decimal(1)] * 4), {1: 10, 2: 21, 4: 40}, asked=[2, 4])
    assert (made.total, made.correct, made.max_points, str(made.percent)) == (2, 1, 2, "50.00")


def test_an_essay_waits_for_a_person_unless_nothing_was_written():
    items = [*items_of([Decimal(1)]), Item.of(2, Worth(Decimal(3)), EssayKey(), {})]
    answers = {1: 10, 2: EssayAnswer(text="Because")}
    assert score(items, answers).waiting == (2,)
    assert score(items, {1: 10}).waiting == ()
    made = score(items, answers, by_hand={2: Decimal("1.5")})
    assert (made.waiting, made.correct, str(made.percent)) == ((), 1, "62.50")
    assert made.marks[2].verdict is Verdict.PARTIAL


@settings(deadline=None)
@given(attempts())
def test_a_score_stays_in_its_bounds(attempt):
    items, answers = attempt
    made = score(items, answers)
    assert 0 <= made.percent <= 100
    assert made.percent == made.percent.quantize(Decimal("0.01"))
    assert 0 <= made.points <= made.max_points == sum(item.worth.points for item in items)
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
