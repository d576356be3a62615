"""How many answers of running quizzes can be saved, beside bare Litestar with the same SQL, and FastAPI?"""

from functools import partial

from backend.core.tokens import ISSUER
from backend.domain.accounts.queries import ACCESS_AUDIENCE
from bench import peers, school
from bench.drive import LoadError, deal, load, request
from bench.load import Spec
from bench.outcome import Goal, Outcome, ratios
from bench.rounds import Slice, interleaved, summed
from bench.scale import Scale
from bench.stand import Stand

STUDENTS, CONNECTIONS = 200, 32
PEER_STUDENTS = 50
"""The peer is asked for so much less in a slice, else its slices take most of the time."""
PROBES = 20
CEILING = "bare Litestar + asyncpg"
PEER = "FastAPI + SQLAlchemy"
LULUS_PATH = "/api/v1/quizzes/attempts/{}/temp-submissions"
BARE_PATH = "/attempts/{}/answers"


class _Side:
    """One server, and attempts that only it is asked about: both begin every slice with nothing answered."""

    def __init__(self, stand: Stand, process: str, port: int, path: str) -> None:
        self.stand = stand
        self.process = process
        self.port = port
        self.path = path
        self.attempts: list[school.Attempt] = []

    def requests(self, quiz: school.Quiz) -> list[bytes]:
        """Every student answers every question, then changes every answer."""
        return [
            request("POST", self.path.format(one.uuid), token=one.student.token, body=_body(question, option))
            for option in (0, 1)
            for question in quiz.questions
            for one in self.attempts
        ]

    async def take(self, quiz: school.Quiz) -> Slice:
        control = await self.stand.connect()
        mine = [one.id for one in self.attempts]
        await control.execute("DELETE FROM answer WHERE attempt_id = ANY($1)", mine)
        await control.execute("VACUUM (ANALYZE) answer")
        logged = await control.fetchval("SELECT count(*) FROM answer_log")
        requests = self.requests(quiz)
        spec = Spec(self.port, deal(requests, CONNECTIONS))
        before = self.stand.cpu_s((self.process, "postgres"))
        answer = await load(spec)
        cpu = self.stand.cpu_s((self.process, "postgres")) - before
        kept = await control.fetchval("SELECT count(*) FROM answer WHERE attempt_id = ANY($1)", mine)
        logged = await control.fetchval("SELECT count(*) FROM answer_log") - logged
        await control.close()
        if (kept, logged) != (len(requests) // 2, len(requests)):
            raise LoadError(f"{self.process}: {kept} answers and {logged} lines of {len(requests)} requests")
        return Slice(len(requests), answer.seconds, cpu, [ms for connection in answer.ms for ms in connection])

    async def round_trips(self, quiz: school.Quiz) -> float:
        """Round trips to the database per answer."""
        async with self.stand.round_trips(self.process) as said:
            await load(Spec(self.port, [self.requests(quiz)[:PROBES]]))
        return len(said) / PROBES


def _body(question: school.Question, option: int) -> dict[str, str]:
    return {"question_id": str(question.uuid), "selected_option_id": str(question.options[option][1])}


async def measure(stand: Stand, scale: Scale) -> Outcome:
    """Run it."""
    control = await stand.connect()
    quiz = await school.quiz(control, scale.autosave_questions, students=3 * STUDENTS)
    port = stand.start_web("ceiling", "bench.bare_autosave:app")
    known = {"PEER_AUDIENCE": ACCESS_AUDIENCE, "PEER_ISSUER": ISSUER}
    lulus = _Side(stand, "web", stand.port, LULUS_PATH)
    bare = _Side(stand, "ceiling", port, BARE_PATH)
    peer = _Side(stand, "peer", peers.serve(stand, "peer", "bench.peer_autosave:app", known), BARE_PATH)
    for side in (lulus, bare, peer):
        number = PEER_STUDENTS if side is peer else STUDENTS
        people = await school.students(control, number, quiz.batch_id, stand.jwt_secret)
        side.attempts = await school.attempts(control, quiz, people)
    await school.settle(control)
    takes = {name: partial(side.take, quiz) for name, side in (("Lulus", lulus), (CEILING, bare), (PEER, peer))}
    taken = await interleaved(takes, scale.autosave_rounds)
    trips, bare_trips, peer_trips = [await side.round_trips(quiz) for side in (lulus, bare, peer)]
    await control.close()
    sides = {name: summed(slices) for name, slices in taken.items()}
    peaks = stand.peaks_mib(("web", "ceiling", "peer", "postgres"))
    stand.stop("ceiling", "peer")
    return Outcome(
        "autosave",
        "answers/s",
        f"{STUDENTS} students x {scale.autosave_questions} questions, each answered and changed,"
        f" {CONNECTIONS} connections; {PEER_STUDENTS} students for {PEER}",
        sides,
        [*ratios(sides, CEILING, 0.45), *ratios(sides, PEER, 2.0), Goal("round trips", trips, "≤", 2)],
        0,
        trips,
        peaks,
        [f"round trips of the ceiling {bare_trips:g}, of the peer {peer_trips:g}"],
    )
