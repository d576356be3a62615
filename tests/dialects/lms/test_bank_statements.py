"""The bank's mutations over HTTP: looked at, and confirmed exactly as they were shown."""

import asyncio
from uuid import uuid4

import pytest

from backend.core import clock, db
from backend.core.actor import Role
from tests.background import drain, drain_again
from tests.dialects.lms.test_purchases import TRANSFER, bought
from tests.domain.purchases.shop import overdue, prices, seats
from tests.school import a_batch

PATH = "/api/v1/purchases/bank-statement"


@pytest.fixture(autouse=True)
async def shop(database):
    await prices()


def dotted(amount: int) -> str:
    return f"{amount:,}".replace(",", ".")


def a_statement(*rows: tuple[str, int | str]) -> bytes:
    """A statement of today with these texts and amounts."""
    on = clock.school_date(clock.now())
    lines = [
        f"{on:%d/%m/%Y};{text};{dotted(came) + ',00' if isinstance(came, int) else came} CR" for text, came in rows
    ]
    return "\n".join(["Rekening;123", "", "Tanggal;Keterangan;Mutasi", *lines, "Saldo;;"]).encode()


async def looked_at(person, content: bytes) -> dict:
    answer = await person.http.post(PATH, files={"file": ("mutasi.csv", content, "text/csv")})
    assert answer.status_code == 202, answer.text
    await drain(leaving=["mail_payment_asked", "make_receipt", "mail_receipt"])
    return (await person.http.get(answer.json()["data"]["url"])).json()["data"]


async def confirmed(person, job: dict, **query):
    return await person.http.post(PATH, params={"preview": job["id"], **query})


async def some(a_person, batch, count: int = 3):
    people = [await a_person(Role.STUDENT) for _ in range(count)]
    return [(person, await bought(person, batch)) for person in people]


async def state_of(admin, made) -> str:
    return (await admin.http.get(f"/api/v1/purchases/{made['id']}")).json()["data"]["payment_status"]


async def test_what_was_shown_is_confirmed_and_nothing_else(admin, a_person):
    batch = await a_batch()
    (first, one), (_, two), (_, three) = await some(a_person, batch)
    content = a_statement(
        ("TRSF", one["transfer_amount"]),
        ("TRSF", two["transfer_amount"]),
        ("TRSF lagi", two["transfer_amount"]),
        ("GAJI", 999_999_999),
    )
    job = await looked_at(admin, content)
    report = job["report"]
    assert job["state"] == "done"
    assert {name: report[name] for name in ("rows", "matched", "ambiguous", "no_match", "already_paid", "ignored")} == {
        "rows": 5, "matched": 1, "ambiguous": 2, "no_match": 1, "already_paid": 0, "ignored": 1,
    }  # fmt: skip
    shown = report["lines"][0]
    assert (shown["row"], shown["verdict"], shown["purchase_id"]) == (4, "matched", one["id"])
    assert (shown["buyer"], shown["payment_status"], shown["amount"]) == (
        first.name,
        "pending",
        f"{one['transfer_amount']}.00",
    )
    assert [line["verdict"] for line in report["lines"]] == ["matched", "ambiguous", "ambiguous", "no_match"]
    assert report["message"].startswith("Pratinjau, belum disimpan: 1 transaksi akan dikonfirmasi")
    assert await state_of(admin, one) == "pending"
    answer = await confirmed(admin, job)
    assert (answer.status_code, answer.json()["message"]) == (200, "Bank statement confirmed")
    done = answer.json()["data"]
    assert (done["confirmed"], done["stale"], done["dry_run"]) == (1, 0, False)
    assert [(line["row"], line["payment_status"]) for line in done["lines"]] == [(4, "paid")]
    assert [await state_of(admin, made) for made in (one, two, three)] == ["paid", "pending", "pending"]
    assert len((await first.http.get("/api/v1/me/batches")).json()["data"]) == 1
    story = (await first.http.get(f"/api/v1/me/purchases/{one['id']}")).json()["data"]
    assert story["history"][-1]["reason"].startswith("Mutasi bank ")
    assert story["history"][-1]["reason"].endswith(", baris 4")
    again = await confirmed(admin, job)
    assert (again.status_code, again.json()["data"]) == (200, done)
    assert await seats(batch) == 3


async def test_the_same_file_again_changes_nothing(admin, a_person):
    (_, one), *_ = await some(a_person, await a_batch(), 1)
    content = a_statement(("TRSF", one["transfer_amount"]))
    await confirmed(admin, await looked_at(admin, content))
    before = await db.value("SELECT count(*) FROM purchase_change")
    job = await looked_at(admin, content)
    assert (job["report"]["matched"], job["report"]["already_paid"]) == (0, 1)
    assert job["report"]["lines"][0]["verdict"] == "already_paid"
    answer = await confirmed(admin, job)
    assert answer.json()["data"]["confirmed"] == 0
    assert await db.value("SELECT count(*) FROM purchase_change") == before


async def test_what_has_changed_since_is_not_confirmed(admin, a_person):
    batch = await a_batch()
    (first, one), (_, two) = await some(a_person, batch, 2)
    job = await looked_at(admin, a_statement(("A", one["transfer_amount"]), ("B", two["transfer_amount"])))
    await first.http.patch(f"/api/v1/me/purchases/{one['id']}/cancel")
    answer = await confirmed(admin, job)
    assert answer.status_code == 409
    assert answer.json()["error"]["rows"] == [
        {"row": 4, "purchase_id": one["id"], "payment_status": "cancelled", "payment_status_shown": "pending"}
    ]
    assert await state_of(admin, two) == "pending"
    answer = await confirmed(admin, job, skip_stale=True)
    assert (answer.json()["data"]["confirmed"], answer.json()["data"]["stale"]) == (1, 1)
    assert [await state_of(admin, made) for made in (one, two)] == ["cancelled", "paid"]
    assert await seats(batch) == 1


async def test_transfers_that_pay_no_open_purchase(admin, a_person):
    (_, one), (_, two), (_, three) = await some(a_person, await a_batch())
    await overdue(one["invoice_number"])
    await db.statement("UPDATE purchase SET state = 'expired' WHERE id = $1", one["invoice_number"])
    await db.statement(
        "UPDATE purchase SET created_at = now() + interval '2 days' WHERE id = $1", two["invoice_number"]
    )
    job = await looked_at(
        admin,
        a_statement(
            ("too late", one["transfer_amount"]),
            ("before it was asked for", two["transfer_amount"]),
            ("cents", f"{dotted(three['transfer_amount'])},50"),
        ),
    )
    assert [line["verdict"] for line in job["report"]["lines"]] == ["no_match"] * 3
    late, early, _ = job["report"]["lines"]
    assert (late["purchase_id"], late["payment_status"], early["purchase_id"]) == (one["id"], "expired", None)


async def test_a_proof_waits_and_is_confirmed_as_well(admin, a_person):
    ((person, one),) = await some(a_person, await a_batch(), 1)
    await person.http.patch(f"/api/v1/me/purchases/{one['id']}/pay", json=TRANSFER)
    job = await looked_at(admin, a_statement(("A", one["transfer_amount"])))
    assert job["report"]["lines"][0]["payment_status"] == "waiting_confirmation"
    assert (await confirmed(admin, job)).json()["data"]["confirmed"] == 1


async def test_the_job_run_twice_shows_the_same(admin, a_person):
    (_, one), *_ = await some(a_person, await a_batch(), 1)
    job = await looked_at(admin, a_statement(("A", one["transfer_amount"])))
    await db.statement("UPDATE job SET kind = 'off' WHERE kind <> 'match_statement' AND state = 'done'")
    await db.statement("DELETE FROM job WHERE kind = 'off' OR kind LIKE 'mail%' OR kind = 'make_receipt'")
    ran = await drain_again()
    assert [one.refused for one in ran if one.kind == "match_statement"] == [None]
    again = (await admin.http.get(f"/api/v1/jobs/{job['id']}")).json()["data"]
    assert again["report"] == job["report"]
    assert await db.value("SELECT count(*) FROM statement_preview") == 1


async def test_who_and_what_is_turned_away(admin, student, teacher, client, a_person):
    files = {"file": ("mutasi.csv", a_statement(("A", 1)), "text/csv")}
    for person in (student, teacher):
        assert (await person.http.post(PATH, files=files)).status_code == 403
    assert (await client.post(PATH, files=files)).status_code == 401
    nothing = await admin.http.post(PATH)
    assert (nothing.status_code, nothing.json()["message"]) == (400, "Berkas CSV belum dilampirkan")
    for content in (b"", b"PK\x03\x04", b"%PDF-1.7"):
        answer = await admin.http.post(PATH, files={"file": ("x.csv", content, "text/csv")})
        assert answer.status_code == 415, answer.text
    assert (await admin.http.post(PATH, params={"preview": "7"})).status_code == 400
    assert (await admin.http.post(PATH, params={"preview": str(uuid4())})).status_code == 404
    job = await looked_at(admin, b"Nothing;here\n1;2\n")
    assert (job["state"], job["error"]) == ("failed", "purchases.statement_refused")
    assert "tidak ada baris judul" in job["report"]["message"]
    answer = await confirmed(admin, job)
    assert answer.status_code == 404
    other = await a_person(Role.ADMIN)
    assert (await other.http.get(f"/api/v1/jobs/{job['id']}")).status_code == 200


async def test_what_cannot_be_read_is_told_by_row_and_column(admin):
    job = await looked_at(admin, b"Date,Amount\n22/13/2026,5\n22/11/2026,five\n")
    assert [(row["row"], row["column"], row["found"]) for row in job["report"]["problem_rows"]] == [
        (2, "Date", "22/13/2026"),
        (3, "Amount", "five"),
    ]
    assert job["report"]["problem_rows"][0]["expected"] == "tanggal, misalnya 22/11/2026"
    assert job["report"]["unreadable"] == 2


@pytest.mark.commits
async def test_two_admins_and_the_buyers_at_once(admin, a_person):
    """However it comes out: who is paid is in the batch, once, and no seat is held by two."""
    batch = await a_batch(quota=6)
    sold = await some(a_person, batch, 6)
    job = await looked_at(admin, a_statement(*(("A", made["transfer_amount"]) for _, made in sold)))
    answers = await asyncio.gather(
        confirmed(admin, job, skip_stale=True),
        confirmed(admin, job, skip_stale=True),
        *(person.http.patch(f"/api/v1/me/purchases/{made['id']}/cancel") for person, made in sold[:3]),
        *(
            admin.http.patch(f"/api/v1/purchases/{made['id']}/status", json={"payment_status": "paid"})
            for _, made in sold[3:]
        ),
    )
    assert {answer.status_code for answer in answers[:2]} == {200}
    assert answers[0].json() == answers[1].json()
    assert {answer.status_code for answer in answers[2:]} <= {200, 409}
    row = await db.row(
        "SELECT (SELECT count(*) FROM purchase WHERE state = 'paid') AS paid,"
        " (SELECT count(*) FROM purchase_change WHERE after = 'paid') AS steps,"
        " (SELECT count(*) FROM enrolment WHERE state = 'active') AS inside,"
        " (SELECT count(*) FROM outbox WHERE name = 'purchases.purchase.paid.v1') AS told"
    )
    assert row is not None
    assert row["paid"] == row["steps"] == row["inside"] == row["told"] == await seats(batch) >= 3
