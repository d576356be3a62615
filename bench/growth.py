"""Does Lulus stay as quick when the school grows? The same acts on schools of different sizes, asked one at a time."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import msgspec

from backend.devstack.ports import random_port
from backend.devstack.procfile import read_procfile
from bench import growth_data, school
from bench.drive import LoadError, load, python, request
from bench.load import Spec
from bench.outcome import Goal, Outcome
from bench.rounds import percentile
from bench.scale import Scale
from bench.stand import Stand

ROUNDS = 4
MOST_TIMES = 1.5

ACTS: Mapping[str, str] = {
    "a course": "/courses/{course}",
    "a batch": "/batches/{batch}",
    "question paper": "/quizzes/attempts/{open}",
    "a result": "/quizzes/attempts/{graded}/result",
    "autosave": "/quizzes/attempts/{open}/temp-submissions",
    "progress": "/me/batches/{batch_id}/progress",
    "scores": "/me/batches/{batch_id}/scores",
    "a student's batches": "/me/batches",
    "a student's purchases": "/me/purchases",
    "quizzes to take": "/me/quizzes/upcoming",
    "assignments to do": "/me/assignments/upcoming",
    "a job": "/jobs/{job}",
    "student's dashboard": "/dashboard/student",
    "scores, meeting by meeting": "/dashboard/student/score-progress?batch_slug={batch}",
    "teacher's dashboard": "/dashboard/teacher",
    "list of courses": "/courses",
    "list of batches": "/batches",
    "batches, most wanted": "/batches?sort=popular",
    "enrolled in a batch": "/batches/{batch}/students",
    "attendance of a batch": "/batches/{batch}/attendances",
    "grades of an assignment": "/assignments/{assignment}/submissions",
    "attempts at a quiz": "/quizzes/{quiz}/attempts",
    "payments": "/purchases",
    "payments, newest": "/purchases?sort=created_at&order=desc",
    "payments, pending": "/purchases?payment_status=pending",
    "payments of a batch": "/batches/{batch}/purchases",
    "payments of an amount": "/purchases?transfer_amount={amount}",
    "people": "/users",
    "people, by name": "/users?sort=name",
    "all attendance": "/attendances",
}
_BY_ADMIN = tuple(list(ACTS)[list(ACTS).index("list of courses") :])
_BY_TEACHER = ("teacher's dashboard",)
"""Sums up the work of a thousand people, the teacher's own: the whole school where it is small. Without a goal."""
PANELS: Mapping[str, str] = {
    "summary": "/dashboard/admin",
    "revenue": "/dashboard/admin/revenue-chart",
    "payments to look at": "/dashboard/admin/pending-payments",
    "batches being held": "/dashboard/admin/batch-progress",
    "teachers' load": "/dashboard/admin/teacher-workload",
    "certificates": "/dashboard/admin/certificate-stats",
    "recent activities": "/dashboard/admin/recent-activities",
}
"""What adds up the whole school (or a month of it), and grows with it: measured, without a goal."""
PANEL_ROUNDS = 5

_PEOPLE = """
SELECT p.uuid AS person, s.uuid AS session, e.id AS enrolment, b.slug AS batch, b.uuid AS batch_id, c.slug AS course,
    t.uuid AS open, g.uuid AS graded, q.uuid AS question, o.uuid AS option, z.uuid AS quiz, a.uuid AS assignment,
    j.uuid AS job, y.transfer_amount AS amount, h.uuid AS teacher, l.uuid AS teacher_session
FROM (SELECT * FROM attempt WHERE state = 'open' ORDER BY hashint8(id) LIMIT $1) t
JOIN enrolment e ON e.id = t.enrolment_id JOIN account p ON p.id = e.account_id
JOIN session s ON s.account_id = p.id JOIN batch b ON b.id = e.batch_id JOIN course c ON c.id = b.course_id
JOIN assessment z ON z.id = t.assessment_id JOIN question q ON q.assessment_id = z.id AND q.position = 5
JOIN option o ON o.question_id = q.id AND o.id % 4 = 2
JOIN assignment a ON a.id = 1 + (e.id - 1) / 100 * 4
JOIN purchase y ON y.id = e.id
JOIN attempt g ON g.id = (SELECT id FROM attempt WHERE account_id = p.id AND state = 'graded' LIMIT 1)
JOIN job j ON j.id = (SELECT id FROM job WHERE owner_id = p.id LIMIT 1)
JOIN meeting_teacher mt ON mt.meeting_id = z.meeting_id JOIN account h ON h.id = mt.account_id
JOIN session l ON l.account_id = h.id
"""
_ADMIN = (
    "SELECT a.uuid AS person, s.uuid AS session FROM account a JOIN session s ON s.account_id = a.id WHERE a.id = $1"
)


class _School(msgspec.Struct):
    """One size: its web process's port, and rounds of requests, act by act for person after person."""

    enrolments: int
    port: int
    rounds: list[list[bytes]]
    panels: list[bytes]
    ms: dict[str, list[float]]
    panel_ms: dict[str, list[float]]
    first_ms: dict[str, float] = {}  # msgspec copies empty defaults

    async def take(self, number: int) -> None:
        """Send one round, one request at a time; the first one warms up: only its first requests are kept, apart."""
        answer = await load(Spec(self.port, [self.rounds[number % len(self.rounds)]]))
        if number == 0:
            self.first_ms = dict(zip(ACTS, answer.ms[0], strict=False))
        for position, ms in enumerate(answer.ms[0] if number else ()):
            self.ms[list(ACTS)[position % len(ACTS)]].append(ms)

    async def look(self) -> None:
        """Open every panel of the whole school once, one after the other."""
        answer = await load(Spec(self.port, [self.panels]))
        for panel, ms in zip(PANELS, answer.ms[0], strict=True):
            self.panel_ms[panel].append(ms)


async def _database(stand: Stand, name: str, template: str = "template0") -> str:
    """A new database on the bench's server, beside Lulus's own; gives its URL."""
    control = await stand.connect()
    await control.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    await control.close()
    return urlsplit(stand.database_url)._replace(path=f"/{name}").geturl()


async def _open(stand: Stand, enrolments: int, samples: int) -> _School:
    """Make a school, and start a web process on it."""
    url = await _database(stand, f"growth_{enrolments}", "growth")
    await growth_data.fill(url, enrolments)
    connection = await asyncpg.connect(url)
    admin = await connection.fetchrow(_ADMIN, growth_data.ADMIN)
    token = school.token(stand.jwt_secret, admin["person"], admin["session"])
    rounds = list(_rounds(await _world(connection, token, stand.jwt_secret, enrolments, samples)))
    panels = [request("GET", "/api/v1" + path, token=token) for path in PANELS.values()]
    await connection.close()
    port, name = random_port(lambda first: (first,)), f"web-{enrolments}"
    stand.start(name, read_procfile(Path("Procfile"))["web"], {"DATABASE_URL": url, "WEB_PORT": str(port)})
    stand.await_answer(name, f"http://127.0.0.1:{port}/readyz")
    return _School(enrolments, port, rounds, panels, {act: [] for act in ACTS}, {panel: [] for panel in PANELS})


async def _world(
    connection: asyncpg.Connection, admins: str, secret: str, enrolments: int, samples: int
) -> list[list[bytes]]:
    """The requests about so many people from all over the school: a list of all acts for each."""
    found = await connection.fetch(_PEOPLE, samples)
    if len(found) != samples:
        raise LoadError(f"{len(found)} of {samples} people with an open attempt among {enrolments} enrolments")
    return [[_request(act, row, admins, secret) for act in ACTS] for row in found]


def _request(act: str, row: Mapping[str, Any], admins: str, secret: str) -> bytes:
    if act in _BY_ADMIN:
        token = admins
    elif act in _BY_TEACHER:
        token = school.token(secret, row["teacher"], row["teacher_session"])
    else:
        token = school.token(secret, row["person"], row["session"])
    path = "/api/v1" + ACTS[act].format_map(row)
    if act != "autosave":
        return request("GET", path, token=token)
    body = {"question_id": str(row["question"]), "selected_option_id": str(row["option"])}
    return request("POST", path, token=token, body=body)


def _rounds(requests: list[list[bytes]]) -> Iterator[list[bytes]]:
    for number in range(ROUNDS):
        yield [one for acts in requests[number::ROUNDS] for one in acts]


async def measure(stand: Stand, scale: Scale) -> Outcome:
    """Run it."""
    url = await _database(stand, "growth")
    await python("-m", "backend.cli", "migrate", env={**stand.env, "DATABASE_URL": url})
    control = await stand.connect()
    await control.execute("ALTER SYSTEM SET max_wal_size = '8GB'")  # else filling is mostly checkpoints
    await control.execute("SELECT pg_reload_conf()")
    schools = [await _open(stand, size, scale.growth_samples) for size in scale.growth_sizes]
    await control.execute("ALTER SYSTEM RESET max_wal_size")
    await control.execute("SELECT pg_reload_conf()")
    await control.close()
    for number in range(ROUNDS + 1):
        for one in schools if number % 2 else reversed(schools):
            await one.take(number)
    for number in range(PANEL_ROUNDS):
        for one in schools if number % 2 else reversed(schools):
            await one.look()
    names = tuple(f"web-{one.enrolments}" for one in schools)
    peaks = stand.peaks_mib((*names, "postgres"))
    stand.stop(*names)
    sizes = ", ".join(f"{one.enrolments:,}" for one in schools)
    return Outcome(
        "growth",
        "ms",
        f"schools of {sizes} enrolments; {scale.growth_samples} requests of each act in each, one at a time, in turns",
        {},
        [_goal(act, schools[0], schools[-1]) for act in ACTS if act not in _BY_TEACHER],
        0,
        None,
        peaks,
        [f"median (p95, most) of {act}: {_shown(act, schools)}" for act in ACTS]
        + [f"dashboard, {panel} (no goal): {_seen(panel, schools)}" for panel in PANELS]
        + [f"the first request of all, which counts a long list: {_first(schools)}"],
    )


def _goal(act: str, least: _School, most: _School) -> Goal:
    ratio = median(most.ms[act]) / median(least.ms[act])
    return Goal(f"{act}: time at {most.enrolments:,} / at {least.enrolments:,}", ratio, "≤", MOST_TIMES)


def _first(schools: list[_School]) -> str:
    """What the first request of each list of the whole school took."""
    return "; ".join(
        f"{act} {', '.join(f'{one.first_ms[act]:.0f}' for one in schools)} ms"
        for act in ACTS
        if act in _BY_ADMIN and "{" not in ACTS[act]
    )


def _shown(act: str, schools: list[_School]) -> str:
    figures = [(median(one.ms[act]), percentile(one.ms[act], 0.95), max(one.ms[act])) for one in schools]
    return ", ".join(f"{middle:.1f} ({p95:.1f}, {most:.1f}) ms" for middle, p95, most in figures)


def _seen(panel: str, schools: list[_School]) -> str:
    return ", ".join(f"{median(one.panel_ms[panel]):.1f} ({max(one.panel_ms[panel]):.1f}) ms" for one in schools)
