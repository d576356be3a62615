"""What does a signed certificate cost in a batch, beside bare renderer, bare signature and a put of the file?"""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median
from uuid import UUID

import asyncpg
import msgspec

from backend.core.ids import new_uuid
from backend.domain.certificates import pdf
from backend.domain.certificates.terms import CertificatePaper
from bench import school
from bench.drive import LoadError, load, python, request
from bench.load import Spec
from bench.outcome import Goal, Outcome
from bench.rounds import Slice, interleaved, summed
from bench.scale import Scale
from bench.stand import ALSO, Stand

CEILING = "typst + pyHanko in a loop + S3 put"
OURS = ("web", "relay", "issuer", "postgres", "valkey", "s3")
PATIENCE_S = 180.0
MEETINGS = 8
SIZES = {"quick": (30, 2), "whole": (500, 2)}
"""Certificates in a batch, and rounds."""
COUNTED, IDLE_S = 20, 2.0


class _Batch(msgspec.Struct):
    id: int
    uuid: UUID
    admin: school.Student


async def a_batch(stand: Stand, control: asyncpg.Connection, number: int) -> _Batch:
    """A batch that is over, whose people were at every meeting."""
    batch_id = await school.batch(control, quota=number + 1, seats_taken=number + 1)
    people = await school.students(control, number, batch_id, stand.jwt_secret)
    (admin,) = await school.students(control, 1, batch_id, stand.jwt_secret)
    await control.execute("UPDATE account SET role = 'admin' WHERE id = $1", admin.id)
    await control.execute("UPDATE enrolment SET state = 'withdrawn' WHERE id = $1", admin.enrolment_id)
    day = timedelta(days=1)
    uuid = await control.fetchval(
        "UPDATE batch SET start_at = $2, end_at = $3 WHERE id = $1 RETURNING uuid",
        *(batch_id, school.NOW - 40 * day, school.NOW - 3 * day),
    )
    meetings = await school.ids(control, "meeting", MEETINGS)
    rows = [
        (id_, batch_id, f"Pertemuan {at}: Pajak Penghasilan", "", "basic", begun, begun + timedelta(hours=2), True)
        for at, id_ in enumerate(meetings, 1)
        for begun in (school.NOW - (40 - at) * day,)
    ]
    await school.copy(control, "meeting", "id batch_id title description kind start_at end_at is_open", rows)
    there = [(new_uuid(), id_, one.id, True) for id_ in meetings for one in people]
    await school.copy(control, "attendance", "uuid meeting_id account_id is_present", there)
    await school.settle(control)
    return _Batch(batch_id, uuid, admin)


class _Sides:
    """Lulus with a worker for heavy work alone (the mails that follow wait for another), and the bare loop."""

    def __init__(self, stand: Stand, control: asyncpg.Connection, number: int) -> None:
        self.stand = stand
        self.control = control
        self.number = number
        self.papers: list[str] = []
        self.trips = 0.0

    async def ours(self) -> Slice:
        of = await a_batch(self.stand, self.control, self.number)
        before = self.stand.cpu_s(OURS)
        begun = time.time()
        await self.issue(of)
        cpu = self.stand.cpu_s(OURS) - before
        at = await self.control.fetchval(
            "SELECT extract(epoch FROM max(pg_xact_commit_timestamp(xmin)))::float8 FROM certificate"
            " WHERE batch_id = $1 AND state = 'issued' AND object_key IS NOT NULL HAVING count(*) = $2",
            *(of.id, self.number),
        )
        if at is None:
            raise LoadError("not every certificate was issued")
        return Slice(self.number, at - begun, cpu)

    async def issue(self, of: _Batch) -> None:
        asked = request("POST", f"/api/v1/batches/{of.uuid}/certificates", token=of.admin.token)
        answer = await load(Spec(self.stand.port, [[asked]]), expected=202)
        job = UUID(msgspec.json.decode(answer.sample.partition(b"\r\n\r\n")[2])["data"]["job_id"])
        async with asyncio.timeout(PATIENCE_S):
            while (state := await self.control.fetchval("SELECT state FROM job WHERE uuid = $1", job)) != "done":
                if state not in ("queued", "running"):
                    raise LoadError(f"the batch ended {state}")
                await asyncio.sleep(0.02)

    async def keep_papers(self) -> None:
        """What the last batch printed, as the template wants it: the bare loop prints the same."""
        rows = await self.control.fetch(
            "SELECT paper::text FROM certificate WHERE state = 'issued' ORDER BY id DESC LIMIT $1", self.number
        )
        papers = [msgspec.json.decode(row["paper"], type=CertificatePaper) for row in rows]
        self.papers = [msgspec.json.encode(pdf.shown(one)).decode() for one in papers]

    async def bare(self) -> Slice:
        if not self.papers:
            await self.keep_papers()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "papers.json"
            path.write_bytes(msgspec.json.encode(self.papers))
            before = self.stand.cpu_s(("s3",))
            used = msgspec.json.decode(
                await python("-m", "bench.bare_certificates", str(path), env=self.stand.env), type=dict[str, float]
            )
        return Slice(self.number, used["seconds"], self.stand.cpu_s(("s3",)) - before + used["cpu_s"])

    async def idle(self) -> float:
        """CPU seconds per second of the same processes while nothing is to be done: they wait by asking."""
        before, begun = self.stand.cpu_s(OURS), time.monotonic()
        await asyncio.sleep(IDLE_S)
        return (self.stand.cpu_s(OURS) - before) / (time.monotonic() - begun)


@contextlib.contextmanager
def _one_for_heavy_work(stand: Stand) -> Iterator[None]:
    """In place of the ordinary worker, which is there again afterwards whatever happens."""
    stand.stop("worker")
    stand.start("issuer", "python -m workers.run --queue heavy")
    try:
        yield
    finally:
        stand.stop("issuer")
        stand.start("worker", ALSO["worker"])


async def measure(stand: Stand, scale: Scale) -> Outcome:
    """Run it."""
    number, rounds = SIZES[scale.name]
    control = await stand.connect()
    sides = _Sides(stand, control, number)
    with _one_for_heavy_work(stand):
        taken = await interleaved({"Lulus": sides.ours, CEILING: sides.bare}, rounds, {"Lulus": sides.ours})
        counted = await a_batch(stand, control, COUNTED)
        async with stand.round_trips("issuer") as said:
            await sides.issue(counted)
        peaks = stand.peaks_mib(("web", "relay", "issuer", "postgres", "s3"))
        idle = await sides.idle()
    await control.close()
    made = {name: summed(slices) for name, slices in taken.items()}
    cpu = median(ours / bare for ours, bare in zip(made["Lulus"].cpus, made[CEILING].cpus, strict=True))
    return Outcome(
        "certificates",
        "certificates/s",
        f"a batch of {number}, {MEETINGS} meetings on each, one worker for heavy work",
        made,
        [Goal(f"CPU of Lulus / CPU of {CEILING}", cpu, "≤", 1.3)],
        0,
        len(said) / COUNTED,
        peaks,
        [
            f"rate / {CEILING}: {made['Lulus'].rate / made[CEILING].rate:.3f} (no goal)",
            f"of the CPU, waiting alone takes {1000 * idle / made['Lulus'].rate:.1f} ms per certificate"
            f" ({100 * idle:.0f} % of a core, as when nothing is to be done)",
            "the mail that tells the holder comes after, as a job of its own, and is not counted",
        ],
    )
