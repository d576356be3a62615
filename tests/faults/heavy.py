"""Work of many steps that people seldom do: bank statements, regrades, questions from files, a whole batch's grades,
certificates with a right name. What it comes to is held against what was acknowledged, as in `checker`.
"""

import asyncio
import base64
import io
import random
from typing import Any
from uuid import uuid4

import msgspec
import openpyxl
from PIL import Image

from backend.core import clock, db
from backend.core.actor import Actor, Role
from backend.domain.attempts import commands as attempts
from tests.background import drain
from tests.faults.checker import compared
from tests.faults.stand import Stand
from tests.faults.stream import Doing, Stream
from tests.faults.world import Class, Who, World, a_class, a_world, someone, students
from tests.quizzes import QuizRow, a_quiz, an_attempt, save
from tests.school import a_meeting, enrol, teach
from tests.tasks import TaskRow, a_task

HEAVY = ("statements", "regrades", "questions", "sheets", "reissues")
QUESTIONS = 3
"""How many questions a file has, and how many purchases a statement."""
_OPTIONS = "AB"


class School(msgspec.Struct, frozen=True):
    """What this work is done on. `sat_by` took the quiz that is regraded; the first half answered A, the others B."""

    teacher: Who
    regraded: QuizRow
    sat_by: list[Who]
    filled: QuizRow
    """A quiz that gets more and more questions."""
    of: Class
    tasks: list[TaskRow]


async def a_heavy_world() -> tuple[World, School]:
    """A world, and what this work is done on."""
    world = await a_world(takers=1, finished=60, buyers=300)
    teacher, of = await someone(Role.TEACHER), await a_class()
    regraded, filled = await a_quiz(points=("1",)), await a_quiz(points=("1",))
    for quiz in (regraded, filled):
        await teach(quiz.meeting, teacher.id)
    sat_by = await students(8)
    for number, person in enumerate(sat_by):
        await enrol(regraded.batch, person.id)
        await sat(regraded, Actor(person.id, Role.STUDENT), right=number < len(sat_by) / 2)
    later = await a_meeting(of.task.batch)
    await teach(later, of.teacher.id)
    tasks = [of.task, await a_task(of.task.batch, later)]
    return world, School(teacher, regraded, sat_by, filled, of, tasks)


async def sat(quiz: QuizRow, actor: Actor, *, right: bool) -> None:
    """Have somebody who is enrolled take a quiz of one question, and have it graded."""
    attempt = await an_attempt(quiz, actor, enrolled=True)
    await save(quiz, attempt, actor, 0, right=right)
    await attempts.submit_attempt(actor, attempt.id)
    await drain()


class Heavy(Stream):
    """A stream whose lanes are this work."""

    def __init__(self, stand: Stand, world: World, school: School, chance: random.Random) -> None:
        super().__init__(stand, world, chance, HEAVY)
        self.school = school

    def acts_of_lanes(self) -> dict[str, list[Doing]]:
        """As for the stream."""
        return {
            "statements": [self._confirm],
            "regrades": [self._mend],
            "questions": [self._fill],
            "sheets": [self._grade],
            "reissues": [self._correct],
        }

    async def _confirm(self) -> bool:
        """Some buy, the bank's statement is looked at, and what it shows is confirmed."""
        admin, ask, path = self.world.admin, self.client.ask, "/purchases/bank-statement"
        batch = self.chance.choice(self.world.on_sale)
        buyers = [self.buyers.pop() for _ in range(min(QUESTIONS, len(self.buyers)))]
        wanted = {"batch_id": str(batch.uuid)}
        bought = [await ask(who, "POST", "/me/purchases", 201, key=str(uuid4()), json=wanted) for who in buyers]
        files = {"file": ("mutasi.csv", _statement([one["transfer_amount"] for one in bought]), "text/csv")}
        job = (await ask(admin, "POST", path, 202, key=str(uuid4()), files=files))["job_id"]
        assert await self.done(admin, job) == "done"
        told = await ask(admin, "POST", f"{path}?preview={job}", 200, key=str(uuid4()))
        self.acknowledged("statements", job=job, confirmed=told["confirmed"])
        for who, one in zip(buyers, bought, strict=True):
            steps = ["pending", "paid"]
            self.acknowledged("payments", purchase=one["id"], buyer=who.id, batch=batch.id, steps=steps)
        return bool(self.buyers)

    async def _mend(self) -> bool:
        """The other option is right after all."""
        quiz, teacher, ask = self.school.regraded, self.school.teacher, self.client.ask
        right = len(self.of("regrades")) % 2 == 0
        question, path = quiz.questions[0], f"/quizzes/{quiz.view.uuid}"
        key = msgspec.to_builtins(question.key)
        for option, letter in zip(key["options"], "ABC", strict=True):
            option["fraction"] = "1" if letter == _OPTIONS[right] else "0"
        mended = {"key": key}
        await ask(teacher, "PATCH", f"{path}/questions/{question.uuid}", 200, key=str(uuid4()), json=mended)
        if self.chance.random() < 0.5:
            shown = await ask(teacher, "POST", f"{path}/regrade?dry_run=true", 202, key=str(uuid4()), json={})
            assert await self.done(teacher, shown["job_id"]) == "done"
            path += f"/regrade?preview={shown['job_id']}"
        else:
            path += "/regrade"
        job = (await ask(teacher, "POST", path, 202, key=str(uuid4()), json={}))["job_id"]
        self.acknowledged("regrades", job=job, right=_OPTIONS[right])
        assert await self.done(teacher, job) == "done"
        return True

    async def _fill(self) -> bool:
        """A file of questions, each with its picture, goes behind those that are there."""
        quiz, teacher = self.school.filled, self.school.teacher
        texts = [f"Question {len(self.of('questions'))}-{number}?" for number in range(QUESTIONS)]
        path = f"/quizzes/{quiz.view.uuid}/import-questions?mode=append"
        files = {"file": ("soal.xml", _questions_of(texts))}
        job = (await self.client.ask(teacher, "POST", path, 202, key=str(uuid4()), files=files))["job_id"]
        self.acknowledged("questions", job=job, texts=texts)
        assert await self.done(teacher, job) == "done"
        return len(self.of("questions")) < 100

    async def _grade(self) -> bool:
        """The grades of a whole batch are imported, and every second time taken back."""
        of, ask = self.school.of, self.client.ask
        path = f"/batches/{of.task.batch.uuid}/grades"
        number = len(self.of("sheets"))
        sheet = await ask(of.teacher, "GET", f"/batches/{of.task.batch.slug}/grades/excel", 200)
        files = {"file": ("grades.xlsx", await asyncio.to_thread(_filled, sheet, number % 100 + 0.5))}
        job = (await ask(of.teacher, "PUT", f"{path}/import", 202, key=str(uuid4()), files=files))["job_id"]
        self.acknowledged("sheets", job=job, grade=number % 100 + 0.5)
        assert await self.done(of.teacher, job) == "done"
        if number % 2:
            told = await ask(of.teacher, "POST", f"{path}/imports/{job}/undo", 200, key=str(uuid4()))
            assert told["undone"] == of.students * len(self.school.tasks)
            self.acknowledged("undone", job=job)
        return True

    async def _correct(self) -> bool:
        """A batch gets its certificates, and one of them another with a right name."""
        if not self.finished:
            return False
        batch, admin, ask = self.finished.pop(), self.world.admin, self.client.ask
        path = f"/batches/{batch.uuid}/certificates"
        job = (await ask(admin, "POST", path, 202, key=str(uuid4())))["job_id"]
        self.acknowledged("certificates", batch=batch.id, job=job)
        assert await self.done(admin, job) == "done"
        old = (await ask(admin, "GET", path, 200))[0]["id"]
        right = {"holder_name": "Nama Yang Benar", "reason": "salah eja"}
        job = (await ask(admin, "POST", f"/certificates/{old}/reissue", 202, key=str(uuid4()), json=right))["job_id"]
        self.acknowledged("reissues", old=old, job=job)
        assert await self.done(admin, job) == "done"
        return True


def _statement(amounts: list[Any]) -> bytes:
    today = clock.school_date(clock.now())
    lines = [f"{today:%d/%m/%Y};TRSF;{amount:,}".replace(",", ".") + ",00 CR" for amount in amounts]
    return "\n".join(["Rekening;123", "", "Tanggal;Keterangan;Mutasi", *lines, "Saldo;;"]).encode()


def _questions_of(texts: list[str]) -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (3, 2), "red").save(picture, "PNG")
    file = f'<file name="a.png" path="/" encoding="base64">{base64.b64encode(picture.getvalue()).decode()}</file>'
    asked = [
        f"<question type='essay'><questiontext format='plain_text'><text>{text}</text>{file}</questiontext></question>"
        for text in texts
    ]
    return f"<quiz>{''.join(asked)}</quiz>".encode()


def _filled(template: bytes, grade: float) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(template))
    for row in range(2, book.active.max_row + 1):
        for column in (4, 5):
            book.active.cell(row, column).value = grade
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


# What must be there in the end. `checker.counted` looks at purchases, receipts, certificates, files and jobs.


async def heavy_faults(work: Heavy) -> list[str]:
    """What is wrong with the effects of this work: each there, and once."""
    return [
        *await _statements(work),
        *await _regrades(work),
        *await _questions(work),
        *await _sheets(work),
        *await _reissues(work),
    ]


async def _statements(work: Heavy) -> list[str]:
    rows = await db.fetch(
        "SELECT j.uuid::text AS uuid, (v.report ->> 'confirmed')::int AS confirmed"
        " FROM statement_preview v JOIN job j ON j.id = v.job_id"
    )
    faults = compared("statement", [act["job"] for act in work.of("statements")], [row["uuid"] for row in rows])
    faults += [f"a statement confirmed less than it showed: {dict(row)}" for row in rows if row["confirmed"] is None]
    told = sum(act["confirmed"] for act in work.of("statements"))
    paid = sum(act["steps"] == ["pending", "paid"] for act in work.of("payments"))
    return faults if told == paid else [*faults, f"{told} purchases confirmed, not {paid}"]


async def _regrades(work: Heavy) -> list[str]:
    acts, quiz = work.of("regrades"), work.school.regraded
    rows = await db.fetch(
        "SELECT r.id, j.uuid::text AS uuid, (SELECT count(*) FROM regrade_entry e WHERE e.regrade_id = r.id"
        "  AND e.is_changed) AS changed, (SELECT count(*) FROM outbox o WHERE o.name = 'grading.quiz.regraded.v1'"
        "  AND (o.body ->> 'regrade_id')::bigint = r.id) AS told"
        " FROM regrade r JOIN job j ON j.unique_key = 'regrade_quiz:' || r.id WHERE r.state = 'applied'"
    )
    faults = compared("regrade", [act["job"] for act in acts], [row["uuid"] for row in rows])
    everybody = len(work.school.sat_by)
    faults += [f"regrade: {dict(row)}" for row in rows if (row["changed"], row["told"]) != (everybody, 1)]
    results = await db.fetch(
        "SELECT r.correct_answers, r.revision FROM result r JOIN attempt t ON t.id = r.attempt_id"
        " WHERE t.assessment_id = $1 ORDER BY t.id",
        quiz.view.id,
    )
    last = acts[-1]["right"] if acts else "A"
    wanted = [
        (int((last == "A") == (number < everybody / 2)), 1 + len(acts))  # each regrade has changed each result once
        for number in range(everybody)
    ]
    found = [tuple(row) for row in results]
    return faults if found == wanted else [*faults, f"results {found} should be {wanted}"]


async def _questions(work: Heavy) -> list[str]:
    acts, quiz = work.of("questions"), work.school.filled
    files = await db.fetch(
        "SELECT j.uuid::text AS uuid FROM question_file f JOIN job j ON j.id = f.job_id"
        f" WHERE f.imported = {QUESTIONS} AND f.replaced = 0"
    )
    faults = compared("file of questions", [act["job"] for act in acts], [row["uuid"] for row in files])
    rows = await db.fetch("SELECT text FROM question WHERE assessment_id = $1", quiz.view.id)
    pictures = await db.fetch(
        "SELECT f.state, x.owner_kind, count(*) AS files FROM file f LEFT JOIN attachment x ON x.file_id = f.id"
        " WHERE f.location = 'questions' AND f.state NOT IN ('begun', 'removed') GROUP BY 1, 2"
    )
    if [tuple(row) for row in pictures] != [("stored", "question", QUESTIONS * len(acts))] * bool(acts):
        faults.append(f"pictures of {len(acts)} files of questions: {[dict(row) for row in pictures]}")
    wanted = [question.text for question in quiz.questions] + [text for act in acts for text in act["texts"]]
    return faults + compared("question", wanted, [row["text"] for row in rows])


async def _sheets(work: Heavy) -> list[str]:
    acts, undone, faults = work.of("sheets"), work.of("undone"), []
    taken_back = {act["job"] for act in undone}
    standing = [act["grade"] for act in acts if act["job"] not in taken_back]
    for task in work.school.tasks:
        row = await db.row(
            "SELECT count(DISTINCT g.id) AS grades, min(g.grade)::float8 AS least, max(g.grade)::float8 AS most,"
            " min(g.version) AS version, max(g.version) AS latest, count(*) FILTER (WHERE c.source = 'sheet') AS given,"
            " count(*) FILTER (WHERE c.source = 'undo') AS undone"
            " FROM grade g JOIN grade_change c ON c.grade_id = g.id WHERE g.assignment_id = $1",
            task.id,
        )
        people, changes = work.school.of.students, len(acts) + len(undone)
        wanted = (people, standing[-1], standing[-1], changes, changes, people * len(acts), people * len(undone))
        if tuple(row) != wanted:
            faults.append(f"grades of {task.id}: {dict(row)} should be {wanted}")
    return faults


async def _reissues(work: Heavy) -> list[str]:
    rows = await db.fetch(
        "SELECT old.uuid::text AS uuid, new.holder_name, new.state, j.uuid::text AS job,"
        " (SELECT count(*) FROM outbox o WHERE o.name = 'certificates.certificate.replaced.v1'"
        "  AND (o.body ->> 'certificate_id')::bigint = old.id) AS told"
        " FROM certificate old LEFT JOIN certificate new ON new.id = old.replaced_by"
        " LEFT JOIN job j ON j.unique_key = 'render_certificate:' || new.id WHERE old.state = 'revoked'"
    )
    acts = {act["old"]: act["job"] for act in work.of("reissues")}
    faults = compared("corrected certificate", acts, [row["uuid"] for row in rows])
    for row in rows:
        if (row["holder_name"], row["state"], row["told"], row["job"]) != (
            "Nama Yang Benar", "issued", 1, acts.get(row["uuid"]),
        ):  # fmt: skip
            faults.append(f"corrected certificate: {dict(row)}")
    return faults
