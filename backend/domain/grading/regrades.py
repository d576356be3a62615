"""What can be done about results after a key was mended: look, apply what was looked at, keep the history.

A regrade is looked at page by page, each page in a transaction of its own: what each result would become is an entry.
Applying writes the entries, all in one transaction, or nothing when a result is not any more what was looked at.
"""

from collections.abc import Sequence

import msgspec

from backend.core import db
from backend.core.actor import SYSTEM, Actor
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.core.outbox import emit
from backend.domain.assessments import commands as assessments
from backend.domain.assessments import paper_queries as papers
from backend.domain.assessments.queries import QuizView
from backend.domain.grading import commands as grading
from backend.domain.grading import gradebook, holding, passing, regrade_queries, regrade_rules, regrade_store
from backend.domain.grading.errors import (
    KeyMovedOn,
    NothingMended,
    RegradeIsStale,
    RegradeNotFound,
    RegradeRunning,
)
from backend.domain.grading.events import QuizRegraded
from backend.domain.grading.regrade_queries import RegradeReport, RegradeRow
from backend.domain.grading.regrade_rules import Keys
from backend.domain.grading.regrade_store import Entry
from backend.domain.grading.terms import RegradePolicy, RegradeState
from backend.domain.jobs import commands as jobs
from backend.domain.jobs import queries as job_queries
from backend.domain.jobs.commands import Queued
from backend.domain.jobs.errors import JobNotFound

PREVIEW_KIND = "preview_regrade"
KIND = "regrade_quiz"
_TOGETHER = 250


class RegradeOrder(msgspec.Struct, frozen=True):
    """The body of a regrade's job."""

    regrade_id: int


async def order_preview(actor: Actor, quiz_ref: Ref, policy: RegradePolicy, reason: str = "") -> Queued:
    """Have a job look who would change, and by how much.

    Raises: QuizNotFound, NotYourQuiz, NothingMended.
    """
    async with transaction():
        quiz = await regrade_queries.quiz_to_regrade(actor, quiz_ref)
        regrade_id = await _new(actor, quiz, policy, reason, RegradeState.PREVIEW)
        queued = await jobs.enqueue(PREVIEW_KIND, RegradeOrder(regrade_id), owner_id=actor.account_id)
        await db.statement("UPDATE regrade SET job_id = $2 WHERE id = $1", regrade_id, queued.id)
        return queued


async def order_regrade(actor: Actor, quiz_ref: Ref, policy: RegradePolicy, reason: str = "") -> Queued:
    """Have a job regrade a quiz. The last one again, by the same keys and policy, is the same job.

    Raises: QuizNotFound, NotYourQuiz, NothingMended, RegradeRunning.
    """
    async with transaction():
        quiz = await assessments.locked(actor, quiz_ref)
        known = await _same(quiz, policy)
        if known is None:
            known = await _new(actor, quiz, policy, reason, RegradeState.ORDERED)
        return await _queue(known, actor)


async def order_preview_applied(actor: Actor, quiz_ref: Ref, job: Ref, reason: str = "") -> Queued:
    """Have a job do exactly what a preview has shown. Asked for again it is the same job.

    Raises: QuizNotFound, NotYourQuiz, JobNotFound, RegradeNotFound, RegradeRunning, KeyMovedOn, RegradeIsStale.
    """
    async with transaction():
        quiz = await assessments.locked(actor, quiz_ref)
        shown = await job_queries.job(actor, job)
        row = await regrade_queries.of_job(shown.id, quiz.id)
        if row is None or row.report is None:
            raise RegradeNotFound(ref=str(job))
        if row.state is RegradeState.PREVIEW:
            known = await _same(quiz, row.policy)
            if known is not None:
                return await _queue(known, actor)
            await _must_be_fresh(row, quiz.key_version)
            await db.statement(
                "UPDATE regrade SET state = 'ordered', asked_by = $2, reason = coalesce(nullif($3, ''), reason)"
                " WHERE id = $1",
                row.id,
                actor.account_id,
                reason,
            )
        return await _queue(row.id, actor)


async def _queue(regrade_id: int, actor: Actor) -> Queued:
    key = f"{KIND}:{regrade_id}"
    return await jobs.enqueue(KIND, RegradeOrder(regrade_id), owner_id=actor.account_id, unique_key=key)


async def _new(actor: Actor, quiz: QuizView, policy: RegradePolicy, reason: str, state: RegradeState) -> int:
    base = await regrade_queries.version_before(quiz.id, quiz.key_version)
    if base is None:
        raise NothingMended(quiz=quiz.id)
    before = await papers.answer_keys_at(quiz.id, base)
    now = await papers.answer_keys_at(quiz.id, quiz.key_version)
    questions = regrade_rules.mended(before.questions, now.questions)
    if not questions:
        raise NothingMended(quiz=quiz.id)
    made: int = await db.value(
        "INSERT INTO regrade (assessment_id, key_version, policy, state, question_ids, reason, asked_by)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
        quiz.id,
        quiz.key_version,
        str(policy),
        str(state),
        questions,
        reason,
        actor.account_id,
    )
    return made


async def _same(quiz: QuizView, policy: RegradePolicy) -> int | None:
    """The last regrade, if it is the one that is asked for; one that was ordered and came to nothing is given up."""
    last = await regrade_queries.last(quiz.id)
    if last is None:
        return None
    is_same = (last.key_version, last.policy) == (quiz.key_version, policy)
    if last.state is RegradeState.APPLIED:
        return last.id if is_same else None
    if await _is_under_way(last):
        if is_same:
            return last.id
        raise RegradeRunning(policy=str(last.policy))
    await db.statement("UPDATE regrade SET state = 'dropped' WHERE id = $1 AND state = 'ordered'", last.id)
    return None


async def _is_under_way(row: RegradeRow) -> bool:
    job_id = await db.value("SELECT id FROM job WHERE unique_key = $1", f"{KIND}:{row.id}")
    if job_id is None:
        return False
    try:
        return not (await job_queries.job(SYSTEM, job_id)).is_over
    except JobNotFound:
        return False


async def _must_be_fresh(row: RegradeRow, version: int) -> None:
    if version != row.key_version:
        raise KeyMovedOn(shown=row.key_version, now=version)
    count, rows = await regrade_store.stale(row.id, row.assessment_id, row.key_version)
    if count:
        raise RegradeIsStale(count=count, rows=rows)


async def grade_waiting(order: RegradeOrder) -> int:
    """Grade the attempts at a regrade's quiz that wait for it, so that it sees them; says how many attempts it has.

    Safe to repeat.

    Raises: RegradeNotFound.
    """
    row = await regrade_queries.row(order.regrade_id)
    while True:
        waiting = await db.fetch(
            "SELECT id FROM attempt WHERE assessment_id = $1 AND state = 'submitted' ORDER BY id LIMIT $2",
            row.assessment_id,
            _TOGETHER,
        )
        if not waiting:
            break
        await grading.grade_attempts([found["id"] for found in waiting])
    count: int = await db.value(
        "SELECT count(*) FROM attempt WHERE assessment_id = $1 AND state = 'graded'", row.assessment_id
    )
    return count


async def keys_of(order: RegradeOrder) -> Keys:
    """What a regrade marks by. A statement for each version of the keys that attempts were begun with.

    Raises: RegradeNotFound.
    """
    row = await regrade_queries.row(order.regrade_id)
    now = await papers.answer_keys_at(row.assessment_id, row.key_version)
    versions = await db.fetch(
        "SELECT DISTINCT key_version FROM attempt WHERE assessment_id = $1 AND key_version < $2 AND $3",
        row.assessment_id,
        row.key_version,
        row.policy is RegradePolicy.BETTER,
    )
    then = {
        version["key_version"]: await papers.answer_keys_at(row.assessment_id, version["key_version"])
        for version in versions
    }
    return Keys(
        {entry.question_id: grading.item_of(entry) for entry in now.questions},
        {
            version: {entry.question_id: grading.item_of(entry) for entry in known.questions}
            for version, known in then.items()
        },
    )


async def look(order: RegradeOrder, keys: Keys, after: int) -> tuple[int, int]:
    """Look at the next page of attempts, those after this id; says how many there were, and the last one's id.

    Locks the attempts of the page. Safe to repeat; 0: none is left.

    Raises: RegradeNotFound.
    """
    async with transaction():
        row = await _looking(order.regrade_id)
        ids = await regrade_store.page(row.assessment_id, after)
        await _put(row, keys, ids)
        return len(ids), ids[-1] if ids else after


async def _looking(regrade_id: int) -> RegradeRow:
    await db.value("SELECT id FROM regrade WHERE id = $1 FOR SHARE", regrade_id)
    row = await regrade_queries.row(regrade_id)
    if row.state not in (RegradeState.PREVIEW, RegradeState.ORDERED):
        raise RegradeNotFound(ref=str(regrade_id))
    return row


async def _put(row: RegradeRow, keys: Keys, ids: Sequence[int]) -> None:
    questions = frozenset(row.question_ids)
    entries = [
        Entry.of(result, regrade_rules.regraded(row.policy, keys, questions, result.standing))
        for result in await regrade_store.results(ids)
    ]
    if entries:
        await regrade_store.put(row.id, entries)


async def show(order: RegradeOrder) -> RegradeReport:
    """The report of a preview that has been looked at to its end. Safe to repeat.

    Raises: RegradeNotFound, KeyMovedOn.
    """
    async with transaction():
        row = await _looking(order.regrade_id)
        version = await db.value("SELECT key_version FROM assessment WHERE id = $1", row.assessment_id)
        if version != row.key_version:
            raise KeyMovedOn(shown=row.key_version, now=version)
        return await _reported(row)


async def _reported(row: RegradeRow) -> RegradeReport:
    report = await regrade_queries.report(row)
    await db.statement(
        "UPDATE regrade SET report = $2::jsonb WHERE id = $1", row.id, msgspec.json.encode(report).decode()
    )
    return report


async def needs_look(order: RegradeOrder) -> bool:
    """Whether a regrade that is to be applied must be looked at first: it was not shown, and not done.

    Raises: RegradeNotFound.
    """
    row = await regrade_queries.row(order.regrade_id)
    return row.state is not RegradeState.APPLIED and row.report is None


async def apply(order: RegradeOrder, keys: Keys | None) -> RegradeReport:
    """Write what a regrade has found, all or nothing. Safe to repeat: what was applied is told again.

    With `keys`, when it was looked at in this very run, what has changed meanwhile is looked at once more; without,
    it was shown to somebody, and a change refuses it. Keys are not mended, and nothing is marked, until the commit.

    Raises: RegradeNotFound, KeyMovedOn, RegradeIsStale, NotTeachingBatch.
    Emits: QuizRegraded.
    """
    async with transaction():
        await db.value("SELECT id FROM regrade WHERE id = $1 FOR UPDATE", order.regrade_id)
        row = await regrade_queries.row(order.regrade_id)
        if row.state is RegradeState.APPLIED and row.report is not None:
            return msgspec.convert(row.report, RegradeReport, strict=False)
        if row.state is not RegradeState.ORDERED:
            raise RegradeNotFound(ref=str(order.regrade_id))
        if row.asked_by is not None:
            await gradebook.must_still_grade(row.asked_by, row.batch_id)
        version = await db.value("SELECT key_version FROM assessment WHERE id = $1 FOR SHARE", row.assessment_id)
        await holding.wait_for_graders(row.assessment_id)
        if keys is not None:
            await _look_again(row, keys)
        await _must_be_fresh(row, version)
        await regrade_store.write(row.id, row.key_version)
        await passing.settle_quiz(row.assessment_id)
        report = msgspec.structs.replace(await regrade_queries.report(row), is_applied=True)
        await db.statement(
            "UPDATE regrade SET state = 'applied', applied_at = now(), report = $2::jsonb WHERE id = $1",
            row.id,
            msgspec.json.encode(report).decode(),
        )
        await emit(QuizRegraded(row.id))
        return report


async def _look_again(row: RegradeRow, keys: Keys) -> None:
    after = 0
    while ids := await regrade_store.page(row.assessment_id, after, unseen_of=row.id):
        await _put(row, keys, ids)
        after = ids[-1]


async def note_certificates(regrade_id: int, found: Sequence[object]) -> None:
    """Keep with a regrade which certificates staff should look at because of it. Safe to repeat."""
    async with transaction():
        await db.statement(
            "UPDATE regrade SET certificates = $2::jsonb WHERE id = $1",
            regrade_id,
            msgspec.json.encode(found).decode(),
        )
