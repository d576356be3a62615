"""Data by COPY: students with sessions and tokens, a quiz, attempts, answers."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID

import asyncpg
import msgspec

from backend.core import tokens
from backend.core.ids import new_uuid
from backend.domain.accounts.queries import ACCESS_AUDIENCE
from backend.domain.assessments import keys
from backend.domain.assessments.keys import NOTHING, WHOLE, Choice, SingleChoiceKey

NOW = datetime.now(UTC)
_numbers = count(1)


class Student(msgspec.Struct):
    """A student who is logged in."""

    id: int
    enrolment_id: int
    token: str


class Question(msgspec.Struct):
    """A question with its options; the first is right."""

    id: int
    uuid: UUID
    options: list[tuple[int, UUID]]


class Quiz(msgspec.Struct):
    """A quiz in a batch of its own."""

    id: int
    uuid: UUID
    batch_id: int
    questions: list[Question]


class Attempt(msgspec.Struct):
    """Somebody's attempt."""

    id: int
    uuid: UUID
    student: Student


async def copy(connection: asyncpg.Connection, table: str, columns: str, rows: Iterable[Sequence[object]]) -> None:
    """COPY rows; constraints that compare rows are taken as kept, because the bench made the rows."""
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.copy_records_to_table(table, records=rows, columns=columns.split())


async def ids(connection: asyncpg.Connection, table: str, number: int) -> list[int]:
    """So many new ids of a table."""
    sql = "SELECT nextval(pg_get_serial_sequence($1, 'id')) AS id FROM generate_series(1, $2)"
    return [row["id"] for row in await connection.fetch(sql, table, number)]


async def batch(connection: asyncpg.Connection, *, quota: int, seats_taken: int) -> int:
    """A batch that runs now, with its course."""
    number = next(_numbers)
    course_id, batch_id = (await ids(connection, "course", 1))[0], (await ids(connection, "batch", 1))[0]
    course = (course_id, f"BENCH-{number:06}", f"bench-{number}", "Course", "Short", "Long", "Outcomes", "Achievements")
    columns = "id code slug title short_description description learning_outcomes achievements"
    await copy(connection, "course", columns, [course])
    day = timedelta(days=1)
    values = (
        batch_id,
        f"BENCH-{number:06}",
        f"bench-{number}",
        course_id,
        f"Batch {number}",
        NOW - day,
        NOW + 30 * day,
    )
    more = (NOW - 30 * day, NOW + day, time(8), time(10), "Room", quota, seats_taken, "online", False, 24, False)
    columns = (
        "id code slug course_id title start_at end_at registration_start_at registration_end_at start_time end_time"
        " room quota seats_taken course_type gate certificate_after_h auto_issue"
    )
    await copy(connection, "batch", columns, [(*values, *more)])
    return batch_id


async def quiz(connection: asyncpg.Connection, questions: int, *, students: int) -> Quiz:
    """An open quiz of two hours with four options to each question."""
    batch_id = await batch(connection, quota=students, seats_taken=students)
    (meeting_id,), (quiz_id,) = await ids(connection, "meeting", 1), await ids(connection, "assessment", 1)
    (section_id,) = await ids(connection, "section", 1)
    meeting = (meeting_id, batch_id, "Meeting", "", "basic", NOW, NOW + timedelta(hours=2), True)
    await copy(connection, "meeting", "id batch_id title description kind start_at end_at is_open", [meeting])
    made = (quiz_id, new_uuid(), meeting_id, "Quiz", "mc", True, 7200, 1)
    await copy(connection, "assessment", "id uuid meeting_id title quiz_type is_open duration_s max_attempts", [made])
    await copy(connection, "section", "id assessment_id position title", [(section_id, quiz_id, 1, "")])
    activity = (batch_id, meeting_id, "quiz", quiz_id, "Quiz")
    await copy(connection, "activity", "batch_id meeting_id kind item_id title", [activity])
    question_ids = await ids(connection, "question", questions)
    option_ids = iter(await ids(connection, "option", questions * 4))
    asked = [Question(id_, new_uuid(), [(next(option_ids), new_uuid()) for _ in range(4)]) for id_ in question_ids]
    rows = [
        (
            one.id,
            one.uuid,
            quiz_id,
            section_id,
            position,
            "single_choice",
            f"Question {position}",
            Decimal(1),
            _key(one),
        )
        for position, one in enumerate(asked, 1)
    ]
    await copy(connection, "question", "id uuid assessment_id section_id position kind text points key", rows)
    options = [(id_, uuid, one.id) for one in asked for id_, uuid in one.options]
    await copy(connection, "option", "id uuid question_id", options)
    return Quiz(quiz_id, made[1], batch_id, asked)


def _key(question: Question) -> str:
    """Options of which the first is right."""
    parts = [
        Choice(uuid=uuid, text=f"Option {position}", fraction=WHOLE if position == 1 else NOTHING)
        for position, (_, uuid) in enumerate(question.options, 1)
    ]
    return keys.to_json(SingleChoiceKey(options=tuple(parts)))


async def students(connection: asyncpg.Connection, number: int, batch_id: int, jwt_secret: str) -> list[Student]:
    """Students of a batch, each in a session, with a token as the login gives it."""
    people = await ids(connection, "account", number)
    enrolments = await ids(connection, "enrolment", number)
    uuids = [new_uuid() for _ in people]
    sessions = [new_uuid() for _ in people]
    rows = [
        (id_, uuid, f"student{id_}@example.org", f"+62{id_:012}", f"Student {id_}", "-", "student", NOW)
        for id_, uuid in zip(people, uuids, strict=True)
    ]
    await copy(connection, "account", "id uuid email phone name password_hash role verified_at", rows)
    opened = [(uuid, id_, uuid.bytes, NOW + timedelta(days=1)) for uuid, id_ in zip(sessions, people, strict=True)]
    await copy(connection, "session", "uuid account_id refresh_hash expires_at", opened)
    enrolled = [(eid, id_, batch_id, "active") for eid, id_ in zip(enrolments, people, strict=True)]
    await copy(connection, "enrolment", "id account_id batch_id state", enrolled)
    each = zip(people, enrolments, uuids, sessions, strict=True)
    return [Student(id_, eid, token(jwt_secret, uuid, session)) for id_, eid, uuid, session in each]


def token(jwt_secret: str, person: UUID, session: UUID) -> str:
    """An access token as the login gives it."""
    return tokens.sign(
        jwt_secret,
        audience=ACCESS_AUDIENCE,
        subject=str(person),
        lifetime=timedelta(hours=4),
        claims={"sid": str(session), "role": "siswa"},
    )


async def attempts(
    connection: asyncpg.Connection, of: Quiz, people: Sequence[Student], *, state: str = "open"
) -> list[Attempt]:
    """An attempt for each student."""
    submitted = NOW if state == "submitted" else None
    closed_by = "student" if state == "submitted" else None
    made = [
        Attempt(id_, new_uuid(), student)
        for id_, student in zip(await ids(connection, "attempt", len(people)), people, strict=True)
    ]
    until = NOW + timedelta(hours=4)
    ends = (1, state, NOW, until, submitted, closed_by, 1)
    rows = [(one.id, one.uuid, of.id, one.student.id, one.student.enrolment_id, *ends) for one in made]
    columns = (
        "id uuid assessment_id account_id enrolment_id attempt_no state started_at deadline_at submitted_at closed_by"
        " key_version"
    )
    await copy(connection, "attempt", columns, rows)
    return made


async def answers(connection: asyncpg.Connection, of: Quiz, made: Sequence[Attempt]) -> None:
    """Every question of every attempt answered; about a quarter right."""
    rows = [
        (one.id, question.id, question.options[(one.id + number) % 4][0])
        for one in made
        for number, question in enumerate(of.questions)
    ]
    await copy(connection, "answer", "attempt_id question_id option_id", rows)


async def settle(connection: asyncpg.Connection) -> None:
    """Bring statistics and visibility up to date, so that autovacuum does not begin in the middle."""
    await connection.execute("VACUUM (ANALYZE)")


async def drop_mails(connection: asyncpg.Connection) -> None:
    """Call off what is still to be mailed, or thousands of mails about one workload would be noise in the next."""
    await connection.execute(
        "UPDATE job SET state = 'cancelled', finished_at = now() WHERE kind LIKE 'mail%' AND state = 'queued'"
    )
