"""Reads and a few answers: beside bare Litestar with the same statements, and the nearest four reads of Kolibri."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec

from backend.devstack.leash import descendants
from bench import peer_kolibri_stand, school
from bench.drive import deal, load, request
from bench.load import Spec
from bench.outcome import Outcome, ratios
from bench.rounds import Slice, interleaved, summed
from bench.scale import Scale
from bench.stand import Stand

STUDENTS, QUESTIONS, BATCHES, CONNECTIONS = 200, 20, 20, 64
KOLIBRI_CONNECTIONS = 8
"""Kolibri's server keeps ten open at most and closes the others after each answer."""
SAVES_EVERY = 10
KOLIBRI_SHARE = 8
"""Kolibri is asked for so much less in a slice, else the slices take too long."""
CEILING = "bare Litestar + asyncpg"
PEER = "Kolibri"
READS = ("course page", "batch list", "question paper", "results")

LULUS = {
    "course page": "/api/v1/courses/{slug}",
    "batch list": "/api/v1/batches",
    "question paper": "/api/v1/quizzes/attempts/{attempt}",
    "results": "/api/v1/quizzes/attempts/{graded}/result",
    "save": "/api/v1/quizzes/attempts/{attempt}/temp-submissions",
}
BARE = {
    "course page": "/courses/{slug}",
    "batch list": "/batches",
    "question paper": "/attempts/{attempt}",
    "results": "/attempts/{graded}/result",
    "save": "/attempts/{attempt}/answers",
}

_PARTS = """
INSERT INTO course_image (course_id, image_url, position)
    SELECT id, 'https://example.org/' || id || '/' || n, n FROM course, generate_series(1, 2) AS n
    WHERE NOT EXISTS (SELECT FROM course_image WHERE course_id = course.id);
INSERT INTO batch_day (batch_id, day) SELECT id, unnest(ARRAY['monday', 'thursday']) FROM batch ON CONFLICT DO NOTHING;
INSERT INTO batch_group (batch_id, group_type)
    SELECT id, unnest(ARRAY['own_student', 'other_student']) FROM batch ON CONFLICT DO NOTHING;
"""
_GRADED = """
WITH graded AS (UPDATE attempt SET state = 'graded' WHERE id = ANY($1) RETURNING id)
INSERT INTO result (attempt_id, total_questions, correct_answers, wrong_answers, points, max_points, score_percent)
SELECT id, 20, 15, 5, 15, 20, 75 FROM graded
"""


class _World(msgspec.Struct):
    """What is asked for: slugs of courses, and of each student an open attempt and a graded one."""

    slugs: list[str]
    quiz: school.Quiz
    running: list[school.Attempt]
    graded: list[school.Attempt]

    def requests(self, paths: Mapping[str, str], number: int) -> list[bytes]:
        """Reads in turn, and each tenth a save; every part of it falls on all students and courses."""
        return [self._request(paths, one) for one in range(number)]

    def _request(self, paths: Mapping[str, str], number: int) -> bytes:
        who = number * 7 % len(self.running)
        running, graded = self.running[who], self.graded[who]
        token = running.student.token
        known = {"slug": self.slugs[number * 3 % len(self.slugs)], "attempt": running.uuid, "graded": graded.uuid}
        if number % SAVES_EVERY:
            turn = number - number // SAVES_EVERY
            return request("GET", paths[READS[turn % len(READS)]].format_map(known), token=token)
        question = self.quiz.questions[number // SAVES_EVERY % QUESTIONS]
        body = {"question_id": str(question.uuid), "selected_option_id": str(question.options[1][1])}
        return request("POST", paths["save"].format_map(known), token=token, body=body)


async def _world(control: asyncpg.Connection, jwt_secret: str) -> _World:
    for _ in range(BATCHES):
        await school.batch(control, quota=100, seats_taken=0)
    quiz = await school.quiz(control, QUESTIONS, students=STUDENTS)
    past = await school.quiz(control, QUESTIONS, students=STUDENTS)
    people = await school.students(control, STUDENTS, quiz.batch_id, jwt_secret)
    running = await school.attempts(control, quiz, people)
    graded = await school.attempts(control, past, people, state="submitted")
    await school.answers(control, quiz, running)
    await control.execute(_GRADED, [one.id for one in graded])
    await control.execute(_PARTS)
    await school.settle(control)
    slugs = [row["slug"] for row in await control.fetch("SELECT slug FROM course ORDER BY id")]
    return _World(slugs, quiz, running, graded)


async def _take(stand: Stand, process: str, port: int, requests: list[bytes], connections: int = CONNECTIONS) -> Slice:
    before = stand.cpu_s((process, "postgres"))
    answer = await load(Spec(port, deal(requests, connections)))
    cpu = stand.cpu_s((process, "postgres")) - before
    return Slice(len(requests), answer.seconds, cpu, [ms for connection in answer.ms for ms in connection])


def _kolibri_requests(kolibri: peer_kolibri_stand.Kolibri, number: int) -> list[bytes]:
    head = "GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAccept: application/json\r\nCookie: {}\r\n\r\n"
    paths = [kolibri.addresses[READS[one % len(READS)]] for one in range(number)]
    return [head.format(path, kolibri.port, kolibri.cookies).encode() for path in paths]


async def measure(stand: Stand, scale: Scale) -> Outcome:
    """Run it."""
    control = await stand.connect()
    world = await _world(control, stand.jwt_secret)
    kolibri = await peer_kolibri_stand.start(stand)
    port = stand.start_web("ceiling", "bench.bare_reads:app")
    number = scale.read_requests
    sides: dict[str, Callable[[], object]] = {
        "Lulus": partial(_take, stand, "web", stand.port, world.requests(LULUS, number)),
        CEILING: partial(_take, stand, "ceiling", port, world.requests(BARE, number)),
        PEER: partial(
            _take,
            stand,
            "kolibri",
            kolibri.port,
            _kolibri_requests(kolibri, number // KOLIBRI_SHARE),
            KOLIBRI_CONNECTIONS,
        ),
    }
    taken = await interleaved(sides, scale.read_rounds)
    async with stand.round_trips("web") as said:
        await load(Spec(stand.port, [world.requests(LULUS, 40)]))
    threads = _threads(stand.pid("kolibri"))
    await control.close()
    found = {name: summed(slices) for name, slices in taken.items()}
    peaks = stand.peaks_mib(("web", "ceiling", "kolibri", "postgres"))
    stand.stop("ceiling", "kolibri")
    return Outcome(
        "reads",
        "requests/s",
        f"{', '.join(READS)}, and each tenth request an answer saved; {STUDENTS} students, {len(world.slugs)} courses"
        f" and batches, papers of {QUESTIONS} questions, {number} requests a slice, {CONNECTIONS} connections",
        found,
        [*ratios(found, CEILING, 0.50), ratios(found, PEER, 5.0)[0]],
        0,
        len(said) / 40,
        peaks,
        _notes(kolibri, threads),
    )


def _notes(kolibri: peer_kolibri_stand.Kolibri, threads: int) -> list[str]:
    asked = ", ".join(f"{name}: {_bare(path)}" for name, path in kolibri.addresses.items())
    return [
        f"Kolibri 0.19.5 on the same PostgreSQL, in a database of its own, one process with {threads} threads as it"
        f" comes, {KOLIBRI_CONNECTIONS} connections (it keeps ten at most), as its administrator with"
        f" a session cookie, reads only. {asked}",
        "Kolibri's data: 10 classes, 10 learners in one, 20 topics, a quiz of 10 questions tried once by each",
    ]


def _bare(path: str) -> str:
    """A path without its ids."""
    place, _, query = path.partition("?")
    parts = ["{id}" if _is_id(part) else part for part in place.split("/")]
    names = "&".join(f"{pair.partition('=')[0]}={{id}}" for pair in query.split("&") if pair)
    return "/".join(parts) + (f"?{names}" if names else "")


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _threads(root: int) -> int:
    """The most threads among the processes of a tree."""
    found = [0]
    for pid in (root, *descendants(root)):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        found += [int(line.split()[1]) for line in lines if line.startswith("Threads:")]
    return max(found)
