"""Certificates through the front door. Source of shapes and texts: contract 2.10, 2.15, 3 and 5.9."""

import asyncio
import io
from hashlib import sha256

import httpx
import pytest
from pypdf import PdfReader

from backend.core import db
from backend.core.actor import Role
from backend.domain.certificates.rules import CHECKS_PER_WINDOW
from tests.background import drain
from tests.domain.certificates.classes import a_finished_batch, attend, graduate
from tests.people import Person
from tests.school import enrol, teach

NOWHERE = "00000000-0000-7000-8000-000000000000"
KEYS = {
    *("id", "batch_id", "user_id", "issued_at", "url", "qr_code", "number", "status", "expires_at"),
    *("batch", "user", "created_at", "updated_at"),
    *("holder_name", "revoked_at", "revoked_reason"),  # ours
}
PUBLIC = {
    *("status", "number", "holder_name", "course", "batch", "period", "issued_at", "pdf_url"),
    *("school", "expires_at", "revoked_at", "revoked_reason", "replaced_by", "badge_url"),  # ours
}


async def a_certificate(student: Person, **values):
    """A batch, its meetings, and the student's certificate of it, drawn."""
    batch, meetings = await a_finished_batch(**values)
    await graduate(batch, meetings, student.id)
    answer = await student.http.post(f"/api/v1/me/batches/{batch.uuid}/certificate")
    assert answer.status_code == 202, answer.text
    await drain()
    view = (await student.http.get(f"/api/v1/me/batches/{batch.uuid}/certificate")).json()["data"]
    return batch, meetings, view


async def test_from_request_to_pdf(student: Person, client: httpx.AsyncClient):
    batch, meetings = await a_finished_batch()
    await graduate(batch, meetings, student.id)
    path = f"/api/v1/me/batches/{batch.uuid}/certificate"
    eligibility = (await student.http.get(f"{path}/eligibility")).json()["data"]
    assert set(eligibility) == {"eligible", "reasons", "missing", "available_at"}
    assert (eligibility["eligible"], eligibility["reasons"]) == (True, [])
    answer = await student.http.post(path)
    body = answer.json()
    assert (answer.status_code, body["message"]) == (202, "Certificate generated successfully")
    assert set(body["data"]) == {"job_id", "url", "certificate"}
    assert body["meta"] is None
    assert (body["data"]["certificate"]["status"], body["data"]["certificate"]["url"]) == ("generating", None)
    assert (await student.http.get(body["data"]["url"])).json()["data"]["state"] == "queued"
    await drain()
    assert (await student.http.get(body["data"]["url"])).json()["data"]["state"] == "done"

    again = await student.http.post(path)
    assert (again.status_code, again.json()["message"]) == (200, "Certificate generated successfully")
    mine = await student.http.get(path)
    assert (mine.status_code, mine.json()["message"]) == (200, "Certificate retrieved successfully")
    view = mine.json()["data"]
    assert set(view) == KEYS
    assert (view["batch"], view["user"]) == (None, None)
    assert again.json()["data"] == view
    assert view["status"] == "valid"
    assert view["qr_code"] == f"/certificates/{view['id']}"


async def test_the_pdf_for_its_holder_and_for_everybody(student: Person, client: httpx.AsyncClient):
    _, _, view = await a_certificate(student)
    public = await client.get(view["url"])
    own = await student.http.get(f"/api/v1/certificates/{view['id']}/pdf")
    assert public.content == own.content
    for got in (public, own):
        assert (got.status_code, got.headers["content-type"]) == (200, "application/pdf")
        assert got.headers["etag"].strip('"') == sha256(got.content).hexdigest()
        assert f"{view['number']}.pdf" in got.headers["content-disposition"]
    assert student.name in PdfReader(io.BytesIO(own.content)).pages[0].extract_text()
    unchanged = await client.get(view["url"], headers={"if-none-match": public.headers["etag"]})
    assert unchanged.status_code == 304
    assert (await client.head(view["url"])).headers["content-length"] == str(len(public.content))
    assert (await client.get(view["url"], headers={"range": "bytes=0-3"})).content == b"%PDF"


async def test_a_pdf_that_storage_has_lost_is_no_accident(student: Person, client: httpx.AsyncClient):
    _, _, view = await a_certificate(student)
    lost = "certificates/2026/01/01/00000000-0000-7000-8000-000000000000.pdf"
    await db.statement("UPDATE certificate SET object_key = $1", lost)
    own = await student.http.get(f"/api/v1/certificates/{view['id']}/pdf")
    assert (own.status_code, own.json()["message"]) == (
        503,
        "File sedang tidak tersedia, silakan hubungi penyelenggara",
    )
    public = await client.get(view["url"])
    assert (public.status_code, public.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert "tidak tersedia" in public.text


async def test_refusals_speak_the_contract(student: Person, a_person):
    batch, meetings = await a_finished_batch()
    path = f"/api/v1/me/batches/{batch.uuid}/certificate"

    async def refused(status: int, text: str, **headers: str):
        answer = await student.http.post(path, headers=headers)
        told = {"success": False, "message": "Failed to generate certificate", "error": text}
        assert (answer.status_code, answer.json()) == (status, told)

    await refused(403, "Anda belum terdaftar di batch ini")
    outside = (await student.http.get(f"{path}/eligibility")).json()["data"]
    assert [reason["code"] for reason in outside["reasons"]] == ["certificates.not_enrolled"]
    assert (await student.http.get(path)).status_code == 403
    await enrol(batch, student.id)
    await refused(422, "progress belum 100%")
    await refused(422, "progress is not yet 100%", **{"accept-language": "en"})
    seen = (await student.http.get(f"{path}/eligibility")).json()["data"]
    assert [reason["message"] for reason in seen["reasons"]] == [
        "progress belum 100%",
        "murid belum hadir di semua pertemuan (0/2)",
    ]
    assert seen["missing"] == [{"kind": "meeting", "title": "PPh 1"}, {"kind": "meeting", "title": "PPh 2"}]
    for meeting in meetings:
        await attend(meeting, student.id)
    await db.statement("UPDATE batch SET end_at = '2126-11-20T17:00:00Z' WHERE id = $1", batch.id)
    await refused(422, "periode cetak sertifikat dimulai H+1 setelah tanggal selesai batch (2126-11-21)")
    missing = await student.http.get(path)
    assert (missing.status_code, missing.json()["message"]) == (404, "Certificate not found")
    assert (await student.http.post("/api/v1/me/batches/x/certificate")).status_code == 400
    assert (await student.http.post(f"/api/v1/me/batches/{NOWHERE}/certificate")).status_code == 404
    for role in (Role.TEACHER, Role.ADMIN):
        assert (await (await a_person(role)).http.post(path)).status_code == 403


async def test_who_sees_which(student: Person, a_person, teacher: Person, admin: Person, client: httpx.AsyncClient):
    batch, meetings, view = await a_certificate(student)
    other = await a_person(Role.STUDENT)
    await enrol(batch, other.id)
    one, pdf, every = (
        f"/api/v1/certificates/{view['id']}",
        f"/api/v1/certificates/{view['id']}/pdf",
        f"/api/v1/batches/{batch.uuid}/certificates",
    )
    for path in (one, pdf):
        assert (await other.http.get(path)).status_code == 403
        refused = await teacher.http.get(path)
        assert (refused.status_code, refused.json()["message"]) == (403, "forbidden")
        assert (await client.get(path)).status_code == 401
        for person in (student, admin):
            assert (await person.http.get(path)).status_code == 200
    refused = await teacher.http.get(every)
    assert (refused.status_code, refused.json()["message"]) == (403, "forbidden")
    assert (await student.http.get(every)).status_code == 403
    await teach(meetings[0], teacher.id)
    detail = await teacher.http.get(one)
    assert detail.json()["message"] == "Certificate detail retrieved successfully"
    assert set(detail.json()["data"]) == KEYS
    assert detail.json()["data"]["batch"]["id"] == str(batch.uuid)
    assert detail.json()["data"]["user"]["email"] == student.email
    assert detail.json()["meta"] is None
    listed = await teacher.http.get(every)
    assert (listed.status_code, listed.json()["message"]) == (200, "Certificates retrieved successfully")
    assert set(listed.json()["data"][0]) == KEYS
    assert listed.json()["meta"] is None
    assert (await admin.http.get(every)).json()["data"] == listed.json()["data"]
    for path in ("/api/v1/certificates/x", "/api/v1/certificates/x/pdf", "/api/v1/certificates/x/verify"):
        assert (await admin.http.get(path)).status_code == 400
    for path in (f"/api/v1/certificates/{NOWHERE}", f"/api/v1/certificates/{NOWHERE}/pdf"):
        missing = await admin.http.get(path)
        assert (missing.status_code, missing.json()["message"]) == (404, "Certificate not found")
    assert (await admin.http.get(f"/api/v1/batches/{NOWHERE}/certificates")).status_code == 404


async def test_a_stranger_learns_what_is_printed_and_nothing_else(a_person, client: httpx.AsyncClient):
    student = await a_person(Role.STUDENT, name="Siti Nurhaliza")
    batch, _, view = await a_certificate(student)
    phone = await db.value("SELECT phone FROM account WHERE id = $1", student.id)
    await db.statement("UPDATE account SET name = 'Canary Renamed' WHERE id = $1", student.id)
    by_id = await client.get(f"/api/v1/certificates/{view['id']}/verify")
    by_number = await client.get(f"/api/v1/certificates/number/{view['number'].lower()}")
    assert (by_id.status_code, by_id.json()["message"]) == (200, "Certificate is valid")
    assert (by_number.status_code, by_number.json()["message"]) == (200, "Certificate found")
    assert by_id.json()["data"] == by_number.json()["data"]
    data = by_id.json()["data"]
    assert set(data) == PUBLIC
    assert (data["status"], data["holder_name"], data["batch"]) == ("valid", "Siti Nurhaliza", "Angkatan 12")
    assert set(data["period"]) == {"start", "end"}
    page = await client.get(f"/sertifikat/{view['id']}")
    assert page.status_code == 200
    assert "Siti Nurhaliza" in page.text
    for text in (by_id.text, by_number.text, page.text):
        for canary in (student.email, phone, str(student.uuid), "Canary", str(batch.uuid)):
            assert canary not in text
    checks = await db.fetch("SELECT outcome FROM certificate_check")
    assert [row["outcome"] for row in checks] == ["valid"] * 3


@pytest.mark.parametrize("number", ["X-1", "%00", "..%2F..", "a%20b", "%27%20OR%201=1", "A" * 300, "%C3%A9", "%ff"])
async def test_unknown_and_malformed_numbers(client: httpx.AsyncClient, number: str):
    answer = await client.get(f"/api/v1/certificates/number/{number}")
    assert answer.status_code == 404
    assert answer.json()["message"] in ("Certificate not found", "Route not found")
    page = await client.get(f"/certificates/{number}")
    assert page.status_code == 404
    assert (await client.get(f"/certificates/{number}/pdf")).status_code == 404


async def test_revoked_is_said_everywhere(student: Person, admin: Person, teacher: Person, client: httpx.AsyncClient):
    batch, _, view = await a_certificate(student)
    path = f"/api/v1/certificates/{view['id']}/revoke"
    for body in ({}, {"reason": ""}, {"reason": "   "}, {"reason": 5}, {"reason": "x" * 501}):
        assert (await admin.http.post(path, json=body)).status_code == 400
    for person in (student, teacher):
        assert (await person.http.post(path, json={"reason": "because"})).status_code == 403
    answer = await admin.http.post(path, json={"reason": "Salah ketik <i>"})
    assert (answer.status_code, answer.json()["data"]["status"]) == (200, "revoked")
    assert (await admin.http.post(path, json={"reason": "again"})).status_code == 409
    nowhere = await admin.http.post(f"/api/v1/certificates/{NOWHERE}/revoke", json={"reason": "because"})
    assert nowhere.status_code == 404
    checked = await client.get(f"/api/v1/certificates/{view['id']}/verify")
    assert (checked.status_code, checked.json()["message"]) == (200, "Certificate has been revoked")
    assert (checked.json()["data"]["status"], checked.json()["data"]["pdf_url"]) == ("revoked", None)
    page = await client.get(f"/certificates/{view['number']}")
    assert "dicabut" in page.text
    assert "Salah ketik &lt;i&gt;" in page.text
    assert (await client.get(view["url"])).status_code == 404
    assert (await student.http.get(f"/api/v1/certificates/{view['id']}/pdf")).status_code == 410
    assert (await admin.http.get(f"/api/v1/certificates/{view['id']}/pdf")).status_code == 200
    new = await student.http.post(f"/api/v1/me/batches/{batch.uuid}/certificate")
    assert new.status_code == 202
    assert new.json()["data"]["certificate"]["number"] != view["number"]


async def test_a_file_that_is_not_made_yet(student: Person, client: httpx.AsyncClient):
    batch, meetings = await a_finished_batch()
    await graduate(batch, meetings, student.id)
    made = (await student.http.post(f"/api/v1/me/batches/{batch.uuid}/certificate")).json()["data"]["certificate"]
    assert (await student.http.get(f"/api/v1/certificates/{made['id']}/pdf")).status_code == 409
    assert (await client.get(f"/api/v1/certificates/{made['id']}/verify")).status_code == 404
    assert (await client.get(f"/certificates/{made['number']}")).status_code == 404


async def test_nobody_walks_through_the_numbers(client: httpx.AsyncClient):
    statuses = [
        (await client.get(f"/api/v1/certificates/number/LULUS-{guess}")).status_code
        for guess in range(CHECKS_PER_WINDOW + 1)
    ]
    assert statuses == [404] * CHECKS_PER_WINDOW + [429]
    refused = await client.get(f"/api/v1/certificates/{NOWHERE}/verify")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 61
    for path in ("/certificates/LULUS-1", "/certificates/LULUS-1/pdf"):
        page = await client.get(path)
        assert (page.status_code, "Mohon tunggu" in page.text) == (429, True)
        assert 1 <= int(page.headers["retry-after"]) <= 61


async def test_a_whole_batch(student: Person, a_person, teacher: Person):
    batch, meetings = await a_finished_batch()
    await graduate(batch, meetings, student.id)
    late = await a_person(Role.STUDENT)
    await enrol(batch, late.id)
    path = f"/api/v1/batches/{batch.uuid}/certificates"
    refused = await teacher.http.post(path)
    assert (refused.status_code, refused.json()["message"]) == (403, "Failed to generate certificates")
    assert (await student.http.post(path)).status_code == 403
    await teach(meetings[0], teacher.id)
    answer = await teacher.http.post(path)
    assert answer.status_code == 202
    assert set(answer.json()["data"]) == {"job_id", "url"}
    await drain()
    told = (await teacher.http.get(answer.json()["data"]["url"])).json()["data"]
    assert (told["state"], told["progress"]) == ("done", {"done": 2, "total": 2, "percent": 100})
    assert (told["report"]["issued"], told["report"]["already"]) == (1, 0)
    text = "1 sertifikat diterbitkan; 0 sudah ada, 1 siswa belum memenuhi syarat"
    assert told["report"]["message"] == text
    (one,) = told["report"]["refused"]
    assert (one["user_id"], one["reasons"][1]) == (
        str(late.uuid),
        {
            "code": "certificates.absent",
            "data": {"attended": 0, "meetings": 2},
            "message": "murid belum hadir di semua pertemuan (0/2)",
        },
    )


async def test_the_list_asks_no_more_for_more(a_person, admin: Person, statements: list[str]):
    batch, meetings = await a_finished_batch()
    counts = []
    for _ in range(2):
        for _ in range(3):
            await graduate(batch, meetings, (await a_person(Role.STUDENT)).id)
        await admin.http.post(f"/api/v1/batches/{batch.uuid}/certificates")
        await drain()
        statements.clear()
        await admin.http.get(f"/api/v1/batches/{batch.uuid}/certificates")
        counts.append(len(statements))
    assert counts[0] == counts[1]


@pytest.mark.commits
async def test_fifty_requests_at_once_make_one_certificate(student: Person):
    batch, meetings = await a_finished_batch()
    await graduate(batch, meetings, student.id)
    path = f"/api/v1/me/batches/{batch.uuid}/certificate"
    answers = await asyncio.gather(*(student.http.post(path) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [202]
    assert await db.value("SELECT count(*) FROM certificate") == 1
    assert await db.value("SELECT last FROM certificate_counter") == 1
    assert await db.value("SELECT count(*) FROM job WHERE kind = 'render_certificate'") == 1
