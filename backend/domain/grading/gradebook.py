"""What can be asked about grades: work with what it was graded, for those who may see it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.core.paging import MAX_WHOLE, Listing, Paged
from backend.domain.accounts import queries as accounts
from backend.domain.accounts.errors import PersonNotFound
from backend.domain.accounts.queries import PersonView
from backend.domain.assignments import queries as assignments
from backend.domain.assignments import submissions
from backend.domain.assignments.errors import NotYourSubmission
from backend.domain.assignments.queries import AssignmentView
from backend.domain.assignments.submissions import SubmissionView
from backend.domain.batches import queries as batches
from backend.domain.grading.errors import GradeNotFound, GradeNotSeen, NotTeachingBatch


class GradeView(msgspec.Struct, frozen=True, kw_only=True):
    """A grade for a person's work, 0 to 100 with two decimals. `version` counts its changes from 1."""

    id: int
    uuid: UUID
    assignment_id: int
    account_id: int
    grade: Decimal
    feedback: str
    graded_by: int
    version: int
    created_at: datetime
    updated_at: datetime
    grader: PersonView | None = None


class GradedWork(msgspec.Struct, frozen=True, kw_only=True):
    """A submission, whose it is, and its grade, if it has one. `assignment` where it stands by itself."""

    submission: SubmissionView
    person: PersonView | None
    grade: GradeView | None
    assignment: AssignmentView | None = None


class GradedTask(msgspec.Struct, frozen=True, kw_only=True):
    """An assignment and the work that was handed in for it, as far as the actor may see it."""

    assignment: AssignmentView
    works: list[GradedWork]


_SELECT = (
    "SELECT id, uuid, assignment_id, account_id, grade, feedback, graded_by, version, created_at, updated_at FROM grade"
)


async def assignment(actor: Actor, ref: Ref) -> GradedTask:
    """An assignment with the work for it: a student's own, for staff everybody's, the first thousand.

    Raises: AssignmentNotFound, NotYourMeeting, NotInBatch.
    """
    task = await assignments.assignment(actor, ref)
    mine = actor.account_id if actor.is_student else None
    works = await submissions.submissions_of([task.id], mine, most=MAX_WHOLE)
    return GradedTask(assignment=task, works=await _graded(works))


async def submission(actor: Actor, ref: Ref) -> GradedWork:
    """A submission with its grade, for its owner, who teaches in the batch, and admins.

    Raises: SubmissionNotFound, NotYourSubmission.
    """
    found = await submissions.submission(actor, ref)
    return (await _graded([found], await assignments.assignment_of(found.assignment_id)))[0]


async def graded_submissions(actor: Actor, ref: Ref, wanted: Listing) -> Paged[GradedWork]:
    """The work for an assignment with its grades: for a student in the batch their own, else all; newest first.

    Raises: AssignmentNotFound, WorkHidden.
    """
    task = await assignments.assignment_of(ref)
    paged = await submissions.submissions(actor, task, wanted)
    return Paged(await _graded(paged.items, task), paged.total)


async def grade_of(actor: Actor, ref: Ref) -> GradeView:
    """The grade of a submission, for who may see the submission.

    Raises: SubmissionNotFound, GradeNotSeen, GradeNotFound.
    """
    try:
        work = await submission(actor, ref)
    except NotYourSubmission:
        raise GradeNotSeen from None
    if work.grade is None:
        raise GradeNotFound
    return work.grade


async def grades_of(assignment_ids: Collection[int], account_ids: Collection[int]) -> dict[tuple[int, int], GradeView]:
    """Grades by assignment and person, for callers that decide themselves who may see them."""
    rows = await db.fetch(
        f"{_SELECT} WHERE assignment_id = ANY($1) AND account_id = ANY($2) AND grade IS NOT NULL",
        list(assignment_ids),
        list(account_ids),
    )
    return {(row["assignment_id"], row["account_id"]): db.view(GradeView, row) for row in rows}


async def gradable(actor: Actor, ref: Ref) -> AssignmentView:
    """An assignment whose work the actor grades.

    Raises: AssignmentNotFound, NotTeachingBatch.
    """
    task = await assignments.assignment_of(ref)
    await must_grade(actor, task.batch_id)
    return task


async def must_grade(actor: Actor, batch_id: int) -> None:
    """Let those through who grade in a batch: admins, and who teaches in it.

    Raises: NotTeachingBatch.
    """
    if actor.is_admin:
        return
    if not actor.is_teacher or not await batches.teaches_batch(actor.account_id, batch_id):
        raise NotTeachingBatch


async def must_still_grade(account_id: int, batch_id: int) -> None:
    """Let those through who grade in a batch as they are now, whoever they were when they asked.

    Raises: NotTeachingBatch, also for somebody who was removed.
    """
    try:
        person = await accounts.person(account_id)
    except PersonNotFound:
        raise NotTeachingBatch from None
    await must_grade(Actor(person.id, person.role), batch_id)


async def _graded(works: Sequence[SubmissionView], task: AssignmentView | None = None) -> list[GradedWork]:
    grades = await grades_of({work.assignment_id for work in works}, {work.account_id for work in works})
    people = await accounts.people(
        [*{work.account_id for work in works}, *{grade.graded_by for grade in grades.values()}]
    )
    return [
        GradedWork(
            submission=work,
            person=people.get(work.account_id),
            grade=_with_grader(grades.get((work.assignment_id, work.account_id)), people),
            assignment=task,
        )
        for work in works
    ]


def _with_grader(grade: GradeView | None, people: dict[int, PersonView]) -> GradeView | None:
    return msgspec.structs.replace(grade, grader=people.get(grade.graded_by)) if grade else None
