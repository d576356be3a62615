"""Purchases and groups over HTTP. Source: contract sections 2.6, 2.7, 2.9, 2.10 and 3."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from backend.core import clock, db
from backend.core.actor import Role
from tests.domain.purchases.shop import PROOF, overdue, prices, seats
from tests.school import a_batch

PURCHASE_KEYS = {
    "id",
    "payment_status",
    "user_id",
    "batch_id",
    "price_id",
    "expired_at",
    "user",
    "batch",
    "payment_proof",
    "price",
    "unique_code",
    "transfer_amount",
    "buyer_bank_account_name",
    "buyer_bank_account_number",
    "buyer_bank_name",
    "created_at",
    "updated_at",
    "invoice_number",
    "paid_at",
    "reason",
}
TRANSFER = {
    "payment_proof_url": PROOF,
    "buyer_bank_account_name": "Budi",
    "buyer_bank_account_number": "1234567890",
    "buyer_bank_name": "Bank",
}


@pytest.fixture(autouse=True)
async def shop(database):
    await prices()


async def buy(person, batch):
    return await person.http.post("/api/v1/me/purchases", json={"batch_id": str(batch.uuid)})


async def bought(person, batch) -> dict:
    answer = await buy(person, batch)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


async def test_from_purchase_to_place(student, admin):
    batch = await a_batch()
    answer = await buy(student, batch)
    assert (answer.status_code, answer.json()["message"]) == (201, "Purchase created successfully")
    made = answer.json()["data"]
    assert set(made) == PURCHASE_KEYS
    assert set(made["price"]) == {"id", "group_type", "name", "price", "created_at", "updated_at"}
    assert (made["payment_status"], made["price"]["group_type"], made["price"]["price"]) == (
        "pending",
        "umum",
        2_300_000,
    )
    assert made["transfer_amount"] == 2_300_000 + made["unique_code"]
    assert (made["user"]["id"], made["batch"]["id"]) == (str(student.uuid), str(batch.uuid))
    assert made["price_id"] == made["price"]["id"]
    answer = await student.http.patch(f"/api/v1/me/purchases/{made['id']}/pay", json=TRANSFER)
    assert (answer.status_code, answer.json()["message"]) == (200, "Payment proof uploaded successfully")
    waiting = answer.json()["data"]
    assert (waiting["payment_status"], waiting["buyer_bank_name"]) == ("waiting_confirmation", "Bank")
    answer = await admin.http.patch(f"/api/v1/purchases/{made['id']}/status", json={"payment_status": "paid"})
    assert (answer.status_code, answer.json()["message"]) == (200, "Pembayaran berhasil diverifikasi")
    assert answer.json()["data"]["payment_status"] == "paid"
    again = await admin.http.patch(f"/api/v1/purchases/{made['id']}/status", json={"payment_status": "paid"})
    assert (again.status_code, again.json()["message"]) == (409, "Gagal verifikasi pembayaran")
    mine = (await student.http.get("/api/v1/me/batches")).json()
    assert (mine["message"], [one["id"] for one in mine["data"]]) == ("Batch berhasil diambil", [str(batch.uuid)])
    shown = await admin.http.get(f"/api/v1/purchases/{made['id']}")
    assert (shown.json()["message"], shown.json()["data"]["user"]["profile"]["group_type"]) == (
        "Purchase fetched",
        "umum",
    )


async def test_a_later_price_changes_no_purchase(student, admin):
    made = await bought(student, await a_batch())
    answer = await admin.http.put(f"/api/v1/groups/{made['price_id']}", json={"price": 5})
    assert (answer.status_code, answer.json()["data"]["price"]) == (200, 5)
    shown = (await student.http.get(f"/api/v1/me/purchases/{made['id']}")).json()["data"]
    assert (shown["price"]["price"], shown["transfer_amount"]) == (2_300_000, made["transfer_amount"])


async def test_a_purchase_is_cancelled(student):
    batch = await a_batch()
    made = await bought(student, batch)
    answer = await student.http.patch(f"/api/v1/me/purchases/{made['id']}/cancel")
    assert (answer.status_code, answer.json()["message"]) == (200, "Pembelian berhasil dibatalkan")
    assert (answer.json()["data"]["payment_status"], await seats(batch)) == ("cancelled", 0)
    again = await student.http.patch(f"/api/v1/me/purchases/{made['id']}/cancel")
    assert (again.status_code, again.json()["message"], again.json()["error"]) == (
        409,
        "Gagal membatalkan pembelian",
        "tidak bisa membatalkan purchase dengan status: cancelled",
    )


async def test_a_payment_is_taken_back_with_a_reason(student, admin):
    made = await bought(student, await a_batch())
    path = f"/api/v1/purchases/{made['id']}/status"
    assert (await admin.http.patch(path, json={"payment_status": "paid"})).status_code == 200
    assert (await admin.http.patch(path, json={"payment_status": "cancelled"})).status_code == 422
    answer = await admin.http.patch(path, json={"payment_status": "cancelled", "reason": "Dikembalikan"})
    assert (answer.status_code, answer.json()["data"]["reason"]) == (200, "Dikembalikan")
    assert (await student.http.get("/api/v1/me/batches")).json()["data"] == []


@pytest.mark.parametrize(
    ("values", "group", "status", "error"),
    [
        ({"registration_start_at": clock.now() + timedelta(days=1)}, "public", 422, "Pendaftaran batch belum dibuka"),
        ({"registration_end_at": clock.now() - timedelta(days=1)}, "public", 422, "Pendaftaran batch sudah ditutup"),
        (
            {"start_at": clock.now() - timedelta(days=9), "end_at": clock.now() - timedelta(days=1)},
            "public",
            422,
            "Pendaftaran batch sudah ditutup",
        ),
        (
            {"groups": ("public",)},
            "own_student",
            403,
            "Batch ini tidak tersedia untuk GroupType 'mahasiswa_gunadarma'",
        ),
    ],
)
async def test_why_not(a_person, values, group, status, error):
    person = await a_person(Role.STUDENT, group=group)
    answer = await buy(person, await a_batch(**values))
    assert (answer.status_code, answer.json()["message"], answer.json()["error"]) == (
        status,
        "Failed to create purchase",
        error,
    )


async def test_a_full_batch_and_a_second_purchase(student, a_person):
    batch = await a_batch(quota=1)
    await bought(student, batch)
    again = await buy(student, batch)
    assert (again.status_code, again.json()["error"]) == (409, "Anda sudah memiliki transaksi untuk batch ini")
    full = await buy(await a_person(Role.STUDENT), batch)
    assert (full.status_code, full.json()["error"]) == (409, "Kuota batch sudah penuh")
    missing = await student.http.post("/api/v1/me/purchases", json={"batch_id": str(uuid4())})
    assert missing.status_code == 404
    assert missing.json() == {
        "success": False,
        "message": "Failed to create purchase",
        "error": "Batch tidak ditemukan",
    }


async def test_an_unverified_student_pays_no_student_price(a_person):
    person = await a_person(Role.STUDENT, group="other_student")
    await db.statement("UPDATE profile SET group_verified = false WHERE account_id = $1", person.id)
    answer = await buy(person, await a_batch())
    assert answer.status_code == 422
    assert "verifikasi" in answer.json()["error"]


async def test_a_profile_without_a_group_has_no_price(student):
    await db.statement("UPDATE profile SET group_type = NULL WHERE account_id = $1", student.id)
    answer = await buy(student, await a_batch())
    assert (answer.status_code, answer.json()["error"]) == (422, "User belum memiliki GroupType yang valid")


async def test_a_proof_is_taken_once(student):
    path = f"/api/v1/me/purchases/{(await bought(student, await a_batch()))['id']}/pay"
    assert (await student.http.patch(path, json=TRANSFER)).status_code == 200
    again = await student.http.patch(path, json=TRANSFER)
    assert (again.status_code, again.json()["message"], again.json()["error"]) == (
        409,
        "Failed to upload payment proof",
        "pembayaran tidak bisa diproses, status saat ini: waiting_confirmation",
    )


async def test_an_overdue_purchase_is_not_paid(student):
    made = await bought(student, await a_batch())
    await overdue(made["invoice_number"])
    answer = await student.http.patch(f"/api/v1/me/purchases/{made['id']}/pay", json=TRANSFER)
    assert (answer.status_code, answer.json()["error"]) == (
        409,
        "pembayaran tidak bisa diproses karena transaksi sudah kedaluwarsa",
    )


async def test_other_peoples_purchases(student, a_person):
    made = await bought(student, await a_batch())
    other = await a_person(Role.STUDENT)
    path = f"/api/v1/me/purchases/{made['id']}"
    seen = await other.http.get(path)
    assert (seen.status_code, seen.json()["message"], seen.json()["error"]) == (
        403,
        "Akses ditolak",
        "Purchase ini bukan milik Anda",
    )
    paid = await other.http.patch(f"{path}/pay", json=TRANSFER)
    assert (paid.status_code, paid.json()["error"]) == (403, "akses ditolak: bukan milik Anda")
    assert (await other.http.patch(f"{path}/cancel")).status_code == 403
    assert (await other.http.get("/api/v1/me/purchases")).json()["data"] == []


async def test_ids_that_are_none_and_bodies_that_do_not_fit(student, admin):
    for path in (f"/api/v1/me/purchases/{uuid4()}", "/api/v1/me/purchases/7"):
        answer = await student.http.get(path)
        assert answer.status_code == (400 if path.endswith("/7") else 404)
    missing = await admin.http.get(f"/api/v1/purchases/{uuid4()}")
    assert (missing.status_code, missing.json()["message"]) == (404, "Purchase Doesn't Exist")
    answer = await admin.http.patch(f"/api/v1/purchases/{uuid4()}/status", json={"payment_status": "paid"})
    assert (answer.status_code, answer.json()["message"], answer.json()["error"]) == (
        404,
        "Gagal verifikasi pembayaran",
        "data tidak ditemukan",
    )
    path = f"/api/v1/me/purchases/{uuid4()}/pay"
    answer = await student.http.patch(path, json=TRANSFER)
    assert (answer.status_code, answer.json()["message"], answer.json()["error"]) == (
        404,
        "Failed to upload payment proof",
        "purchase tidak ditemukan",
    )
    for field, value in {
        "payment_proof_url": "javascript:alert(1)",
        "buyer_bank_account_name": "",
        "buyer_bank_account_number": "12a45",
    }.items():
        answer = await student.http.patch(path, json={**TRANSFER, field: value})
        assert answer.status_code == 400
        assert list(answer.json()["error"]) == [field]
    answer = await admin.http.patch(f"/api/v1/purchases/{uuid4()}/status", json={"payment_status": "done"})
    assert answer.status_code == 400
    assert answer.json()["error"]["payment_status"].startswith("payment_status harus salah satu dari: pending")
    answer = await student.http.post("/api/v1/me/purchases", json={"batch_id": "x"})
    assert answer.json()["error"] == {"batch_id": "batch_id harus berupa UUID v4"}


async def test_a_proof_of_ours_must_be_ones_own(student):
    made = await bought(student, await a_batch())
    address = f"/uploads/proofs/2026/01/01/{uuid4()}.png"
    answer = await student.http.patch(
        f"/api/v1/me/purchases/{made['id']}/pay", json={**TRANSFER, "payment_proof_url": address}
    )
    assert answer.status_code == 404
    shown = (await student.http.get(f"/api/v1/me/purchases/{made['id']}")).json()["data"]
    assert shown["payment_status"] == "pending"


async def test_doors(client, student, teacher, admin):
    path = f"/api/v1/purchases/{uuid4()}"
    for person in (student, teacher):
        assert (await person.http.get("/api/v1/purchases")).status_code == 403
        assert (await person.http.get(path)).status_code == 403
        assert (await person.http.patch(f"{path}/status", json={"payment_status": "paid"})).status_code == 403
        assert (await person.http.get("/api/v1/batches/x/purchases")).status_code == 403
        assert (await person.http.post("/api/v1/groups", json={})).status_code == 403
    for person in (admin, teacher):
        assert (await person.http.get("/api/v1/me/purchases")).status_code == 403
        assert (await person.http.post("/api/v1/me/purchases", json={"batch_id": str(uuid4())})).status_code == 403
    for hidden in ("/api/v1/purchases", "/api/v1/me/purchases", "/api/v1/me/batches"):
        assert (await client.get(hidden)).status_code == 401


async def test_lists_find_purchases_by_what_a_bank_statement_shows(admin, a_person, statements):
    batch, other = await a_batch(), await a_batch()
    people = [await a_person(Role.STUDENT, name=name) for name in ("Ani Putri", "Budi Santoso", "Citra Dewi")]
    made = [await bought(person, batch) for person in people]
    elsewhere = await bought(people[0], other)

    async def found(**query) -> set[str]:
        answer = await admin.http.get("/api/v1/purchases", params=query)
        assert (answer.status_code, answer.json()["message"]) == (200, "Purchases fetched")
        assert answer.json()["meta"]["total"] == len(answer.json()["data"])
        return {one["id"] for one in answer.json()["data"]}

    assert await found() == {one["id"] for one in [*made, elsewhere]}
    assert await found(q="santoso") == {made[1]["id"]}
    assert await found(q=people[2].email) == {made[2]["id"]}
    assert await found(q=str(made[2]["transfer_amount"])) == {made[2]["id"]}
    assert await found(q=f"{made[2]['transfer_amount']:,}".replace(",", ".")) == {made[2]["id"]}
    assert await found(q=str(made[1]["invoice_number"])) == {made[1]["id"]}
    assert await found(batch_id=str(other.uuid)) == {elsewhere["id"]}
    assert await found(user_id=str(people[0].uuid)) == {made[0]["id"], elsewhere["id"]}
    assert made[0]["id"] in await found(unique_code=str(made[0]["unique_code"]))
    assert await found(payment_status="paid") == set()
    assert await found(payment_status="nonsense") == set()
    statements.clear()
    answer = await admin.http.get(f"/api/v1/batches/{batch.slug}/purchases")
    assert {one["id"] for one in answer.json()["data"]} == {one["id"] for one in made}
    assert len(statements) <= 9
    assert (await admin.http.get("/api/v1/batches/none/purchases")).status_code == 404


async def test_groups_and_prices(client, admin):
    answer = await client.get("/api/v1/groups")
    assert answer.json()["message"] == "Groups fetched"
    groups = answer.json()["data"]
    assert [(group["group_type"], group["price"]) for group in groups] == [
        ("mahasiswa_gunadarma", 750_000),
        ("mahasiswa_non_gunadarma", 1_000_000),
        ("umum", 2_300_000),
    ]
    turned = await client.get("/api/v1/groups", params={"order": "desc"})
    assert turned.json()["data"] == groups[::-1]
    assert set(groups[0]) == {"id", "group_type", "name", "price", "created_at", "updated_at"}
    one = await client.get(f"/api/v1/groups/{groups[0]['id']}")
    assert (one.json()["message"], one.json()["data"]) == ("Group fetched successfully", groups[0])
    missing, malformed = await client.get(f"/api/v1/groups/{uuid4()}"), await client.get("/api/v1/groups/7")
    assert (missing.status_code, missing.json()["message"]) == (404, "Group not found")
    assert (malformed.status_code, malformed.json()["message"]) == (400, "Invalid Group ID format")
    again = await admin.http.post("/api/v1/groups", json={"group_type": "umum", "name": "Umum", "price": 1})
    assert (again.status_code, again.json()["message"]) == (409, "Grup 'umum' sudah memiliki harga")
    await db.statement("DELETE FROM price_group WHERE group_type = 'public'")
    made = await admin.http.post("/api/v1/groups", json={"group_type": "umum", "name": "Umum", "price": 2_000_000})
    assert (made.status_code, made.json()["data"]["name"]) == (201, "Umum")
    for price in (-1, 1.5, "one", 10**12):
        bad = await admin.http.post("/api/v1/groups", json={"group_type": "umum", "name": "Umum", "price": price})
        assert bad.status_code == 400
    found = await client.get("/api/v1/groups", params={"q": "own"})
    assert found.json()["meta"]["total"] == 1


@pytest.mark.commits
async def test_the_last_seat_over_http(a_person):
    batch = await a_batch(quota=1)
    people = [await a_person(Role.STUDENT) for _ in range(6)]
    answers = await asyncio.gather(*(buy(person, batch) for person in people))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    assert await seats(batch) == 1
