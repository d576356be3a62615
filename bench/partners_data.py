"""The data of `partners`: one course with all batches there are, made by INSERT ... SELECT.

A batch has 2 meetings (one of them over the net) with a teacher each, 10 people, 2 groups, a custom field and a
required course. Every tenth has no duration, every fifth something after its classes.
"""

import hashlib

import asyncpg

COURSE, COMPANY = "BENCH-COURSE", "bench"
SCOPES = ("ruangkerja:read", "learning360:read")
PEOPLE, MEMBERS = 5_000, 10

# {n} batches; ids count from 1, so that what belongs together is arithmetic
_STATEMENTS = """
INSERT INTO account (id, uuid, email, phone, name, password_hash, role, verified_at)
    SELECT i, uuidv7(), 'person' || i || '@example.org', '+62' || i, 'Person ' || i, '-',
        CASE WHEN i <= 20 THEN 'teacher' ELSE 'student' END, now() FROM generate_series(1, {people}) i;
INSERT INTO course (id, code, slug, title, description, additional_info, created_by)
    SELECT i, CASE WHEN i = 1 THEN '{course}' ELSE 'BENCH-' || i END, 'course-' || i, 'Course ' || i,
        'What it is about', 'What every batch of it begins with', 1 FROM generate_series(1, 3) i;
INSERT INTO batch (id, code, slug, course_id, title, description, start_at, end_at, registration_start_at,
        registration_end_at, start_time, end_time, room, quota, seats_taken, course_type, duration_h, post_start_at,
        post_end_at, platform, note, additional_info, created_by)
    SELECT i, 'BATCH-' || lpad(i::text, 8, '0'), 'batch-' || i, 1, 'Batch ' || i, 'A batch of the bench, described',
        now() + (i - {n} / 2 + 0.5) * interval '1 day', now() + (i - {n} / 2 + 3) * interval '1 day', now(), now(),
        '08:00', '10:00', 'Room ' || i, 30, {members}, CASE WHEN i % 2 = 0 THEN 'online' ELSE 'offline' END,
        CASE WHEN i % 10 > 0 THEN i % 7 + 0.5 END,
        CASE WHEN i % 5 = 0 THEN now() + (i - {n} / 2 + 4) * interval '1 day' END,
        CASE WHEN i % 5 = 0 THEN now() + (i - {n} / 2 + 5.5) * interval '1 day' END,
        'Meet', 'Bring a pen', 'What is special about this one', 2 FROM generate_series(1, {n}) i;
INSERT INTO batch_group (batch_id, group_type)
    SELECT i, unnest(ARRAY['own_student', 'public']) FROM generate_series(1, {n}) i;
INSERT INTO meeting (id, batch_id, title, kind, start_at, end_at, is_open, join_url)
    SELECT i, 1 + (i - 1) / 2, 'Meeting ' || i, 'basic', now() + i % 2 * interval '1 day', now() + interval '2 days',
        true, CASE WHEN i % 2 = 0 THEN 'https://meet.example.org/' || i END FROM generate_series(1, {n} * 2) i;
INSERT INTO meeting_teacher (meeting_id, account_id) SELECT i, 1 + i % 20 FROM generate_series(1, {n} * 2) i;
INSERT INTO enrolment (account_id, batch_id, state)
    SELECT 21 + i % ({people} - 20), 1 + (i - 1) / {members}, 'active' FROM generate_series(1, {n} * {members}) i;
INSERT INTO custom_field (id, name) VALUES (1, 'Region');
INSERT INTO batch_field (batch_id, field_id, value) SELECT i, 1, 'Region ' || i % 30 FROM generate_series(1, {n}) i;
INSERT INTO batch_requirement (batch_id, course_id) SELECT i, 2 FROM generate_series(1, {n}) i
"""


async def fill(url: str, batches: int, secret: str) -> None:
    """Fill an empty database, with a client whose secret this is, and bring its statistics up to date."""
    connection = await asyncpg.connect(url)
    await connection.execute("SET session_replication_role = replica")  # the rows keep the rules by how they are made
    await connection.execute("SET synchronous_commit = off")
    sizes = {"n": batches, "people": PEOPLE, "members": MEMBERS, "course": COURSE}
    for statement in _STATEMENTS.format(**sizes).split(";\n"):
        await connection.execute(statement)
    await connection.execute(
        "INSERT INTO api_client (code, name, company, secret_hash, scopes, addresses, rate_per_s)"
        " VALUES ('BENCH-CLIENT', 'Bench', $1, $2, $3, '{}', 10000)",
        COMPANY,
        hashlib.sha256(secret.encode()).digest(),
        list(SCOPES),
    )
    await connection.execute("VACUUM (ANALYZE)")
    await connection.execute("CHECKPOINT")
    await connection.close()


async def show(url: str, batches: int) -> None:
    """Archive all but so many batches, the last ones; those are shown again that had been archived."""
    connection = await asyncpg.connect(url)
    await connection.execute(
        "UPDATE batch SET archived_at = CASE WHEN id > $1 THEN now() END WHERE (archived_at IS NULL) = (id > $1)",
        batches,
    )
    await connection.execute("VACUUM (ANALYZE) batch")
    await connection.close()
