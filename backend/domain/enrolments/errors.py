"""What can go wrong with enrolments, attendance and the gate between meetings."""

from backend.core.errors import Conflict, Forbidden, NotFound, TooMany, Unmet


class NotEnrolled(Forbidden):
    """The person is not in the batch."""

    code = "enrolments.not_enrolled"


class EnrolmentNotFound(NotFound):
    """There is no such enrolment."""

    code = "enrolments.not_found"


class NotYourBatch(Forbidden):
    """The teacher teaches no meeting of the batch."""

    code = "enrolments.not_your_batch"


class NotYourMeeting(Forbidden):
    """The teacher does not teach one of the meetings; `meetings` names them by uuid."""

    code = "enrolments.not_your_meeting"


class MeetingNotOfBatch(Unmet):
    """A mark names meetings that the batch does not have; `meetings` names them by uuid."""

    code = "enrolments.meeting_not_of_batch"


class PersonNotOfBatch(Unmet):
    """A mark names people who are not in the batch; `people` names them by uuid."""

    code = "enrolments.person_not_of_batch"


class AttendanceNotFound(NotFound):
    """There is no such mark of attendance."""

    code = "enrolments.attendance_not_found"


class AttendanceNotTaken(Unmet):
    """Nobody has marked the student at the meeting before (`title`). As the next three: `missing` is all there is.

    Shape: missing: [{kind, title}], presence first, then assignments, then quizzes.
    """

    code = "enrolments.attendance_not_taken"


class WasAbsent(Unmet):
    """The student was absent from the meeting before (`title`)."""

    code = "enrolments.was_absent"


class AssignmentOpen(Unmet):
    """An assignment of the meeting before (`title`) has not been handed in."""

    code = "enrolments.assignment_open"


class QuizOpen(Unmet):
    """A quiz of the meeting before (`title`) has no finished attempt."""

    code = "enrolments.quiz_open"


class QuizNotPassed(QuizOpen):
    """A quiz of the meeting before (`title`) has to be passed, and was not."""

    code = "enrolments.quiz_not_passed"


class CheckInOff(Unmet):
    """Nobody checks in to the meeting by themselves."""

    code = "enrolments.check_in_off"


class CheckInNotOpen(Unmet):
    """The meeting has not begun (`opens_at`)."""

    code = "enrolments.check_in_not_open"


class CheckInOver(Unmet):
    """It is too late to check in."""

    code = "enrolments.check_in_over"


class CheckInCodeWrong(Unmet):
    """The code is not the one that is shown now, nor the one before it."""

    code = "enrolments.check_in_code_wrong"


class AlreadyMarked(Conflict):
    """The person has checked in, or staff have marked them."""

    code = "enrolments.already_marked"


class TooManyCheckIns(TooMany):
    """The person has tried too often (`retry_after_s`)."""

    code = "enrolments.too_many_check_ins"


class ExcuseNotFound(NotFound):
    """There is no such excuse."""

    code = "enrolments.excuse_not_found"


class AlreadyExcused(Conflict):
    """The student is excused from that already."""

    code = "enrolments.already_excused"


class ItemNotOfBatch(Unmet):
    """What the student is to be excused from belongs to another batch."""

    code = "enrolments.item_not_of_batch"
