"""What has happened to results and grades."""

from typing import ClassVar

from backend.core.outbox import Event


class GradeGiven(Event, frozen=True):
    """Work was graded by hand, or graded anew. `grade` is what was given, for the log: it may change."""

    name: ClassVar[str] = "grading.grade.given.v1"
    grade_id: int
    grade: str | None = None


class GradesImported(Event, frozen=True):
    """Grades of an assignment were taken from a sheet; `job_id` finds them in the history of changes."""

    name: ClassVar[str] = "grading.grades.imported.v1"
    assignment_id: int
    job_id: int


class AttemptGraded(Event, frozen=True):
    """An attempt has its result."""

    name: ClassVar[str] = "grading.attempt.graded.v1"
    attempt_id: int


class AnswerMarked(Event, frozen=True):
    """A person gave points for one answer of an attempt."""

    name: ClassVar[str] = "grading.answer.marked.v1"
    attempt_id: int
    question_id: int


class GradesUndone(Event, frozen=True):
    """What an import had written to the grades of an assignment was taken back."""

    name: ClassVar[str] = "grading.grades.undone.v1"
    assignment_id: int
    job_id: int


class QuizRegraded(Event, frozen=True):
    """Results of a quiz were made anew after its keys were mended; the regrade's entries say whose, and how."""

    name: ClassVar[str] = "grading.quiz.regraded.v1"
    regrade_id: int
