"""The demo school: a small world for development, made only by calling commands. Seeding twice changes nothing.

One batch is over: its students were there, took a quiz, handed in work, were graded and have certificates. One batch
runs: its quiz and its assignment are open, the first essays wait to be marked, one student has more time than others,
and it has a recording to watch and one to hear.
"""

import asyncio
import secrets
import tempfile
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec

from backend import seed_media, seed_quiz
from backend.core import db
from backend.core.actor import SYSTEM, Actor, Role
from backend.core.clock import now
from backend.core.settings import settings
from backend.domain.accounts import commands as accounts
from backend.domain.accounts.terms import GroupType, Newcomer, Particulars
from backend.domain.assessments import commands as assessments
from backend.domain.assessments import question_commands as questions
from backend.domain.assessments.terms import QuizPlan, QuizType
from backend.domain.assignments import commands as assignments
from backend.domain.assignments.commands import Task
from backend.domain.assignments.handing_in import Work
from backend.domain.assignments.terms import AssignmentType
from backend.domain.attempts.overrides import OverridePlan, put_override
from backend.domain.batches import commands as batches
from backend.domain.batches import material_commands as materials
from backend.domain.batches import meeting_commands as meetings
from backend.domain.batches.terms import BatchChanges, CourseType, Day, MeetingKind, NewBatch, NewMaterial, NewMeeting
from backend.domain.certificates import commands as certificates
from backend.domain.courses import commands as courses
from backend.domain.courses.terms import NewCourse
from backend.domain.enrolments import attendance_commands as attendance
from backend.domain.enrolments.attendance_commands import Mark
from backend.domain.files import commands as files
from backend.domain.files.commands import Arrived
from backend.domain.files.terms import FileKind
from backend.domain.grading import grades
from backend.domain.purchases import commands as purchases
from backend.domain.purchases import price_commands as prices
from backend.domain.purchases.commands import Payer
from backend.domain.purchases.terms import PaymentState
from storage import keys, s3

RUNNING = "Gelombang 2"
ADMIN, TEACHER, STUDENT = "admin@lulus.example", "guru@lulus.example", "siswa@lulus.example"
STUDENTS = 40
FINISHED = 24
WAITING = 3
"""So many have taken the quiz of the running batch, and their essays wait for the teacher."""
_FIRST = ("Adi", "Bunga", "Citra", "Dewi", "Eko", "Fitri", "Galih", "Hana", "Indra", "Joko")
_LAST = ("Pratama", "Lestari", "Wijaya", "Saputra")
_PRICES = (
    (GroupType.OWN_STUDENT, "Mahasiswa Gunadarma", 750_000),
    (GroupType.OTHER_STUDENT, "Mahasiswa non-Gunadarma", 1_000_000),
    (GroupType.PUBLIC, "Umum", 2_300_000),
)


class Login(msgspec.Struct, frozen=True):
    """How to sign in as somebody of the demo school."""

    email: str
    password: str


class _Clip(msgspec.Struct, frozen=True):
    kind: seed_media.Clip
    extension: str
    content_type: str
    seconds: float
    title: str


_CLIPS = (
    _Clip("webm_live", "webm", "video/webm", 6, "Rekaman pertemuan pertama"),
    _Clip("mp3", "mp3", "audio/mpeg", 8, "Ringkasan untuk didengar"),
)


class _People(msgspec.Struct):
    admin: Actor
    teacher: Actor
    students: list[Actor]


async def seed() -> dict[str, Login] | None:
    """Make the demo school; says its logins (admin, guru, siswa), or None when it was there already.

    People and school are one transaction; the recordings follow, and are made up for if that was interrupted.
    Needs the pool and the storage.
    """
    logins = None
    if not await db.value("SELECT 1 FROM account WHERE email = $1", ADMIN):
        logins = await _school()
    meeting = await db.row(
        "SELECT m.id, t.account_id FROM meeting m JOIN meeting_teacher t ON t.meeting_id = m.id"
        " JOIN batch b ON b.id = m.batch_id WHERE b.title = $1 ORDER BY m.start_at LIMIT 1",
        RUNNING,
    )
    if meeting is not None and not await db.value("SELECT 1 FROM material WHERE meeting_id = $1", meeting["id"]):
        teacher = Actor(meeting["account_id"], Role.TEACHER)
        async with s3.connect(settings()) as storage:
            await storage.ensure_bucket()
            for clip in _CLIPS:
                await _recording(teacher, storage, meeting["id"], clip)
    return logins


async def _recording(teacher: Actor, storage: s3.Storage, meeting_id: int, clip: _Clip) -> None:
    begun = await files.begin(teacher, FileKind.MEDIA, f"{clip.kind}.{clip.extension}", "")
    key = keys.upload(keys.Kind.MEDIA, begun.uuid, clip.extension)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip"
        await asyncio.to_thread(seed_media.make_clip, path, clip.seconds, clip.kind)
        stored = await storage.put_file(key, path, clip.content_type)
    arrived = Arrived(
        object_key=key,
        extension=clip.extension,
        content_type=clip.content_type,
        size_bytes=stored.size_bytes,
        sha256=stored.sha256_hex,
    )
    async with db.transaction():
        await files.record(begun.id, "media", arrived)
        await materials.create_material(teacher, meeting_id, NewMaterial(title=clip.title, file=begun.uuid))


async def _school() -> dict[str, Login]:
    logins = {
        word: Login(email, secrets.token_urlsafe(9))
        for word, email in (("admin", ADMIN), ("guru", TEACHER), ("siswa", STUDENT))
    }
    async with db.transaction():
        people = await _people(logins)
        for group, name, price in _PRICES:
            await prices.create_price_group(people.admin, group, name=name, price=price)
        course = await courses.create_course(people.admin, _course())
        await _finished_batch(people, course.id)
        await _running_batch(people, course.id)
    return logins


async def _person(role: Role, name: str, email: str, password: str, number: int) -> Actor:
    told = Particulars(
        group_type=GroupType.PUBLIC,
        nik=f"32010101010{number:05}",
        institution="Lulus",
        origin="Depok",
        birth_date=date(2000, 1, 1) + timedelta(days=number),
        address="Jalan Margonda Raya",
    )
    newcomer = Newcomer(name=name, email=email, phone=f"0800{number:08}", password=password, particulars=told)
    made = await accounts.create_account(SYSTEM, newcomer, role)
    return Actor(made.id, role)


async def _people(logins: dict[str, Login]) -> _People:
    admin = await _person(Role.ADMIN, "Ratna Admin", ADMIN, logins["admin"].password, 1)
    teacher = await _person(Role.TEACHER, "Bambang Guru", TEACHER, logins["guru"].password, 2)
    students = [await _person(Role.STUDENT, "Sari Siswa", STUDENT, logins["siswa"].password, 3)]
    names = [f"{first} {last}" for last in _LAST for first in _FIRST]
    for number, name in enumerate(names[: STUDENTS - 1], 4):
        email = f"{name.lower().replace(' ', '.')}@lulus.example"
        students.append(await _person(Role.STUDENT, name, email, secrets.token_urlsafe(12), number))
    return _People(admin, teacher, students)


def _course() -> NewCourse:
    return NewCourse(
        title="Brevet Pajak A",
        short_description="Perpajakan orang pribadi, dari NPWP sampai SPT.",
        description="Kursus dasar perpajakan Indonesia dengan latihan setiap pertemuan.",
        learning_outcomes="Menghitung, menyetor dan melaporkan pajak orang pribadi.",
        achievements="Sertifikat Brevet A.",
    )


async def _batch(people: _People, course_id: int, title: str, quota: int) -> int:
    day = timedelta(days=1)
    made = await batches.create_batch(
        people.admin,
        course_id,
        NewBatch(
            title=title,
            description="Kelas demo.",
            start_at=now() - 20 * day,
            end_at=now() + 40 * day,
            registration_start_at=now() - 40 * day,
            registration_end_at=now() + 20 * day,
            start_time=time(8),
            end_time=time(10),
            room="Ruang A1",
            quota=quota,
            course_type=CourseType.ONLINE,
            days=frozenset({Day.MONDAY, Day.THURSDAY}),
            group_types=frozenset(GroupType),
            gate=False,
        ),
    )
    return made.id


async def _meeting(people: _People, batch_id: int, title: str, begins: timedelta) -> int:
    made = await meetings.create_meeting(
        people.admin,
        batch_id,
        NewMeeting(
            title=title,
            kind=MeetingKind.BASIC,
            start_at=now() + begins,
            end_at=now() + begins + timedelta(hours=2),
            is_open=True,
        ),
    )
    teacher = await db.value("SELECT uuid FROM account WHERE id = $1", people.teacher.account_id)
    await meetings.assign_teachers(people.admin, made.id, [teacher])
    return made.id


async def _enrol(people: _People, student: Actor, batch_id: int) -> None:
    bought = await purchases.create_purchase(student, batch_id)
    payer = Payer("Pemilik Rekening", "1234567890", "Bank Contoh")
    await purchases.pay_purchase(student, bought.id, "https://lulus.example/bukti.jpg", payer)
    await purchases.decide_purchase(people.admin, bought.id, PaymentState.PAID)


async def _quiz(people: _People, meeting_id: int) -> int:
    plan = QuizPlan(
        title="Kuis dasar pajak",
        quiz_type=QuizType.MULTIPLE_CHOICE,
        duration_s=1800,
        max_attempts=2,
        is_open=True,
    )
    quiz = await assessments.create_quiz(people.teacher, meeting_id, plan)
    for draft in seed_quiz.questions():
        await questions.add_question(people.teacher, quiz.id, draft)
    return quiz.id


async def _task(people: _People, meeting_id: int) -> int:
    task = Task(
        title="Hitung PPh 21",
        description="Hitung pajak seorang karyawan, dengan langkah-langkahnya.",
        kind=AssignmentType.ESSAY,
        start_at=now() - timedelta(days=19),
        end_at=now() + timedelta(days=14),
    )
    return (await assignments.create_assignment(people.teacher, meeting_id, task)).id


async def _finished_batch(people: _People, course_id: int) -> None:
    batch_id = await _batch(people, course_id, "Gelombang 1", FINISHED + 6)
    days = (timedelta(days=-19), timedelta(days=-16), timedelta(days=-12), timedelta(days=-9))
    topics = ("Ketentuan umum perpajakan", "PPh orang pribadi", "PPh pasal 21", "Pelaporan SPT")
    held = [await _meeting(people, batch_id, topic, day) for topic, day in zip(topics, days, strict=True)]
    quiz_id, task_id = await _quiz(people, held[0]), await _task(people, held[1])
    students = people.students[:FINISHED]
    for number, student in enumerate(students):
        await _enrol(people, student, batch_id)
        await seed_quiz.take(student, people.teacher, quiz_id, number)
        work = Work(essay_text="Penghasilan bruto dikurangi PTKP, lalu dikalikan tarif pasal 17.")
        done = await grades.hand_in(student, task_id, work)
        await grades.grade_submission(people.teacher, done.submission.id, Decimal(70 + number % 5 * 6), "Sudah rapi.")
    await _attend(people, batch_id, held)
    over = BatchChanges(registration_end_at=now() - timedelta(days=18), end_at=now() - timedelta(days=3))
    await batches.update_batch(people.admin, batch_id, over)
    await certificates.issue(students[0], batch_id)
    await certificates.issue_to_batch(people.admin, batch_id)


async def _attend(people: _People, batch_id: int, held: list[int]) -> None:
    rows = await db.fetch(
        "SELECT a.uuid AS person, m.uuid AS meeting FROM enrolment e JOIN account a ON a.id = e.account_id"
        " JOIN meeting m ON m.batch_id = e.batch_id WHERE e.batch_id = $1 AND m.id = ANY($2)",
        batch_id,
        held,
    )
    marks = [Mark(person=found["person"], meeting=found["meeting"], is_present=True, note="Hadir") for found in rows]
    await attendance.take_attendance(people.teacher, batch_id, marks)


async def _running_batch(people: _People, course_id: int) -> None:
    batch_id = await _batch(people, course_id, RUNNING, 30)
    first = await _meeting(people, batch_id, "Ketentuan umum perpajakan", timedelta(days=-2))
    await _meeting(people, batch_id, "PPh orang pribadi", timedelta(days=5))
    quiz_id = await _quiz(people, first)
    await _task(people, first)
    students = [people.students[0], *people.students[FINISHED:]]
    for student in students:
        await _enrol(people, student, batch_id)
    more_time = OverridePlan(time_factor=Decimal("1.5"), note="Membaca dengan pembaca layar.")
    await put_override(people.teacher, quiz_id, students[0].person_id, more_time)
    for number, student in enumerate(students[1 : WAITING + 1]):
        await seed_quiz.take(student, None, quiz_id, number)
