"""Words of this feature, without any import of ours."""

from enum import StrEnum


class GradeSource(StrEnum):
    """How a grade came about."""

    HAND = "hand"
    SHEET = "sheet"


class ScoreState(StrEnum):
    """Why a score is what it is: nothing done, done and not scored yet, or scored (also with 0)."""

    NOTHING = "nothing"
    WAITING = "waiting"
    SCORED = "scored"
