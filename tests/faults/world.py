"""The school in which the stream of work flows: everybody and everything it needs, made before anything breaks."""

from datetime import timedelta
from itertools import count
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.actor import Role
from tests.people import a_session, a_token, an_account
from tests.quizzes import QuizRow, a_quiz
from tests.school import BatchRow, a_batch, a_meeting, enrol, teach
from tests.tasks import TaskRow, a_task

_numbers = count(1)
OF_A_BATCH = 2
OF_A_CLASS = 5


class Who(msgspec.Struct, frozen=True):
    """Somebody who is signed in."""

    id: int
    uuid: UUID
    session: UUID

    @property
    def token(self) -> str:
        """A fresh access token."""
        return a_token(self.uuid, self.session)


class Class(msgspec.Struct, frozen=True):
    """An assignment, who grades it, and how many are graded."""

    task: TaskRow
    teacher: Who
    students: int


class World(msgspec.Struct, frozen=True):
    """Who acts, and on what."""

    admin: Who
    quiz: QuizRow
    takers: list[Who]
    classes: list[Class]
    finished: list[BatchRow]
    """Batches of two people who may have their certificates."""
    on_sale: list[BatchRow]
    buyers: list[Who]


async def someone(role: Role) -> Who:
    """A person with an account and a session."""
    account_id, uuid, _, _ = await an_account(role)
    return Who(account_id, uuid, (await a_session(account_id))[1])


async def students(number: int) -> list[Who]:
    """Many students at once."""
    rows = await db.fetch(
        "WITH made AS (INSERT INTO account (email, phone, name, password_hash, role, verified_at, created_at,"
        "  updated_at) SELECT $2 || n || '@example.test', $3 || n, 'Student ' || n, '!', 'student', now(), now(), now()"
        "  FROM generate_series(1, $1::int) AS n RETURNING id, uuid),"
        " known AS (INSERT INTO profile (account_id, group_type, group_verified, institution, origin, address,"
        "  created_at, updated_at) SELECT id, 'public', true, 'I', 'O', 'A', now(), now() FROM made),"
        " session_of AS (INSERT INTO session (account_id, refresh_hash, user_agent, address, rotated_at, created_at,"
        "  last_used_at, expires_at) SELECT id, uuid_send(uuidv7()), '', '', now(), now(), now(),"
        "  now() + interval '1 day' FROM made RETURNING uuid, account_id)"
        " SELECT made.id, made.uuid, session_of.uuid AS session FROM made JOIN session_of ON account_id = made.id"
        " ORDER BY made.id",
        number,
        f"stream{(mark := next(_numbers))}-",
        f"07{mark:04}",
    )
    return db.views(Who, rows)


async def _finished_batches(number: int) -> list[BatchRow]:
    made = [await a_batch(ends=timedelta(days=-2)) for _ in range(number)]
    people = iter(await students(number * OF_A_BATCH))
    for batch in made:
        meeting = await a_meeting(batch, begins=timedelta(days=-3))
        for _ in range(OF_A_BATCH):
            await enrol(batch, present := next(people).id)
            await db.statement(
                "INSERT INTO attendance (meeting_id, account_id, is_present, created_at, updated_at)"
                " VALUES ($1, $2, true, now(), now())",
                meeting.id,
                present,
            )
    return made


async def a_class() -> Class:
    batch = await a_batch()
    meeting = await a_meeting(batch)
    teacher = await someone(Role.TEACHER)
    await teach(meeting, teacher.id)
    for student in await students(OF_A_CLASS):
        await enrol(batch, student.id)
    return Class(await a_task(batch, meeting), teacher, OF_A_CLASS)


async def a_world(*, takers: int = 3, classes: int = 1, finished: int = 40, buyers: int = 200) -> World:
    """A school with enough to do for a few minutes."""
    quiz = await a_quiz(max_attempts=1)
    await db.statement("UPDATE assessment SET max_attempts = 0 WHERE id = $1", quiz.view.id)
    taking = await students(takers)
    for person in taking:
        await enrol(quiz.batch, person.id)
    await db.statement(
        "INSERT INTO price_group (group_type, name, price, created_at, updated_at)"
        " VALUES ('public', 'Public', 100000, now(), now()) ON CONFLICT (group_type) DO NOTHING"
    )
    return World(
        await someone(Role.ADMIN),
        quiz,
        taking,
        [await a_class() for _ in range(classes)],
        await _finished_batches(finished),
        [await a_batch(quota=buyers) for _ in range(2)],
        await students(buyers),
    )
