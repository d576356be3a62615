"""Assignments and handed-in work on the wire. Source: contract section 3, Assignment, Submission and Grade."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from backend.dialects.lms.wire.text import Moment, Title
from backend.dialects.lms.wire.users import UserOut
from backend.domain.assignments.commands import Task, TaskChanges
from backend.domain.assignments.queries import AssignmentView, LinkView
from backend.domain.assignments.terms import AssignmentType
from backend.domain.grading.gradebook import GradedTask, GradedWork, GradeView

Text = Annotated[str, Meta(max_length=100_000)]
Address = Annotated[
    str,
    Meta(
        max_length=500,
        pattern=r"""^(?:/uploads/[A-Za-z0-9._/-]+|https?://[^\s/\x00-\x20<>"'\\]+[^\s\x00-\x20<>"'\\]*)$(?!\n)""",
    ),
]
Addresses = Annotated[list[Address], Meta(min_length=1, max_length=20)]


class AssignmentIn(msgspec.Struct):
    """What an assignment begins with."""

    title: Title
    type: AssignmentType
    start_at: Moment
    end_at: Moment
    description: Text | None = None
    assignment_files: Addresses | None = None

    def task(self) -> Task:
        """In the domain's terms."""
        return Task(
            title=self.title,
            description=self.description,
            kind=self.type,
            start_at=self.start_at,
            end_at=self.end_at,
            files=self.assignment_files or (),
        )


class AssignmentUpdateIn(msgspec.Struct):
    """What to change of an assignment; `assignment_files` replace all there were."""

    title: Title | UnsetType = UNSET
    type: AssignmentType | UnsetType = UNSET
    start_at: Moment | UnsetType = UNSET
    end_at: Moment | UnsetType = UNSET
    description: Text | UnsetType | None = UNSET
    assignment_files: Annotated[list[Address], Meta(max_length=20)] | UnsetType = UNSET

    def changes(self) -> TaskChanges:
        """In the domain's terms."""
        return TaskChanges(
            title=self.title,
            description=self.description,
            kind=self.type,
            start_at=self.start_at,
            end_at=self.end_at,
            files=self.assignment_files,
        )


class AssignmentFileOut(msgspec.Struct):
    """A file of an assignment."""

    id: UUID
    assignment_id: UUID
    file_url: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, file: LinkView, assignment_id: UUID) -> "AssignmentFileOut":
        """As the contract shows it."""
        return cls(file.uuid, assignment_id, file.file_url, file.created_at, file.updated_at)


class SubmissionFileOut(msgspec.Struct):
    """A file of a submission."""

    id: UUID
    assignment_submission_id: UUID
    file_url: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, file: LinkView, submission_id: UUID) -> "SubmissionFileOut":
        """As the contract shows it."""
        return cls(file.uuid, submission_id, file.file_url, file.created_at, file.updated_at)


class GradeOut(msgspec.Struct):
    """A grade; `version` counts its changes. Of who graded, the profile is not shown."""

    id: UUID
    assignment_submission_id: UUID
    grade: float
    feedback: str
    graded_by: UUID | None
    graded_by_user: UserOut | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, grade: GradeView, submission_id: UUID) -> "GradeOut":
        """As the contract shows it."""
        grader = msgspec.structs.replace(grade.grader, profile=None) if grade.grader else None
        return cls(
            id=grade.uuid,
            assignment_submission_id=submission_id,
            grade=float(grade.grade),
            feedback=grade.feedback,
            graded_by=grader.uuid if grader else None,
            graded_by_user=UserOut.of(grader) if grader else None,
            version=grade.version,
            created_at=grade.created_at,
            updated_at=grade.updated_at,
        )


class SubmissionOut(msgspec.Struct):
    """What a person handed in. `assignment` is null where the submission stands inside one."""

    id: UUID
    assignment_id: UUID
    user_id: UUID
    note: str | None
    essay_text: str | None
    is_late: bool
    submission_files: list[SubmissionFileOut]
    assignment_grade: GradeOut | None
    user: UserOut | None
    created_at: datetime
    updated_at: datetime
    assignment: "AssignmentOut | None" = None

    @classmethod
    def of(cls, work: GradedWork) -> "SubmissionOut":
        """As the contract shows it."""
        view = work.submission
        return cls(
            id=view.uuid,
            assignment_id=view.assignment_uuid,
            user_id=view.account_uuid,
            note=view.note,
            essay_text=view.essay_text,
            is_late=view.is_late,
            submission_files=[SubmissionFileOut.of(file, view.uuid) for file in view.files],
            assignment_grade=GradeOut.of(work.grade, view.uuid) if work.grade else None,
            user=UserOut.of(work.person) if work.person else None,
            created_at=view.created_at,
            updated_at=view.updated_at,
            assignment=AssignmentOut.of(work.assignment) if work.assignment else None,
        )


class AssignmentOut(msgspec.Struct):
    """An assignment; `assignment_submissions` only where one assignment is asked for."""

    id: UUID
    meeting_id: UUID
    teacher_id: UUID | None
    title: str
    description: str | None
    type: AssignmentType
    start_at: datetime
    end_at: datetime
    assignment_files: list[AssignmentFileOut]
    created_at: datetime
    updated_at: datetime
    assignment_submissions: list[SubmissionOut] | None = None

    @classmethod
    def of(cls, view: AssignmentView) -> "AssignmentOut":
        """As the contract shows it."""
        return cls(
            id=view.uuid,
            meeting_id=view.meeting_uuid,
            teacher_id=view.teacher_uuid,
            title=view.title,
            description=view.description,
            type=view.kind,
            start_at=view.start_at,
            end_at=view.end_at,
            assignment_files=[AssignmentFileOut.of(file, view.uuid) for file in view.files],
            created_at=view.created_at,
            updated_at=view.updated_at,
        )

    @classmethod
    def with_work(cls, task: GradedTask) -> "AssignmentOut":
        """With what was handed in for it."""
        shown = cls.of(task.assignment)
        shown.assignment_submissions = [SubmissionOut.of(work) for work in task.works]
        return shown
