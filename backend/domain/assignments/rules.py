"""What may be handed in, and when an assignment is one. Pure."""

from datetime import datetime

from backend.core.errors import Broken
from backend.domain.assignments.terms import AssignmentType

ESSAY_MAX = 50_000
FILES_MAX = 10


def is_period(start_at: datetime, end_at: datetime) -> bool:
    """Whether an assignment lasts at all."""
    return end_at > start_at


def why_unfit(kind: AssignmentType, essay_text: str | None, files: int) -> dict[str, Broken]:
    """The fields that keep work from being what the assignment asks for; empty when it fits.

    An essay needs text and may have files beside it; the other type needs files and may have text beside them.
    """
    broken: dict[str, Broken] = {}
    text = (essay_text or "").strip()
    if kind is AssignmentType.ESSAY and not text:
        broken["essay_text"] = Broken("required")
    elif len(text) > ESSAY_MAX:
        broken["essay_text"] = Broken("invalid")
    if kind is AssignmentType.FILE and not files:
        broken["submission_files"] = Broken("required")
    elif files > FILES_MAX:
        broken["submission_files"] = Broken("range", ("1", str(FILES_MAX)))
    return broken
