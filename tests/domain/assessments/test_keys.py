"""Which keys fit, what a student sees of them, and that a mended key keeps its parts."""

import re
from decimal import Decimal

import msgspec
import pytest

from backend.core import db
from backend.core.actor import SYSTEM
from backend.core.ids import unordered_uuid
from backend.domain.assessments import answers, keys, paper_queries, papers, queries, rules
from backend.domain.assessments import question_commands as editing
from backend.domain.assessments.answer_rules import why_unfit
from backend.domain.assessments.drafts import KeyChange, QuestionChange
from backend.domain.assessments.errors import (
    FloorTooHigh,
    KeyUnfit,
    QuizTaken,
    SectionHasQuestions,
    SectionNotFound,
)
from backend.domain.assessments.key_rules import problems
from backend.domain.assessments.keys import AcceptedNumber, AcceptedText, Choice, Gap
from backend.domain.assessments.question_commands import SectionPlan
from backend.domain.assessments.terms import TextFormat
from backend.domain.files.errors import FileNotFound
from tests.kinds import KEYS, RIGHT, a_quiz_of, a_text
from tests.people import Person
from tests.quizzes import CANARY, a_quiz, an_attempt, choices

D = Decimal
replaced = msgspec.structs.replace


@pytest.mark.parametrize("kind", KEYS)
def test_a_key_fits_and_comes_back_as_it_was(kind: str):
    key = KEYS[kind]
    assert problems(key, a_text(kind)) == []
    assert keys.from_json(keys.to_json(key)) == key
    assert kind == key.KIND


NAN, HUGE = D("NaN"), D("1e999999")
NUMBER, TEXT = KEYS["numeric"], KEYS["short_text"]


def single(**first: object) -> keys.SingleChoiceKey:
    """Three options, the first of which is another one."""
    return keys.SingleChoiceKey(options=(Choice(**{"text": "a", **first}), *choices("AB")))


def number(**accepted: object) -> keys.NumericKey:
    """A number with one that is accepted."""
    return keys.NumericKey(accepted=(AcceptedNumber(**accepted),))


@pytest.mark.parametrize(
    ("key", "text", "found"),
    [
        (keys.SingleChoiceKey(options=choices("A")), "", "options too_few"),
        (keys.SingleChoiceKey(options=choices("AB", right="AB")), "", "options not_one_right"),
        (single(text=" "), "", "options[1].text empty"),
        (single(fraction=D(2)), "", "options[1].fraction out_of_range"),
        (single(fraction=NAN), "", "options[1].fraction no_number"),
        (keys.SingleChoiceKey(options=(choices("B")[0],) * 2 + choices("A")), "", "options[2].uuid twice"),
        (keys.TrueFalseKey(options=choices("ABC")), "", "options not_two"),
        (keys.MultipleResponseKey(options=choices("ABC", right="")), "", "options none_right"),
        (
            keys.MultipleResponseKey(
                options=(Choice(text="a", fraction=D("0.5")), Choice(text="b")), scoring=keys.MultipleScoring.FRACTIONS
            ),
            "",
            "options not_whole",
        ),
        (keys.MultipleResponseKey(options=choices("A") * 60), "", "options too_many"),
        (keys.ShortTextKey(accepted=()), "", "accepted too_few"),
        (keys.ShortTextKey(accepted=(AcceptedText(text="a", fraction=D("0.5")),)), "", "accepted none_right"),
        (keys.ShortTextKey(accepted=(AcceptedText(text="a" * 6000),)), "", "accepted[1].text too_long"),
        (number(), "", "accepted[1].value missing"),
        (number(low=D(1)), "", "accepted[1].high missing"),
        (number(low=D(2), high=D(1)), "", "accepted[1].high below_low"),
        (number(value=HUGE), "", "accepted[1].value out_of_range"),
        (number(value=D("1" * 40)), "", "accepted[1].value no_number"),
        (number(value=D(1), tolerance=D(-1)), "", "accepted[1].tolerance out_of_range"),
        (replaced(NUMBER, units=(keys.Unit(name="2m"),)), "", "units[1].name unfit"),
        (replaced(NUMBER, units=(keys.Unit(name="m", factor=D(0)),)), "", "units[1].factor out_of_range"),
        (replaced(NUMBER, units=(), unit_use=keys.UnitUse.REQUIRED), "", "units missing"),
        (replaced(KEYS["matching"], targets=KEYS["matching"].targets[1:]), "", "stems[1].target unknown"),
        (keys.OrderingKey(items=(keys.Item(text="one"),)), "", "items too_few"),
        (KEYS["blanks"], "Only [[1]]", "text gaps_differ"),
        (KEYS["blanks"], "[[1]] [[2]] [[2]]", "text gaps_differ"),
        (keys.BlanksKey(gaps=(Gap(key=TEXT, weight=D(0)),)), "[[1]]", "gaps[1].weight out_of_range"),
        (keys.BlanksKey(gaps=(Gap(key=keys.ShortTextKey(accepted=())),)), "[[1]]", "gaps[1].accepted too_few"),
        (keys.EssayKey(rubric=(keys.Criterion(text="c", levels=()),)), "", "rubric[1].levels too_few"),
        (keys.EssayKey(min_words=5, max_words=4), "", "max_words below_min"),
        (keys.SpeakingKey(max_s=0), "", "max_s out_of_range"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_with_its_place(key, text, found):
    assert found in {f"{problem.place} {problem.rule}" for problem in problems(key, text)}


@pytest.mark.parametrize("kind", KEYS)
def test_a_student_sees_nothing_of_what_is_right(kind: str):
    key = KEYS[kind]
    shown = msgspec.json.encode(papers.body_of(key, unordered_uuid(), 7)).decode()
    assert CANARY not in shown
    assert not re.search(r"fraction|accepted|target\"|scoring|tolerance|notes|rubric|factor", shown)
    right = msgspec.json.encode(papers.right_of(key)).decode()
    assert CANARY not in right


def test_items_and_targets_are_mixed_even_where_nothing_is():
    question = unordered_uuid()
    for name, key in (("items", KEYS["ordering"]), ("targets", KEYS["matching"])):
        orders = {
            tuple(part.text for part in getattr(papers.body_of(key, unordered_uuid(), papers.UNMIXED), name))
            for _ in range(60)
        }
        assert len(orders) > 3, "the question decides, not the key"
        again = [papers.body_of(key, question, 5) for _ in range(2)]
        assert again[0] == again[1]


def test_uuids_tell_no_order():
    """A uuid of version 7 would: what was written first has the smallest."""
    for key in KEYS.values():
        found = list(rules._uuids(msgspec.to_builtins(rules.adopted(key, set()))))
        assert all(name[14] == "4" for name in found)


@pytest.mark.parametrize("kind", RIGHT)
def test_an_answer_fits_its_own_question_alone(kind: str):
    answer = RIGHT[kind](KEYS[kind])
    assert why_unfit(KEYS[kind], answer) is None
    assert answers.from_json(answers.to_json(answer)) == answer
    assert all(why_unfit(key, answer) == "kind" for other, key in KEYS.items() if other != kind)


def test_answers_that_name_what_is_not_there():
    stranger = unordered_uuid()
    matching, ordering = KEYS["matching"], KEYS["ordering"]
    assert why_unfit(KEYS["multiple_response"], answers.MultipleResponseAnswer(options=(stranger,))) == "options"
    one = KEYS["multiple_response"].options[0].uuid
    assert why_unfit(KEYS["multiple_response"], answers.MultipleResponseAnswer(options=(one, one))) == "options"
    assert why_unfit(matching, answers.MatchingAnswer(pairs={matching.stems[0].uuid: stranger})) == "pairs"
    assert why_unfit(ordering, answers.OrderingAnswer(items=(ordering.items[0].uuid,))) == "items"
    assert why_unfit(KEYS["blanks"], answers.BlanksAnswer(gaps={stranger: "x"})) == "gaps"
    assert why_unfit(KEYS["blanks"], answers.BlanksAnswer(gaps={KEYS["blanks"].gaps[1].uuid: "A"})) == "gaps"
    assert why_unfit(KEYS["short_text"], answers.ShortTextAnswer(text="x" * 1001)) == "text"
    assert why_unfit(KEYS["essay"], answers.EssayAnswer(text="x" * 50_001)) == "text"


async def test_a_key_is_mended_after_the_quiz_was_taken_and_the_old_one_is_kept(student: Person):
    quiz = await a_quiz_of("single_choice", "ordering")
    await an_attempt(quiz, student.actor)
    question = quiz.questions[0]
    before = (await queries.quiz_by_id(quiz.view.id)).key_version
    mended = tuple(
        replaced(option, fraction=D(int(at == 1)), uuid=unordered_uuid()) for at, option in enumerate(question.options)
    )
    changed = await editing.change_key(SYSTEM, quiz.view.id, question.id, KeyChange(key=mended, points=D(3)))
    assert [option.uuid for option in changed.options] == [option.uuid for option in question.options]
    assert [option.is_correct for option in changed.options] == [False, True, False]
    assert changed.key_version == before + 1
    now = (await paper_queries.answer_keys([quiz.view.id]))[quiz.view.id]
    then = await paper_queries.answer_keys_at(quiz.view.id, before)
    assert (now.version, now.questions[0].points, now.questions[0].key) == (before + 1, 3, changed.key)
    assert (then.version, then.questions[0].points, then.questions[0].key) == (before, 1, question.key)
    assert then.questions[1].key == now.questions[1].key
    order = quiz.questions[1]
    backwards = replaced(order.key, items=tuple(reversed(order.key.items)))
    assert (await editing.change_key(SYSTEM, quiz.view.id, order.id, KeyChange(key=backwards))).key == backwards


async def test_what_students_see_stays_once_it_was_taken(student: Person):
    quiz = await a_quiz_of("single_choice", "short_text")
    await an_attempt(quiz, student.actor)
    one, other = quiz.questions
    for change in (
        QuestionChange(text="Other"),
        QuestionChange(text_format=TextFormat.HTML),
        QuestionChange(key=choices("ABD")),
        QuestionChange(key=choices("AB")),
        QuestionChange(key=KEYS["numeric"]),
    ):
        with pytest.raises(QuizTaken):
            await editing.update_question(SYSTEM, quiz.view.id, one.id, change)
    more = replaced(other.key, accepted=(*other.key.accepted, AcceptedText(text="Batavia")))
    changed = await editing.update_question(SYSTEM, quiz.view.id, other.id, QuestionChange(key=more, explanation="So"))
    assert (changed.key, changed.explanation) == (more, "So")
    history = [row["version"] for row in await db.fetch(
        "SELECT version FROM question_key WHERE question_id = $1 ORDER BY version", other.id
    )]  # fmt: skip
    assert history == [other.key_version, changed.key_version]


async def test_nobody_takes_anothers_option(database: None):
    one, other = await a_quiz(points=("1",)), await a_quiz(points=("1",))
    stolen = one.questions[0].options
    changed = await editing.update_question(
        SYSTEM, other.view.id, other.questions[0].id, QuestionChange(key=keys.SingleChoiceKey(options=stolen))
    )
    assert {option.uuid for option in changed.options} == {option.uuid for option in other.questions[0].options}
    assert await db.value("SELECT count(*) FROM option") == 6


async def test_a_key_that_does_not_fit_is_refused(database: None):
    quiz = await a_quiz_of("blanks")
    with pytest.raises(KeyUnfit) as told:
        await editing.update_question(SYSTEM, quiz.view.id, quiz.questions[0].id, QuestionChange(text="No gap"))
    assert (told.value.data["place"], told.value.data["rule"]) == ("text", "gaps_differ")
    with pytest.raises(FloorTooHigh):
        await editing.update_question(SYSTEM, quiz.view.id, quiz.questions[0].id, QuestionChange(floor=D(1)))
    with pytest.raises(FileNotFound):
        await editing.update_question(
            SYSTEM, quiz.view.id, quiz.questions[0].id, QuestionChange(files=["https://elsewhere.test/a.png"])
        )


async def test_sections_and_what_is_drawn(database: None):
    quiz = await a_quiz(points=("1", "1", "1"))
    (first,) = await queries.sections_of(quiz.view.id)
    made = await editing.put_sections(
        SYSTEM, quiz.view.id, [SectionPlan(title="New"), SectionPlan(title="Pool", draw=2, uuid=first.uuid)]
    )
    assert [(s.title, s.draw, s.question_count) for s in made] == [("New", None, 0), ("Pool", 2, 3)]
    view = await queries.quiz_by_id(quiz.view.id)
    assert (view.question_count, view.total_points) == (2, 2)
    with pytest.raises(SectionHasQuestions):
        await editing.put_sections(SYSTEM, quiz.view.id, [SectionPlan(uuid=made[0].uuid)])
    with pytest.raises(SectionNotFound):
        await editing.put_sections(SYSTEM, quiz.view.id, [SectionPlan(uuid=unordered_uuid())])
    kept = await editing.put_sections(SYSTEM, quiz.view.id, [SectionPlan(uuid=first.uuid)])
    assert [(s.uuid, s.draw) for s in kept] == [(first.uuid, None)]
