"""What a student may see of an attempt that is over, and of its score: said once, for all that shows it."""

import msgspec

from backend.core.actor import Actor
from backend.domain.assessments.queries import QuizView
from backend.domain.assessments.terms import Review, Shown
from backend.domain.attempts import queries as attempts
from backend.domain.attempts import sql


class Sight(msgspec.Struct, frozen=True):
    """What somebody may see of an attempt that is over; `score` is the result as a whole."""

    score: bool
    answers: bool
    verdicts: bool
    points: bool
    key: bool
    feedback: bool

    @property
    def is_any(self) -> bool:
        """Whether there is something about single questions beyond one's own answers."""
        return self.verdicts or self.points or self.key or self.feedback


ALL = Sight(score=True, answers=True, verdicts=True, points=True, key=True, feedback=True)

SCORE_IS_SHOWN = f"(a.show_score = 'after_submit' OR (a.show_score = 'after_close' AND {sql.IS_OVER}))"
"""Whether students see their scores at the assessment `a`."""


def sight(review: Review, *, is_closed: bool) -> Sight:
    """What a student sees after they submitted; `is_closed`: nobody can take the quiz any more."""
    from_now = {Shown.AFTER_SUBMIT, Shown.AFTER_CLOSE} if is_closed else {Shown.AFTER_SUBMIT}
    return Sight(**{name: getattr(review, name) in from_now for name in Review.__struct_fields__})


async def sight_of(actor: Actor, quiz: QuizView) -> Sight:
    """What somebody who may see the attempts at a quiz sees of them: staff all. At most one statement."""
    if not actor.is_student:
        return ALL
    waits = any(getattr(quiz.review, name) is Shown.AFTER_CLOSE for name in Review.__struct_fields__)
    return sight(quiz.review, is_closed=waits and await attempts.is_over(quiz.id))
