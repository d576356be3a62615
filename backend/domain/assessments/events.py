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


class QuestionsChanged(Event, frozen=True):
    """A quiz asks something else now."""

    name: ClassVar[str] = "assessments.questions.changed.v1"
    quiz_id: int
