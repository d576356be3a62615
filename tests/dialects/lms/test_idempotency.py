"""`Idempotency-Key` on real endpoints, with real commits."""

import asyncio

import pytest

from backend.core import db
from backend.domain.jobs import commands as jobs
from tests.domain.purchases.shop import prices
from tests.school import a_batch

KEY = {"idempotency-key": "0198c0de-my-order"}


@pytest.mark.commits
async def test_twenty_orders_with_one_key_are_one_purchase(student):
    await prices()
    batch = await a_batch()
    body = {"batch_id": str(batch.uuid)}
    sent = [student.http.post("/api/v1/me/purchases", json=body, headers=KEY) for _ in range(20)]
    answers = await asyncio.gather(*sent)
    assert {answer.status_code for answer in answers} <= {201, 409}
    made = {answer.content for answer in answers if answer.status_code == 201}
    assert len(made) == 1
    busy = [answer.json()["error"] for answer in answers if answer.status_code == 409]
    assert all("Idempotency-Key" in error for error in busy)
    again = await student.http.post("/api/v1/me/purchases", json=body, headers=KEY)
    assert (again.content, again.headers["idempotency-replayed"]) == (made.pop(), "true")
    assert await db.value("SELECT count(*) FROM purchase") == 1
    assert await db.value("SELECT count(*) FROM outbox WHERE name = 'purchases.purchase.created.v1'") == 1


async def test_a_cancelled_job_is_cancelled_once(student, a_person):
    job = await jobs.enqueue("import_grades", {}, owner_id=student.id)
    path = f"/api/v1/jobs/{job.uuid}"
    first = await student.http.delete(path, headers=KEY)
    again = await student.http.delete(path, headers=KEY)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content
    assert (await student.http.delete(path)).status_code == 409
    assert (await (await a_person()).http.delete(path, headers=KEY)).status_code == 404


async def test_a_refusal_speaks_the_contract(student):
    bad = await student.http.post("/api/v1/me/purchases", json={}, headers={"idempotency-key": "x" * 201})
    assert bad.status_code == 400
    assert "Idempotency-Key" in bad.text
    english = await student.http.post(
        "/api/v1/me/purchases", json={}, headers={"idempotency-key": "x" * 201, "accept-language": "en"}
    )
    assert "The header Idempotency-Key" in english.text
