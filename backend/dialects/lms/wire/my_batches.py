"""How far somebody is, on the wire. Source: contract section 2.10; counts and what is missing are ours."""

from uuid import UUID

import msgspec

from backend.domain.enrolments.queries import Count, Missing, ProgressView
from backend.domain.enrolments.terms import ActivityKind


class CountOut(msgspec.Struct):
    """How many of a kind are done."""

    done: int
    total: int

    @classmethod
    def of(cls, count: Count) -> "CountOut":
        """The same numbers."""
        return cls(count.done, count.total)


class MissingOut(msgspec.Struct):
    """Something that is not done, and the meeting it belongs to."""

    kind: ActivityKind
    title: str
    meeting_id: UUID

    @classmethod
    def of(cls, missing: Missing) -> "MissingOut":
        """What a student needs to find it."""
        return cls(missing.kind, missing.title, missing.meeting_uuid)


class ProgressOut(msgspec.Struct):
    """How far somebody is in a batch; `progress_percent` has two places."""

    progress_percent: float
    done: int
    total: int
    meetings: CountOut
    assignments: CountOut
    quizzes: CountOut
    missing: list[MissingOut]

    @classmethod
    def of(cls, view: ProgressView) -> "ProgressOut":
        """As the contract shows it."""
        return cls(
            progress_percent=float(view.percent),
            done=view.done,
            total=view.total,
            meetings=CountOut.of(view.counts[ActivityKind.MEETING]),
            assignments=CountOut.of(view.counts[ActivityKind.ASSIGNMENT]),
            quizzes=CountOut.of(view.counts[ActivityKind.QUIZ]),
            missing=[MissingOut.of(missing) for missing in view.missing],
        )
