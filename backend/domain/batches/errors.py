"""What can go wrong with batches, meetings and materials."""

from backend.core.errors import Conflict, Forbidden, NotFound, Unmet


class BatchNotFound(NotFound):
    """No such batch."""

    code = "batches.not_found"


class MeetingNotFound(NotFound):
    """No such meeting."""

    code = "batches.meeting_not_found"


class MaterialNotFound(NotFound):
    """No such material."""

    code = "batches.material_not_found"


class BatchFull(Conflict):
    """Every seat is taken or reserved."""

    code = "batches.full"


class QuotaBelowSeats(Conflict):
    """The quota would be less than the seats that are taken (`seats_taken`)."""

    code = "batches.quota_below_seats"


class BatchInUse(Conflict):
    """Payments, enrolments or meetings hang on the batch: archive it instead."""

    code = "batches.in_use"


class MeetingInUse(Conflict):
    """Assignments, quizzes, materials or attendance hang on the meeting."""

    code = "batches.meeting_in_use"


class EndsTooEarly(Unmet):
    """It would end before or when it begins."""

    code = "batches.ends_too_early"


class RegistrationEndsTooEarly(Unmet):
    """Registration would end before or when it begins."""

    code = "batches.registration_ends_too_early"


class RegistrationOutlastsBatch(Unmet):
    """Registration would end after the batch."""

    code = "batches.registration_outlasts_batch"


class ClassEndsTooEarly(Unmet):
    """A class would end before or when it begins (clock times)."""

    code = "batches.class_ends_too_early"


class PostActivityUnfit(Unmet):
    """What follows the classes has a start and no end, or the other way round, or ends before it begins."""

    code = "batches.post_activity_unfit"


class RequiredCourseNotFound(NotFound):
    """Some of the courses that are required do not exist."""

    code = "batches.required_course_not_found"


class BatchKeptByAdmins(Forbidden):
    """Only admins change batches and meetings."""

    code = "batches.kept_by_admins"


class NotTeaching(Forbidden):
    """The actor does not teach here."""

    code = "batches.not_teaching"


class TeacherNotFound(NotFound):
    """Some of the people named do not exist."""

    code = "batches.teacher_not_found"


class NotATeacher(Unmet):
    """A person named is no teacher (`id`)."""

    code = "batches.not_a_teacher"


class AlreadyTeaching(Conflict):
    """Every person named teaches the meeting already."""

    code = "batches.already_teaching"


class SomeAlreadyTeaching(Conflict):
    """Some of the people named (`ids`) teach the meeting already; none was added."""

    code = "batches.some_already_teaching"
