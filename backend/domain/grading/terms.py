"""Words of this feature, without any import of ours."""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct, field


class GradeSource(StrEnum):
    """How a grade came about."""

    HAND = "hand"
    SHEET = "sheet"
    UNDO = "undo"


class ScoreState(StrEnum):
    """Why a score is what it is: nothing done, done and not scored yet, not to be seen, or scored (also with 0)."""

    NOTHING = "nothing"
    WAITING = "waiting"
    HIDDEN = "hidden"
    SCORED = "scored"


class RegradePolicy(StrEnum):
    """What a regrade gives for the questions whose keys were mended.

    NEW_KEY: what the keys say now. BETTER: that, or what the keys said when the attempt was begun, whichever is more.
    FULL_CREDIT: all points, to everybody who was asked.
    """

    NEW_KEY = "new_key"
    BETTER = "better"
    FULL_CREDIT = "full_credit"


class RegradeState(StrEnum):
    """Where a regrade stands: only looked at, asked for, done, or given up."""

    PREVIEW = "preview"
    ORDERED = "ordered"
    APPLIED = "applied"
    DROPPED = "dropped"


class AnalysedAttempts(StrEnum):
    """Whose attempts an analysis looks at: those that count by the quiz's rule, each person's first, or all.

    Where the average counts, all do.
    """

    COUNTED = "counted"
    FIRST = "first"
    ALL = "all"


class KeptMark(Struct, frozen=True):
    """What an answer gave, as it is kept with a result. `fraction` is before penalties."""

    question_id: int = field(name="q")
    points: Decimal = field(name="p")
    max_points: Decimal = field(name="m")
    fraction: Decimal = field(name="f")
    verdict: str = field(name="v")
