"""Nothing that people sent is in a log, whatever broke while it was worked on."""

import logging

import asyncpg
import httpx
import pytest

from backend.core import db
from backend.domain.jobs import running
from tests.background import drain
from tests.dialects.lms.signing_in import AUTH, a_body
from tests.people import Person
from workers import registry, runner
from workers.lease import Leases

CANARY = "Zyzzyva"
HEADERS = {"user-agent": CANARY, "cookie": f"refresh_token={CANARY}", "x-canary": CANARY, "referer": CANARY}


def canaries() -> dict[str, str]:
    return a_body(
        name=f"Siti {CANARY}",
        email=f"{CANARY}@example.test",
        institution=CANARY,
        origin=CANARY,
        address=CANARY,
        password=f"{CANARY}-kuda-laut",
        confirm_password=f"{CANARY}-kuda-laut",
        nik="3201019876543217",
    )


FAULTS = {
    "a table that is gone": "ALTER TABLE profile RENAME TO elsewhere",
    "a column that must not be empty": "DELETE FROM profile; ALTER TABLE profile ADD COLUMN unforeseen text NOT NULL",
    "a row that does not fit": f"ALTER TABLE account ADD CONSTRAINT unforeseen CHECK (name NOT LIKE '%{CANARY}%')",
    "a value twice": "CREATE UNIQUE INDEX unforeseen ON account ((length(name) > 0))",
    "a server that raises": "CREATE FUNCTION raising() RETURNS trigger LANGUAGE plpgsql AS"
    " $$BEGIN RAISE EXCEPTION 'row %', NEW; END$$;"
    " CREATE TRIGGER raising BEFORE INSERT ON account FOR EACH ROW EXECUTE FUNCTION raising()",
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_failure_quotes_nothing(
    client: httpx.AsyncClient, student: Person, caplog: pytest.LogCaptureFixture, fault: str
):
    caplog.set_level(logging.DEBUG, logger="backend")
    await db.script(FAULTS[fault])
    sent = canaries()
    query = {"q": CANARY, "token": CANARY}
    answer = await client.post(f"{AUTH}/register", json=sent, headers=HEADERS, params=query)
    assert answer.status_code in (409, 500), answer.text
    assert CANARY.lower() not in answer.text.lower()
    assert "Traceback" not in answer.text
    assert "SELECT" not in answer.text
    assert "INSERT" not in answer.text
    log = caplog.text
    assert "request broke" in log or "constraint met without a rule" in log or fault == "a value twice"  # a rule
    held = [secret for secret in (CANARY, sent["nik"], sent["phone"]) if secret.lower() in log.lower()]
    assert held == [], [line for line in log.splitlines() if CANARY.lower() in line.lower()]


async def test_a_job_that_breaks_quotes_nothing(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    """Neither in the log nor in what its owner is shown."""
    await client.post(f"{AUTH}/register", json=canaries())
    await db.script(f"ALTER TABLE mailed_code ADD CONSTRAINT unforeseen CHECK (email NOT ILIKE '%{CANARY}%')")
    with pytest.raises(asyncpg.CheckViolationError, match=CANARY.lower()):
        await drain()
    job = await db.row("SELECT id FROM job WHERE kind = 'mail_verification'")
    assert job is not None
    await db.statement("UPDATE job SET state = 'queued', run_at = now() WHERE id = $1", job["id"])
    caplog.clear()
    held = await running.claim(job["id"], "tests")
    assert held is not None
    await runner.Runner(Leases())._attempt(held, registry.KINDS[held.kind])
    assert "job broke" in caplog.text
    assert CANARY.lower() not in caplog.text.lower()
    kept = await db.row("SELECT state, error FROM job WHERE id = $1", held.id)
    assert kept is not None
    assert (kept["state"], kept["error"]) == ("queued", "CheckViolationError (unforeseen)")
