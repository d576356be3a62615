"""Aiken: the examples and the rules of https://docs.moodle.org/en/Aiken_format, and round trips."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.assessments.formats import aiken
from backend.domain.assessments.formats.findings import Asked, Code, Findings, Part, Severity
from backend.domain.assessments.keys import EssayKey
from backend.domain.assessments.terms import TextFormat
from tests.domain.assessments.formats import drawn

FIRST = """What is the correct answer to this question?
A. Is it this one?
B. Maybe this answer?
C. Possibly this one?
D. Must be this one!
ANSWER: D
"""
SECOND = """Which LMS has the most quiz import formats?
A) Moodle
B) ATutor
C) Claroline
ANSWER: A
"""


def read(text):
    return aiken.read(text.encode())


@pytest.mark.parametrize("between", ["", "\n", "\n\n"])
def test_the_examples(between):
    found = read(FIRST + between + SECOND)
    assert found.findings == []
    one, other = found.questions
    assert one.text == "What is the correct answer to this question?"
    assert [(option.text, option.fraction) for option in one.key.options] == [
        ("Is it this one?", 0),
        ("Maybe this answer?", 0),
        ("Possibly this one?", 0),
        ("Must be this one!", 1),
    ]
    assert [option.fraction for option in other.key.options] == [1, 0, 0]
    assert other.line == 7 + len(between)


def test_lines_ends_and_options_without_a_space():
    (asked,) = read("Tanya?\r\nA)Satu\r\nB)Dua\r\nANSWER: B\r\n").questions
    assert [option.text for option in asked.key.options] == ["Satu", "Dua"]


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("Too few\nA) Only answer\nANSWER: A", 3, Code.TOO_FEW_OPTIONS),
        ("A) Question not started\n\nB?\nA) x\nB) y\nANSWER: A", 1, Code.OPTION_WITHOUT_QUESTION),
        ("Not finished\nA) x\nB) y", 1, Code.ANSWER_MISSING),
        ("Not finished\nA) x\nB) y\n\nGood?\nA) x\nB) y\nANSWER: A", 1, Code.ANSWER_MISSING),
        ("No options", 1, Code.ANSWER_MISSING),
        ("On two\nlines\nA) x\nB) y\nANSWER: A", 2, Code.SEVERAL_LINES),
        ("Letter?\nA) x\nB) y\nANSWER: C", 4, Code.ANSWER_UNKNOWN),
        ("Letter?\nA) x\nB) y\nANSWER: a", 4, Code.ANSWER_UNKNOWN),
        ("Letter?\nA) x\nB) y\nANSWER:", 4, Code.ANSWER_UNKNOWN),
        ("Letter?\nA) x\nB) y\nANSWER: A, B", 4, Code.ANSWER_UNKNOWN),
        ("Capitals?\nA) x\nB) y\nAnswer: A", 4, Code.ANSWER_UNREADABLE),
        ("Jawab?\nA) x\nB) y\nJawaban: A", 4, Code.ANSWER_UNREADABLE),
        ("Order?\nA) x\nC) y\nANSWER: A", 3, Code.LETTERS_UNORDERED),
        ("Blank?\nA) x\nB)\nANSWER: A", 3, Code.OPTION_BLANK),
        ("ANSWER: A", 1, Code.OPTION_WITHOUT_QUESTION),
        ("", 0, Code.NO_QUESTIONS),
    ],
)
def test_what_breaks_the_rules_is_told(text, line, code):
    found = read(text)
    (finding,) = found.findings
    assert (finding.line, finding.code, finding.severity) == (line, code, Severity.ERROR)


def test_good_questions_among_bad_ones_are_read():
    found = read("Bad\nA) x\nANSWER: A\n\nGood?\nA) x\nB) y\nANSWER: A\n\nBad\nA) x\nB) y\n\n" + FIRST)
    assert [asked.text for asked in found.questions] == ["Good?", "What is the correct answer to this question?"]
    assert found.errors == 2


def test_what_aiken_cannot_say_is_told():
    found = Findings()
    (good,) = read(FIRST).questions
    key = good.key
    asked = [
        Asked(line=1, text="Dua\nbaris", key=key, points=Decimal(2), explanation="x", text_format=TextFormat.HTML),
        Asked(line=2, text="Esai", key=EssayKey()),
        Asked(line=3, text="A. seperti opsi", key=key),
    ]
    written = aiken.write(asked, found)
    assert {finding.part for finding in found.kept if finding.line == 1} == {
        *(Part.POINTS, Part.EXPLANATION, Part.LINES, Part.FORMAT)
    }
    assert [(finding.line, finding.code) for finding in found.kept[-2:]] == [
        (2, Code.KIND_UNSUPPORTED),
        (3, Code.KIND_UNSUPPORTED),
    ]
    assert [asked.text for asked in read(written).questions] == ["Dua baris"]


LINE = drawn.texts(one_line=True)
QUESTION = LINE.filter(aiken._is_sayable)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.lists(drawn.asked(drawn.single(LINE, st.just(Decimal(0))), QUESTION), min_size=1, max_size=4))
def test_what_was_exported_imports_as_the_same(questions):
    found = Findings()
    again = read(aiken.write(questions, found))
    assert found.kept == []
    assert again.findings == []
    assert [drawn.meaning(asked) for asked in again.questions] == [drawn.meaning(asked) for asked in questions]


NOISE = st.lists(st.sampled_from(["A. x", "B) y", "ANSWER: A", "ANSWER:", "Tanya?", "\n", "\n\n", " ", "answer: b"]))


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.one_of(st.binary(max_size=60), NOISE.map(lambda parts: "".join(parts).encode())))
def test_nothing_but_findings_comes_of_noise(data):
    found = aiken.read(data)
    assert found.questions or found.findings
