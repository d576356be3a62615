"""Jobs about results whose keys were mended."""

from collections.abc import Awaitable, Callable
from functools import partial

from backend.domain.certificates import regrade_reviews
from backend.domain.grading import regrades
from backend.domain.grading.events import QuizRegraded
from backend.domain.grading.regrade_queries import RegradeReport
from backend.domain.grading.regrade_rules import Keys
from backend.domain.grading.regrades import RegradeOrder
from backend.domain.jobs import running
from backend.domain.jobs.running import Claim
from workers.registry import Queue, job

LastStep = Callable[[], Awaitable[RegradeReport]]


@job(queue=Queue.HEAVY, phases=True, time_limit_s=1800)
async def preview_regrade(order: RegradeOrder, held: Claim) -> LastStep:
    """Look what a regrade would change.

    Safe to repeat: what was noted is noted again.
    """
    await _look(order, held)
    return partial(regrades.show, order)


@job(queue=Queue.HEAVY, phases=True, time_limit_s=1800)
async def regrade_quiz(order: RegradeOrder, held: Claim) -> LastStep:
    """Regrade a quiz: what a preview has shown, or what is found now.

    Safe to repeat: results are written once, in one transaction with the job's end.
    """
    keys = await _look(order, held) if await regrades.needs_look(order) else None
    return partial(regrades.apply, order, keys)


async def _look(order: RegradeOrder, held: Claim) -> Keys:
    total = await regrades.grade_waiting(order)
    keys = await regrades.keys_of(order)
    await running.progress(held, 0, total)
    count, last = await regrades.look(order, keys, 0)
    done = count
    while count:
        await running.progress(held, done, max(done, total))
        count, last = await regrades.look(order, keys, last)
        done += count
    return keys


@job()
async def review_certificates(event: QuizRegraded) -> dict[str, int]:
    """Reconsider the certificates of those whose results were regraded; none is taken back.

    Safe to repeat: there is one certificate per person and batch.
    """
    found = await regrade_reviews.review(event.regrade_id)
    return {"issued": found.issued, "to_look_at": len(found.doubtful)}
