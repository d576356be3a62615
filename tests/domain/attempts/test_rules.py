import pytest

from backend.domain.attempts import rules
from backend.domain.attempts.errors import AttemptRunning, AttemptsUsedUp, QuizClosed


@pytest.mark.parametrize(
    ("is_open", "has_begun", "has_ended", "questions", "fact"),
    [
        (True, True, False, 1, None),
        (False, True, False, 1, "closed"),
        (True, False, False, 1, "before"),
        (True, True, True, 1, "after"),
        (True, True, False, 0, "empty"),
        (False, False, True, 0, "closed"),
    ],
)
def test_a_quiz_is_open(is_open, has_begun, has_ended, questions, fact):
    found = rules.why_not_open(is_open=is_open, has_begun=has_begun, has_ended=has_ended, question_count=questions)
    assert found is None if fact is None else isinstance(found, QuizClosed) and found.data == {"fact": fact}


@pytest.mark.parametrize(
    ("used", "most", "is_running", "wrong"),
    [
        (0, 1, False, None),
        (1, 2, False, None),
        (1, 1, False, AttemptsUsedUp),
        (2, 1, False, AttemptsUsedUp),
        (99, 0, False, None),
        (1, 1, True, AttemptRunning),
        (1, 0, True, AttemptRunning),
    ],
)
def test_attempts_left(used, most, is_running, wrong):
    found = rules.why_no_attempt_left(used=used, most=most, is_running=is_running)
    assert found is None if wrong is None else type(found) is wrong
