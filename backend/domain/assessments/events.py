"""What has happened to quizzes."""

from typing import ClassVar

from backend.core.outbox import Deed, Event


class QuizChanged(Event, frozen=True):
    """Something became of a quiz."""

    name: ClassVar[str] = "assessments.quiz.changed.v1"
    quiz_id: int
    batch_id: int
    deed: Deed
    title: str


class PassMarkChanged(Event, frozen=True):
    """A quiz is passed otherwise now, or has to be, or has no longer to be."""

    name: ClassVar[str] = "assessments.pass_mark.changed.v1"
    is_activity: ClassVar[bool] = False
    quiz_id: int


class QuestionsChanged(Event, frozen=True):
    """A quiz asks something else now."""

    name: ClassVar[str] = "assessments.questions.changed.v1"
    quiz_id: int
