"""How this contract shows regrades. Ours, not the contract's."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from backend.domain.grading.regrade_queries import EntryView, RegradeView
from backend.domain.grading.terms import RegradePolicy, RegradeState


class RegradeIn(msgspec.Struct, kw_only=True):
    """What is to be given for the questions whose keys were mended, and why. With a preview its policy holds."""

    policy: RegradePolicy = RegradePolicy.NEW_KEY
    reason: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class EntryOut(msgspec.Struct, frozen=True, kw_only=True):
    """A result before and after."""

    attempt_id: UUID
    attempt_no: int
    user_id: UUID
    name: str
    old_points: float
    new_points: float
    max_points: float
    old_score: float
    new_score: float
    old_correct: int
    new_correct: int

    @classmethod
    def of(cls, view: EntryView) -> "EntryOut":
        """Scores are in percent."""
        return cls(
            attempt_id=view.attempt_id,
            attempt_no=view.attempt_no,
            user_id=view.user_id,
            name=view.name,
            old_points=view.old_points,
            new_points=view.new_points,
            max_points=view.max_points,
            old_score=view.old_percent,
            new_score=view.new_percent,
            old_correct=view.old_correct,
            new_correct=view.new_correct,
        )


class PersonOut(msgspec.Struct, frozen=True):
    """Who asked for it."""

    id: UUID
    name: str


class RegradeOut(msgspec.Struct, frozen=True, kw_only=True):
    """A regrade. `certificates` are those of people who have lost the pass mark by it: none was taken back."""

    id: UUID
    key_version: int
    policy: RegradePolicy
    status: RegradeState
    reason: str
    asked_by: PersonOut | None
    report: Any
    certificates: Any
    created_at: datetime
    applied_at: datetime | None

    @classmethod
    def of(cls, view: RegradeView) -> "RegradeOut":
        """Its report without the list of changes, which has a place of its own."""
        report = {name: value for name, value in (view.report or {}).items() if name != "changes"} or None
        return cls(
            id=view.uuid,
            key_version=view.key_version,
            policy=view.policy,
            status=view.state,
            reason=view.reason,
            asked_by=PersonOut(view.asked_by, view.asked_by_name or "") if view.asked_by else None,
            report=report,
            certificates=view.certificates,
            created_at=view.created_at,
            applied_at=view.applied_at,
        )
