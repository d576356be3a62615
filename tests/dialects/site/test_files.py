"""A PDF that a visitor drops: is it ours, is it as it was, and does the certificate still hold?"""

import asyncio
import io

import httpx
import pytest
from pypdf import PdfWriter

from backend.core import db
from backend.core.ids import new_uuid
from backend.dialects.site import files
from backend.domain.certificates import checking, pdf, queries, rules, seals
from backend.domain.certificates.seals import Condition, Seal
from tests.dialects.lms.test_certificates import a_certificate
from tests.people import Person
from workers import signing

PATH = "/certificates/file"


async def drop(client: httpx.AsyncClient, content: bytes, **params: str) -> httpx.Response:
    return await client.post(PATH, files={"file": ("a.pdf", content, "application/pdf")}, params=params)


async def the_file(student: Person) -> tuple[dict, bytes]:
    _, _, view = await a_certificate(student)
    return view, (await student.http.get(f"/api/v1/certificates/{view['id']}/pdf")).content


async def test_the_very_file_and_how_its_certificate_stands(student: Person, admin: Person, client: httpx.AsyncClient):
    view, content = await the_file(student)
    answer = await drop(client, content)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    for text in ("File ini asli", "Sertifikat ini sah", view["number"]):
        assert text in answer.text
    assert "This file is genuine" in (await drop(client, content, lang="en")).text
    await admin.http.post(f"/api/v1/certificates/{view['id']}/revoke", json={"reason": "because"})
    revoked = await drop(client, content)
    assert "File ini asli" in revoked.text
    assert "telah dicabut" in revoked.text
    rows = await db.fetch("SELECT outcome, reference FROM certificate_check ORDER BY id")
    assert [row["outcome"] for row in rows] == ["valid", "valid", "revoked"]
    assert rows[0]["reference"].startswith("pdf:")


async def test_one_that_was_changed_is_told_from_one_that_is_not_ours(student: Person, client: httpx.AsyncClient):
    view, content = await the_file(student)
    at = content.index(b"stream") + 200
    forged = await drop(client, content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    assert "telah diubah" in forged.text
    assert f'href="/certificates/{view["number"]}?lang=id"' in forged.text
    certificate = await queries.certificate_known_by(view["number"])
    unsigned = await drop(client, pdf.render(certificate.paper))
    assert "tidak kami tanda tangani" in unsigned.text
    assert view["number"] not in unsigned.text


async def test_what_is_signed_and_lost_is_said_to_be_ours(student: Person, client: httpx.AsyncClient):
    """After a backup was played back, say: the signature is all the evidence there is."""
    view, _ = await the_file(student)
    certificate = await queries.certificate_known_by(view["number"])
    again = await asyncio.to_thread(signing.sign, pdf.render(certificate.paper), certificate.paper)
    assert "File ini asli" in (await drop(client, again)).text
    await db.statement("UPDATE certificate SET number = $1", f"OTHER-{new_uuid()}"[:40].upper())
    assert "nomornya tidak kami kenal" in (await drop(client, again)).text


def added_to(content: bytes) -> bytes:
    writer = PdfWriter(io.BytesIO(content), incremental=True)
    writer.add_blank_page(100, 100)
    held = io.BytesIO()
    writer.write(held)
    return held.getvalue()


async def test_conditions_of_a_signature(student: Person):
    _, content = await the_file(student)
    known = [signing.check().fingerprint]
    assert seals.inspect(content, known).condition is Condition.INTACT
    assert seals.inspect(added_to(content), known).condition is Condition.ADDED_TO
    assert seals.inspect(content, []).fingerprint == known[0]
    for hostile in (b"", b"%PDF-1.7", content[:-20], content[100:], b"%PDF-1.7\n" + b"1 0 obj<</Kids[1 0 R]>>" * 999):
        assert seals.inspect(hostile, known).condition in (Condition.UNREADABLE, Condition.UNSIGNED)


async def test_added_to_is_changed(student: Person, client: httpx.AsyncClient):
    _, content = await the_file(student)
    assert "telah diubah" in (await drop(client, added_to(content))).text


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"not a PDF", 200, "tidak dapat dibaca"),
        (b"", 400, "Tidak ada file"),
        (b"%PDF-1.7" + b"x" * rules.MAX_DROPPED_BYTES, 413, "terlalu besar"),
        (b"%PDF-1.7\n" + b"<<" * 100_000, 200, "tidak dapat dibaca"),
    ],
)
async def test_what_is_no_certificate_at_all(client: httpx.AsyncClient, content, status, words):
    answer = await drop(client, content)
    assert (answer.status_code, words in answer.text) == (status, True)


async def test_a_body_that_is_no_form(client: httpx.AsyncClient):
    for headers in ({}, {"content-type": "application/json"}, {"content-type": "multipart/form-data; boundary=x"}):
        answer = await client.post(PATH, content=b"%PDF-1.7", headers=headers)
        assert (answer.status_code, "Tidak ada file" in answer.text) == (400, True)
    assert (await client.get(PATH)).status_code == 200  # who chose a language on the answer


async def test_too_many_files_from_one_address_wait(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch):
    async def seal(pdf, known):
        return Seal(Condition.UNSIGNED)

    monkeypatch.setattr(checking, "_seal", seal)  # no child for each
    statuses = [(await drop(client, b"x")).status_code for _ in range(rules.DROPS_PER_WINDOW + 2)]
    assert statuses == [200] * rules.DROPS_PER_WINDOW + [429] * 2


async def test_so_many_at_once_and_no_more(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checking._Reading, "number", checking._AT_ONCE)
    busy = await drop(client, b"x")
    assert (busy.status_code, int(busy.headers["retry-after"]) > 0) == (503, True)
    monkeypatch.setattr(files._Receiving, "number", files._AT_ONCE)
    assert (await drop(client, b"x")).status_code == 503
