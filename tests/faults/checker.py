"""After everything has come to rest: what was acknowledged is held against what is there.

I1 every acknowledged act has its effect; I2 none has it twice; I3 no attempt went back, or took an answer too late;
I4 every row has its object with the same bytes, and nothing is left in storage that no row names; I5 nothing waits and
nothing runs; I6 nobody saw a 500, and no process wrote a traceback that the fault does not explain.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import aclosing

import msgspec

from backend.core import db
from storage.errors import ObjectMissing
from storage.s3 import Storage
from tests.faults.conftest import swept
from tests.faults.figures import figure
from tests.faults.stand import Stand, until
from tests.faults.stream import Stream

AT_REST = (
    "SELECT (SELECT count(*) FROM job WHERE state IN ('queued', 'running') AND run_at < now() + interval '1 hour')"
    " + (SELECT count(*) FROM outbox WHERE expanded_at IS NULL)"
)
"""What is planned for a later hour (a purchase's end) does not wait; no retry waits that long."""

SETTLES_S = 30.0
"""The bound of the matrix: within this after the fault is over all is as if there had been none."""


class Found(msgspec.Struct):
    """What a check came to; `settled_s` is how long it took until nothing waited any more."""

    settled_s: float
    acts: dict[str, int]
    statuses: dict[int, int]
    lost: int
    swept: int
    faults: list[str]

    def __str__(self) -> str:
        done = ", ".join(f"{number} {lane}" for lane, number in self.acts.items())
        asked = ", ".join(f"{number}x {status}" for status, number in sorted(self.statuses.items()))
        return (
            f"at rest after {self.settled_s:.1f} s; acknowledged: {done}; answers: {asked}; {self.lost} lost;"
            f" {self.swept} left in storage, swept"
        )


async def counted(
    stand: Stand,
    work: Stream,
    *,
    within_s: float = SETTLES_S,
    explained: Collection[str] = (),
    parked: Collection[str] = (),
    crashed: bool = True,
) -> Found:
    """Wait for rest, and count. Raises: AssertionError with everything that is wrong.

    `explained` are patterns of exceptions that the fault accounts for in the logs; `parked` are kinds of jobs that may
    have been given up. With `crashed` a process that died, or that lost the database between storing an object and
    recording it (F24), may have left something in storage that the sweep takes away.
    """
    settled_s = await at_rest(within_s)
    faults = [*await _jobs(parked), *await _quizzes(work), *await _grades(work), *await _payments(work)]
    faults += [
        *await _seats(),
        *await _receipts(stand.storage),
        *await _certificates(stand.storage, work),
        *await _uploads(stand.storage, work),
    ]
    removed, wrong = await _storage(stand.storage, crashed=crashed)
    faults += wrong
    faults += [f"a 500 was seen {work.client.statuses[500]} times"] if work.client.statuses[500] else []
    faults += unexplained(stand.processes.logs(), explained)
    acts = Counter(act.lane for act in work.acts)
    found = Found(settled_s, dict(acts), dict(work.client.statuses), work.client.lost, removed, faults)
    assert not faults, "\n".join([str(found), *faults])
    figure(f"{found}")
    return found


async def at_rest(within_s: float = SETTLES_S) -> float:
    """Wait until no job and no event waits; says for how long (s)."""

    async def nothing_waits() -> bool:
        return await db.value(AT_REST) == 0

    try:
        return await until(nothing_waits, "nothing waits", within_s)
    except AssertionError as error:
        columns = "id, kind, state, attempt, run_at - now() AS due, lease_until - now() AS lease, published_at, error"
        waiting = await db.fetch(
            f"SELECT {columns} FROM job WHERE state IN ('queued', 'running') ORDER BY run_at LIMIT 20"
        )
        raise AssertionError("\n".join([str(error), *(str(dict(row)) for row in waiting)])) from None


async def _jobs(parked: Collection[str]) -> list[str]:
    rows = await db.fetch(
        "SELECT id, kind, state, attempt, error FROM job WHERE state NOT IN ('done', 'cancelled')"
        " AND NOT (state = 'parked' AND kind = ANY($1)) AND run_at < now() + interval '1 hour'"
        # the clock goes on starting jobs when all has come to rest
        " AND NOT (state IN ('queued', 'running') AND unique_key LIKE 'schedule:%')",
        list(parked),
    )
    twice = await db.fetch("SELECT event_id, kind FROM job WHERE event_id > 0 GROUP BY 1, 2 HAVING count(*) > 1")
    lost = await db.fetch(
        "SELECT o.id, o.name FROM outbox o WHERE NOT EXISTS (SELECT FROM job j WHERE j.event_id = o.id)"
        " AND o.name IN ('attempts.attempt.submitted.v1', 'certificates.certificate.issued.v1')"
    )
    return [
        *(f"a job has not ended well: {dict(row)}" for row in rows),
        *(f"an event has two jobs of a kind: {dict(row)}" for row in twice),
        *(f"an event has no job: {dict(row)}" for row in lost),
    ]


async def _quizzes(work: Stream) -> list[str]:
    rows = await db.fetch(
        "SELECT a.uuid::text AS uuid, a.state, a.closed_by, r.correct_answers, r.total_questions,"
        " (SELECT count(*) FROM answer WHERE attempt_id = a.id) AS answers,"
        " (SELECT count(*) FROM outbox o WHERE o.name = 'attempts.attempt.submitted.v1'"
        "   AND (o.body ->> 'attempt_id')::bigint = a.id) AS events,"
        " a.submitted_at > a.deadline_at + interval '5 s' OR EXISTS (SELECT FROM answer_log l WHERE l.attempt_id = a.id"
        "   AND l.refusal IS NULL AND l.saved_at > a.deadline_at + interval '5 s') AS is_late"
        " FROM attempt a LEFT JOIN result r ON r.attempt_id = a.id WHERE a.assessment_id = $1",
        work.world.quiz.view.id,
    )
    expected = {act["attempt"]: act["right"] for act in work.of("quizzes")}
    all_of_them = len(work.world.quiz.questions)
    faults = compared("attempt", expected, [row["uuid"] for row in rows])
    for row in rows:
        found = (row["state"], row["correct_answers"], row["total_questions"], row["answers"], row["events"])
        wanted = ("graded", expected.get(row["uuid"]), all_of_them, all_of_them, 1)
        if found != wanted or row["is_late"]:
            faults.append(f"attempt {dict(row)} should be {wanted}")
    return faults


def compared(what: str, expected: Collection[str], there: Sequence[str]) -> list[str]:
    missing, extra = set(expected) - set(there), set(there) - set(expected)
    faults = [f"{what} acknowledged, and not there: {one}" for one in missing]
    faults += [f"{what} there, and never acknowledged: {one}" for one in extra]
    return faults + ([f"a {what} is there twice"] if len(set(there)) != len(there) else [])


async def _grades(work: Stream) -> list[str]:
    faults = []
    acts = work.of("grades")
    jobs = await db.fetch("SELECT uuid::text AS uuid FROM job WHERE kind = 'import_grades'")
    faults += compared("import", [act["job"] for act in acts + work.of("sheets")], [row["uuid"] for row in jobs])
    for of in work.world.classes:
        mine = [act for act in acts if act["task"] == of.task.id]
        row = await db.row(
            "SELECT count(DISTINCT g.id) AS grades, count(c.id) AS changes, count(DISTINCT c.job_id) AS jobs,"
            " min(g.grade)::float8 AS least, max(g.grade)::float8 AS most, max(g.version) AS version"
            " FROM grade g JOIN grade_change c ON c.grade_id = g.id WHERE g.assignment_id = $1",
            of.task.id,
        )
        last = mine[-1]["grade"] if mine else None
        wanted = (of.students if mine else 0, len(mine) * of.students, len(mine), last, last, len(mine) or None)
        if tuple(row) != wanted:
            faults.append(f"grades of {of.task.id}: {dict(row)} should be {wanted}")
    return faults


async def _payments(work: Stream) -> list[str]:
    rows = await db.fetch(
        "SELECT p.uuid::text AS uuid, p.account_id, p.batch_id, p.state,"
        " (SELECT array_agg(after ORDER BY c.id) FROM purchase_change c WHERE c.purchase_id = p.id) AS steps,"
        " (SELECT count(*) FROM enrolment e WHERE e.account_id = p.account_id AND e.batch_id = p.batch_id"
        "   AND e.state = 'active') AS enrolled FROM purchase p"
    )
    expected = {act["purchase"]: (act["buyer"], act["batch"], act["steps"]) for act in work.of("payments")}
    faults = compared("purchase", expected, [row["uuid"] for row in rows])
    for row in rows:
        found = (row["account_id"], row["batch_id"], row["steps"], row["state"], row["enrolled"])
        if found != (*expected.get(row["uuid"], ()), "paid", 1):
            faults.append(f"purchase {dict(row)} should be paid, step by step, by {expected.get(row['uuid'])}")
    return faults


async def _seats() -> list[str]:
    rows = await db.fetch(
        "SELECT * FROM (SELECT b.id, b.quota, b.seats_taken,"
        "  (SELECT count(*) FROM enrolment e WHERE e.batch_id = b.id AND e.state = 'active') AS active,"
        "  (SELECT count(*) FROM purchase p WHERE p.batch_id = b.id AND p.state IN ('pending', 'waiting_confirmation'))"
        "   + (SELECT count(*) FROM wait_place w WHERE w.batch_id = b.id AND w.state = 'offered')"
        "   AS reserved FROM batch b) AS s WHERE seats_taken <> active + reserved OR seats_taken > quota"
    )
    return [f"seats are wrong: {dict(row)}" for row in rows]


async def _receipts(store: Storage) -> list[str]:
    rows = await db.fetch(
        "SELECT p.id, count(r.id) AS receipts, min(r.object_key) AS key, min(r.sha256) AS sha256,"
        " (SELECT count(*) FROM outbox o WHERE o.name = 'purchases.receipt.made.v1'"
        "   AND (o.body ->> 'purchase_id')::bigint = p.id) AS told"
        " FROM purchase p LEFT JOIN receipt r ON r.purchase_id = p.id WHERE p.paid_at IS NOT NULL GROUP BY p.id"
    )
    faults = []
    for row in rows:
        if (row["receipts"], row["told"]) != (1, 1):
            faults.append(f"not one receipt: {dict(row)}")
        elif (digest := await _digest(store, row["key"])) != row["sha256"]:
            faults.append(f"the file of a receipt is {digest}: {dict(row)}")
    return faults


async def _certificates(store: Storage, work: Stream) -> list[str]:
    acts = work.of("certificates")
    jobs = await db.fetch("SELECT uuid::text AS uuid FROM job WHERE kind = 'issue_batch'")
    faults = compared("batch of certificates", [act["job"] for act in acts], [row["uuid"] for row in jobs])
    rows = await db.fetch(
        "SELECT e.batch_id, e.account_id, count(c.id) AS certificates, min(c.state) AS state, min(c.object_key) AS key,"
        " min(c.sha256) AS sha256, (SELECT count(*) FROM outbox o WHERE o.name = 'certificates.certificate.issued.v1'"
        "   AND (o.body ->> 'certificate_id')::bigint = min(c.id)) AS told"
        " FROM enrolment e LEFT JOIN certificate c ON c.batch_id = e.batch_id AND c.account_id = e.account_id"
        " AND c.state <> 'revoked' WHERE e.batch_id = ANY($1) GROUP BY 1, 2",
        [act["batch"] for act in acts],
    )
    for row in rows:
        if (row["certificates"], row["state"], row["told"]) != (1, "issued", 1):
            faults.append(f"not one certificate with its file: {dict(row)}")
        elif (digest := await _digest(store, row["key"])) != row["sha256"]:
            faults.append(f"the file of a certificate is {digest}: {dict(row)}")
    if (total := await db.value("SELECT count(*) FROM certificate WHERE state <> 'revoked'")) != len(rows):
        faults.append(f"{total} certificates, not {len(rows)}")
    return faults


async def _uploads(store: Storage, work: Stream) -> list[str]:
    rows = await db.fetch(
        "SELECT '/uploads/' || location || to_char(created_at AT TIME ZONE 'UTC', '/YYYY/MM/DD/') || uuid || '.'"
        " || extension AS address, object_key, sha256 FROM file WHERE state IN ('stored', 'ready')"
    )
    there = {row["address"]: row for row in rows}
    faults = []
    for act in work.of("uploads"):
        row = there.get(act["address"])
        digest = await _digest(store, row["object_key"]) if row else "missing"
        if digest != act["sha256"]:
            faults.append(f"upload {act['address']}: {digest}, not {act['sha256']}")
    return faults


async def _digest(store: Storage, key: str) -> str:
    digest = hashlib.sha256()
    try:
        async with aclosing(store.open(key)) as pieces:
            async for piece in pieces:
                digest.update(piece)
    except ObjectMissing:
        return "missing"
    return digest.hexdigest()


async def _storage(store: Storage, *, crashed: bool) -> tuple[int, list[str]]:
    """How much was left for the sweep, and what should not have been."""
    first = await swept(store)
    left = first.begun + first.uploads + first.orphans
    faults = [f"files without their objects: {first.missing}"] if first.missing else []
    if left and not crashed:
        faults.append(f"left in storage, though nothing crashed: {first}")
    again = await swept(store)
    if again.begun + again.uploads + again.orphans:
        faults.append(f"the sweep left something: {again}")
    return left, faults


_FRAME = re.compile(r'^\s*([^\s:]+\.pyx?:\d+ \S+|File "[^"]+", line \d+.*)$')


def unexplained(logs: str, explained: Collection[str]) -> list[str]:
    """Exceptions in logs that no pattern matches, each with the place where it was raised."""
    found = Counter[str]()
    frame = ""
    for line in logs.splitlines():
        if _FRAME.match(line):
            frame = line.strip()
        elif frame and line.strip() and not line.startswith("    "):
            if not any(re.search(pattern, line) for pattern in explained):
                found[f"{line.strip()[:200]} at {frame}"] += 1
            frame = ""
    return [f"in the logs, {number} times: {what}" for what, number in found.items()]
