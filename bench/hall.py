"""A hall of students: they log in, all start in the same instant, answer, hand in; once more with clients that repeat.

The herd alone is also measured in rounds beside its ceiling: pgbench doing the same inserts, then bare JSON of the same
size, one after the other.
"""

import asyncio

import asyncpg

from backend.domain.accounts import passwords
from bench import crowd, school
from bench.drive import LoadError, ask, load, request
from bench.load import Spec
from bench.outcome import Goal, Outcome, ratio
from bench.pgbench import pgbench
from bench.rounds import Slice, interleaved, percentile, summed
from bench.scale import Scale
from bench.stand import Stand

QUESTIONS, CLIENTS = 30, 10
PASSWORD = "a hall of students sits down"
CEILING = "pgbench, then bare JSON"
RETRY_S = 1.0
PATIENCE_S = 30.0
START = "/api/v1/quizzes/{}/start"

_SAME_INSERT = """
\\set n :n + 1
INSERT INTO attempt (assessment_id, account_id, enrolment_id, attempt_no, state, started_at, deadline_at, key_version)
SELECT a.id, e.account_id, e.id, 1, 'open', now(), now() + make_interval(secs => a.duration_s), a.key_version
FROM assessment a JOIN meeting m ON m.id = a.meeting_id JOIN enrolment e ON e.batch_id = m.batch_id
WHERE a.id = :quiz AND e.account_id = :first::bigint + :client_id::bigint * :each::bigint + :n::bigint;
"""
_ENROL = "INSERT INTO enrolment (account_id, batch_id, state) SELECT unnest($1::bigint[]), $2, 'active'"
_RESULTS = (
    "SELECT count(DISTINCT t.account_id) AS attempts, count(*) AS rows, count(r.id) AS results,"
    " max(extract(epoch FROM pg_xact_commit_timestamp(r.xmin)))::float8 AS last,"
    " (SELECT count(*) FROM answer w JOIN attempt s ON s.id = w.attempt_id WHERE s.assessment_id = $1) AS answers"
    " FROM attempt t LEFT JOIN result r ON r.attempt_id = t.id WHERE t.assessment_id = $1"
)


class _Hall:
    """The students, and the exams they sit."""

    def __init__(self, stand: Stand, control: asyncpg.Connection, people: list[school.Student]) -> None:
        self.stand = stand
        self.control = control
        self.people = people
        self.bare_port = stand.start_web("bare", "bench.bare_json:app")

    async def exam(self) -> school.Quiz:
        """Another exam in a batch of its own, where all are enrolled."""
        quiz = await school.quiz(self.control, QUESTIONS, students=len(self.people))
        await self.control.execute(_ENROL, [one.id for one in self.people], quiz.batch_id)
        await school.settle(self.control)
        return quiz

    async def herd(self) -> Slice:
        """All press start in one instant, each on a connection of their own."""
        quiz = await self.exam()
        before = self.stand.cpu_s(("web", "postgres"))
        answer = await self.starts(self.stand.port, quiz)
        cpu = self.stand.cpu_s(("web", "postgres")) - before
        made = await self.control.fetchval("SELECT count(*) FROM attempt WHERE assessment_id = $1", quiz.id)
        if made != len(self.people):
            raise LoadError(f"{made} attempts of {len(self.people)} starts")
        return Slice(len(self.people), answer.seconds, cpu, [ms for one in answer.ms for ms in one])

    async def starts(self, port: int, quiz: school.Quiz) -> crowd.Answer:
        pressed = [[request("POST", START.format(quiz.uuid), token=one.token)] for one in self.people]
        return await load(Spec(port, pressed))

    async def ceiling(self) -> Slice:
        quiz = await self.exam()
        each = len(self.people) // CLIENTS
        variables = {"n": -1, "quiz": quiz.id, "first": self.people[0].id, "each": each}
        before = self.stand.cpu_s(("bare", "postgres"))
        made = await pgbench(
            self.stand.database_url, _SAME_INSERT, clients=CLIENTS, transactions=each, variables=variables
        )
        answer = await self.starts(self.bare_port, quiz)
        cpu = self.stand.cpu_s(("bare", "postgres")) - before
        rows = await self.control.fetchval("SELECT count(*) FROM attempt WHERE assessment_id = $1", quiz.id)
        if rows != len(self.people):
            raise LoadError(f"pgbench made {rows} attempts of {len(self.people)}")
        return Slice(len(self.people), made.seconds + answer.seconds, cpu)

    async def sit(self, scale: Scale, retry_s: float | None) -> tuple[crowd.Answer, float]:
        """A whole exam. Gives what the students saw, and the seconds from the last submission to the last result."""
        quiz = await self.exam()
        emails = [f"student{one.id}@example.org" for one in self.people]
        spec = crowd.Spec(
            *(self.stand.port, str(quiz.uuid), emails, PASSWORD),
            *(scale.hall_login_s, scale.hall_think_s, scale.hall_submit_s, retry_s),
        )
        answer = await ask("bench.crowd", spec, crowd.Answer)
        if answer.failed:
            raise LoadError(f"{len(answer.failed)} students failed, for example {answer.failed[0]}")
        number = len(self.people)
        found = await self._graded(quiz, number)
        wanted = {"attempts": number, "rows": number, "results": number, "answers": number * QUESTIONS}
        if {name: found[name] for name in wanted} != wanted:
            raise LoadError(f"found {dict(found)}, wanted {wanted}")
        return answer, found["last"] - answer.last["submit"]

    async def _graded(self, quiz: school.Quiz, number: int) -> asyncpg.Record:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = await self.control.fetchrow(_RESULTS, quiz.id)
                if found["results"] >= number:
                    return found
                await asyncio.sleep(0.2)


async def _people(stand: Stand, control: asyncpg.Connection, number: int) -> list[school.Student]:
    """Students with a password; one hash for all, which takes as long to check as any."""
    batch_id = await school.batch(control, quota=number, seats_taken=number)
    people = await school.students(control, number, batch_id, stand.jwt_secret)
    kept = await passwords.hashed(PASSWORD)
    await control.execute("UPDATE account SET password_hash = $2 WHERE id = ANY($1)", [one.id for one in people], kept)
    return people


def _figures(name: str, answer: crowd.Answer, wait_s: float) -> list[Goal]:
    return [
        Goal(f"{name}: p99 of start, s", (percentile(answer.ms["start"], 0.99) or 0) / 1000, "≤", 3),
        Goal(f"{name}: last submit to last result, s", wait_s, "≤", 5),
    ]


def _note(name: str, answer: crowd.Answer) -> str:
    steps = []
    for step, ms in answer.ms.items():
        p50, p95, p99 = (percentile(ms, share) or 0 for share in (0.5, 0.95, 0.99))
        again = f", {answer.repeats[step]} repeated" if answer.repeats.get(step) else ""
        known = f" ({answer.known[step]} told that it was done)" if answer.known.get(step) else ""
        steps.append(f"{step} {len(ms)}: {p50:.0f} / {p95:.0f} / {p99:.0f} ms{again}{known}")
    return f"{name}, {answer.seconds:.0f} s, herd drained in {answer.herd_s:.2f} s; p50 / p95 / p99: {'; '.join(steps)}"


async def measure(stand: Stand, scale: Scale) -> Outcome:
    """Run it."""
    control = await stand.connect()
    hall = _Hall(stand, control, await _people(stand, control, scale.hall_students))
    taken = await interleaved({"Lulus": hall.herd, CEILING: hall.ceiling}, scale.hall_rounds)
    plain, plain_wait = await hall.sit(scale, None)
    figures, notes, errors = _figures("once", plain, plain_wait), [_note("once", plain)], 0
    try:
        again, again_wait = await hall.sit(scale, RETRY_S)
        figures += _figures("repeating", again, again_wait)
        notes.append(_note("repeating", again))
    except LoadError as error:  # void, but what was found before is worth showing
        errors, notes = 1, [*notes, f"repeating: {error}"]
    async with stand.round_trips("web") as said:
        await hall.herd()
    sides = {name: summed(slices) for name, slices in taken.items()}
    peaks = stand.peaks_mib(("web", "worker", "relay", "postgres", "valkey"))
    stand.stop("bare")
    await control.close()
    trips = len(said) / len(hall.people)
    return Outcome(
        "hall",
        "starts/s",
        f"{scale.hall_students:,} students: logins over {scale.hall_login_s:g} s, all start in one instant,"
        f" {QUESTIONS} answers each with {scale.hall_think_s[0]:g} to {scale.hall_think_s[1]:g} s between, submitted"
        f" within {scale.hall_submit_s:g} s; then again with clients that repeat after {RETRY_S:g} s",
        sides,
        [
            Goal(f"herd drained, time / {CEILING}", 1 / ratio(sides, CEILING), "≤", 2.5),
            *figures,
        ],
        errors,
        trips,
        peaks,
        [*notes, f"each whole time exactly {scale.hall_students:,} attempts and results"],
    )
