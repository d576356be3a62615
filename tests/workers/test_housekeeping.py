import pytest

from backend.core import db, throttle
from workers.jobs import housekeeping, load
from workers.registry import KINDS
from workers.schedule import SCHEDULE, Empty


@pytest.mark.usefixtures("database")
async def test_old_sessions_go_and_live_ones_stay(a_person):
    for days in (None, 10, 31):
        person = await a_person()
        await db.statement(
            "UPDATE session SET revoked_at = now() - make_interval(days => $2) WHERE account_id = $1", person.id, days
        )
    expired = await a_person()
    await db.statement("UPDATE session SET expires_at = now() - interval '31 days' WHERE account_id = $1", expired.id)
    await throttle.hit("old", window_s=1)
    await db.statement("UPDATE throttle SET window_started_at = now() - interval '3 days'")
    assert await housekeeping.purge_sessions(Empty()) == 2
    assert await housekeeping.purge_sessions(Empty()) == 0
    assert await db.value("SELECT count(*) FROM session") == 2
    assert await db.value("SELECT count(*) FROM throttle") == 0


@pytest.mark.usefixtures("database")
async def test_old_answers_go():
    for hours in (1, 25):
        await db.statement(
            "INSERT INTO idempotency_key (scope, fingerprint, status, media_type, body, headers, created_at)"
            " VALUES ($1, 'f', 200, '', '', '{}', now() - make_interval(hours => $2))",
            f"scope {hours}",
            hours,
        )
    assert await housekeeping.purge_jobs(Empty()) == 1
    assert await housekeeping.purge_jobs(Empty()) == 0


@pytest.mark.usefixtures("database")
async def test_old_work_goes_chunk_by_chunk(monkeypatch, statements):
    monkeypatch.setattr(housekeeping, "CHUNK", 3)
    await db.statement(
        "INSERT INTO job (kind, body, state, finished_at) SELECT 'old', '{}', state, now() - age FROM"
        " unnest(ARRAY['done', 'cancelled', 'failed', 'parked']) AS s (state),"
        " unnest(ARRAY[interval '29 days', interval '31 days']) AS a (age), generate_series(1, 4)"
    )
    await db.statement(
        "INSERT INTO outbox (name, body, request_id, expanded_at) SELECT 'old', '{}', '-', now() - age"
        " FROM unnest(ARRAY[interval '29 days', interval '31 days', NULL]) AS a (age), generate_series(1, 4)"
    )
    statements.clear()
    assert await housekeeping.purge_jobs(Empty()) == 8 + 4
    assert len(statements) >= 9, "several small ones"
    assert await housekeeping.purge_jobs(Empty()) == 0
    assert await db.value("SELECT count(*) FROM job") == 24
    assert await db.value("SELECT count(*) FROM outbox") == 8


@pytest.mark.usefixtures("database")
async def test_the_activity_log_goes_back_a_year():
    await db.statement(
        "INSERT INTO outbox (name, body, request_id, is_activity, created_at, expanded_at)"
        " SELECT 'deed', '{}', '-', true, now() - age, CASE WHEN is_expanded THEN now() - age END FROM"
        " unnest(ARRAY[interval '31 days', interval '399 days', interval '401 days']) AS a (age),"
        " unnest(ARRAY[true, false]) AS e (is_expanded)"
    )
    assert await housekeeping.purge_jobs(Empty()) == 1
    assert await db.value("SELECT count(*) FROM outbox") == 5


def test_every_scheduled_job_exists():
    load()
    assert {line.kind for line in SCHEDULE} <= KINDS.keys()
