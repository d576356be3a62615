"""What a sheet would change, without a file."""

from decimal import Decimal
from uuid import UUID

import pytest

from backend.domain.grading.sheets import Current, ParsedRow, ParsedSheet, judge
from tests.domain.grading.sheet_files import TASK, student

D = Decimal


def a_sheet(*rows, assignment=None):
    return ParsedSheet("S", {"user": "A UserID"}, list(rows), [], 0, assignment)


def one(grade, feedback, version, current):
    return judge(a_sheet(ParsedRow(2, student(1), grade, feedback, version)), {student(1): current})


@pytest.mark.parametrize(
    ("grade", "feedback", "current", "new"),
    [
        (D(80), None, Current(None, None, 0), (D(80), None)),
        (D(0), None, Current(None, None, 0), (D(0), None)),
        (D(80), None, Current(D(70), "baik", 1), (D(80), "baik")),
        (None, "baru", Current(D(70), "baik", 1), (D(70), "baru")),
        (D(80), "baru", Current(D(70), "baik", 1), (D(80), "baru")),
    ],
)
def test_a_change_says_what_will_stand(grade, feedback, current, new):
    (change,) = one(grade, feedback, current.version, current).changes
    assert (change.old_grade, change.old_feedback, change.version) == current
    assert (change.new_grade, change.new_feedback) == new


@pytest.mark.parametrize(
    ("grade", "feedback", "current"),
    [
        (D("70.00"), None, Current(D(70), None, 1)),
        (D(70), "baik", Current(D(70), "baik", 9)),
        (None, "a\nb", Current(None, " a\r\nb ", 1)),
    ],
)
def test_the_same_again_changes_nothing_even_with_an_old_version(grade, feedback, current):
    judgement = one(grade, feedback, 1, current)
    assert (judgement.unchanged, judgement.changes, judgement.stale) == (1, [], [])


def test_blank_cells_leave_alone_even_what_has_changed():
    judgement = one(None, None, 1, Current(D(70), "baik", 5))
    assert (judgement.blank, judgement.changes, judgement.stale) == (1, [], [])


@pytest.mark.parametrize(("sheet", "now", "is_stale"), [(1, 1, 0), (1, 2, 1), (0, 1, 1), (3, 2, 1), (None, 2, 0)])
def test_a_grade_that_changed_since_is_stale(sheet, now, is_stale):
    judgement = one(D(80), None, sheet, Current(D(70), None, now))
    assert (len(judgement.stale), len(judgement.changes)) == (is_stale, 1 - is_stale)


def test_a_stranger_is_a_problem_with_its_row():
    judgement = judge(a_sheet(ParsedRow(7, student(9), D(1), None, 0)), {})
    (problem,) = judgement.problems
    assert (problem.row, problem.column, problem.code) == (7, "A UserID", "student_unknown")
    assert (problem.found, judgement.problem_count) == (str(student(9)), 1)


def test_feedback_without_any_grade_is_a_problem():
    (problem,) = one(None, "baru", 0, Current(None, None, 0)).problems
    assert (problem.row, problem.code, problem.expected) == (2, "grade_missing", "grade")


@pytest.mark.parametrize(("written_for", "count"), [(None, 0), (TASK, 0), (UUID(int=5), 1)])
def test_a_sheet_of_another_assignment_is_noticed(written_for, count):
    judgement = judge(a_sheet(assignment=written_for), {}, assignment=TASK)
    assert [problem.code for problem in judgement.problems] == ["other_assignment"] * count


def test_problems_end_at_a_thousand_but_are_counted():
    rows = [ParsedRow(n, student(n), D(1), None, 0) for n in range(2, 1502)]
    judgement = judge(a_sheet(*rows), {})
    assert (len(judgement.problems), judgement.problem_count) == (1000, 1500)
