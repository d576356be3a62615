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
    """Why a score is what it is: nothing done, done and not scored yet, or scored (also with 0)."""

    NOTHING = "nothing"
    WAITING = "waiting"
    SCORED = "scored"


class KeptMark(Struct, frozen=True):
    """What an answer gave, as it is kept with a result. `fraction` is before penalties."""

    question_id: int = field(name="q")
    points: Decimal = field(name="p")
    max_points: Decimal = field(name="m")
    fraction: Decimal = field(name="f")
    verdict: str = field(name="v")
