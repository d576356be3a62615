"""Texts of questions that are HTML: nothing in them acts, whichever way they came in."""

from decimal import Decimal

import msgspec
import pytest

from backend.core.actor import SYSTEM
from backend.core.db import transaction
from backend.domain.assessments import bulk, markup, queries
from backend.domain.assessments import question_commands as editing
from backend.domain.assessments.drafts import KeyChange, QuestionChange, QuestionDraft
from backend.domain.assessments.errors import KeyUnfit, QuizTaken
from backend.domain.assessments.formats.findings import Asked, Findings, Part, Severity
from backend.domain.assessments.keys import (
    NOTHING,
    WHOLE,
    AcceptedText,
    BlanksKey,
    Choice,
    Criterion,
    EssayKey,
    Gap,
    Item,
    Key,
    Level,
    MatchingKey,
    OrderingKey,
    ShortTextKey,
    SingleChoiceKey,
    Stem,
    Target,
)
from backend.domain.assessments.terms import TextFormat
from tests.people import Person
from tests.quizzes import a_quiz, an_attempt

BAD = "<b>x</b><script>bad()</script><img src=x onerror=bad()>"
GOOD = '<b>x</b><img src="x">'
ACCEPTED = AcceptedText(text="a <script>b</script>", feedback=BAD)
TARGETS = (Target(text=BAD), Target(text="b"))
KEYS: tuple[Key, ...] = (
    SingleChoiceKey(options=(Choice(text=BAD, fraction=WHOLE, feedback=BAD), Choice(text="b"))),
    ShortTextKey(accepted=(ACCEPTED,)),
    MatchingKey(
        targets=TARGETS, stems=(Stem(text=BAD, target=TARGETS[0].uuid), Stem(text="b", target=TARGETS[1].uuid))
    ),
    OrderingKey(items=(Item(text=BAD), Item(text="b"))),
    BlanksKey(gaps=(Gap(key=ShortTextKey(accepted=(ACCEPTED,))),)),
    EssayKey(template=BAD, notes=BAD, rubric=(Criterion(text=BAD, levels=(Level(text=BAD, points=Decimal(1)),)),)),
)


def a_draft(key: Key, text: str = BAD, text_format: TextFormat = TextFormat.HTML) -> QuestionDraft:
    """A question that acts wherever it can."""
    gap = "[[1]]" if isinstance(key, BlanksKey) else ""
    said = {"explanation": BAD, "feedback_right": BAD, "feedback_wrong": BAD}
    return QuestionDraft(text=text + gap, key=key, text_format=text_format, **said)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: str(key.KIND))
def test_nothing_acts_in_any_text_of_any_kind(key: Key):
    clean = markup.cleaned(a_draft(key))
    assert "bad()" not in msgspec.json.encode(clean).decode()
    assert markup.cleaned(clean) == clean
    assert clean.text.removesuffix("[[1]]") == clean.explanation == GOOD


def test_what_is_typed_stays_as_it_is_accepted():
    key = markup.cleaned(a_draft(ShortTextKey(accepted=(ACCEPTED,)))).key
    assert key == ShortTextKey(accepted=(AcceptedText(text=ACCEPTED.text, feedback=GOOD),))


@pytest.mark.parametrize("text_format", [TextFormat.PLAIN, TextFormat.MARKDOWN])
def test_texts_that_are_no_html_stay(text_format: TextFormat):
    draft = a_draft(KEYS[0], "1 < 2 & <b>", text_format)
    assert markup.cleaned(draft) is draft


@pytest.mark.parametrize(("text", "rule"), [("<script>x</script>", "empty"), ("<div>" * 1000, "too_deep")])
def test_what_cannot_be_shown_is_refused(text: str, rule: str):
    with pytest.raises(KeyUnfit) as refused:
        markup.cleaned(a_draft(KEYS[0], text))
    assert refused.value.data["rule"] == rule


@pytest.mark.usefixtures("database")
async def test_a_question_is_kept_clean():
    quiz = await a_quiz(points=())
    kept = await editing.add_question(SYSTEM, quiz.view.id, a_draft(KEYS[0]))
    assert (kept.text, kept.explanation, kept.feedback_right, kept.feedback_wrong) == (GOOD,) * 4
    assert [(one.text, one.feedback) for one in kept.options] == [(GOOD, GOOD), ("b", "")]
    changed = await editing.update_question(SYSTEM, quiz.view.id, kept.uuid, QuestionChange(text=BAD + "<i>y</i>"))
    assert changed.text == GOOD + "<i>y</i>"


@pytest.mark.usefixtures("database")
async def test_a_question_that_becomes_html_is_cleaned_as_a_whole():
    quiz = await a_quiz(points=())
    kept = await editing.add_question(SYSTEM, quiz.view.id, a_draft(KEYS[0], text_format=TextFormat.PLAIN))
    assert kept.text == BAD
    changed = await editing.update_question(
        SYSTEM, quiz.view.id, kept.uuid, QuestionChange(text_format=TextFormat.HTML)
    )
    assert "bad()" not in msgspec.json.encode(changed).decode()


async def test_a_key_that_is_mended_is_cleaned_and_what_was_sent_before_is_known_again(student: Person):
    quiz = await a_quiz(points=())
    kept = await editing.add_question(SYSTEM, quiz.view.id, a_draft(KEYS[0]))
    await an_attempt(quiz, student.actor)
    options = (Choice(text=BAD, fraction=NOTHING, feedback=BAD), Choice(text="b", fraction=WHOLE))
    await editing.update_question(SYSTEM, quiz.view.id, kept.uuid, QuestionChange(text=BAD))
    mended = await editing.change_key(
        SYSTEM, quiz.view.id, kept.uuid, KeyChange(key=options, feedback_right=BAD + "<u>z</u>")
    )
    assert [one.uuid for one in mended.options] == [one.uuid for one in kept.options]
    assert mended.feedback_right == GOOD + "<u>z</u>"
    with pytest.raises(QuizTaken):
        await editing.update_question(SYSTEM, quiz.view.id, kept.uuid, QuestionChange(text="<b>other</b>"))


@pytest.mark.usefixtures("database")
async def test_questions_of_a_file_are_kept_clean():
    quiz = await a_quiz(points=())
    asked = Asked(text=BAD, key=KEYS[0], text_format=TextFormat.HTML, explanation=BAD)
    async with transaction():
        await bulk.put_questions(quiz.view, [asked], 0, None, replaces=True)
    found = await queries.questions_of(quiz.view.id)
    assert "bad()" not in msgspec.json.encode(found).decode()


def test_a_file_of_questions_tells_what_was_taken_out():
    found = Findings()
    text = (
        '<p class="c">q</p><script>x</script>List<Angka><audio src="a.mp3"></audio><img src="data:image/png;base64,AA">'
    )
    found.take(Asked(line=7, text=text, key=KEYS[0], text_format=TextFormat.HTML))
    assert found.questions[0].text == "<p>q</p>List<img>"
    told = {(one.found, one.severity) for one in found.kept if one.part is Part.MARKUP}
    assert told == {
        ("p class", Severity.NOTE),
        ("angka", Severity.UNSUPPORTED),
        ("audio", Severity.UNSUPPORTED),
        ("img src", Severity.UNSUPPORTED),
    }
    assert found.kept[0].count == 4  # class, script, and what the options had
    deep = Findings()
    deep.take(Asked(line=7, text="<div>" * 1000, key=KEYS[0], text_format=TextFormat.HTML))
    assert [(one.line, one.found) for one in deep.kept] == [(7, "text too_deep")]
