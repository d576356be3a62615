"""The data of `growth`: schools that differ only in how many are enrolled, made by INSERT ... SELECT.

A batch has 100 people, 4 meetings, 4 assignments and a quiz of 10 questions; a student is in 5 batches. Each enrolment
has a purchase, an attempt with 2 answers (a fifth still open, the others with a result), a completion, a mark of
attendance, a submission, a grade, a job and an entry in the log of activities; every tenth has a certificate. A teacher
holds ten batches.
"""

import asyncio

import asyncpg

AT_ONCE = 2
IN_BATCH, BATCHES_EACH, MEETINGS = 100, 5, 4
ADMIN = 1
"""The account of the administrator; students follow."""

# {n} enrolments, {s} students, {t} teachers behind them, {b} batches, {c} courses; ids count from 1, so that what
# belongs together is arithmetic
_STATEMENTS = """
INSERT INTO account (id, uuid, email, phone, name, password_hash, role, verified_at)
    SELECT i, uuidv7(), 'person' || i || '@example.org', '+62' || i, 'Person ' || i, '-',
        CASE WHEN i = 1 THEN 'admin' WHEN i > {s} + 1 THEN 'teacher' ELSE 'student' END, now()
    FROM generate_series(1, {s} + {t} + 1) i;
INSERT INTO session (uuid, account_id, refresh_hash, expires_at)
    SELECT uuidv7(), i, decode(md5(i::text), 'hex'), now() + interval '1 day' FROM generate_series(1, {s} + {t} + 1) i;
INSERT INTO price_group (id, group_type, name, price) VALUES (1000, 'public', 'Public', 1000000);
INSERT INTO course (id, uuid, code, slug, title)
    SELECT i, uuidv7(), 'C-' || i, 'course-' || i, 'Course ' || i FROM generate_series(1, {c}) i;
INSERT INTO course_image (course_id, image_url, position)
    SELECT i, 'https://example.org/' || i, 1 FROM generate_series(1, {c}) i;
INSERT INTO batch (id, uuid, code, slug, course_id, title, start_at, end_at, registration_start_at,
        registration_end_at, start_time, end_time, room, quota, seats_taken, course_type, gate)
    SELECT i, uuidv7(), 'B-' || i, 'batch-' || i, 1 + i % {c}, 'Batch ' || i, now(), now() + interval '30 days',
        now(), now() + interval '1 day', '08:00', '10:00', 'Room', 200, 100, 'online', false
    FROM generate_series(1, {b}) i;
INSERT INTO batch_day (batch_id, day) SELECT i, 'monday' FROM generate_series(1, {b}) i;
INSERT INTO batch_group (batch_id, group_type) SELECT i, 'public' FROM generate_series(1, {b}) i;
INSERT INTO meeting (id, uuid, batch_id, title, kind, start_at, end_at, is_open)
    SELECT i, uuidv7(), 1 + (i - 1) / 4, 'Meeting ' || i, 'basic', now() + i % 4 * interval '1 day',
        now() + i % 4 * interval '1 day' + interval '2 hours', true FROM generate_series(1, {b} * 4) i;
INSERT INTO meeting_teacher (meeting_id, account_id)
    SELECT i, {s} + 2 + (i - 1) / 40 FROM generate_series(1, {b} * 4) i;
INSERT INTO assignment (id, uuid, meeting_id, teacher_id, title, kind, start_at, end_at)
    SELECT i, uuidv7(), i, 1, 'Assignment ' || i, 'essay', now(), now() + interval '7 days'
    FROM generate_series(1, {b} * 4) i;
INSERT INTO assessment (id, uuid, meeting_id, title, quiz_type, is_open, duration_s, max_attempts)
    SELECT i, uuidv7(), i * 4, 'Quiz ' || i, 'mc', true, 7200, 1 FROM generate_series(1, {b}) i;
INSERT INTO section (id, assessment_id, position) SELECT i, i, 1 FROM generate_series(1, {b}) i;
INSERT INTO question (id, uuid, assessment_id, section_id, position, kind, text, points, key)
    SELECT i, uuidv7(), 1 + (i - 1) / 10, 1 + (i - 1) / 10, 1 + (i - 1) % 10, 'single_choice', 'Question ' || i, 1,
    jsonb_build_object('kind', 'single_choice', 'options', (SELECT jsonb_agg(jsonb_build_object('uuid',
        md5('option' || o)::uuid, 'text', 'Option ' || o, 'fraction', CASE WHEN o % 4 = 1 THEN '1' ELSE '0' END))
        FROM generate_series(i * 4 - 3, i * 4) o))
    FROM generate_series(1, {b} * 10) i;
INSERT INTO option (id, uuid, question_id)
    SELECT i, md5('option' || i)::uuid, 1 + (i - 1) / 4 FROM generate_series(1, {b} * 40) i;
INSERT INTO activity (batch_id, meeting_id, kind, item_id, title)
    SELECT 1 + (i - 1) / 4, i, 'assignment', i, 'Assignment ' || i FROM generate_series(1, {b} * 4) i;
INSERT INTO activity (batch_id, meeting_id, kind, item_id, title)
    SELECT i, i * 4, 'quiz', i, 'Quiz ' || i FROM generate_series(1, {b}) i;
INSERT INTO enrolment (id, uuid, account_id, batch_id, state)
    SELECT i, uuidv7(), 2 + (i - 1) % {s}, 1 + (i - 1) / 100, 'active' FROM generate_series(1, {n}) i;
INSERT INTO purchase (id, uuid, account_id, batch_id, price_group_id, group_type, state, price, unique_code,
        transfer_amount, expires_at, created_at, paid_at)
    SELECT i, uuidv7(), 2 + (i - 1) % {s}, 1 + (i - 1) / 100, 1000, 'public',
        CASE WHEN i % 1000 = 0 THEN 'waiting_confirmation' WHEN i % 20 = 0 THEN 'pending' ELSE 'paid' END,
        1000000, i % 1000, 1000000 + i,
        now() + interval '1 day', now() - ({n} - i) * interval '1 second',
        CASE WHEN i % 20 <> 0 THEN now() - ({n} - i) * interval '1 second' END
    FROM generate_series(1, {n}) i;
INSERT INTO attempt (id, uuid, assessment_id, account_id, enrolment_id, attempt_no, state, started_at, deadline_at)
    SELECT i, uuidv7(), 1 + (i - 1) / 100, 2 + (i - 1) % {s}, i, 1, CASE WHEN {open} THEN 'open' ELSE 'graded' END,
        now(), now() + interval '4 hours' FROM generate_series(1, {n}) i;
INSERT INTO answer (attempt_id, question_id, option_id)
    SELECT i, q, q * 4 - 3 FROM generate_series(1, {n}) i, LATERAL generate_series(
        (i - 1) / 100 * 10 + 1, (i - 1) / 100 * 10 + 2) q;
INSERT INTO result (attempt_id, total_questions, correct_answers, wrong_answers, points, max_points, score_percent)
    SELECT i, 10, 7, 3, 7, 10, 70 FROM generate_series(1, {n}) i WHERE NOT {open};
INSERT INTO completion (enrolment_id, activity_id) SELECT i, 1 + (i - 1) / 100 * 4 FROM generate_series(1, {n}) i;
INSERT INTO attendance (meeting_id, account_id, is_present, updated_by)
    SELECT 1 + (i - 1) / 100 * 4, 2 + (i - 1) % {s}, true, 1 FROM generate_series(1, {n}) i;
INSERT INTO submission (assignment_id, account_id, enrolment_id, essay_text)
    SELECT 1 + (i - 1) / 100 * 4, 2 + (i - 1) % {s}, i, 'Text' FROM generate_series(1, {n}) i;
INSERT INTO grade (assignment_id, account_id, grade, graded_by)
    SELECT 1 + (i - 1) / 100 * 4, 2 + (i - 1) % {s}, 80, 1 FROM generate_series(1, {n}) i;
INSERT INTO outbox (name, body, request_id, actor_id, is_activity, created_at, expanded_at)
    SELECT 'purchases.purchase.paid.v1', jsonb_build_object('purchase_id', i), '-', 1, true,
        now() - ({n} - i) * interval '1 second', now() FROM generate_series(1, {n}) i;
INSERT INTO certificate (uuid, batch_id, account_id, number, sequence, state, holder_name, paper)
    SELECT uuidv7(), 1 + (i - 1) / 100, 2 + (i - 1) % {s}, 'C-' || i, i, 'issued', 'Person ' || i, '{{}}'
    FROM generate_series(1, {n}, 10) i;
INSERT INTO job (uuid, kind, body, owner_id, state, finished_at)
    SELECT uuidv7(), 'bench', '{{}}', 2 + (i - 1) % {s}, 'done', now() FROM generate_series(1, {n}) i
"""

_SEQUENCES = """
SELECT setval(pg_get_serial_sequence(format('%I', t.table_name), 'id'), 10000000)
FROM information_schema.columns t WHERE t.table_schema = 'public' AND t.column_name = 'id'
AND pg_get_serial_sequence(format('%I', t.table_name), 'id') IS NOT NULL
"""


async def fill(url: str, enrolments: int) -> None:
    """Fill an empty database with a school of that size, and bring its statistics up to date."""
    students, batches = enrolments // BATCHES_EACH, enrolments // IN_BATCH
    is_open = f"((i - 1) / {students} + i) % {BATCHES_EACH} = 0"  # one of each student's
    some = {"t": max(1, batches // 10), "c": max(5, batches // 10)}
    sizes = {"open": is_open, "n": enrolments, "s": students, "b": batches} | some
    waiting = _STATEMENTS.format(**sizes).split(";\n")
    await asyncio.gather(*[_work_off(url, waiting) for _ in range(AT_ONCE)])
    connection = await asyncpg.connect(url)
    await connection.execute(_SEQUENCES)
    await connection.execute("VACUUM (ANALYZE)")
    await connection.execute("CHECKPOINT")
    await connection.close()


async def _work_off(url: str, waiting: list[str]) -> None:
    """Take statements until there are none; their order does not matter, since no key is checked."""
    connection = await asyncpg.connect(url)
    await connection.execute("SET session_replication_role = replica")  # the rows keep the rules by how they are made
    await connection.execute("SET synchronous_commit = off")
    while waiting:
        await connection.execute(waiting.pop())
    await connection.close()
