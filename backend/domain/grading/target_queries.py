"""What a grading sheet is for, and whether the actor grades there."""

import msgspec

from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.domain.batches import queries as batches
from backend.domain.grading import gradebook


class Target(msgspec.Struct, frozen=True):
    """What a sheet is for: an assignment, or a batch with all of its assignments; and the batch either way."""

    batch_id: int
    assignment_id: int = 0


async def target(actor: Actor, *, assignment: Ref | None = None, batch: Ref | None = None) -> Target:
    """What the actor grades, by the one of both that is given.

    Raises: AssignmentNotFound, BatchNotFound, NotTeachingBatch.
    """
    if assignment is not None:
        task = await gradebook.gradable(actor, assignment)
        return Target(task.batch_id, task.id)
    found = await batches.batch(batch or 0)
    await gradebook.must_grade(actor, found.id)
    return Target(found.id)
