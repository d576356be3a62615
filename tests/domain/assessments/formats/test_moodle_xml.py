"""Moodle XML: the examples of https://docs.moodle.org/en/Moodle_XML_format, hostile documents, and round trips."""

import html
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.assessments.formats import cloze, moodle_reader, moodle_tree, moodle_writer
from backend.domain.assessments.formats.findings import Asked, Code, Findings, Format, Part, Severity
from backend.domain.assessments.formats.reading import read_questions
from backend.domain.assessments.keys import (
    AcceptedNumber,
    EssayKey,
    MatchingKey,
    MultipleScoring,
    NumericKey,
    OrderingScoring,
    SpeakingKey,
    UnitUse,
)
from backend.domain.assessments.terms import QuestionKind, QuizType, TextFormat
from tests.domain.assessments.formats import drawn


def quiz(*questions):
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n{"".join(questions)}</quiz>'


def question(kind, inner, text="What is the answer to this question?", format_="html"):
    return (
        f'<question type="{kind}">\n<name><text>Name of question</text></name>\n'
        f'<questiontext format="{format_}"><text>{text}</text></questiontext>\n{inner}</question>\n'
    )


def read(document):
    return moodle_reader.read(document.encode())


def only(document):
    found = read(document)
    assert (found.errors, found.unsupported) == (0, 0), found.findings
    (asked,) = found.questions
    return asked


def answers(*given):
    return "".join(
        f'<answer fraction="{share}"><text>{text}</text><feedback><text>{said}</text></feedback></answer>'
        for text, share, said in given
    )


def options(key):
    return [(option.text, option.fraction, option.feedback) for option in key.options]


def test_multiple_choice():
    inner = answers(("The correct answer", 100, "Correct!"), ("A distractor", 0, "Ooops!"), ("Half", 50, ""))
    more = "<shuffleanswers>1</shuffleanswers><single>true</single><answernumbering>abc</answernumbering>"
    found = read(quiz(question("multichoice", inner + more)))
    (asked,) = found.questions
    assert (asked.kind, asked.line, asked.text_format) == (QuestionKind.SINGLE_CHOICE, 3, TextFormat.HTML)
    assert options(asked.key) == [
        ("The correct answer", 1, "Correct!"),
        ("A distractor", 0, "Ooops!"),
        ("Half", Decimal("0.5"), ""),
    ]
    assert asked.key.shuffles
    assert [(note.part, note.severity) for note in found.findings] == [
        (Part.NAME, Severity.NOTE),
        (Part.VIEW, Severity.NOTE),
    ]


def test_several_right():
    inner = "<single>false</single>" + answers(("a", "33.33333", ""), ("b", "33.33333", ""), ("c", "33.33333", ""))
    assert only(quiz(question("multichoice", inner))).key.scoring is MultipleScoring.BALANCED
    inner = "<single>false</single>" + answers(("a", 50, ""), ("b", 50, ""), ("c", -50, ""), ("d", 0, ""))
    assert only(quiz(question("multichoice", inner))).key.scoring is MultipleScoring.FRACTIONS
    inner = answers(("a", 100, ""), ("b", 100, ""), ("c", 0, ""))
    assert only(quiz(question("multichoiceset", inner))).key.scoring is MultipleScoring.ALL_OR_NOTHING


def test_true_false():
    asked = only(quiz(question("truefalse", answers(("true", 0, "Ooops!"), ("false", 100, "Correct!")))))
    assert options(asked.key) == [("Benar", 0, "Ooops!"), ("Salah", 1, "Correct!")]
    asked = only(quiz(question("truefalse", answers(("Salah", 100, ""), ("Benar", 0, "")))))
    assert options(asked.key) == [("Benar", 0, ""), ("Salah", 1, "")]


def test_short_answer():
    inner = "<usecase>1</usecase>" + answers(("The correct answer", 100, "Correct!"), ("*almost*", 50, ""))
    key = only(quiz(question("shortanswer", inner))).key
    assert key.is_case_sensitive
    assert [(one.text, one.fraction) for one in key.accepted] == [
        ("The correct answer", 1),
        ("*almost*", Decimal("0.5")),
    ]


def test_numbers_with_units():
    units = "".join(
        f"<unit><multiplier>{by}</multiplier><unit_name>{name}</unit_name></unit>"
        for by, name in ((1, "m"), (100, "cm"))
    )
    inner = (
        '<answer fraction="100"><text>23</text><tolerance>0.5</tolerance></answer><answer fraction="0"><text>*</text>'
        f"<feedback><text>No</text></feedback></answer><units>{units}</units>"
    )
    key = only(quiz(question("numerical", inner))).key
    assert [(one.value, one.tolerance, one.fraction) for one in key.accepted] == [(23, Decimal("0.5"), 1), (None, 0, 0)]
    assert [(unit.name, unit.factor) for unit in key.units] == [("m", 1), ("cm", Decimal("0.01"))]
    graded = inner + "<unitgradingtype>{}</unitgradingtype><unitpenalty>{}</unitpenalty>"
    key = only(quiz(question("numerical", graded.format(1, "0.1")))).key
    assert (key.unit_use, key.unit_penalty) == (UnitUse.PENALISED, Decimal("0.1"))
    assert only(quiz(question("numerical", graded.format(2, 1)))).key.unit_use is UnitUse.REQUIRED


def test_matching():
    pair = "<subquestion><text>{}</text><answer><text>{}</text></answer></subquestion>"
    inner = pair.format("1st item", "a &amp; b") + pair.format("2nd item", "c") + pair.format("", "d")
    key = only(quiz(question("matching", "<shuffleanswers>true</shuffleanswers>" + inner))).key
    named = {target.uuid: target.text for target in key.targets}
    assert [(stem.text, named[stem.target]) for stem in key.stems] == [("1st item", "a &amp; b"), ("2nd item", "c")]
    assert list(named.values()) == ["a &amp; b", "c", "d"]


def test_essay_and_ordering():
    inner = (
        '<answer fraction="0"><text></text></answer><responsetemplate format="html"><text>&lt;p&gt;Mulai&lt;/p&gt;'
        "</text></responsetemplate><minwordlimit>10</minwordlimit><maxwordlimit></maxwordlimit>"
    )
    key = only(quiz(question("essay", inner))).key
    assert (key.template, key.min_words, key.max_words) == ("<p>Mulai</p>", 10, None)
    inner = "<gradingtype>RELATIVE_NEXT_EXCLUDE_LAST</gradingtype>" + answers(("one", 1, ""), ("two", 2, ""))
    key = only(quiz(question("ordering", inner))).key
    assert ([item.text for item in key.items], key.scoring) == (["one", "two"], OrderingScoring.NEIGHBOURS)


def test_select_missing_words():
    words = "".join(
        f"<selectoption><text>{text}</text><group>{group}</group></selectoption>"
        for text, group in (("cat", 1), ("sat", 2), ("dog", 1), ("ran", 2))
    )
    asked = only(quiz(question("gapselect", words, text="The [[3]] [[2]].")))
    assert asked.text == "The [[1]] [[2]]."
    told = [[(option.text, option.fraction) for option in gap.key.options] for gap in asked.key.gaps]
    assert told == [[("cat", 0), ("dog", 1)], [("sat", 1), ("ran", 0)]]


def test_cloze():
    text = (
        "Match {1:MULTICHOICE:Wrong#No~=Right \\} one#Yes} with {2:SHORTANSWER:=Berlin~%50%Bonn}, "
        "{:NUMERICAL:=23.8:0.1} and {1:SAC:=x}."
    )
    asked = only(quiz(question("cloze", "", text=text)))
    assert asked.text == "Match [[1]] with [[2]], [[3]] and [[4]]."
    one, two, three, four = asked.key.gaps
    assert options(one.key) == [("Wrong", 0, "No"), ("Right } one", 1, "Yes")]
    assert (two.weight, [each.fraction for each in two.key.accepted]) == (2, [1, Decimal("0.5")])
    assert (three.key.accepted[0].value, three.key.accepted[0].tolerance) == (Decimal("23.8"), Decimal("0.1"))
    assert four.key.is_case_sensitive


def test_categories_points_and_feedback():
    category = '<question type="category"><category><text>$course$/top/Bab 1//2</text></category></question>'
    inner = (
        answers(("x", 100, ""), ("y", 0, "")) + "<defaultgrade>2.5000000</defaultgrade><penalty>0.3333333</penalty>"
        "<generalfeedback><text>Sebab</text></generalfeedback><correctfeedback><text>Ya</text></correctfeedback>"
        "<incorrectfeedback><text>Tidak</text></incorrectfeedback><tags><tag><text>t</text></tag></tags>"
    )
    found = read(quiz(category, question("multichoice", inner)))
    (asked,) = found.questions
    assert (asked.category, asked.points, asked.explanation) == ("Bab 1/2", Decimal("2.5"), "Sebab")
    assert (asked.feedback_right, asked.feedback_wrong) == ("Ya", "Tidak")
    assert {note.part for note in found.findings} == {Part.NAME, Part.TRIES, Part.TAGS}


def test_formats_are_brought_together():
    inner = '<answer fraction="100" format="plain_text"><text>1 &lt; 2</text></answer>' + answers(
        ("&lt;b&gt;y&lt;/b&gt;", 0, "")
    )
    asked = only(quiz(question("multichoice", inner, text="&lt;p&gt;Ya?&lt;/p&gt;")))
    assert [text for text, _, _ in options(asked.key)] == ["1 &lt; 2", "<b>y</b>"]
    asked = only(
        quiz(question("truefalse", answers(("true", 100, ""), ("false", 0, "")), "Is 1 &lt; 2?", "plain_text"))
    )
    assert (asked.text, asked.text_format) == ("Is 1 < 2?", TextFormat.PLAIN)
    found = read(quiz(question("multichoice", inner, format_="markdown")))
    assert Part.FORMATS_MIXED in {finding.part for finding in found.findings}


PICTURE = '<file name="a.png" path="/" encoding="base64">iVBORw0KGgo=</file>'


def test_what_the_engine_cannot_say():
    attached = "<attachments>1</attachments>"
    found = read(
        quiz(
            question("description", ""),
            question("calculated", answers(("{a}+{b}", 100, ""))),
            question("essay", attached),
            f'<question type="essay"><questiontext format="html"><text>?</text>{PICTURE}</questiontext></question>',
            question(
                "ordering", "<gradingtype>RELATIVE_TO_CORRECT</gradingtype>" + answers(("a", 1, ""), ("b", 2, ""))
            ),
            question("multichoice", answers(("a", 100, ""), ("b", 100, ""))),
            question("essay", "<defaultgrade>0.3333333</defaultgrade>"),
        )
    )
    told = [(finding.code, finding.part) for finding in found.findings if finding.severity is Severity.UNSUPPORTED]
    assert told == [
        (Code.KIND_UNSUPPORTED, None),
        (Code.KIND_UNSUPPORTED, None),
        (Code.PART_UNSUPPORTED, Part.ATTACHMENTS),
        (Code.PART_UNSUPPORTED, Part.FILES),
        (Code.PART_UNSUPPORTED, Part.SCORING),
        (Code.KEY_UNFIT, None),
        (Code.PART_UNSUPPORTED, Part.POINTS),
    ]
    assert (found.errors, found.left_out, len(found.questions)) == (0, 3, 4)


BOMB = '<!DOCTYPE q [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE q [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (BOMB + "<quiz>&b;</quiz>", Code.XML_FORBIDDEN),
        (OUTSIDE + "<quiz>&a;</quiz>", Code.XML_FORBIDDEN),
        ('<!DOCTYPE q SYSTEM "http://127.0.0.1/x.dtd"><quiz/>', Code.XML_FORBIDDEN),
        ("<quiz>&a;</quiz>", Code.XML_BROKEN),
        ("<quiz><question></quiz>", Code.XML_BROKEN),
        ("", Code.XML_BROKEN),
        ('<?xml version="1.0" encoding="x-none"?><quiz/>', Code.XML_BROKEN),
        ("<html/>", Code.XML_OTHER),
        ("<quiz/>", Code.NO_QUESTIONS),
        ("<a>" * 40 + "</a>" * 40, Code.XML_OTHER),
        (quiz(question("truefalse", answers(("yes", 100, ""), ("no", 0, "")))), Code.ANSWER_UNREADABLE),
        (quiz(question("multichoice", answers(("a", "x", "")))), Code.WEIGHT_UNREADABLE),
        (quiz(question("numerical", answers(("3,5", 100, "")))), Code.NUMBER_UNREADABLE),
        (quiz(question("multichoice", answers(("a", 0, ""), ("b", 0, "")))), Code.KEY_UNFIT),
        (quiz(question("essay", "", text="")), Code.TEXT_MISSING),
        (quiz(question("essay", "<defaultgrade>0</defaultgrade>")), Code.POINTS_UNFIT),
        (quiz(question("cloze", "", text="{1:MC:=a")), Code.KEY_UNFIT),
        (quiz(question("cloze", "", text="{1:XX:=a}")), Code.ANSWER_UNREADABLE),
        (quiz(question("gapselect", "", text="[[1]]")), Code.ANSWER_UNKNOWN),
    ],
)
def test_what_is_wrong_is_told(document, code):
    found = read(document)
    assert [finding.code for finding in found.findings if finding.severity is Severity.ERROR] == [code]
    assert found.questions == []


async def test_a_document_of_nothing_but_elements_is_refused(tmp_path):
    path = tmp_path / "quiz.xml"
    path.write_bytes(b"<quiz>" + b"<a/>" * 1_000_000 + b"</quiz>")
    found = await read_questions(path, Format.MOODLE_XML, QuizType.MULTIPLE_CHOICE)
    assert [finding.code for finding in found.findings] == [Code.XML_OTHER]
    assert moodle_tree.MOST_NODES < 1_000_000


@pytest.mark.parametrize(("one", "code"), [(b"A? {=a ~b}", Code.TOO_MANY_QUESTIONS), (b"A? {=a", Code.BRACES)])
async def test_a_file_without_end_is_read_to_its_limit(tmp_path, one, code):
    path = tmp_path / "quiz.gift"
    path.write_bytes((one + b"\n\n") * 800_000)
    found = await read_questions(path, Format.GIFT, QuizType.MULTIPLE_CHOICE)
    assert found.findings[0].code is code
    assert (len(found.questions) <= 1000, len(found.findings) <= 500) == (True, True)


def test_what_moodle_xml_cannot_say_is_told():
    found = Findings()
    asked = [
        Asked(line=1, text="E\x0b", key=EssayKey(), penalty=Decimal(1), files=("/uploads/x",)),
        Asked(line=2, text="S", key=SpeakingKey()),
        Asked(line=3, text="M", key=MatchingKey(stems=(), targets=(), is_all_or_nothing=True)),
    ]
    moodle_writer.write(asked, found)
    parts = {finding.part for finding in found.kept if finding.line == 1}
    assert parts == {Part.PENALTY, Part.FILES, Part.CHARACTERS}
    assert [finding.code for finding in found.kept if finding.line == 2] == [Code.KIND_UNSUPPORTED]
    assert [finding.part for finding in found.kept if finding.line == 3] == [Part.SCORING]


def ranges_as_middles(part):
    """Moodle XML knows a range as its middle and half its width, which accepts the same."""
    if isinstance(part, AcceptedNumber) and part.low is not None:
        value, tolerance = cloze.middle(part)
        return AcceptedNumber(value=value, tolerance=tolerance, fraction=part.fraction, feedback=part.feedback)
    return part


TEXTS = drawn.texts()
ESCAPED = drawn.texts(one_line=True, without=("&", "<", ">"))
FEEDBACK = drawn.maybe(TEXTS)
BRACELESS = drawn.texts(without=("{", "[["))
GAPS = st.one_of(
    drawn.single(TEXTS, feedback=FEEDBACK),
    drawn.short(TEXTS, feedback=FEEDBACK, cases=st.booleans()),
    drawn.numeric(feedback=FEEDBACK, ranges=False),
)
SAYABLE = st.one_of(
    drawn.asked(
        st.one_of(
            drawn.single(TEXTS, feedback=FEEDBACK),
            drawn.true_false(feedback=FEEDBACK),
            drawn.multiple(list(MultipleScoring), TEXTS, feedback=FEEDBACK),
            drawn.short(TEXTS, feedback=FEEDBACK, cases=st.booleans()),
            drawn.numeric(feedback=FEEDBACK, units=True),
            drawn.matching(ESCAPED, shuffles=st.booleans()),
            drawn.ordering(TEXTS),
            drawn.essay(template=FEEDBACK, notes=FEEDBACK, min_words=st.sampled_from([None, 5])),
        ),
        TEXTS,
        formats=st.sampled_from(TextFormat),
        points=st.decimals(Decimal("0.01"), 1000, places=2),
        explanation=FEEDBACK.map(lambda text: text or None),
        feedback_right=FEEDBACK,
        feedback_wrong=FEEDBACK,
        category=st.sampled_from(["", "Bab 1", "A/B & C"]),
    ),
    drawn.asked(
        drawn.blanks(GAPS, st.sampled_from([Decimal(1), Decimal(3)])), BRACELESS, formats=st.sampled_from(TextFormat)
    ),
)


def with_middles(asked):
    if not isinstance(asked.key, NumericKey):
        return asked
    accepted = tuple(ranges_as_middles(one) for one in asked.key.accepted)
    key = NumericKey(
        accepted=accepted, units=asked.key.units, unit_use=asked.key.unit_use, unit_penalty=asked.key.unit_penalty
    )
    return drawn.replaced(asked, key)


@settings(max_examples=50, deadline=None, derandomize=True, database=None)
@given(st.lists(SAYABLE, min_size=1, max_size=4))
def test_what_was_exported_imports_as_the_same(questions):
    found = Findings()
    again = read(moodle_writer.write(questions, found))
    assert [finding for finding in found.kept if finding.part is not Part.FILES] == []
    assert [finding for finding in again.findings if finding.severity is not Severity.NOTE] == []
    assert [drawn.meaning(asked) for asked in again.questions] == [
        drawn.meaning(with_middles(asked)) for asked in questions
    ]


NOISE = st.lists(
    st.sampled_from(
        [
            *(
                "<quiz>",
                "</quiz>",
                '<question type="multichoice">',
                '<question type="cloze">',
                "</question>",
                "<answer>",
            ),
            *(
                "</answer>",
                '<answer fraction="100">',
                "<text>",
                "</text>",
                "<questiontext>",
                "</questiontext>",
                "a",
                "&amp;",
            ),
            *("{1:MC:=a~b}", "[[1]]", "<![CDATA[<b>", "]]>", "<units><unit>", "<defaultgrade>x</defaultgrade>"),
        ]
    )
)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.one_of(st.binary(max_size=60), NOISE.map(lambda parts: "".join(parts).encode())))
def test_nothing_but_findings_comes_of_noise(data):
    found = moodle_reader.read(data)
    assert found.questions or found.findings


KINDS = st.sampled_from(
    ["multichoice", "truefalse", "shortanswer", "numerical", "matching", "essay", "ordering", "gapselect"]
)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(KINDS, st.text(drawn.LETTERS, max_size=30), st.lists(st.tuples(drawn.texts(), st.text(max_size=5)), max_size=3))
def test_nothing_but_findings_comes_of_well_formed_noise(kind, text, given_):
    inner = "".join(
        f"<answer fraction={html_attribute(share)}><text>{html.escape(said)}</text></answer>" for said, share in given_
    )
    found = read(quiz(question(kind, inner, text=html.escape(text))))
    assert found.questions or found.findings


def html_attribute(text):
    return '"' + html.escape("".join(letter for letter in text if letter.isalnum() or letter in ".-")) + '"'
