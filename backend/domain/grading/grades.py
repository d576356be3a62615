"""What can be done with grades by hand, and with work that may have been graded."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from msgspec import UNSET, UnsetType

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.errors import Broken
from backend.core.ids import Ref
from backend.core.outbox import emit
from backend.domain.assignments import handing_in, submissions
from backend.domain.assignments.errors import SubmissionNotFound
from backend.domain.assignments.handing_in import Work
from backend.domain.grading import gradebook
from backend.domain.grading.errors import AlreadyGraded, GradeUnfit
from backend.domain.grading.events import GradeGiven
from backend.domain.grading.gradebook import GradedWork, GradeView
from backend.domain.grading.sheet_values import FEEDBACK_MAX, GRADE_MAX, GRADE_MIN
from backend.domain.grading.terms import GradeSource

_CENT = Decimal("0.01")


class Wanted(msgspec.Struct, frozen=True):
    """A grade as it is to stand."""

    account_id: int
    grade: Decimal
    feedback: str


class Origin(msgspec.Struct, frozen=True):
    """Where a change of grades comes from."""

    source: GradeSource
    actor_id: int
    job_id: int | None = None


async def hand_in(actor: Actor, assignment: Ref, work: Work) -> GradedWork:
    """Hand in work; a grade may stand already, given from a sheet to who had handed in nothing.

    Raises: AssignmentNotFound, NotYourSubmission, MeetingNotOpen, NotBegun, AttendanceNotTaken, WasAbsent,
        AssignmentOpen, QuizOpen, WorkUnfit, SubmissionExists, FileNotFound, FileNotReady.
    """
    async with transaction():
        found = await handing_in.hand_in(actor, assignment, work)
        return await gradebook.submission(actor, found.id)


async def grade_submission(actor: Actor, ref: Ref, grade: Decimal, feedback: str | UnsetType = UNSET) -> GradeView:
    """Grade work by hand; a feedback that is not given stays. The same once more changes nothing.

    Raises: SubmissionNotFound, NotTeachingBatch, GradeUnfit.
    Emits: GradeGiven.
    """
    async with transaction():
        work = await submissions.submission_of(ref)
        await gradebook.must_grade(actor, work.batch_id)
        _must_fit(grade, feedback)
        await lock_grades(work.assignment_id)
        if await db.value("SELECT 1 FROM submission WHERE id = $1 FOR UPDATE", work.id) is None:
            raise SubmissionNotFound
        stands = (await gradebook.submission(actor, work.id)).grade
        text = (stands.feedback if stands else "") if feedback is UNSET else feedback
        if stands is None or (stands.grade, stands.feedback) != (grade, text):
            origin = Origin(GradeSource.HAND, actor.person_id)
            written = await write_grades(work.assignment_id, [Wanted(work.account_id, grade, text)], origin)
            await emit(*[GradeGiven(grade_id, f"{grade:.2f}") for grade_id in written])
        return await gradebook.grade_of(actor, work.id)


async def change_submission(actor: Actor, ref: Ref, work: Work) -> GradedWork:
    """Change one's own work as long as it has no grade.

    Raises: SubmissionNotFound, NotYourSubmission, AlreadyGraded, WorkUnfit, FileNotFound, FileNotReady.
    """
    async with transaction():
        found = await handing_in.lock_own(actor, ref)
        await _must_be_ungraded(found.assignment_id, found.account_id)
        await handing_in.change_work(actor, found, work)
        return await gradebook.submission(actor, found.id)


async def take_back_submission(actor: Actor, ref: Ref) -> None:
    """Take one's own work back as long as it has no grade.

    Raises: SubmissionNotFound, NotYourSubmission, AlreadyGraded.
    """
    async with transaction():
        found = await handing_in.lock_own(actor, ref)
        await _must_be_ungraded(found.assignment_id, found.account_id)
        await handing_in.take_back(found)


async def lock_grades(assignment_id: int) -> None:
    """Let nobody else grade this assignment until the transaction ends; grades that do not exist yet included.

    Work can still be handed in meanwhile: this lock lets foreign keys through.
    """
    await db.statement("SELECT 1 FROM assignment WHERE id = $1 FOR NO KEY UPDATE", assignment_id)


async def write_grades(assignment_id: int, wanted: Sequence[Wanted], origin: Origin) -> list[int]:
    """Write grades and their history, in one statement however many; says the ids of the grades.

    The caller holds `lock_grades` and has left out what would not change.
    """
    rows = await db.fetch(
        f"{writing(_GIVEN)} RETURNING grade_id",
        assignment_id,
        origin.actor_id,
        str(origin.source),
        origin.job_id,
        [row.account_id for row in wanted],
        [row.grade for row in wanted],
        [row.feedback for row in wanted],
    )
    return [row["grade_id"] for row in rows]


_GIVEN = "SELECT * FROM unnest($5::bigint[], $6::numeric[], $7::text[]) AS w (account_id, grade, feedback)"


def writing(source: str) -> str:
    """SQL that writes the grades that `source` selects (account_id, grade, feedback), and their history.

    Parameters: $1 assignment, $2 who grades, $3 whence, $4 the job; `source` may have more, and use $1 and $4.
    """
    return f"""
WITH written AS (
    INSERT INTO grade (assignment_id, account_id, grade, feedback, graded_by, version, created_at, updated_at)
    SELECT $1, account_id, grade, feedback, $2, 1, now(), now() FROM ({source}) AS w
    ON CONFLICT (assignment_id, account_id) DO UPDATE SET grade = excluded.grade, feedback = excluded.feedback,
    graded_by = excluded.graded_by, version = grade.version + 1, updated_at = now()
    RETURNING new.id, old.grade AS before, new.grade AS after, old.feedback AS text_before, new.feedback AS text_after
)
INSERT INTO grade_change (grade_id, before, after, feedback_before, feedback_after, source, actor_id, job_id,
    created_at)
SELECT id, before, after, text_before, text_after, $3, $2, $4, now() FROM written"""  # noqa: S608 - our own text


def _must_fit(grade: Decimal, feedback: str | UnsetType) -> None:
    broken = {}
    if not GRADE_MIN <= grade <= GRADE_MAX:
        broken["grade"] = Broken("range", (str(GRADE_MIN), str(GRADE_MAX)))
    elif grade.quantize(_CENT) != grade:
        broken["grade"] = Broken("decimals", ("2",))
    if feedback is not UNSET and len(feedback) > FEEDBACK_MAX:
        broken["feedback"] = Broken("invalid")
    if broken:
        raise GradeUnfit(fields=broken)


async def _must_be_ungraded(assignment_id: int, account_id: int) -> None:
    if await gradebook.grades_of([assignment_id], [account_id]):
        raise AlreadyGraded
