"""What can go wrong with results and grades."""

from backend.core.errors import Conflict, Forbidden, Invalid, NotFound, Unmet


class GradeNotFound(NotFound):
    """The submission has not been graded."""

    code = "grading.grade_not_found"


class GradeNotSeen(Forbidden):
    """The grade is somebody else's, or the actor does not teach in the batch."""

    code = "grading.grade_not_seen"


class NotTeachingBatch(Forbidden):
    """The actor does not teach in the batch, so they do not grade its work."""

    code = "grading.not_teaching_batch"


class GradeUnfit(Invalid):
    """The grade is not from 0 to 100 with at most two decimals (`fields`)."""

    code = "grading.grade_unfit"


class AlreadyGraded(Conflict):
    """Work that was graded is neither changed nor taken back."""

    code = "grading.already_graded"


class SheetHasProblems(Unmet):
    """Rows of a sheet are wrong, so none was taken. The data is the fields of a SheetReport."""

    code = "grading.sheet_has_problems"


class SheetIsStale(Conflict):
    """Grades have changed since the sheet was written, so no row was taken. The data is the fields of a SheetReport."""

    code = "grading.sheet_is_stale"


class PreviewNotFound(NotFound):
    """There is no such preview for this assignment: still in work, with problems, or of another one."""

    code = "grading.preview_not_found"


class PreviewIsStale(Conflict):
    """Grades have changed since the preview was shown; `rows` says which, `count` how many."""

    code = "grading.preview_is_stale"


class ResultNotFound(NotFound):
    """The attempt has no result, and none is being made: it is still open."""

    code = "grading.result_not_found"


class AttemptNotFinal(Conflict):
    """An attempt that is still open is not graded."""

    code = "grading.attempt_not_final"


class ScoresNotFound(NotFound):
    """The person is not in the batch, so there are no scores."""

    code = "grading.scores_not_found"


class NotMarkedByHand(Unmet):
    """The question was not asked in the attempt, or a machine marks it."""

    code = "grading.not_marked_by_hand"


class MarkUnfit(Invalid):
    """Neither points from 0 to what the question is worth, nor one level for each criterion (`fields`)."""

    code = "grading.mark_unfit"


class ImportNotFound(NotFound):
    """There is no such import: it never was, wrote nothing here, or is more than 30 days old."""

    code = "grading.import_not_found"


class ImportHasNewer(Conflict):
    """Grades that an import gave have changed since; `rows` says which, `count` how many. Nothing was undone."""

    code = "grading.import_has_newer"


class ImportUndone(Conflict):
    """The import was undone; what it was to write is not written again."""

    code = "grading.import_undone"


class TooManyAssignments(Unmet):
    """A sheet of a whole batch has room for so many assignments (`most`); this batch has more."""

    code = "grading.too_many_assignments"


class AnalysisMissing(NotFound):
    """The quiz has no analysis of these `attempts`, or something has changed since there was one: it can be made."""

    code = "grading.analysis_missing"


class NothingMended(Unmet):
    """No key of the quiz was mended since its attempts were graded, so there is nothing to regrade."""

    code = "grading.nothing_mended"


class RegradeNotFound(NotFound):
    """There is no such regrade of this quiz, or it is still being looked at."""

    code = "grading.regrade_not_found"


class RegradeRunning(Conflict):
    """Another regrade of the quiz is under way."""

    code = "grading.regrade_running"


class RegradeIsStale(Conflict):
    """Results have changed since the regrade was looked at; `rows` says which, `count` how many."""

    code = "grading.regrade_is_stale"


class KeyMovedOn(Conflict):
    """The quiz's keys were mended again since: `shown` is the version of the regrade, `now` the present one."""

    code = "grading.key_moved_on"
