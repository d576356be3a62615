"""What can go wrong with assignments and submissions."""

from backend.core.errors import Conflict, Forbidden, Invalid, NotFound, Unmet


class AssignmentNotFound(NotFound):
    """There is no such assignment."""

    code = "assignments.not_found"


class NotTeachingMeeting(Forbidden):
    """The actor does not teach the meeting (`meeting`), so its assignments are not theirs to write."""

    code = "assignments.not_teaching_meeting"


class NotYourMeeting(Forbidden):
    """A teacher looks at an assignment of a meeting that somebody else teaches."""

    code = "assignments.not_your_meeting"


class NotInBatch(Forbidden):
    """A student looks at an assignment of a batch they are not in."""

    code = "assignments.not_in_batch"


class EndsBeforeStart(Unmet):
    """An assignment would end before it begins, or as it does."""

    code = "assignments.ends_before_start"


class AssignmentInUse(Conflict):
    """Submissions or grades hang on the assignment: it can be neither deleted nor turned into another type."""

    code = "assignments.in_use"


class SubmissionNotFound(NotFound):
    """There is no such submission."""

    code = "assignments.submission_not_found"


class NotYourSubmission(Forbidden):
    """The work is somebody else's, or the actor is not in the batch or does not teach it."""

    code = "assignments.not_your_submission"


class WorkHidden(Forbidden):
    """The work for an assignment is seen by who is in its batch, who teaches there, and admins."""

    code = "assignments.work_hidden"


class SubmissionExists(Conflict):
    """There is one submission per person and assignment."""

    code = "assignments.submission_exists"


class WorkUnfit(Invalid):
    """The work is not of the type that the assignment asks for (`fields`)."""

    code = "assignments.work_unfit"


class MeetingNotOpen(Unmet):
    """The meeting has not been opened."""

    code = "assignments.meeting_not_open"


class NotBegun(Unmet):
    """The assignment begins later (`start_at`)."""

    code = "assignments.not_begun"
