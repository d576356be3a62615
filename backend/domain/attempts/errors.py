"""What can go wrong with attempts."""

from backend.core.errors import Conflict, Forbidden, NotFound, Unmet


class AttemptNotFound(NotFound):
    """No such attempt."""

    code = "attempts.not_found"


class NotYourAttempt(Forbidden):
    """The attempt is somebody else's, or its owner is no longer in the batch."""

    code = "attempts.not_yours"


class AttemptHidden(Forbidden):
    """The attempt may be seen by its owner while in the batch, and by those who teach there."""

    code = "attempts.hidden"


class QuizClosed(Unmet):
    """The quiz is not open, its time has not come or is over, or it has no questions (`fact` says which)."""

    code = "attempts.quiz_closed"


class PreviousMeetingMissed(Unmet):
    """The student was not at the meeting before (`title`)."""

    code = "attempts.previous_meeting_missed"


class AttemptsUsedUp(Conflict):
    """There are no attempts left (`most`)."""

    code = "attempts.used_up"


class AttemptRunning(Conflict):
    """The student has an attempt at this quiz that is still open."""

    code = "attempts.running"


class AttemptClosed(Conflict):
    """The attempt was submitted, by its owner or by the clock."""

    code = "attempts.closed"


class TimeOver(Conflict):
    """The deadline and the seconds of grace after it have passed."""

    code = "attempts.time_over"


class QuestionNotInQuiz(Unmet):
    """The question is not one of the attempt's quiz."""

    code = "attempts.question_not_in_quiz"


class OptionNotOfQuestion(Unmet):
    """The option does not belong to the question."""

    code = "attempts.option_not_of_question"


class EarlierQuestion(Conflict):
    """The questions come one after the other, and this one was left for a later one already."""

    code = "attempts.earlier_question"


class LaterQuestion(Conflict):
    """The questions come one after the other, and this one has not been reached yet."""

    code = "attempts.later_question"


class NoQuestionLeft(Conflict):
    """The question is the last one of the attempt: after it there is only the end."""

    code = "attempts.no_question_left"


class NavigationFree(Conflict):
    """The attempt has all its questions at once, so there is nothing to go on to."""

    code = "attempts.navigation_free"


class AnswerUnfit(Unmet):
    """The answer cannot be one to this question (`place` is the field that does not fit)."""

    code = "attempts.answer_unfit"


class NotARecording(Unmet):
    """The file is no recording of the student."""

    code = "attempts.not_a_recording"


class PauseNotOver(Unmet):
    """The next attempt begins only after a pause (`seconds` are left)."""

    code = "attempts.pause_not_over"


class OverrideNotFound(NotFound):
    """There is no override for this person at this quiz."""

    code = "attempts.override_not_found"
