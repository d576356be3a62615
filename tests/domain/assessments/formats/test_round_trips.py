"""All that the engine can say goes out in each format: it comes back as the same, or the report has named it."""

from decimal import Context

import msgspec
import pytest
from hypothesis import given, settings

from backend.domain.assessments.formats import reading, writing
from backend.domain.assessments.formats.detecting import EXTENSIONS
from backend.domain.assessments.formats.findings import Findings, Format, Part, Severity
from backend.domain.assessments.keys import AcceptedNumber
from backend.domain.assessments.terms import QuizType
from tests.domain.assessments.formats import anything, drawn

EXACT = Context(prec=60)


def as_limits(part):
    """What a number accepts, for formats that know a range only as its middle and half its width."""
    if isinstance(part, AcceptedNumber) and part.value is not None:
        near = EXACT.multiply(part.tolerance, abs(part.value)) if part.is_relative else part.tolerance
        return AcceptedNumber(
            low=part.value - near, high=part.value + near, fraction=part.fraction, feedback=part.feedback
        )
    if isinstance(part, msgspec.Struct):
        return msgspec.structs.replace(
            part, **{name: as_limits(getattr(part, name)) for name in part.__struct_fields__}
        )
    return tuple([as_limits(each) for each in part]) if isinstance(part, tuple) else part


def meant(asked, format_):
    """A sheet, our own form, says everything as it is; others may spell a number in another way."""
    return drawn.meaning(asked if format_ is Format.XLSX else drawn.replaced(asked, as_limits(asked.key)))


def numbered(questions):
    return [msgspec.structs.replace(asked, line=at) for at, asked in enumerate(questions, 1)]


def there_and_back(folder, format_, questions):
    found = Findings()
    path = folder / f"soal.{EXTENSIONS[format_]}"
    path.write_bytes(writing.written(format_, questions, found))
    return found, reading.read_here(str(path), str(format_), str(QuizType.MULTIPLE_CHOICE))


@pytest.mark.parametrize("format_", Format)
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(questions=anything.QUESTIONS)
def test_what_the_report_does_not_name_comes_back_the_same(tmp_path_factory, format_, questions):
    questions = numbered(questions)
    found, again = there_and_back(tmp_path_factory.mktemp("soal"), format_, questions)
    named = {finding.line for finding in found.kept}
    expected = [meant(asked, format_) for asked in questions if asked.line not in named]
    back = iter([meant(asked, format_) for asked in again.questions])
    assert all(asked in back for asked in expected), (questions, found.kept, again)
    assert len(again.questions) == len(questions) - found.left_out
    assert again.errors == 0 or not again.questions
    assert {finding.severity for finding in found.kept} <= {Severity.UNSUPPORTED}


SELDOM = {Part.CHARACTERS, Part.TWICE, Part.OTHERWISE, Part.LENGTH}


@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(questions=anything.QUESTIONS)
def test_a_sheet_leaves_out_next_to_nothing(questions):
    found = Findings()
    writing.written(Format.XLSX, numbered(questions), found)
    assert {finding.part for finding in found.kept} <= SELDOM
