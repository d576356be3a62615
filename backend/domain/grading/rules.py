"""What is true about results and grades. Scoring itself is in `scoring`."""

from backend.domain.attempts.terms import AttemptState


def awaits_result(state: AttemptState) -> bool:
    """Whether an attempt in this state is on its way to a result."""
    return state in (AttemptState.SUBMITTED, AttemptState.MARKING)
