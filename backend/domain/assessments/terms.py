"""Words of this feature, without any import of ours."""

from enum import StrEnum


class QuizType(StrEnum):
    """What the questions of a quiz look like."""

    MULTIPLE_CHOICE = "mc"
    TRUE_FALSE = "tf"


class QuestionKind(StrEnum):
    """How a question is answered and scored."""

    SINGLE_CHOICE = "single_choice"
    TRUE_FALSE = "true_false"
