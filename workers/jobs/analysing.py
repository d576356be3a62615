"""Jobs about how well questions do."""

from backend.domain.grading import analyses
from backend.domain.grading.analyses import AnalysisOrder
from workers.registry import Queue, job


@job(queue=Queue.HEAVY, phases=True, time_limit_s=600)
async def analyse_items(order: AnalysisOrder) -> dict[str, int]:
    """Make the analysis of a quiz.

    Safe to repeat: the last one is kept.
    """
    return {"attempts": await analyses.analyse(order)}
