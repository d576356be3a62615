"""What is handed in and how it is graded, on the wire. Source: contract section 2.17."""

from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from backend.dialects.lms.wire.assignments import Address
from backend.domain.assignments.handing_in import Work

Note = Annotated[str, Meta(max_length=10_000)]
Essay = Annotated[str, Meta(max_length=50_000)]


class SubmissionFileIn(msgspec.Struct):
    """A file that is handed in."""

    file_url: Address


class SubmissionIn(msgspec.Struct):
    """What is handed in; in a change, what is not sent stays, and `submission_files` replace all there were."""

    note: Note | UnsetType | None = UNSET
    essay_text: Essay | UnsetType | None = UNSET
    submission_files: Annotated[list[SubmissionFileIn], Meta(max_length=10)] | UnsetType = UNSET

    def work(self) -> Work:
        """In the domain's terms."""
        files = self.submission_files
        return Work(
            note=self.note,
            essay_text=self.essay_text,
            files=UNSET if isinstance(files, UnsetType) else [file.file_url for file in files],
        )


class GradeIn(msgspec.Struct):
    """A grade, 0 included; a feedback that is not sent stays."""

    grade: Annotated[float, Meta(ge=0, le=100)]
    feedback: Annotated[str, Meta(max_length=10_000)] | UnsetType = UNSET

    @property
    def exact(self) -> Decimal:
        """The grade as it was written."""
        return Decimal(repr(self.grade))
