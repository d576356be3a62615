"""What can go wrong with enrolments, attendance and the gate between meetings."""

from backend.core.errors import Forbidden, NotFound, Unmet


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
    """Nobody has marked the student at the meeting before (`title`)."""

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
