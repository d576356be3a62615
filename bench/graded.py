"""How soon is a submitted attempt graded at a steady rate, and how fast does a backlog go?"""

import asyncio

import asyncpg
import msgspec

from backend.domain.attempts.events import AttemptSubmitted
from bench import school
from bench.drive import LoadError, load, python, request
from bench.load import Spec
from bench.outcome import Goal, Outcome, ratios
from bench.rounds import Slice, interleaved, percentile, summed
from bench.scale import Scale
from bench.stand import ALSO, Stand

QUESTIONS, PER_SECOND, CONNECTIONS = 50, 50, 16
CEILING = "set-based asyncpg"
OURS = ("relay", "worker", "worker2", "postgres", "valkey")
PATH = "/api/v1/quizzes/attempts/{}/submissions"
PATIENCE_S = 300.0

_FLOOD = (
    "INSERT INTO outbox (name, body, request_id)"
    " SELECT $2, jsonb_build_object('attempt_id', id), 'bench' FROM attempt WHERE assessment_id = $1"
)
_LEFT = "SELECT count(*) FROM attempt WHERE assessment_id = $1 AND state <> 'graded'"
_RESULTS = (
    "SELECT t.id, extract(epoch FROM pg_xact_commit_timestamp(r.xmin))::float8 AS at"
    " FROM attempt t JOIN result r ON r.attempt_id = t.id WHERE t.assessment_id = $1"
)


async def _a_school(
    stand: Stand, control: asyncpg.Connection, number: int, state: str
) -> tuple[school.Quiz, list[school.Attempt]]:
    """A quiz of its own, taken by so many students who answered everything."""
    quiz = await school.quiz(control, QUESTIONS, students=number)
    people = await school.students(control, number, quiz.batch_id, stand.jwt_secret)
    made = await school.attempts(control, quiz, people, state=state)
    await school.answers(control, quiz, made)
    await school.settle(control)
    return quiz, made


async def _await_graded(control: asyncpg.Connection, quiz_id: int, number: int) -> dict[int, float]:
    """When each result was committed (epoch seconds). Raises: LoadError unless each attempt has exactly one."""
    async with asyncio.timeout(PATIENCE_S):
        while await control.fetchval(_LEFT, quiz_id):  # noqa: ASYNC110 - another process grades
            await asyncio.sleep(0.05)
    rows = await control.fetch(_RESULTS, quiz_id)
    if len(rows) != number:
        raise LoadError(f"{len(rows)} results of {number} attempts")
    return {row["id"]: row["at"] for row in rows}


async def _ours(stand: Stand, control: asyncpg.Connection, number: int) -> Slice:
    quiz, _ = await _a_school(stand, control, number, "submitted")
    before = stand.cpu_s(OURS)
    begun = await control.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8")
    await control.execute(_FLOOD, quiz.id, AttemptSubmitted.name)
    await control.execute("NOTIFY lulus_work")
    graded = await _await_graded(control, quiz.id, number)
    return Slice(number, max(graded.values()) - begun, stand.cpu_s(OURS) - before)


async def _bare(stand: Stand, control: asyncpg.Connection, number: int) -> Slice:
    quiz, _ = await _a_school(stand, control, number, "submitted")
    before = stand.cpu_s(("postgres",))
    used = msgspec.json.decode(
        await python("-m", "bench.set_based", str(quiz.id), env=stand.env), type=dict[str, float]
    )
    await _await_graded(control, quiz.id, number)
    return Slice(number, used["seconds"], stand.cpu_s(("postgres",)) - before + used["cpu_s"])


async def _steady(stand: Stand, control: asyncpg.Connection, seconds: int) -> list[float]:
    """Milliseconds from the answer to a submission to the commit of its result, at a fixed rate."""
    number = seconds * PER_SECOND
    quiz, made = await _a_school(stand, control, number, "open")
    whole = [request("POST", PATH.format(one.uuid), token=one.student.token) for one in made]
    lanes = range(CONNECTIONS)
    at_s = [[place / PER_SECOND for place in range(lane, number, CONNECTIONS)] for lane in lanes]
    spec = Spec(stand.port, [whole[lane::CONNECTIONS] for lane in lanes], at_s)
    answer = await load(spec, expected=201)
    graded = await _await_graded(control, quiz.id, number)
    return [
        (graded[one.id] - at) * 1000
        for lane in lanes
        for one, at in zip(made[lane::CONNECTIONS], answer.answered_at[lane], strict=True)
    ]


async def measure(stand: Stand, scale: Scale) -> Outcome:
    """Run it."""
    control = await stand.connect()
    waits = await _steady(stand, control, scale.steady_s)
    stand.start("worker2", ALSO["worker"])
    number = scale.backlog
    sides = {"Lulus": lambda: _ours(stand, control, number), CEILING: lambda: _bare(stand, control, number)}
    taken = await interleaved(sides, scale.backlog_rounds)
    peaks = stand.peaks_mib(("web", "relay", "worker", "worker2", "postgres", "valkey"))
    stand.stop("worker2")
    await control.close()
    made = {name: summed(slices) for name, slices in taken.items()}
    p50, p95, p99 = (percentile(waits, share) or 0.0 for share in (0.50, 0.95, 0.99))
    backlog, cpu = ratios(made, CEILING, 0.35)
    return Outcome(
        "graded",
        "attempts/s",
        f"{len(waits)} submissions at {PER_SECOND}/s with one worker; then a backlog of {number:,} attempts of"
        f" {QUESTIONS} questions with two",
        made,
        [Goal("median at 50/s, ms", p50, "≤", 250), Goal("p99 at 50/s, ms", p99, "≤", 1000), backlog],
        0,
        None,
        peaks,
        [
            f"submit (answered) to result (committed) at {PER_SECOND}/s: p50 {p50:.0f} ms, p95 {p95:.0f} ms,"
            f" p99 {p99:.0f} ms, most {max(waits):.0f} ms",
            f"{cpu.what}: {cpu.found:.3f} (no goal)",
        ],
    )
