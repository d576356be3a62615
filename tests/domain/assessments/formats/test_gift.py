"""GIFT: the examples of https://docs.moodle.org/en/GIFT_format, and round trips."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.assessments.formats import gift_reader, gift_writer
from backend.domain.assessments.formats.findings import Asked, Code, Findings, Part, Severity
from backend.domain.assessments.keys import (
    MultipleResponseKey,
    MultipleScoring,
    NumericKey,
    OrderingKey,
    SingleChoiceKey,
)
from backend.domain.assessments.terms import QuestionKind, TextFormat
from tests.domain.assessments.formats import drawn

HALF, QUARTER = Decimal("0.5"), Decimal("0.25")


def read(text):
    return gift_reader.read(text.encode())


def only(text):
    found = read(text)
    assert (found.errors, found.unsupported) == (0, 0), found.findings
    (asked,) = found.questions
    return asked


def options(key):
    return [(option.text, option.fraction, option.feedback) for option in key.options]


def accepted(key):
    return [(one.text, one.fraction, one.feedback) for one in key.accepted]


def test_multiple_choice():
    asked = only("Who's buried in Grant's tomb?{~Grant ~Jefferson =no one}")
    assert asked.text == "Who's buried in Grant's tomb?"
    assert asked.kind is QuestionKind.SINGLE_CHOICE
    assert options(asked.key) == [("Grant", 0, ""), ("Jefferson", 0, ""), ("no one", 1, "")]


def test_missing_word():
    assert only("Grant is {~buried =entombed ~living} in Grant's tomb.").text == "Grant is _____ in Grant's tomb."
    asked = only("Two plus {=two =2} equals four.")
    assert (asked.text, accepted(asked.key)) == ("Two plus _____ equals four.", [("two", 1, ""), ("2", 1, "")])
    on_lines = (
        "The American holiday of Thanksgiving is celebrated on the {\n  ~second\n  ~third\n  =fourth\n} Thursday."
    )
    assert only(on_lines).text == "The American holiday of Thanksgiving is celebrated on the _____ Thursday."


def test_short_answer():
    asked = only("Who's buried in Grant's tomb?{=no one =nobody}")
    assert accepted(asked.key) == [("no one", 1, ""), ("nobody", 1, "")]


@pytest.mark.parametrize(
    ("word", "right"),
    [("T", 0), ("TRUE", 0), ("F", 1), ("FALSE", 1), (" true ", 0), ("BENAR", 0), ("Salah", 1)],
)
def test_true_false(word, right):
    asked = only("The sun rises in the East.{" + word + "}")
    assert asked.kind is QuestionKind.TRUE_FALSE
    assert [option.fraction for option in asked.key.options] == [1 - right, right]


def test_true_false_feedback_is_first_for_wrong():
    asked = only("Grant is buried in Grant's tomb.{FALSE#No one is buried in Grant's tomb.}")
    assert [option.feedback for option in asked.key.options] == ["No one is buried in Grant's tomb.", ""]
    asked = only("1+1=2 {T#salah#betul####dasar}")
    assert [option.feedback for option in asked.key.options] == ["betul", "salah"]
    assert asked.explanation == "dasar"


def test_matching():
    asked = only(
        "Match. {\n =Canada -> Ottawa\n =Italy  -> Rome\n =Japan  -> Tokyo\n =India  -> New Delhi\n = -> Oslo }"
    )
    named = {target.uuid: target.text for target in asked.key.targets}
    pairs = [(stem.text, named[stem.target]) for stem in asked.key.stems]
    assert pairs == [("Canada", "Ottawa"), ("Italy", "Rome"), ("Japan", "Tokyo"), ("India", "New Delhi")]
    assert list(named.values())[-1] == "Oslo"
    assert only("Match.{=Canada->Ottawa =Italy->Rome =Japan->Tokyo}").kind is QuestionKind.MATCHING


@pytest.mark.parametrize(
    ("inside", "value", "tolerance", "low", "high"),
    [
        ("#1822", 1822, 0, None, None),
        ("#1822:5", 1822, 5, None, None),
        ("#3.1415:0.0005", Decimal("3.1415"), Decimal("0.0005"), None, None),
        ("#3.141..3.142", None, 0, Decimal("3.141"), Decimal("3.142")),
        (" #-5..-1", None, 0, -5, -1),
        ("#3:2", 3, 2, None, None),
    ],
)
def test_numbers(inside, value, tolerance, low, high):
    (one,) = only("What is the value of pi (to 3 decimal places)? {" + inside + "}.").key.accepted
    assert (one.value, one.tolerance, one.low, one.high) == (value, tolerance, low, high)


def test_several_numbers_with_partial_credit():
    text = "When was Ulysses S. Grant born? {#\n =1822:0 # Correct! Full credit.\n =%50%1822:2 # Half credit.\n ~#No.}"
    key = only(text).key
    assert isinstance(key, NumericKey)
    told = [(one.value, one.tolerance, one.fraction, one.feedback) for one in key.accepted]
    assert told == [(1822, 0, 1, "Correct! Full credit."), (1822, 2, HALF, "Half credit."), (None, 0, 0, "No.")]


def test_essay_and_general_feedback():
    assert only("How are you? {}").kind is QuestionKind.ESSAY
    asked = only("Write. {#### Think first }")
    assert (asked.kind, asked.explanation) == (QuestionKind.ESSAY, "Think first")


def test_comments_titles_and_feedback():
    found = read(
        "// Subheading: Numerical questions below\nWhat's 2 plus 2? {#4}\n\n"
        "::Kanji Origins::Characters originally\ncame from what country? {=China#good\n // inside\n =Asia#nearly}\n"
    )
    assert [asked.line for asked in found.questions] == [2, 4]
    assert found.questions[1].text == "Characters originally\ncame from what country?"
    assert accepted(found.questions[1].key) == [("China", 1, "good"), ("Asia", 1, "nearly")]
    (note,) = found.findings
    assert (note.severity, note.part, note.found) == (Severity.NOTE, Part.NAME, "Kanji Origins")


def test_weights():
    asked = only(
        "::Jesus' hometown::Jesus Christ was from {\n ~Jerusalem#no\n ~%25%Bethlehem\n ~%50%Galilee\n =Nazareth#Yes!}."
    )
    assert [fraction for _, fraction, _ in options(asked.key)] == [0, QUARTER, HALF, 1]
    asked = only("From {\n =Nazareth#Yes!\n =%75%Nazereth#Misspelled.\n =%25%Bethlehem#Born here.}")
    assert [fraction for _, fraction, _ in accepted(asked.key)] == [1, Decimal("0.75"), QUARTER]


def test_several_right():
    key = only(
        "What two people are entombed in Grant's tomb? {\n ~No one\n ~%50%Grant\n ~%50%Grant's wife\n ~Grant's father }"
    ).key
    assert isinstance(key, MultipleResponseKey)
    assert (key.scoring, key.is_unguarded) == (MultipleScoring.FRACTIONS, True)
    key = only("What two people? {\n ~%-50%No one\n ~%50%Grant\n ~%50%Grant's wife\n ~%-50%Grant's father }").key
    assert key.scoring is MultipleScoring.BALANCED
    assert [option.fraction for option in key.options] == [0, 1, 1, 0]


def test_wrong_answers_that_take_nothing_are_told_of():
    """Elsewhere who ticks everything gets all points for such a question; here nothing."""
    found = read("Who? {\n ~No one\n ~%50%Grant\n ~%50%Grant's wife }").findings
    assert [(one.part, one.severity, one.found) for one in found] == [(Part.SCORING, Severity.NOTE, "0%")]
    (told,) = read("Who? {\n ~%-25%No one\n ~%-25%Both\n ~%50%Grant\n ~%50%Grant's wife }").findings
    assert (told.part, told.severity, told.found) == (Part.SCORING, Severity.NOTE, "-25%")
    assert read("Who? {\n ~%-100%No one\n ~%50%Grant\n ~%50%Grant's wife }").findings == []


def test_special_characters():
    asked = only("Which answer equals 5? {\n ~ \\= 2 + 2\n = \\= 2 + 3\n ~ \\= 2 + 4  }")
    assert [text for text, _, _ in options(asked.key)] == ["= 2 + 2", "= 2 + 3", "= 2 + 4"]
    asked = only("Which is NOT one? {\n ~ \\~ # \\~ is.\n ~ \\#\n ~ \\{\n ~ \\}\n = \\\\ # Not\\:.\n}")
    assert [text for text, _, _ in options(asked.key)] == ["~", "#", "{", "}", "\\"]
    assert options(asked.key)[0][2] == "~ is."
    assert only("Two\\nlines {T}").text == "Two\nlines"


def test_formats():
    assert only("[markdown]Who's buried in **Grant's tomb**?{=no one}").text_format is TextFormat.MARKDOWN
    assert only("[html]<p>Who?</p>{=no one}").text_format is TextFormat.HTML
    assert only("Is <b>this</b> so?{T}").text_format is TextFormat.HTML
    assert only("[plain]Is <b>this</b> so?{T}").text_format is TextFormat.PLAIN
    mixed = only("Is 1 < 2\\n?{=[html]<i>yes</i> ~no}")
    assert (mixed.text, mixed.text_format) == ("Is 1 &lt; 2<br>?", TextFormat.HTML)
    found = read("[markdown]Is *this* so?{=[html]<i>yes</i> ~no}")
    assert [finding.part for finding in found.findings] == [Part.FORMATS_MIXED]


def test_categories_are_sections():
    found = read(
        "$CATEGORY: $course$/top/Bab 1\n\nA? {T}\n\n$CATEGORY: tom/dick\nB? {F}\n\n$CATEGORY: $course$/top\n\nC? {T}"
    )
    assert [(asked.text, asked.category) for asked in found.questions] == [
        ("A?", "Bab 1"),
        ("B?", "tom/dick"),
        ("C?", ""),
    ]


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("A? {=a ~b", 1, Code.BRACES),
        ("A? {T}\n\nB? {=a\n\n~b}", 3, Code.BRACES),
        ("A? {T} and {F}", 1, Code.BRACES),
        ("::A? {T}", 1, Code.TITLE_UNCLOSED),
        ("A? {two}", 1, Code.ANSWER_UNREADABLE),
        ("A? {x =a ~b}", 1, Code.ANSWER_UNREADABLE),
        ("A? {T#a#b#c}", 1, Code.ANSWER_UNREADABLE),
        ("A? {=%x%a ~b}", 1, Code.WEIGHT_UNREADABLE),
        ("A? {#x}", 1, Code.NUMBER_UNREADABLE),
        ("A? {#3,14}", 1, Code.NUMBER_UNREADABLE),
        ("A? {#1:x}", 1, Code.NUMBER_UNREADABLE),
        ("A? {#}", 1, Code.NUMBER_UNREADABLE),
        ("A? {=a -> =b -> c}", 1, Code.PAIR_UNREADABLE),
        ("A? {~a ~b}", 1, Code.KEY_UNFIT),
        ("A? {=a ~}", 1, Code.KEY_UNFIT),
        ("A? {=%200%a ~b}", 1, Code.KEY_UNFIT),
        ("{=a ~b}", 1, Code.TEXT_MISSING),
        ("", 0, Code.NO_QUESTIONS),
        ("// nothing\n", 0, Code.NO_QUESTIONS),
        ("A?\x00 {T}", 1, Code.CONTROL_CHARACTER),
    ],
)
def test_what_is_wrong_is_told(text, line, code):
    finding = read(text).findings[0]
    assert (finding.line, finding.code, finding.severity) == (line, code, Severity.ERROR)


def test_what_the_engine_cannot_say():
    found = read("You can use your pencil for the next ones.\n\nA? {=a =b ~c}\n\nB? {=a -> b#x =c -> d}\n\nC? {T}")
    told = [(finding.line, finding.code, finding.severity) for finding in found.findings]
    assert told == [
        (1, Code.KIND_UNSUPPORTED, Severity.UNSUPPORTED),
        (3, Code.KEY_UNFIT, Severity.UNSUPPORTED),
        (5, Code.PART_UNSUPPORTED, Severity.UNSUPPORTED),
    ]
    assert [asked.text for asked in found.questions] == ["B?", "C?"]
    assert found.left_out == 2


def test_other_encodings():
    assert gift_reader.read("﻿Nama? {T}".encode()).questions[0].text == "Nama?"
    assert gift_reader.read("Nama? {T}".encode("utf-16")).questions[0].text == "Nama?"
    (finding,) = gift_reader.read("A? {T}\n\nNaïve? {T}".encode("latin-1")).findings
    assert (finding.line, finding.code) == (3, Code.NOT_UTF8)


def test_what_gift_cannot_say_is_told():
    found = Findings()
    key = only("A?{=a ~b}").key
    many = MultipleResponseKey(options=key.options)
    asked = Asked(
        line=7, text="A?", key=many, points=Decimal(2), penalty=Decimal(1), feedback_right="Ya", files=("/uploads/x",)
    )
    written = gift_writer.write([asked, Asked(line=8, text="B", key=OrderingKey(items=()))], found)
    parts = {finding.part for finding in found.kept if finding.line == 7}
    assert parts == {Part.POINTS, Part.PENALTY, Part.FEEDBACK, Part.FILES, Part.SCORING}
    assert [finding.code for finding in found.kept if finding.line == 8] == [Code.KIND_UNSUPPORTED]
    assert [asked.text for asked in read(written).questions] == ["A?"]


FEEDBACK = drawn.maybe(drawn.texts())
SAYABLE = drawn.asked(
    st.one_of(
        drawn.single(feedback=FEEDBACK),
        drawn.true_false(feedback=FEEDBACK),
        drawn.multiple([MultipleScoring.BALANCED, MultipleScoring.FRACTIONS], feedback=FEEDBACK),
        drawn.short(feedback=drawn.maybe(drawn.texts(without=("->",)))),
        drawn.numeric(feedback=FEEDBACK),
        drawn.matching(),
        drawn.essay(),
    ),
    formats=st.sampled_from(TextFormat),
    explanation=FEEDBACK.map(lambda text: text or None),
    category=st.sampled_from(["", "Bab 1", "A/B", "/x/", "top/y"]),
)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.lists(SAYABLE, min_size=1, max_size=4))
def test_what_was_exported_imports_as_the_same(questions):
    found = Findings()
    again = read(gift_writer.write(questions, found))
    assert found.kept == []
    assert [finding for finding in again.findings if finding.severity is not Severity.NOTE] == []
    assert [drawn.meaning(asked) for asked in again.questions] == [drawn.meaning(asked) for asked in questions]


NOISE = st.lists(
    st.sampled_from(
        [*"{}=~#:%\\[]*.\n", "->", "::", "####", "//", "$CATEGORY:", "%50%", "T", "1..2", "[html]", "a", " "]
    )
)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.one_of(st.binary(max_size=60), NOISE.map(lambda parts: "".join(parts).encode())))
def test_nothing_but_findings_comes_of_noise(data):
    found = gift_reader.read(data)
    assert found.questions or found.findings


def test_a_single_choice_keeps_its_kind():
    assert isinstance(only("A?{=%100%a ~%-33.333%b}").key, SingleChoiceKey)
