"""Histories, refunds and receipts of purchases over HTTP. Ours."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from backend.core import clock, db
from backend.core.actor import Role
from tests.background import drain
from tests.dialects.lms.test_purchases import PURCHASE_KEYS, TRANSFER, bought, buy
from tests.domain.purchases.shop import prices, seats
from tests.school import a_batch

STORY_KEYS = PURCHASE_KEYS | {"history", "refund", "receipt_url"}


@pytest.fixture(autouse=True)
async def shop(database):
    await prices()


async def paid(person, admin, batch) -> dict:
    made = await bought(person, batch)
    await person.http.patch(f"/api/v1/me/purchases/{made['id']}/pay", json=TRANSFER)
    answer = await admin.http.patch(f"/api/v1/purchases/{made['id']}/status", json={"payment_status": "paid"})
    assert answer.status_code == 200, answer.text
    return made


async def test_a_purchase_tells_its_story_to_both(student, admin):
    made = await paid(student, admin, await a_batch())
    mine = (await student.http.get(f"/api/v1/me/purchases/{made['id']}")).json()["data"]
    theirs = (await admin.http.get(f"/api/v1/purchases/{made['id']}")).json()["data"]
    assert set(mine) == set(theirs) == STORY_KEYS
    steps = [(step["before"], step["after"], step["by"]) for step in mine["history"]]
    assert steps == [
        (None, "pending", "buyer"),
        ("pending", "waiting_confirmation", "buyer"),
        ("waiting_confirmation", "paid", "admin"),
    ]
    assert [(step["before"], step["after"], step["by"]) for step in theirs["history"]] == steps
    assert [step["user_name"] for step in mine["history"]] == [None] * 3
    assert [step["user_name"] for step in theirs["history"]] == [student.name, student.name, admin.name]
    assert theirs["history"][2]["user_id"] == str(admin.uuid)
    assert set(mine["history"][0]) == {"before", "after", "reason", "at", "by", "user_id", "user_name"}
    assert (mine["refund"], mine["receipt_url"]) == (None, None)


async def test_a_receipt_is_fetched_by_buyer_and_admin_alone(student, admin, a_person, client):
    made = await paid(student, admin, await a_batch())
    path = f"/api/v1/me/purchases/{made['id']}/receipt"
    early = await student.http.get(path)
    assert (early.status_code, early.json()["message"]) == (404, "Kwitansi belum tersedia")
    await drain()
    story = (await student.http.get(f"/api/v1/me/purchases/{made['id']}")).json()["data"]
    assert story["receipt_url"] == path
    for person, address in ((student, path), (admin, f"/api/v1/purchases/{made['id']}/receipt")):
        answer = await person.http.get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        assert answer.content.startswith(b"%PDF-")
        assert f"kwitansi-{made['invoice_number']:07}.pdf" in answer.headers["content-disposition"]
        head = await person.http.head(address)
        assert (head.status_code, head.headers["content-length"]) == (200, str(len(answer.content)))
    other = await a_person(Role.STUDENT)
    assert (await other.http.get(path)).status_code == 403
    assert (await client.get(path)).status_code == 401


async def test_money_that_is_given_back_is_kept(student, admin):
    batch = await a_batch()
    made = await paid(student, admin, batch)
    path, at = f"/api/v1/purchases/{made['id']}/refund", "2026-01-01T00:00:00Z"
    for sent, status in (
        ({"amount": 1000}, 400),
        ({"amount": 0, "reason": "x"}, 400),
        ({"amount": 1000, "reason": "x", "refunded_at": "2100-01-01T00:00:00Z"}, 400),
        ({"amount": made["transfer_amount"] + 1, "reason": "x"}, 422),
    ):
        answer = await admin.http.post(path, json=sent)
        assert answer.status_code == status, answer.text
    assert (await student.http.post(path, json={"amount": 1, "reason": "x"})).status_code == 403
    assert (
        await admin.http.post(f"/api/v1/purchases/{uuid4()}/refund", json={"amount": 1, "reason": "x"})
    ).status_code == 404
    given = {"amount": 1_000_000, "reason": "Kelas batal", "note": "ke rekening asal", "refunded_at": at}
    answer = await admin.http.post(path, json=given)
    assert (answer.status_code, answer.json()["data"]["payment_status"]) == (201, "refunded")
    again = await admin.http.post(path, json=given)
    assert (again.status_code, again.json()["error"]) == (409, "status tidak bisa diubah dari refunded ke refunded")
    assert (await student.http.get("/api/v1/me/batches")).json()["data"] == []
    assert await seats(batch) == 0
    theirs = (await admin.http.get(f"/api/v1/purchases/{made['id']}")).json()["data"]
    assert theirs["refund"] == {
        "amount": 1_000_000,
        "refunded_at": at,
        "refunded_by": admin.name,
        "note": "ke rekening asal",
    }
    mine = (await student.http.get(f"/api/v1/me/purchases/{made['id']}")).json()["data"]
    assert mine["refund"] == {"amount": 1_000_000, "refunded_at": at, "refunded_by": None, "note": None}
    assert mine["history"][-1]["reason"] == "Kelas batal"


async def test_a_missing_price_is_told_as_it_is(student):
    await db.statement("DELETE FROM price_group")
    answer = await buy(student, await a_batch())
    assert (answer.status_code, answer.json()["error"]) == (422, "Harga untuk grup 'umum' belum ditentukan")


async def test_a_status_beyond_the_contract_is_not_taken(admin):
    answer = await admin.http.patch(f"/api/v1/purchases/{uuid4()}/status", json={"payment_status": "refunded"})
    assert answer.status_code == 400


async def full(admin, a_person, quota: int = 1):
    """A batch without a seat left, and who has the seats."""
    batch = await a_batch(quota=quota)
    people = [await a_person(Role.STUDENT) for _ in range(quota)]
    return batch, [(person, await bought(person, batch)) for person in people]


async def test_the_line_for_a_full_batch(student, admin, a_person):
    batch, ((buyer, made),) = await full(admin, a_person)
    path = f"/api/v1/me/batches/{batch.uuid}/waitlist"
    second = await a_person(Role.STUDENT)
    assert (await student.http.get(path)).status_code == 404
    answer = await student.http.post(path)
    assert (answer.status_code, answer.json()["message"]) == (201, "Joined the wait list")
    assert set(answer.json()["data"]) == {
        "id", "batch_id", "status", "position", "offered_at", "offer_ends_at", "created_at",
    }  # fmt: skip
    assert (answer.json()["data"]["status"], answer.json()["data"]["position"]) == ("waiting", 1)
    again = await student.http.post(path)
    assert (again.status_code, again.json()["error"]) == (409, "Anda sudah ada di daftar tunggu batch ini")
    assert (await second.http.post(path)).json()["data"]["position"] == 2
    line = (await admin.http.get(f"/api/v1/batches/{batch.slug}/waitlist")).json()
    assert [one["user"]["id"] for one in line["data"]] == [str(student.uuid), str(second.uuid)]
    await buyer.http.patch(f"/api/v1/me/purchases/{made['id']}/cancel")
    mine = (await student.http.get(path)).json()["data"]
    assert (mine["status"], mine["position"], mine["offer_ends_at"] is not None) == ("offered", None, True)
    assert (await second.http.get(path)).json()["data"]["position"] == 1
    stranger = await buy(await a_person(Role.STUDENT), batch)
    assert (stranger.status_code, stranger.json()["error"]) == (409, "Kuota batch sudah penuh")
    quota = (await student.http.get(f"/api/v1/batches/{batch.slug}/quota")).json()["data"]
    assert (quota["used"], quota["reserved"], quota["remaining"]) == (0, 1, 0)
    assert (await student.http.delete(path)).status_code == 200
    gone = await student.http.delete(path)
    assert (gone.status_code, gone.json()["error"]) == (404, "Anda tidak ada di daftar tunggu batch ini")
    assert (await second.http.get(path)).json()["data"]["status"] == "offered"
    await bought(second, batch)
    assert (await second.http.get(path)).json()["data"]["status"] == "taken"
    shown = await admin.http.get(f"/api/v1/batches/{batch.slug}/waitlist", params={"status": "taken"})
    assert [one["user"]["id"] for one in shown.json()["data"]] == [str(second.uuid)]


async def test_who_may_not_buy_does_not_wait(student, a_person, admin):
    path = f"/api/v1/me/batches/{(await a_batch()).uuid}/waitlist"
    answer = await student.http.post(path)
    assert (answer.status_code, answer.json()["error"]) == (
        409,
        "Batch ini masih memiliki kursi, silakan langsung mendaftar",
    )
    batch, ((buyer, _),) = await full(admin, a_person)
    path = f"/api/v1/me/batches/{batch.uuid}/waitlist"
    assert (await buyer.http.post(path)).status_code == 409
    assert (await student.http.post(f"/api/v1/me/batches/{uuid4()}/waitlist")).status_code == 404
    assert (await student.http.post("/api/v1/me/batches/7/waitlist")).status_code == 400
    closed = await a_batch(registration_end_at=clock.now() - timedelta(days=1))
    assert (await student.http.post(f"/api/v1/me/batches/{closed.uuid}/waitlist")).status_code == 422


@pytest.mark.commits
async def test_a_seat_that_comes_free_is_never_sold_twice_over_http(admin, a_person):
    batch, sold = await full(admin, a_person, quota=2)
    waiting = [await a_person(Role.STUDENT) for _ in range(3)]
    strangers = [await a_person(Role.STUDENT) for _ in range(4)]
    for person in waiting:
        assert (await person.http.post(f"/api/v1/me/batches/{batch.uuid}/waitlist")).status_code == 201
    answers = await asyncio.gather(
        *(person.http.patch(f"/api/v1/me/purchases/{made['id']}/cancel") for person, made in sold),
        *(buy(person, batch) for person in [*strangers, *waiting]),
    )
    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    assert {answer.status_code for answer in answers[2:6]} == {409}
    assert await seats(batch) == 2
    assert (await buy(waiting[0], batch)).status_code in (201, 409)
    states = [
        (await person.http.get(f"/api/v1/me/batches/{batch.uuid}/waitlist")).json()["data"]["status"]
        for person in waiting
    ]
    assert states[2] == "waiting"
    assert set(states[:2]) <= {"offered", "taken"}
