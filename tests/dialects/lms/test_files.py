"""Files out, through the front door: who may, ranges and validators, tickets, and paths that go astray."""

import hashlib
from datetime import timedelta

import pytest

from backend.core import db, tokens
from backend.core.actor import Role
from backend.core.ids import new_uuid
from backend.core.settings import settings
from backend.domain.files import commands as files
from backend.domain.files.terms import OwnerKind
from backend.http import tickets
from tests import school

TEXT = b"".join(b"line %04d\n" % number for number in range(1000))  # 10,000 bytes


async def sent(person, body=TEXT, name="Catatan \u00e9.txt"):
    form = {"files": {"file": (name, body)}, "data": {"location": "docs"}}
    answer = await person.http.post("/api/v1/upload/documents", **form)
    assert answer.status_code == 200
    return answer.json()["data"]


def uuid_of(address):
    return address.rsplit("/", 1)[1].split(".")[0]


@pytest.fixture
async def people(a_person, admin, client):
    """A batch with its teacher and a student, another batch's, an admin and a stranger."""
    batch, other = await school.a_batch(), await school.a_batch()
    meeting, far = await school.a_meeting(batch), await school.a_meeting(other)
    found = {name: await a_person(Role.STUDENT) for name in ("student", "mate", "outsider", "left")}
    found |= {name: await a_person(Role.TEACHER) for name in ("teacher", "colleague")}
    await school.teach(meeting, found["teacher"].id)
    await school.teach(far, found["colleague"].id)
    for name in ("student", "mate", "left"):
        await school.enrol(batch, found[name].id)
    await school.enrol(other, found["outsider"].id)
    await db.statement("UPDATE enrolment SET state = 'withdrawn' WHERE account_id = $1", found["left"].id)
    return {**found, "admin": admin, "meeting": meeting, "batch": batch}


async def a_row(table, **values):
    names, slots = ", ".join(values), ", ".join(f"${index}" for index in range(1, len(values) + 1))
    return await db.value(
        f"INSERT INTO {table} ({names}, created_at, updated_at) VALUES ({slots}, now(), now()) RETURNING id",
        *values.values(),
    )


async def a_task(meeting):
    begin = await db.value("SELECT now()")
    return await a_row(
        "assignment", meeting_id=meeting.id, title="T", kind="file", start_at=begin, end_at=begin + timedelta(days=1)
    )


async def owned(people, kind, uploader):
    """A row of a kind, with a file that `uploader` sent."""
    meeting, student = people["meeting"], people["student"]
    if kind is OwnerKind.MATERIAL:
        owner = await a_row("material", meeting_id=meeting.id, title="M", kind="document")
    elif kind is OwnerKind.ASSIGNMENT:
        owner = await a_task(meeting)
    elif kind is OwnerKind.SUBMISSION:
        place = await db.value("SELECT id FROM enrolment WHERE account_id = $1", student.id)
        task = await a_task(meeting)
        owner = await a_row("submission", assignment_id=task, account_id=student.id, enrolment_id=place, is_late=False)
    elif kind is OwnerKind.PURCHASE:
        group = await a_row("price_group", group_type="public", name="Umum", price=1000)
        owner = await a_row(
            "purchase", account_id=student.id, batch_id=people["batch"].id, price_group_id=group, group_type="public",
            state="paid", price=1000, unique_code=1, transfer_amount=1001, expires_at=await db.value("SELECT now()"),
        )  # fmt: skip
    else:
        owner = 1
    address = await sent(uploader)
    await files.attach(uploader.actor, address, kind, owner)
    return address


MAY = {
    OwnerKind.MATERIAL: ("teacher", {"student", "mate", "teacher", "admin"}),
    OwnerKind.ASSIGNMENT: ("teacher", {"student", "mate", "teacher", "admin"}),
    OwnerKind.SUBMISSION: ("student", {"student", "teacher", "admin"}),
    OwnerKind.PURCHASE: ("student", {"student", "admin"}),
    OwnerKind.CARD_PROOF: ("student", {"student", "admin"}),
}
EVERYBODY = ("student", "mate", "outsider", "left", "teacher", "colleague", "admin")


@pytest.mark.parametrize("kind", MAY)
async def test_who_may_read_what_a_file_belongs_to(people, client, kind):
    uploader, may = MAY[kind]
    address = await owned(people, kind, people[uploader])
    unknown = address.replace(uuid_of(address), str(new_uuid()))
    for name in EVERYBODY:
        answers = [await people[name].http.get(path) for path in (address, f"/api/v1/files/{uuid_of(address)}")]
        assert [a.status_code for a in answers] == ([200, 200] if name in may else [404, 404]), name
        if name not in may:
            assert answers[0].json() == (await people[name].http.get(unknown)).json()
            ticket = await people[name].http.post(f"/api/v1/files/{uuid_of(address)}/ticket")
            assert ticket.status_code == 404
    assert (await client.get(address)).status_code == 404
    assert (await client.get(f"/api/v1/files/{uuid_of(address)}")).status_code == 401


@pytest.mark.parametrize("kind", [OwnerKind.AVATAR, OwnerKind.COURSE_IMAGE, OwnerKind.BATCH_THUMBNAIL])
async def test_pictures_of_the_school_are_public(people, client, kind):
    assert (await client.get(await owned(people, kind, people["admin"]))).status_code == 200


async def test_access_is_asked_at_each_request(people):
    address = await owned(people, OwnerKind.MATERIAL, people["teacher"])
    student = people["student"].http
    assert (await student.get(address)).status_code == 200
    await db.statement("UPDATE meeting SET is_open = false")
    assert (await student.get(address)).status_code == 404
    await db.statement("UPDATE meeting SET is_open = true")
    await db.statement("UPDATE enrolment SET state = 'withdrawn'")
    assert (await student.get(address)).status_code == 404


@pytest.mark.parametrize("kind", [OwnerKind.MATERIAL, OwnerKind.ASSIGNMENT, OwnerKind.SUBMISSION])
async def test_who_teaches_no_more_reads_no_more(people, kind):
    address = await owned(people, kind, people[MAY[kind][0]])
    teacher = people["teacher"]
    await db.statement("UPDATE file SET owner_id = $1", people["student"].id)
    assert (await teacher.http.get(address)).status_code == 200
    await db.statement("UPDATE account SET role = 'student' WHERE id = $1", teacher.id)
    assert (await teacher.http.get(address)).status_code == 404


RANGES = [
    ("bytes=0-99", 206, "bytes 0-99/10000", TEXT[:100]),
    ("bytes=9900-", 206, "bytes 9900-9999/10000", TEXT[9900:]),
    ("bytes=-100", 206, "bytes 9900-9999/10000", TEXT[-100:]),
    ("bytes=-20000", 206, "bytes 0-9999/10000", TEXT),
    ("bytes=9990-20000", 206, "bytes 9990-9999/10000", TEXT[9990:]),
    ("bytes=10000-", 416, "bytes */10000", b""),
    ("bytes=-0", 416, "bytes */10000", b""),
    ("bytes=5-2", 200, None, TEXT),
    ("lines=0-1", 200, None, TEXT),
    ("bytes=x", 200, None, TEXT),
    ("bytes=" + ",".join(f"{n * 20}-{n * 20 + 1}" for n in range(50)), 200, None, TEXT),
]


@pytest.mark.parametrize("case", RANGES, ids=range(len(RANGES)))
async def test_ranges(student, case):
    asked, status, content_range, body = case
    answer = await student.http.get(await sent(student), headers={"range": asked})
    assert (answer.status_code, answer.headers.get("content-range"), answer.content) == (status, content_range, body)
    assert answer.headers["content-length"] == str(len(body))
    assert answer.headers["accept-ranges"] == "bytes"


async def test_several_ranges_come_as_parts(student):
    answer = await student.http.get(await sent(student), headers={"range": "bytes=0-9,5000-5009"})
    assert answer.status_code == 206
    assert answer.headers["content-type"].startswith("multipart/byteranges")
    assert TEXT[:10] in answer.content
    assert TEXT[5000:5010] in answer.content
    assert int(answer.headers["content-length"]) == len(answer.content)


async def test_validators_and_headers(student):
    address = await sent(student)
    whole = await student.http.get(address)
    etag = f'"{hashlib.sha256(TEXT).hexdigest()}"'
    told = whole.headers
    assert (whole.status_code, whole.content, told["etag"]) == (200, TEXT, etag)
    assert told["x-content-type-options"] == "nosniff"
    assert "sandbox" in told["content-security-policy"]
    assert told["cache-control"].startswith("private, no-transform")
    assert told["content-disposition"].endswith("filename*=UTF-8''Catatan%20%C3%A9.txt")
    head = await student.http.head(address, headers={"range": "bytes=0-9"})
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "10000")
    assert head.headers["etag"] == etag
    cases = [
        ({"if-none-match": etag}, 304),
        ({"if-none-match": f'W/{etag}, "x"'}, 304),
        ({"if-none-match": '"x"'}, 200),
        ({"if-modified-since": told["last-modified"]}, 304),
        ({"if-modified-since": told["last-modified"], "if-none-match": '"x"'}, 200),
        ({"if-match": '"x"'}, 412),
        ({"if-match": etag}, 200),
        ({"range": "bytes=0-9", "if-range": etag}, 206),
        ({"range": "bytes=0-9", "if-range": f"W/{etag}"}, 200),
        ({"range": "bytes=0-9", "if-range": '"x"'}, 200),
    ]
    for headers, status in cases:
        assert (await student.http.get(address, headers=headers)).status_code == status, headers


async def test_office_files_are_offered_for_download(student):
    address = await sent(student, b"%PDF-1.7\n%%EOF\n", "a.pdf")
    assert (await student.http.get(address)).headers["content-disposition"].startswith("inline")
    await db.statement("UPDATE file SET content_type = 'application/msword'")
    assert (await student.http.get(address)).headers["content-disposition"].startswith("attachment")


async def test_a_row_without_its_object_is_not_found(student, storage):
    address = await sent(student)
    await storage.delete(await db.value("SELECT object_key FROM file"))
    answer = await student.http.get(address)
    assert (answer.status_code, answer.json()["message"]) == (404, "File tidak ditemukan")


async def test_a_ticket_opens_one_file_for_ten_minutes(people, client):
    address = await owned(people, OwnerKind.MATERIAL, people["teacher"])
    other = await sent(people["teacher"])
    student = people["student"]
    answer = await student.http.post(f"/api/v1/files/{uuid_of(address)}/ticket")
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert set(data) == {"ticket", "url", "expires_at"}
    assert (await client.get(data["url"])).content == TEXT
    assert (await client.get(data["url"], headers={"range": "bytes=0-9"})).status_code == 206
    query = f"?ticket={data['ticket']}"
    assert (await client.get(other + query)).status_code == 401
    assert (await people["teacher"].http.get(other + query)).status_code == 401
    for bad in ("", "x", data["ticket"] + "x", data["ticket"][:-5], student.token):
        assert (await client.get(f"{address}?ticket={bad}")).status_code == 401
    job = tickets.make(student.actor.session_id, "job", uuid_of(address))[0]
    assert (await client.get(f"{address}?ticket={job}")).status_code == 401
    await db.statement("UPDATE enrolment SET state = 'withdrawn'")
    assert (await client.get(data["url"])).status_code == 404
    await db.statement("UPDATE enrolment SET state = 'active'")
    await db.statement("UPDATE session SET revoked_at = now() WHERE id = $1", student.actor.session_id)
    assert (await client.get(data["url"])).status_code == 401


async def test_a_ticket_ends(student, client):
    address = await sent(student)
    ended = tokens.sign(
        settings().ticket_secret,
        audience=tickets.AUDIENCE,
        subject=f"file:{uuid_of(address)}",
        lifetime=timedelta(seconds=-10),
        claims={"sid": student.actor.session_id},
    )
    assert (await client.get(f"{address}?ticket={ended}")).status_code == 401


async def test_paths_that_go_astray_find_nothing(admin):
    address = await sent(admin)
    uuid = uuid_of(address)
    astray = [
        address.replace("/docs/", "/dogs/"),
        address.replace(".txt", ".pdf"),
        address.replace("/docs/", "/docs%2f..%2fdocs/"),
        address.replace("/docs/", "/docs/%2e%2e/docs/"),
        address.replace("/docs/", "//"),
        address + "%00",
        address + "%00.txt",
        address + ";x",
        address + ".",
        address.upper().replace("/UPLOADS/DOCS", "/uploads/docs"),
        f"/uploads/{uuid}.txt",
        "/uploads/../../etc/passwd",
        "/uploads/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc%2fpasswd",
        f"/uploads/docs/0000/00/00/{uuid}.txt",
        "/uploads/docs/2026/01/01/%ff%fe.txt",
    ]
    for path in astray:
        answer = await admin.http.get(path)
        assert answer.status_code == 404, path
    for bad in ("x", uuid + "0", "%00", uuid.replace("-", "")):
        assert (await admin.http.get(f"/api/v1/files/{bad}")).status_code == 400
    assert (await admin.http.get(f"/api/v1/files/{new_uuid()}")).status_code == 404


async def test_a_file_is_told_key_by_key(student):
    address = await sent(student)
    data = (await student.http.get(f"/api/v1/files/{uuid_of(address)}")).json()["data"]
    assert data == {
        "id": uuid_of(address),
        "kind": "document",
        "status": "stored",
        "name": "Catatan \u00e9.txt",
        "url": address,
        "poster_url": None,
        "content_type": "text/plain; charset=utf-8",
        "size_bytes": 10_000,
        "sha256": hashlib.sha256(TEXT).hexdigest(),
        "duration_s": None,
        "width": None,
        "height": None,
        "audio_codec": None,
        "video_codec": None,
        "failure": None,
        "created_at": data["created_at"],
        "updated_at": data["updated_at"],
    }
