"""What can go wrong with quizzes and their questions."""

from backend.core.errors import Conflict, Forbidden, NotFound, Unmet, Unsupported


class QuizNotFound(NotFound):
    """No such quiz."""

    code = "assessments.quiz_not_found"


class QuestionNotFound(NotFound):
    """The quiz has no such question."""

    code = "assessments.question_not_found"


class NotYourQuiz(Forbidden):
    """The actor neither teaches nor studies in the quiz's batch."""

    code = "assessments.not_your_quiz"


class QuestionsHidden(Forbidden):
    """The questions with what is right are for those who teach the batch."""

    code = "assessments.questions_hidden"


class NotTeachingMeeting(Forbidden):
    """The actor teaches nothing in the batch of the meeting."""

    code = "assessments.not_teaching_meeting"


class PeriodBackwards(Unmet):
    """The quiz would end before it begins."""

    code = "assessments.period_backwards"


class QuizTaken(Conflict):
    """There are attempts, so the quiz and its questions stay as they are."""

    code = "assessments.quiz_taken"


class QuizHasQuestions(Conflict):
    """The type of a quiz does not change while it has questions."""

    code = "assessments.quiz_has_questions"


class TooManyQuestions(Conflict):
    """A quiz has at most `limit` questions."""

    code = "assessments.too_many_questions"


class NotOneRight(Unmet):
    """Exactly one option must be right (`found` are)."""

    code = "assessments.not_one_right"


class TooFewOptions(Unmet):
    """There is nothing to choose from."""

    code = "assessments.too_few_options"


class NotTwoOptions(Unmet):
    """A true-false question has exactly two options (`found`)."""

    code = "assessments.not_two_options"


class PassMarkMissing(Unmet):
    """A quiz that has to be passed needs a pass mark."""

    code = "assessments.pass_mark_missing"


class OrderIncomplete(Unmet):
    """An order names each question of the quiz exactly once."""

    code = "assessments.order_incomplete"


class KeyUnfit(Unmet):
    """The parts of a question do not fit: `place` is the field with its position, `rule` what it breaks."""

    code = "assessments.key_unfit"


class FloorTooHigh(Unmet):
    """The least that a question can give is not above 0."""

    code = "assessments.floor_too_high"


class SectionNotFound(NotFound):
    """The quiz has no such section."""

    code = "assessments.section_not_found"


class SectionHasQuestions(Conflict):
    """A section with questions is not left out."""

    code = "assessments.section_has_questions"


class FormatUnknown(Unsupported):
    """The file is in none of the formats that questions come in, or not in the one that was named."""

    code = "assessments.format_unknown"


class QuestionFileRefused(Unmet):
    """The file cannot be read; `reason` is that of core.workbooks, `detail` where or what."""

    code = "assessments.question_file_refused"


class QuestionsRefused(Unmet):
    """Something in the file is wrong, or cannot be said here: no question was taken. The data is the report."""

    code = "assessments.questions_refused"


class NotSayable(Unmet):
    """A format cannot say all of the questions; `errors` tells what."""

    code = "assessments.not_sayable"


class QuestionPreviewNotFound(NotFound):
    """There is no such preview of this quiz."""

    code = "assessments.preview_not_found"


class QuestionPreviewIsStale(Conflict):
    """The quiz's questions have changed since the preview."""

    code = "assessments.preview_is_stale"
