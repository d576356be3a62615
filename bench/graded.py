"""How soon is a submitted attempt graded at a steady rate, and how fast does a backlog go?"""

import asyncio
import shlex
import sysconfig

import asyncpg
import msgspec

from backend.domain.attempts.events import AttemptSubmitted
from bench import peers, school
from bench.drive import LoadError, load, python, request
from bench.load import Spec
from bench.outcome import Goal, Outcome, ratios
from bench.pgbench import pgbench
from bench.rounds import Slice, Take, interleaved, percentile, summed
from bench.scale import Scale
from bench.stand import ALSO, Stand

QUESTIONS, PER_SECOND, CONNECTIONS = 50, 50, 16
LULUS, SET_BASED, PGBENCH, DRAMATIQ, CELERY = (
    "Lulus",
    "set-based asyncpg",
    "pgbench, same transactions",
    "Dramatiq no-op",
    "Celery, same body",
)
THREADS, CLIENTS = 8, 16
SMALLER, SMALL, WARM_UP = 4, 2_000, 200
"""How much less the slow sides do, how much at most, and what all sides do before it counts."""
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


# one attempt, as Lulus does one that is alone: event; job; claim; result and end. Without scoring
_SCRIPT = r"""
\set done :done + 1
\set n :first + :client_id * :each + :done - 1
INSERT INTO outbox (name, body, request_id)
    VALUES ('bench.pgbench.submitted.v1', jsonb_build_object('attempt_id', :n::bigint), 'bench') RETURNING id AS e \gset
WITH marked AS (UPDATE outbox SET expanded_at = now() WHERE id = :e::bigint)
INSERT INTO job (kind, body, unique_key, event_id, request_id, published_at)
    VALUES ('bench_pgbench', jsonb_build_object('attempt_id', :n::bigint), 'bench:' || :e::bigint, :e::bigint, 'bench',
    now()) RETURNING id AS j \gset
UPDATE job SET state = 'running', attempt = attempt + 1, worker = 'bench', version = version + 1, started_at = now(),
    lease_until = now() + interval '8 s' WHERE id = :j::bigint AND state = 'queued' AND run_at <= now();
BEGIN;
SELECT t.id, t.assessment_id, t.key_version, w.q, w.o FROM attempt t LEFT JOIN LATERAL (SELECT array_agg(question_id)
    AS q, array_agg(option_id) AS o FROM answer WHERE attempt_id = t.id) AS w ON true
    WHERE t.id = :n::bigint AND t.state = 'submitted' FOR NO KEY UPDATE OF t;
SELECT q.id, q.points, q.key, (SELECT json_object_agg(o.id, o.uuid) FROM option o WHERE o.question_id = q.id)
    FROM attempt t JOIN question q ON q.assessment_id = t.assessment_id WHERE t.id = :n::bigint;
INSERT INTO result (attempt_id, total_questions, correct_answers, wrong_answers, points, max_points, score_percent)
    VALUES (:n::bigint, 50, 12, 38, 12, 50, 24);
UPDATE attempt SET state = 'graded', updated_at = now() WHERE id = :n::bigint AND state = 'submitted';
INSERT INTO outbox (name, body, request_id, expanded_at) VALUES ('bench.pgbench.graded.v1',
    jsonb_build_object('attempt_id', :n::bigint), 'bench', now());
UPDATE job SET state = 'done', finished_at = now(), lease_until = NULL, version = version + 1
    WHERE id = :j::bigint AND state = 'running';
COMMIT;
"""


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


class _Backlog:
    """One backlog for every side: so many attempts, two processes that grade them."""

    def __init__(self, stand: Stand, control: asyncpg.Connection, number: int) -> None:
        self.stand = stand
        self.control = control
        self.number = number
        self.smaller = min(number // SMALLER, SMALL)

    def sides(self) -> dict[str, Take]:
        return {
            LULUS: self.lulus,
            SET_BASED: self.set_based,
            PGBENCH: self.pgbench,
            DRAMATIQ: self.dramatiq,
            CELERY: self.celery,
        }

    async def _epoch(self) -> float:
        return await self.control.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8")

    async def lulus(self) -> Slice:
        quiz, _ = await _a_school(self.stand, self.control, self.number, "submitted")
        before, begun = self.stand.cpu_s(OURS), await self._epoch()
        await self.control.execute(_FLOOD, quiz.id, AttemptSubmitted.name)
        await self.control.execute("NOTIFY lulus_work")
        graded = await _await_graded(self.control, quiz.id, self.number)
        return Slice(self.number, max(graded.values()) - begun, self.stand.cpu_s(OURS) - before)

    async def set_based(self) -> Slice:
        quiz, _ = await _a_school(self.stand, self.control, self.number, "submitted")
        before = self.stand.cpu_s(("postgres",))
        printed = await python("-m", "bench.set_based", str(quiz.id), env=self.stand.env)
        used = msgspec.json.decode(printed, type=dict[str, float])
        await _await_graded(self.control, quiz.id, self.number)
        return Slice(self.number, used["seconds"], self.stand.cpu_s(("postgres",)) - before + used["cpu_s"])

    async def pgbench(self) -> Slice:
        number = self.smaller // CLIENTS * CLIENTS
        quiz, made = await _a_school(self.stand, self.control, number, "submitted")
        before = self.stand.cpu_s(("postgres",))
        run = await pgbench(
            self.stand.database_url,
            _SCRIPT,
            clients=CLIENTS,
            transactions=number // CLIENTS,
            threads=2,
            variables={"first": made[0].id, "each": number // CLIENTS, "done": 0},
        )
        await _await_graded(self.control, quiz.id, number)
        return run.slice(self.stand.cpu_s(("postgres",)) - before)

    async def dramatiq(self) -> Slice:
        before = self.stand.cpu_s(("bare_worker", "valkey"))
        printed = await python("-m", "bench.bare_queue", str(self.smaller), env=self.stand.env)
        used = msgspec.json.decode(printed, type=dict[str, float])
        cpu = self.stand.cpu_s(("bare_worker", "valkey")) - before + used["cpu_s"]
        return Slice(self.smaller, used["seconds"], cpu)

    async def celery(self) -> Slice:
        number = self.smaller
        quiz, made = await _a_school(self.stand, self.control, number, "submitted")
        before = self.stand.cpu_s(("celery", "postgres", "valkey"))
        arguments = ("-m", "bench.celery_grading", str(made[0].id), str(number))
        printed = await python(*arguments, env=self.stand.env | _celery_env(), interpreter=str(peers.python()))
        used = msgspec.json.decode(printed, type=dict[str, float])
        graded = await _await_graded(self.control, quiz.id, number)
        cpu = self.stand.cpu_s(("celery", "postgres", "valkey")) - before + used["cpu_s"]
        return Slice(number, max(graded.values()) - used["begun"], cpu)


def _celery_env() -> dict[str, str]:
    return {"LULUS_SITE": sysconfig.get_path("purelib")}


def _start_peers(stand: Stand) -> None:
    """Two processes for each, as Lulus has two workers."""
    stand.start("bare_worker", f"python -m dramatiq bench.bare_queue --processes 2 --threads {THREADS}")
    celery = f"{shlex.quote(str(peers.python()))} -m celery -A bench.celery_grading worker -c 2 -l WARNING"
    stand.start("celery", celery, _celery_env())


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
    _start_peers(stand)
    whole, small = (_Backlog(stand, control, number) for number in (scale.backlog, WARM_UP))
    taken = await interleaved(whole.sides(), scale.backlog_rounds, small.sides())
    peaks = stand.peaks_mib(("web", "relay", "worker", "worker2", "postgres", "valkey", "celery"))
    stand.stop("worker2", "bare_worker", "celery")
    await control.close()
    made = {name: summed(slices) for name, slices in taken.items()}
    p50, p95, p99 = (percentile(waits, share) or 0.0 for share in (0.50, 0.95, 0.99))
    ceiling = min((PGBENCH, DRAMATIQ), key=lambda name: made[name].rate)
    goals = [ratios(made, name, wanted) for name, wanted in ((ceiling, 0.40), (CELERY, 2.0), (SET_BASED, 0.35))]
    return Outcome(
        "graded",
        "attempts/s",
        f"{len(waits)} submissions at {PER_SECOND}/s with one worker; then a backlog of {scale.backlog:,} attempts of"
        f" {QUESTIONS} questions with two ({whole.smaller:,} for pgbench, Dramatiq and Celery)",
        made,
        [
            Goal("median at 50/s, ms", p50, "≤", 250),
            Goal("p99 at 50/s, ms", p99, "≤", 1000),
            *(rate for rate, _ in goals),
        ],
        0,
        None,
        peaks,
        [
            f"submit (answered) to result (committed) at {PER_SECOND}/s: p50 {p50:.0f} ms, p95 {p95:.0f} ms,"
            f" p99 {p99:.0f} ms, most {max(waits):.0f} ms",
            *(f"{cpu.what}: {cpu.found:.3f} (no goal)" for _, cpu in goals),
        ],
    )
