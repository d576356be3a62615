"""How certificates look, how long they hold, putting a name right, and all of a batch at once."""

import io
import zipfile
from datetime import date, timedelta

import httpx
import pytest
from PIL import Image
from pypdf import PdfReader

from backend.core import db
from backend.core.actor import SYSTEM, Role
from backend.domain.certificates import pdf, queries, rules, template_queries
from tests.background import drain, drain_again
from tests.dialects.lms.test_certificates import NOWHERE, PUBLIC, a_certificate
from tests.domain.certificates.classes import a_finished_batch, graduate
from tests.mailbox import Mailbox, text_of
from tests.people import MakePerson, Person
from tests.school import teach

FIELDS = {
    "title": {"x_mm": 20, "y_mm": 30, "width_mm": 257, "size_pt": 44, "align": "center", "color": "#7a1020"},
    "holder": {"x_mm": 20, "y_mm": 80, "width_mm": 257, "size_pt": 34, "align": "center"},
    "number": {"x_mm": 20, "y_mm": 190, "width_mm": 80},
    "qr": {"x_mm": 250, "y_mm": 165, "width_mm": 28},
    "signatories": {"x_mm": 150, "y_mm": 150, "width_mm": 90},
}


async def a_picture(person: Person, size=(400, 283), kind="PNG", **more) -> str:
    """The address of a picture that somebody has sent."""
    held = io.BytesIO()
    Image.new("RGB", size, (200, 40, 40)).save(held, kind, **more)
    sent = await person.http.post(
        "/api/v1/upload/images",
        files={"file": (f"a.{kind.lower()}", held.getvalue())},
        data={"location": "certificates"},
    )
    assert sent.status_code == 200, sent.text
    return sent.json()["data"]


def words(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages)


async def the_course(batch) -> str:
    return str(await db.value("SELECT uuid FROM course WHERE id = $1", batch.course_id))


async def test_a_template_is_chosen_kept_by_what_was_issued_and_chosen_anew(  # noqa: PLR0915 - one story
    student: Person, admin: Person, a_person
):
    batch, meetings = await a_finished_batch()
    path = f"/api/v1/courses/{await the_course(batch)}/certificate-template"
    house = (await admin.http.get(path)).json()["data"]
    assert (house["version"], house["background"], house["fields"], house["signatories"]) == (0, None, {}, [])

    background, signature = await a_picture(admin), await a_picture(admin, (300, 100), "JPEG")
    asked = {
        "background": background,
        "fields": FIELDS,
        "texts": {"title": "PIAGAM #emph[x] $(touch)"},
        "signatories": [
            {"name": "Dr. Ratna", "title": "Direktur", "image": signature},
            {"name": "Budi", "title": "Ketua", "image": None},
        ],
        "valid_months": 12,
    }
    chosen = await admin.http.put(path, json=asked)
    assert chosen.status_code == 200, chosen.text
    shown = chosen.json()["data"]
    assert (shown["version"], shown["background"], shown["valid_months"]) == (1, background, 12)
    assert shown["signatories"] == asked["signatories"]
    assert (await admin.http.get(path)).json()["data"] == shown

    await graduate(batch, meetings, student.id)
    mine = f"/api/v1/me/batches/{batch.uuid}/certificate"
    await student.http.post(mine)
    assert (await admin.http.put(path, json={"texts": {"title": "LAIN"}})).json()["data"]["version"] == 2
    await drain()  # drawn after the template was changed
    view = (await student.http.get(mine)).json()["data"]
    content = (await student.http.get(f"/api/v1/certificates/{view['id']}/pdf")).content
    said = words(content)
    assert "PIAGAM #emph[x] $(touch)" in said  # text, and nothing that is evaluated
    assert "Dr. Ratna" in said
    assert "LAIN" not in said
    assert len(PdfReader(io.BytesIO(content)).pages[0].images) >= 2
    assert view["expires_at"] is not None

    versions = (await admin.http.get(f"{path}/versions")).json()["data"]
    assert [one["version"] for one in versions] == [2, 1]
    removed = await admin.http.request("DELETE", "/api/v1/upload", json={"file_path": background})
    assert removed.status_code == 409  # it belongs to a template
    other = await a_person(Role.STUDENT)
    await graduate(batch, meetings, other.id)
    await other.http.post(mine)
    paper = await db.value("SELECT paper->'design'->'texts'->>'title' FROM certificate ORDER BY id DESC LIMIT 1")
    assert paper == "LAIN"


async def test_a_draft_uses_no_number_and_says_what_it_is(admin: Person):
    batch, _ = await a_finished_batch()
    path = f"/api/v1/courses/{await the_course(batch)}/certificate-template/preview"
    before = await db.value("SELECT count(*) FROM outbox")
    tried = await admin.http.post(path, json={"background": await a_picture(admin), "fields": FIELDS})
    saved = await admin.http.get(path)
    for answer in (tried, saved):
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        assert "CONTOH" in words(answer.content)
        assert b"/ByteRange" not in answer.content  # not signed
    assert (await admin.http.get(path, params={"version": 7})).status_code == 404
    assert await db.value("SELECT count(*) FROM certificate") == 0
    assert await db.value("SELECT count(*) FROM certificate_counter") == 0
    assert await db.value("SELECT count(*) FROM outbox") == before


async def test_a_picture_that_is_none_is_drawn_as_nothing(admin: Person):
    """What was recognised by its first bytes may still be damaged further on."""
    batch, _ = await a_finished_batch()
    address = await a_picture(admin, (600, 400), "JPEG")
    path = f"/api/v1/courses/{await the_course(batch)}/certificate-template"
    assert (await admin.http.put(path, json={"background": address})).status_code == 200
    sample = await template_queries.sample(SYSTEM, batch.course_id, None)
    (picture,) = sample.design.pictures
    for damaged in (b"\xff\xd8\xff\xe0 nothing", b"", b"<svg/>", b"\x89PNG\r\n\x1a\n" + b"\0" * 40):
        assert pdf.render(sample, {picture.object_key: damaged}).startswith(b"%PDF")


@pytest.mark.parametrize(
    "body",
    [
        {"background": NOWHERE},
        {"background": "https://elsewhere.example/a.png"},
        {"background": "../../etc/passwd"},
        {"signatories": [{"name": "A", "title": "B"}] * (rules.MOST_SIGNATORIES + 1)},
        {"signatories": [{"name": " ", "title": "B"}]},
        {"fields": {"unknown": FIELDS["qr"]}},
        {"fields": {"qr": {"x_mm": 1e9, "y_mm": 0, "width_mm": 10}}},
        {"fields": {"qr": {"x_mm": 0, "y_mm": 0, "width_mm": 10, "color": "red;"}}},
        {"fields": {"qr": {"x_mm": 0, "y_mm": 0, "width_mm": 10, "size_pt": 0}}},
        {"texts": {"title": "x" * 201}},
        {"valid_months": 0},
        {"valid_months": 1201},
    ],
)
async def test_what_cannot_be_a_template_is_refused(admin: Person, body):
    batch, _ = await a_finished_batch()
    path = f"/api/v1/courses/{await the_course(batch)}/certificate-template"
    assert (await admin.http.put(path, json=body)).status_code == 400
    assert (await admin.http.post(f"{path}/preview", json=body)).status_code == 400
    assert await db.value("SELECT count(*) FROM certificate_template") == 0


async def test_a_field_that_does_not_fit_is_named(admin: Person):
    batch, _ = await a_finished_batch()
    body = {"fields": {"qr": {**FIELDS["qr"], "y_mm": 211}, "holder": {"x_mm": 1}, "picture": FIELDS["qr"]}}
    refused = await admin.http.put(f"/api/v1/courses/{await the_course(batch)}/certificate-template", json=body)
    wrong = refused.json()["error"]
    assert wrong["fields.qr.y_mm"] == "fields.qr.y_mm tidak valid"
    assert wrong["fields.holder.width_mm"] == "fields.holder.width_mm wajib diisi"
    assert wrong["fields.picture"].startswith("fields.picture harus salah satu dari: school, ")
    assert set(wrong) == {"fields.qr.y_mm", "fields.holder.y_mm", "fields.holder.width_mm", "fields.picture"}


async def test_only_pictures_of_ours_in_bounds(admin: Person):
    batch, _ = await a_finished_batch()
    path = f"/api/v1/courses/{await the_course(batch)}/certificate-template"
    webp = await a_picture(admin, kind="WEBP")
    assert (await admin.http.put(path, json={"background": webp})).status_code == 400
    png = await a_picture(admin)
    await db.statement("UPDATE file SET size_bytes = $1", rules.MAX_PICTURE_BYTES + 1)
    refused = await admin.http.put(path, json={"background": png})
    assert (refused.status_code, "PNG" in refused.json()["message"]) == (400, True)


async def test_how_long_they_hold(student: Person, admin: Person, client: httpx.AsyncClient):
    batch, meetings = await a_finished_batch()
    path = f"/api/v1/batches/{batch.uuid}/certificate-validity"
    template = f"/api/v1/courses/{await the_course(batch)}/certificate-template"
    assert (await admin.http.get(path)).json()["data"] == {
        "batch_id": str(batch.uuid),
        "valid_months": None,
        "is_own": False,
    }
    await admin.http.put(template, json={"valid_months": 6})
    assert (await admin.http.get(path)).json()["data"]["valid_months"] == 6
    own = (await admin.http.put(path, json={"valid_months": None})).json()["data"]
    assert (own["valid_months"], own["is_own"]) == (None, True)
    again = (await admin.http.delete(path)).json()["data"]
    assert (again["valid_months"], again["is_own"]) == (6, False)
    assert (await admin.http.put(path, json={})).status_code == 400

    await graduate(batch, meetings, student.id)
    await student.http.post(f"/api/v1/me/batches/{batch.uuid}/certificate")
    await drain()
    view = (await student.http.get(f"/api/v1/me/batches/{batch.uuid}/certificate")).json()["data"]
    assert view["status"] == "valid"
    page = await client.get(f"/certificates/{view['number']}")
    assert "Berlaku sampai" in page.text
    content = (await student.http.get(f"/api/v1/certificates/{view['id']}/pdf")).content
    assert "Berlaku sampai" in words(content)

    await db.statement("UPDATE certificate SET expires_at = now() - interval '1 second'")
    checked = (await client.get(f"/api/v1/certificates/{view['id']}/verify")).json()["data"]
    assert checked["status"] == "expired"
    assert checked["pdf_url"] is not None
    page = await client.get(f"/certificates/{view['number']}")
    assert (page.status_code, "telah habis" in page.text) == (200, True)
    outcomes = [row["outcome"] for row in await db.fetch("SELECT outcome FROM certificate_check ORDER BY id")]
    assert outcomes == ["valid", "expired", "expired"]


def test_months_are_those_of_the_calendar():
    table = [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2027, 1, 31), 13, date(2028, 2, 29)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 5, 5), 1200, date(2126, 5, 5)),
    ]
    for day, months, last in table:
        assert rules.months_later(day, months) == last
    assert rules.months_later(date(2026, 1, 1), None) is None
    over = rules.end_of(date(2026, 2, 28))
    assert (over.date(), over.utcoffset()) == (date(2026, 3, 1), timedelta(hours=7))
    assert rules.end_of(None) is None


async def test_a_wrong_name_is_put_right(  # noqa: PLR0915 - one story
    a_person: MakePerson, admin: Person, teacher: Person, client: httpx.AsyncClient
):
    student = await a_person(Role.STUDENT, name="Siti Nurhalisa")
    batch, _, old = await a_certificate(student)
    path = f"/api/v1/certificates/{old['id']}/reissue"
    body = {"holder_name": "Siti Nurhaliza", "reason": "Salah ketik"}
    for person in (student, teacher):
        assert (await person.http.post(path, json=body)).status_code == 403
    for wrong in ({}, {"holder_name": "  ", "reason": "because"}, {"holder_name": "Siti", "reason": ""}):
        assert (await admin.http.post(path, json=wrong)).status_code == 400
    answer = await admin.http.post(path, json=body | {"number": "MINE-1", "state": "issued", "id": 4711})
    assert answer.status_code == 202
    new = answer.json()["data"]["certificate"]
    assert (new["status"], new["holder_name"]) == ("generating", "Siti Nurhaliza")
    assert new["number"] not in (old["number"], "MINE-1")
    await drain()

    assert (await admin.http.post(path, json=body)).status_code == 409
    told = (await client.get(f"/api/v1/certificates/number/{old['number']}")).json()
    assert set(told["data"]) == PUBLIC
    assert (told["data"]["status"], told["data"]["replaced_by"]) == ("revoked", new["number"])
    assert (told["data"]["revoked_reason"], told["data"]["pdf_url"]) == ("Salah ketik", None)
    page = await client.get(f"/certificates/{old['number']}")
    assert "telah diganti" in page.text
    assert f'href="/certificates/{new["number"]}?lang=id"' in page.text
    assert (await client.get(old["url"])).status_code == 404
    assert (await client.get(f"/certificates/{old['number']}/badge")).status_code == 404
    valid = (await client.get(f"/api/v1/certificates/number/{new['number']}")).json()["data"]
    assert (valid["status"], valid["holder_name"], valid["replaced_by"]) == ("valid", "Siti Nurhaliza", None)
    mine = (await student.http.get(f"/api/v1/me/batches/{batch.uuid}/certificate")).json()["data"]
    assert mine["number"] == new["number"]
    content = (await student.http.get(f"/api/v1/certificates/{new['id']}/pdf")).content
    assert "Siti Nurhaliza" in words(content)
    kept = await db.row("SELECT holder_name, revoked_by FROM certificate WHERE number = $1", old["number"])
    assert (kept["holder_name"], kept["revoked_by"]) == ("Siti Nurhalisa", admin.id)
    assert await db.value("SELECT name FROM account WHERE id = $1", student.id) == "Siti Nurhalisa"
    view = await queries.certificate_known_by(new["number"])
    assert view.replaces == old["number"]


async def test_the_holder_is_told_of_a_name_put_right(a_person: MakePerson, admin: Person, mailbox: Mailbox):
    student = await a_person(Role.STUDENT, name="Siti Nurhalisa")
    _, _, old = await a_certificate(student)
    await drain()
    assert "Sertifikat Anda Telah Terbit" in mailbox.subjects()
    body = {"holder_name": "Siti Nurhaliza", "reason": "Salah ketik"}
    answer = await admin.http.post(f"/api/v1/certificates/{old['id']}/reissue", json=body)
    await drain()
    (mail,) = mailbox.take()
    assert (mail["Subject"], mail["To"]) == ("Nama di Sertifikat Anda Diperbaiki", student.email)
    text = text_of(mail)
    new = answer.json()["data"]["certificate"]
    assert f"atas nama Siti Nurhaliza dengan nomor {new['number']}." in text
    assert f"The one with the number {old['number']} holds no longer" in text
    await drain_again()
    assert mailbox.subjects() == []


async def test_what_is_not_drawn_yet_is_not_replaced(student: Person, admin: Person):
    batch, meetings = await a_finished_batch()
    await graduate(batch, meetings, student.id)
    made = (await student.http.post(f"/api/v1/me/batches/{batch.uuid}/certificate")).json()["data"]["certificate"]
    body = {"holder_name": "Siti Nurhaliza", "reason": "Salah ketik"}
    assert (await admin.http.post(f"/api/v1/certificates/{made['id']}/reissue", json=body)).status_code == 409
    assert (await admin.http.post(f"/api/v1/certificates/{NOWHERE}/reissue", json=body)).status_code == 404


async def test_a_batch_in_one_archive(  # noqa: PLR0915 - one story
    a_person: MakePerson, admin: Person, teacher: Person, student: Person
):
    batch, meetings = await a_finished_batch()
    path = f"/api/v1/batches/{batch.uuid}/certificates/archive"
    empty = await admin.http.get(path)
    assert (empty.status_code, empty.json()["message"]) == (404, "Belum ada sertifikat di batch ini")
    names = ["Siti Nurhaliza", "Siti Nurhaliza", "../../etc/passwd", "שלום כהן", 'Ann"; x=/\\y']
    people = [await a_person(Role.STUDENT, name=name) for name in names]
    for person in people:
        await graduate(batch, meetings, person.id)
    await admin.http.post(f"/api/v1/batches/{batch.uuid}/certificates")
    await drain()
    gone = (await people[0].http.get(f"/api/v1/me/batches/{batch.uuid}/certificate")).json()["data"]
    assert (await teacher.http.get(path)).status_code == 403
    assert (await student.http.get(path)).status_code == 403
    await teach(meetings[0], teacher.id)
    answer = await teacher.http.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert int(answer.headers["content-length"]) == len(answer.content)
    head = await teacher.http.head(path)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(answer.content)), b"")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        entries = archive.infolist()
        assert len({entry.filename for entry in entries}) == len(names)
        assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
        for entry in entries:
            assert entry.filename.isascii()
            assert set(entry.filename) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.")
            assert entry.filename.endswith(".pdf")
            assert ".." not in entry.filename
        own = (await people[0].http.get(f"/api/v1/certificates/{gone['id']}/pdf")).content
        assert archive.read(f"{gone['number']}-Siti-Nurhaliza.pdf") == own
    await admin.http.post(f"/api/v1/certificates/{gone['id']}/revoke", json={"reason": "because"})
    fewer = await admin.http.get(path)
    with zipfile.ZipFile(io.BytesIO(fewer.content)) as archive:
        assert len(archive.namelist()) == len(names) - 1


async def test_an_archive_that_lacks_a_file_breaks_off(student: Person, a_person: MakePerson, admin: Person, storage):
    batch, meetings, _ = await a_certificate(student)
    other = await a_person(Role.STUDENT)
    await graduate(batch, meetings, other.id)
    await other.http.post(f"/api/v1/me/batches/{batch.uuid}/certificate")
    await drain()
    path = f"/api/v1/batches/{batch.uuid}/certificates/archive"
    last = "(SELECT max(id) FROM certificate)"
    await db.statement(f"UPDATE certificate SET size_bytes = size_bytes + 1 WHERE id = {last}")
    with pytest.raises(AssertionError):  # the transport's: half was sent, and no end, so nobody takes it for whole
        await admin.http.get(path)
    await storage.delete(await db.value("SELECT object_key FROM certificate ORDER BY id LIMIT 1"))
    assert (await admin.http.get(path)).status_code == 503
