"""From registration to a certificate that a stranger verifies, through real processes."""

import io
import re
from datetime import timedelta
from pathlib import Path

import httpx
import openpyxl
import pypdf
import pytest

from backend import seed_media
from backend.core import clock
from backend.core.actor import SYSTEM, Role
from backend.domain.accounts import commands as accounts
from backend.domain.accounts.terms import Newcomer
from tests.flows.caller import Caller, verification
from tests.processes import Lulus

pytestmark = pytest.mark.processes

PASSWORD = "a long enough password 7"
PROCESS_LIMIT_MIB = 300


def at(**delta: float) -> str:
    return (clock.now() + timedelta(**delta)).isoformat()


async def staff(role: Role, name: str) -> str:
    address = f"{name.lower()}@example.test"
    await accounts.create_account(
        SYSTEM, Newcomer(name=name, email=address, phone=f"0812{len(name):08}", password=PASSWORD), role
    )
    return address


async def a_school(admin: Caller, guru_id: str) -> dict[str, str]:
    await admin.post("/groups", {"group_type": "umum", "name": "Umum", "price": 2_300_000})
    course = await admin.post(
        "/courses",
        {
            "title": "Brevet Pajak A",
            "short_description": "Pajak orang pribadi",
            "description": "Dasar perpajakan",
            "learning_outcomes": "SPT",
            "achievements": "Sertifikat",
            "course_images": [{"image_url": "https://example.test/a.jpg"}],
        },
    )
    batch = await admin.post(
        f"/courses/{course['id']}/batches",
        {
            "title": "Gelombang 1",
            "start_at": at(days=-20),
            "end_at": at(days=20),
            "registration_start_at": at(days=-30),
            "registration_end_at": at(days=10),
            "start_time": "08:00",
            "end_time": "10:00",
            "days": ["monday"],
            "room": "A1",
            "quota": 2,
            "course_type": "online",
            "group_types": ["umum"],
        },
    )
    meeting = await admin.post(
        f"/batches/{batch['id']}/meetings",
        {
            "title": "Ketentuan Umum",
            "type": "basic",
            "start_at": at(hours=-3),
            "end_at": at(hours=-1),
            "is_open": True,
        },
    )
    await admin.post(f"/meetings/{meeting['id']}/teachers", {"teacher_ids": [guru_id]}, 200)
    return {"batch": batch["id"], "slug": batch["slug"], "meeting": meeting["id"]}


async def registered(lulus: Lulus, name: str) -> Caller:
    student = Caller(lulus.url)
    address = f"{name.split(maxsplit=1)[0].lower()}@example.test"
    await student.post(
        "/auth/register",
        {
            "name": name,
            "phone": f"0813{abs(hash(name)) % 10**8:08}",
            "email": address,
            "password": PASSWORD,
            "confirm_password": PASSWORD,
            "group_type": "umum",
            "nik": "3201010101010001",
            "institution": "Gunadarma",
            "origin": "Depok",
            "address": "Jalan Margonda",
            "birth_date": "2000-01-01T00:00:00Z",
        },
    )
    await student.post("/auth/login", {"email": address, "password": PASSWORD}, 401)
    await student.post("/auth/verify", await verification(lulus.mail_dir, address), 200)
    await student.login(address, PASSWORD)
    return student


async def bought(student: Caller, admin: Caller, batch: str) -> None:
    purchase = await student.post("/me/purchases", {"batch_id": batch})
    assert purchase["payment_status"] == "pending"
    files = {"file": ("proof.png", PNG, "image/png")}
    proof = await student.ask("POST", "/upload/images", 200, files=files, data={"location": "proofs"})
    paying = {
        "payment_proof_url": proof,
        "buyer_bank_account_name": "Budi",
        "buyer_bank_account_number": "1234567890",
    }
    await student.patch(f"/me/purchases/{purchase['id']}/pay", paying)
    await student.get(f"/batches/{batch}/meetings", 404)
    paid = await admin.patch(f"/purchases/{purchase['id']}/status", {"payment_status": "paid"})
    assert paid["payment_status"] == "paid"


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fe"
    "a735819e0000000049454e44ae426082"
)


async def a_quiz(guru: Caller, meeting: str) -> str:
    quiz = await guru.post(
        f"/meetings/{meeting}/quizzes",
        {"title": "Kuis 1", "quiz_type": "mc", "duration_minute": 30, "max_attempts": 2, "is_open": True},
    )
    for number in range(3):
        options = [{"option_text": f"Pilihan {letter}", "is_correct": letter == "B"} for letter in "ABC"]
        await guru.post(f"/quizzes/{quiz['id']}/questions", {"question": f"Soal {number + 1}?", "options": options})
    return str(quiz["id"])


async def taken(student: Caller, quiz: str) -> dict[str, object]:
    attempt = await student.post(f"/quizzes/{quiz}/start", None, 200)
    paper = await student.get(f"/quizzes/attempts/{attempt['id']}")
    assert "is_correct" not in str(paper)
    for index, question in enumerate(paper["quiz"]["questions"]):
        right = next(option for option in question["options"] if option["option_text"] == "Pilihan B")
        wrong = next(option for option in question["options"] if option["option_text"] == "Pilihan A")
        answer = {"question_id": question["id"], "selected_option_id": (wrong if index == 0 else right)["id"]}
        await student.post(f"/quizzes/attempts/{attempt['id']}/temp-submissions", answer, 200)
    await student.post(f"/quizzes/attempts/{attempt['id']}/submissions", None, 201)
    path = f"/quizzes/attempts/{attempt['id']}/result"
    found: dict[str, object] = await student.eventually(path, lambda result: result.get("score_percent") is not None)
    return found


async def graded_by_sheet(guru: Caller, student: Caller, meeting: str) -> None:
    assignment = await guru.post(
        f"/meetings/{meeting}/assignments",
        {"title": "Tugas 1", "type": "essay", "start_at": at(days=-1), "end_at": at(days=1)},
    )
    handed_in = await student.post(
        f"/assignments/{assignment['id']}/submissions", {"essay_text": "Pajak adalah iuran rakyat kepada negara."}
    )
    template = await guru.get(f"/assignments/{assignment['id']}/grades/excel")
    book = openpyxl.load_workbook(io.BytesIO(template.content))
    sheet = book.active
    header = [cell.value for cell in sheet[1]]
    sheet.cell(2, header.index("Nilai") + 1, 87.5)
    sheet.cell(2, header.index("Feedback") + 1, "Bagus")
    filled = io.BytesIO()
    book.save(filled)
    path = f"/assignments/{assignment['id']}/grades/import"
    files = {"file": ("nilai.xlsx", filled.getvalue())}
    shown = await guru.job((await guru.ask("PUT", path, 202, params={"dry_run": "true"}, files=files))["url"])
    assert shown["state"] == "done", shown
    await student.get(f"/submissions/{handed_in['id']}/grade", 404)
    await guru.ask("PUT", path, 200, params={"preview": shown["id"]})
    grade = await student.get(f"/submissions/{handed_in['id']}/grade")
    assert (float(grade["grade"]), grade["feedback"]) == (87.5, "Bagus")


async def watched(guru: Caller, student: Caller, stranger: Caller, meeting: str, tmp_path: Path) -> None:
    clip = tmp_path / "clip.webm"
    seed_media.make_clip(clip, 2, "webm_live")
    upload = await guru.ask(
        "POST", "/upload/media", 202, files={"file": ("rekaman.webm", clip.read_bytes())}, data={"location": "media"}
    )
    assert (await guru.job(upload["url"]))["state"] == "done"
    file = await guru.get(f"/files/{upload['file_id']}")
    material = await guru.post(f"/meetings/{meeting}/materials", {"title": "Rekaman", "file_id": upload["file_id"]})
    seen = await student.get(f"/materials/{material['id']}")
    path = re.sub(r"^https?://[^/]+", "", seen["url"])
    root = str(student.http.base_url).split("/api/")[0]
    part = await student.http.get(f"{root}{path}", headers={"range": "bytes=0-99"})
    assert (part.status_code, len(part.content)) == (206, 100)
    assert file["status"] == "ready"
    assert (await stranger.http.get(f"{root}{path}")).status_code in (401, 403, 404)


async def test_from_registration_to_a_verified_certificate(lulus: Lulus, tmp_path: Path):
    async with Caller(lulus.url) as admin, Caller(lulus.url) as guru:
        await admin.login(await staff(Role.ADMIN, "Admin"), PASSWORD)
        guru_id = (await guru.login(await staff(Role.TEACHER, "Guru"), PASSWORD))["id"]
        school = await a_school(admin, guru_id)
        async with await registered(lulus, "Budi Santoso") as student, await registered(lulus, "Siti Aminah") as other:
            await bought(student, admin, school["batch"])
            result = await taken(student, await a_quiz(guru, school["meeting"]))
            assert (result["total_questions"], result["correct_answers"]) == (3, 2)
            assert float(str(result["score_percent"])) == 66.67
            await graded_by_sheet(guru, student, school["meeting"])
            await watched(guru, student, other, school["meeting"], tmp_path)
            me = await student.get("/me")
            there = [{"user_id": me["id"], "meeting_id": school["meeting"], "is_present": True}]
            await guru.put(f"/batches/{school['batch']}/attendances/bulk", {"attendances": there})
            progress = await student.get(f"/me/batches/{school['batch']}/progress")
            assert float(progress["progress_percent"]) == 100
            await student.post(f"/me/batches/{school['batch']}/certificate", None, 422)
            over = {"registration_end_at": at(days=-9), "end_at": at(days=-2)}
            await admin.put(f"/batches/{school['batch']}", over)
            issued = await student.post(f"/me/batches/{school['batch']}/certificate", None, 202)
            assert (await student.job(issued["url"]))["state"] == "done"
            certificate = await student.get(f"/me/batches/{school['batch']}/certificate")
            await verified(lulus, student, certificate)
    peaks = lulus.processes.peaks()
    print("\npeak resident memory, MiB:", peaks)
    assert max(peaks.values()) <= PROCESS_LIMIT_MIB


async def verified(lulus: Lulus, student: Caller, certificate: dict[str, str]) -> None:
    async with httpx.AsyncClient(base_url=lulus.url) as world:
        told = (await world.get(f"/api/v1/certificates/number/{certificate['number']}")).json()["data"]
        assert (told["status"], told["holder_name"]) == ("valid", "Budi Santoso")
        page = await world.get(f"/certificates/{certificate['number']}", headers={"accept": "text/html"})
        assert page.status_code == 200
        assert "Budi Santoso" in page.text
        assert "example.test" not in page.text
    pdf = await student.http.get(f"/certificates/{certificate['id']}/pdf")
    assert pdf.status_code == 200
    text = pypdf.PdfReader(io.BytesIO(pdf.content)).pages[0].extract_text()
    assert "Budi Santoso" in text
    assert certificate["number"] in re.sub(r"[\s\u200b]", "", text)  # it may break after each of its parts
