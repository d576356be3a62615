"""How fast do 50,000 grades come in by a spreadsheet, and who notices meanwhile?"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from statistics import median
from uuid import UUID

import asyncpg
import msgspec
import xlsxwriter

from backend.core.ids import new_uuid
from backend.domain.grading.sheet_template import HEADINGS, SHEET
from bench import autosave, school
from bench.drive import LoadError, deal, load, python, request
from bench.load import Spec
from bench.outcome import Goal, Outcome
from bench.rounds import Slice, interleaved, percentile, summed
from bench.scale import Scale
from bench.stand import Stand
from bench.watch import peaks

CEILING, PEER = "calamine + COPY + one upsert", "openpyxl, row by row"
OURS = ("web", "relay", "worker", "postgres", "valkey", "s3")
WATCHED = ("web", "relay", "worker", "s3")
PATH = "/api/v1/assignments/{}/grades/import"
PATIENCE_S = 120.0
SAVES_PER_S, CONNECTIONS, QUESTIONS = 50, 8, 10


class Size(msgspec.Struct, frozen=True):
    """Rows of the sheet, and of the peer's; rounds against the ceiling; seconds of autosave, pairs of them."""

    rows: int
    peer_rows: int
    rounds: int
    saving_s: int
    savings: int


SIZES = {"quick": Size(10_000, 1_000, 1, 4, 1), "whole": Size(50_000, 5_000, 3, 15, 2)}


class _Class(msgspec.Struct):
    """A batch with many students, a task, and somebody who may grade it."""

    task_id: int
    task: UUID
    grader: school.Student
    sheet: bytes
    rows: int
    peer_sheet: bytes
    peer_rows: int


async def a_class(stand: Stand, control: asyncpg.Connection, size: Size) -> _Class:
    """Data by COPY, and the sheet as a teacher sends it back: all columns of the template, with grades and words."""
    rows = size.rows
    batch_id = await school.batch(control, quota=rows + 1, seats_taken=rows + 1)
    people = await school.students(control, rows, batch_id, stand.jwt_secret)
    (grader,) = await school.students(control, 1, batch_id, stand.jwt_secret)
    await control.execute("UPDATE account SET role = 'admin' WHERE id = $1", grader.id)
    meeting_id, task_id = (await school.ids(control, "meeting", 1))[0], (await school.ids(control, "assignment", 1))[0]
    meeting = (meeting_id, batch_id, "Meeting", "", "basic", school.NOW, school.NOW + timedelta(hours=2), True)
    await school.copy(control, "meeting", "id batch_id title description kind start_at end_at is_open", [meeting])
    task = (task_id, new_uuid(), meeting_id, "Task", "essay", school.NOW, school.NOW + timedelta(hours=2))
    await school.copy(control, "assignment", "id uuid meeting_id title kind start_at end_at", [task])
    known = await control.fetch(
        "SELECT uuid, name, email FROM account WHERE id = ANY($1) ORDER BY id", [one.id for one in people]
    )
    await school.settle(control)
    sheet, few = await asyncio.to_thread(lambda: (_sheet(known), _sheet(known[: size.peer_rows])))
    return _Class(task_id, task[1], grader, sheet, rows, few, size.peer_rows)


def _sheet(people: list[asyncpg.Record]) -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as target:
        with xlsxwriter.Workbook(target.name, {"constant_memory": True}) as book:
            page = book.add_worksheet(SHEET)
            page.write_row(0, 0, HEADINGS)
            for number, one in enumerate(people, 1):
                words = f"Feedback for number {number}, who did it well"
                row = (str(one["uuid"]), number, one["name"], number % 401 / 4, words, "", one["email"], "no", 0)
                page.write_row(number, 0, row)
        return Path(target.name).read_bytes()


def _form(path: str, token: str, sheet: bytes) -> bytes:
    """A form with the file, whole."""
    edge = "-bench-"
    body = (
        f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="nilai.xlsx"\r\n\r\n'.encode()
        + sheet
        + f"\r\n--{edge}--\r\n".encode()
    )
    head = (
        f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: multipart/form-data; boundary={edge}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class _Sides:
    """The three ways in; each begins every slice without grades and must end with all of them."""

    def __init__(self, stand: Stand, control: asyncpg.Connection, of: _Class) -> None:
        self.stand = stand
        self.control = control
        self.of = of

    async def clear(self) -> None:
        await school.drop_mails(self.control)
        await self.control.execute("TRUNCATE grade_change, grade")
        await self.control.execute("VACUUM (ANALYZE) grade, grade_change, grade_preview, job, outbox")

    async def _committed(self, wanted: int) -> float:
        """When it was (epoch seconds). Raises: LoadError unless every grade is there with its history."""
        rows = await self.control.fetchrow(
            "SELECT (SELECT count(*) FROM grade WHERE assignment_id = $1) AS grades,"
            " (SELECT count(*) FROM grade_change) AS changes, (SELECT extract(epoch FROM"
            "  pg_xact_commit_timestamp(xmin))::float8 FROM grade WHERE assignment_id = $1 LIMIT 1) AS at",
            self.of.task_id,
        )
        if (rows["grades"], rows["changes"]) != (wanted, wanted):
            raise LoadError(f"{rows['grades']} grades, {rows['changes']} changes of {wanted}")
        return float(rows["at"])

    async def send(self, query: str = "") -> tuple[float, UUID]:
        """Upload the sheet; when that began, and the job that reads it."""
        path = PATH.format(self.of.task) + query
        answer = await load(Spec(self.stand.port, [[_form(path, self.of.grader.token, self.of.sheet)]]), expected=202)
        begun = answer.answered_at[0][0] - answer.ms[0][0] / 1000
        told = msgspec.json.decode(answer.sample.partition(b"\r\n\r\n")[2])
        return begun, UUID(told["data"]["job_id"])

    async def done(self, job: UUID) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                row = await self.control.fetchrow("SELECT state, error FROM job WHERE uuid = $1", job)
                if row["state"] not in ("queued", "running"):
                    break
                await asyncio.sleep(0.02)
        if row["state"] != "done":
            raise LoadError(f"the import ended {row['state']}: {row['error']}")

    async def ours(self) -> Slice:
        await self.clear()
        before = self.stand.cpu_s(OURS)
        begun, job = await self.send()
        await self.done(job)
        cpu = self.stand.cpu_s(OURS) - before
        return Slice(self.of.rows, await self._committed(self.of.rows) - begun, cpu)

    async def previewed(self) -> tuple[float, float]:
        """As the teacher's page does it: look first, then commit what was shown. Seconds of each."""
        await self.clear()
        begun, job = await self.send("?dry_run=true")
        await self.done(job)
        looked = time.time() - begun
        path = f"{PATH.format(self.of.task)}?preview={job}"
        answer = await load(Spec(self.stand.port, [[request("PUT", path, token=self.of.grader.token)]]))
        await self._committed(self.of.rows)
        return looked, answer.ms[0][0] / 1000

    def bare(self, mode: str, sheet: bytes, rows: int) -> Callable[[], Awaitable[Slice]]:
        async def taken() -> Slice:
            await self.clear()
            before = self.stand.cpu_s(("postgres",))
            with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
                file.write(sheet)
                file.flush()
                arguments = (mode, file.name, str(self.of.task_id), str(self.of.grader.id))
                printed = await python("-m", "bench.bare_sheet", *arguments, env=self.stand.env)
            used = msgspec.json.decode(printed, type=dict[str, float])
            cpu = self.stand.cpu_s(("postgres",)) - before + used["cpu_s"]
            await self._committed(rows)
            return Slice(rows, used["seconds"], cpu)

        return taken


class _Saving:
    """Answers saved at a fixed low rate, alone and beside imports."""

    def __init__(self, sides: _Sides, quiz: school.Quiz, attempts: list[school.Attempt], seconds: int) -> None:
        self.sides = sides
        bodies = [
            request(
                "POST",
                autosave.LULUS_PATH.format(one.uuid),
                token=one.student.token,
                body={"question_id": str(question.uuid), "selected_option_id": str(question.options[0][1])},
            )
            for question in quiz.questions
            for one in attempts
        ][: seconds * SAVES_PER_S]
        self.requests = deal(bodies, CONNECTIONS)
        self.at_s = deal([place / SAVES_PER_S for place in range(len(bodies))], CONNECTIONS)

    async def alone(self) -> list[float]:
        answer = await load(Spec(self.sides.stand.port, self.requests, self.at_s))
        return [ms for lane in answer.ms for ms in lane]

    async def beside(self) -> list[float]:
        """Only what was answered while a sheet was under way, from its first byte to the end of its job."""
        spans: list[tuple[float, float]] = []
        saving = asyncio.create_task(load(Spec(self.sides.stand.port, self.requests, self.at_s)))
        await asyncio.sleep(0.5)
        while not saving.done():
            begun = time.time()
            await self.sides.previewed() if len(spans) % 2 else await self.sides.ours()
            spans.append((begun, time.time()))
        answer = await saving
        pairs = [pair for lanes in zip(answer.answered_at, answer.ms, strict=True) for pair in zip(*lanes, strict=True)]
        return [ms for at, ms in pairs if any(first <= at <= last for first, last in spans)]


async def _saving(sides: _Sides, size: Size) -> tuple[list[float], list[float]]:
    """Milliseconds alone and beside imports; in turns, forth and back."""
    control, stand = sides.control, sides.stand
    number = size.saving_s * SAVES_PER_S // QUESTIONS
    quiz = await school.quiz(control, QUESTIONS, students=number)
    people = await school.students(control, number, quiz.batch_id, stand.jwt_secret)
    made = await school.attempts(control, quiz, people)
    await school.settle(control)
    saving = _Saving(sides, quiz, made, size.saving_s)
    await load(Spec(stand.port, saving.requests))  # the first of all answers is an insert; then they are changes
    alone, beside = list[float](), list[float]()
    for number in range(size.savings):
        order = (alone, saving.alone), (beside, saving.beside)
        for kept, take in order if number % 2 == 0 else reversed(order):
            kept.extend(await take())
    return alone, beside


async def measure(stand: Stand, scale: Scale) -> Outcome:
    """Run it."""
    size = SIZES[scale.name]
    control = await stand.connect()
    sides = _Sides(stand, control, await a_class(stand, control, size))
    with peaks(stand, WATCHED) as seen:  # which warms up, too
        async with stand.round_trips("worker") as said:
            await sides.ours()
        looked, committed = await sides.previewed()
    ceiling = sides.bare("set_based", sides.of.sheet, size.rows)
    taken = await interleaved({"Lulus": sides.ours, CEILING: ceiling}, size.rounds, {CEILING: ceiling})
    taken |= {PEER: [await sides.bare("row_by_row", sides.of.peer_sheet, size.peer_rows)()]}
    alone, beside = await _saving(sides, size)
    await control.close()
    made = {name: summed(slices) for name, slices in taken.items()}
    cpu = median(ours / bare for ours, bare in zip(made["Lulus"].cpus, made[CEILING].cpus, strict=True))
    before, during = percentile(alone, 0.99) or 0.0, percentile(beside, 0.99) or 0.0
    return Outcome(
        "spreadsheet",
        "grades/s",
        f"{size.rows:,} grades in an .xlsx of {len(sides.of.sheet) >> 10:,} KiB, upload to committed",
        made,
        [
            Goal(f"CPU of Lulus / CPU of {CEILING}", cpu, "≤", 3),
            Goal(f"rate / {PEER}", made["Lulus"].rate / made[PEER].rate, "≥", 4),
            Goal("largest process, MiB", max(seen[name] for name in seen if name != "s3"), "≤", 300),
            Goal("autosave's p99 beside imports / alone", during / before, "≤", 1.3),
        ],
        0,
        float(len(said)),
        dict(seen),
        [
            f"{PEER}: {size.peer_rows:,} rows of the same",
            f"as the teacher's page does it: shown after {looked:.1f} s, committed {committed:.1f} s after the click",
            f"{len(beside)} answers saved beside imports, {len(alone)} alone, {SAVES_PER_S}/s: p50"
            f" {percentile(beside, 0.5):.1f} and {percentile(alone, 0.5):.1f} ms, p95 {percentile(beside, 0.95):.1f}"
            f" and {percentile(alone, 0.95):.1f} ms, p99 {during:.1f} and {before:.1f} ms",
            f"rate / {CEILING}: {made['Lulus'].rate / made[CEILING].rate:.3f} (no goal)",
        ],
    )
