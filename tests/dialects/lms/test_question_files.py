"""Files of questions through the front door: taken, previewed, refused, and sent back."""

import io
from decimal import Decimal
from uuid import uuid4

import msgspec
import openpyxl
import pytest

from backend.core import db
from backend.core.actor import Actor, Role
from backend.domain.assessments import queries, question_files
from backend.domain.assessments.formats.findings import Asked, Findings, Format
from backend.domain.assessments.formats.writing import written
from backend.domain.assessments.keys import (
    WHOLE,
    AcceptedNumber,
    BlanksKey,
    Criterion,
    EssayKey,
    Gap,
    Level,
    NumericKey,
    SpeakingKey,
)
from tests.background import drain
from tests.domain.grading.test_sheets_hostile import far
from tests.grade_sheets import saved
from tests.quizzes import a_quiz, an_attempt
from tests.school import teach

GIFT = """$CATEGORY: $course$/top/Bab 1

Ibu kota Indonesia? {=Jakarta#Benar sekali ~Bandung ~Medan####Sejak 1945.}

Pi? {#3.141..3.142}

$CATEGORY: $course$/top/Bab 2

Dua benar? {~%50%a ~%50%b ~%-100%c}

Bumi bulat. {T}
"""


async def a_taught_quiz(a_person, **plan):
    teacher = await a_person(Role.TEACHER)
    quiz = await a_quiz(**plan)
    await teach(quiz.meeting, teacher.id)
    return quiz, teacher


async def send(person, quiz, content, **query):
    content = content.encode() if isinstance(content, str) else content
    return await person.http.post(
        f"{quiz.path}/import-questions", files={"file": ("soal", content)}, params={k: str(v) for k, v in query.items()}
    )


async def imported(person, quiz, content, **query):
    """Send a file, run its job, and say what the job came to."""
    answer = await send(person, quiz, content, **query)
    assert answer.status_code == 202, answer.text
    assert answer.json()["message"] == "Questions imported successfully"
    await drain()
    return (await person.http.get(answer.json()["data"]["url"])).json()["data"]


async def asked(quiz):
    return [question.text for question in await queries.questions_of(quiz.view.id)]


async def test_questions_take_the_place_of_those_there(a_person):
    quiz, teacher = await a_taught_quiz(a_person)
    job = await imported(teacher, quiz, GIFT)
    assert (job["state"], job["error"]) == ("done", None), job
    report = job["report"]
    counts = {name: report[name] for name in ("imported", "replaced", "skipped", "error_count", "errors", "dry_run")}
    assert counts == {"imported": 4, "replaced": 3, "skipped": 0, "error_count": 0, "errors": [], "dry_run": False}
    assert report["message"] == "4 pertanyaan diambil, 3 diganti"
    questions = await queries.questions_of(quiz.view.id)
    assert [question.text for question in questions] == ["Ibu kota Indonesia?", "Pi?", "Dua benar?", "Bumi bulat."]
    assert [question.position for question in questions] == [1, 2, 1, 2]
    sections = await queries.sections_of(quiz.view.id)
    assert [(section.title, section.question_count) for section in sections] == [("Bab 1", 2), ("Bab 2", 2)]
    first = questions[0]
    right = first.options[0]
    assert (right.text, right.fraction, right.feedback) == (
        "Jakarta",
        1,
        "Benar sekali",
    )
    assert first.explanation == "Sejak 1945."
    rows = await db.fetch("SELECT uuid FROM option WHERE question_id = $1 ORDER BY id", first.id)
    assert [row["uuid"] for row in rows] == [option.uuid for option in first.options]
    versions = await db.fetch(
        "SELECT k.version, q.key_version, a.key_version AS now, k.key = q.key AS same FROM question q"
        " JOIN question_key k ON k.question_id = q.id JOIN assessment a ON a.id = q.assessment_id WHERE a.id = $1",
        quiz.view.id,
    )
    assert len(versions) == 4
    assert all(row["version"] == row["key_version"] == row["now"] and row["same"] for row in versions)


async def test_what_was_imported_can_be_taken(a_person):
    quiz, teacher = await a_taught_quiz(a_person)
    await imported(teacher, quiz, GIFT)
    student = await a_person(Role.STUDENT)
    attempt = await an_attempt(quiz, Actor(student.id, Role.STUDENT))
    assert attempt.uuid
    answer = await send(teacher, quiz, GIFT)
    assert answer.status_code == 409
    assert (await send(teacher, quiz, GIFT, mode="append")).status_code == 409


async def test_questions_follow_those_there(a_person):
    quiz, teacher = await a_taught_quiz(a_person)
    job = await imported(teacher, quiz, "Satu? {=a ~b}\n\nDua? {T}", mode="append")
    assert (job["report"]["imported"], job["report"]["replaced"]) == (2, 0)
    assert await asked(quiz) == ["Question 1", "Question 2", "Question 3", "Satu?", "Dua?"]
    questions = await queries.questions_of(quiz.view.id)
    assert [question.position for question in questions] == [1, 2, 3, 4, 5]


async def test_a_dry_run_shows_and_the_commit_writes_it_once(a_person):
    quiz, teacher = await a_taught_quiz(a_person)
    job = await imported(teacher, quiz, GIFT, dry_run=True)
    assert (job["state"], job["report"]["dry_run"], job["report"]["imported"]) == ("done", True, 4)
    assert job["report"]["message"] == "Pratinjau, belum disimpan: 4 pertanyaan akan diambil, 3 diganti"
    assert len(await asked(quiz)) == 3
    path, params = f"{quiz.path}/import-questions", {"preview": job["id"]}
    first = await teacher.http.post(path, params=params)
    assert first.status_code == 200, first.text
    assert (first.json()["data"]["imported"], first.json()["data"]["dry_run"]) == (4, False)
    assert len(await asked(quiz)) == 4
    second = await teacher.http.post(path, params=params)
    assert second.json() == first.json()
    assert len(await asked(quiz)) == 4
    assert (await teacher.http.post(path, params={"preview": str(uuid4())})).status_code == 404
    assert (await teacher.http.post(path, params={"preview": "7"})).status_code == 400


async def test_a_quiz_that_has_changed_refuses_the_preview(a_person):
    quiz, teacher = await a_taught_quiz(a_person)
    job = await imported(teacher, quiz, GIFT, dry_run=True)
    gone = quiz.questions[0].uuid
    assert (await teacher.http.delete(f"{quiz.path}/questions/{gone}")).status_code == 200
    path = f"{quiz.path}/import-questions"
    answer = await teacher.http.post(path, params={"preview": job["id"]})
    assert answer.status_code == 409
    assert len(await asked(quiz)) == 2
    answer = await teacher.http.post(path, params={"preview": job["id"], "skip_stale": "true"})
    assert (answer.status_code, answer.json()["data"]["replaced"]) == (200, 2)


async def test_every_finding_is_told_and_nothing_is_written(a_person):
    quiz, teacher = await a_taught_quiz(a_person)
    job = await imported(teacher, quiz, "Baik? {=a ~b}\n\nBuruk? {=a\n\nAngka? {#x}\n\nHanya teks.")
    assert (job["state"], job["error"]) == ("failed", "assessments.questions_refused")
    report = job["report"]
    assert (report["imported"], report["error_count"], report["unsupported_count"]) == (0, 2, 1)
    assert [(row["row"], row["code"], row["severity"]) for row in report["errors"]] == [
        (3, "braces", "error"),
        (5, "number_unreadable", "error"),
        (7, "kind_unsupported", "unsupported"),
    ]
    assert report["errors"][0]["message"] == "kurung kurawal tidak lengkap"
    assert report["errors"][0]["expected"] == "satu pasang { } untuk setiap soal"
    assert [row["found"] for row in report["errors"]] == ["Buruk? {=a", "x", "description: Hanya teks."]
    assert len(await asked(quiz)) == 3
    english = await teacher.http.get(f"/api/v1/jobs/{job['id']}", headers={"accept-language": "en"})
    assert english.json()["data"]["report"]["errors"][0]["message"] == "the braces do not match"
    assert english.json()["data"]["report"]["errors"][0]["expected"] == "one pair of { } for each question"
    told = await imported(teacher, quiz, "Buruk? {=a", dry_run=True)
    assert (told["state"], told["report"]["error_count"]) == ("done", 1)
    answer = await teacher.http.post(f"{quiz.path}/import-questions", params={"preview": told["id"]})
    assert answer.status_code == 404


async def test_what_is_not_supported_is_refused_unless_skipped(a_person):
    quiz, teacher = await a_taught_quiz(a_person)
    text = "::Nama::Baik? {=a ~b}\n\nHanya teks."
    job = await imported(teacher, quiz, text)
    assert job["error"] == "assessments.questions_refused"
    job = await imported(teacher, quiz, text, skip_unsupported=True)
    assert (job["state"], job["report"]["imported"], job["report"]["skipped"]) == ("done", 1, 1)
    assert [note["part"] for note in job["report"]["notes"]] == ["name"]
    assert await asked(quiz) == ["Baik?"]


async def test_the_job_run_twice_writes_once(a_person):
    quiz, teacher = await a_taught_quiz(a_person)
    job = await imported(teacher, quiz, GIFT, mode="append")
    await db.statement(
        "UPDATE job SET state = 'queued', finished_at = NULL, lease_until = NULL WHERE uuid = $1", job["id"]
    )
    await drain()
    again = (await teacher.http.get(f"/api/v1/jobs/{job['id']}")).json()["data"]
    assert (again["state"], again["report"]["imported"]) == ("done", 4)
    assert len(await asked(quiz)) == 7


async def test_who_no_longer_teaches_imports_nothing(a_person):
    quiz, teacher = await a_taught_quiz(a_person)
    answer = await send(teacher, quiz, GIFT)
    await db.statement("DELETE FROM meeting_teacher")
    await drain()
    job = (await teacher.http.get(answer.json()["data"]["url"])).json()["data"]
    assert (job["state"], job["error"]) == ("failed", "assessments.not_your_quiz")


@pytest.mark.parametrize(
    ("content", "query", "status"),
    [
        (b"", {}, 415),
        (b"x", {}, 415),
        (b"<html></html>", {}, 415),
        (b"\xff\xfe\x00\x00\x00", {}, 415),
        (GIFT, {"format": "xlsx"}, 415),
        (GIFT, {"format": "docx"}, 400),
        (GIFT, {"mode": "delete"}, 400),
        (GIFT, {"format": "gift"}, 202),
        (b"Tanya?\nA. x\nB. y\nANSWER: A\n", {}, 202),
    ],
)
async def test_formats_are_told_by_content(a_person, content, query, status):
    quiz, teacher = await a_taught_quiz(a_person)
    answer = await send(teacher, quiz, content, **query)
    assert answer.status_code == status, answer.text


async def test_no_file_at_all(a_person):
    quiz, teacher = await a_taught_quiz(a_person)
    answer = await teacher.http.post(f"{quiz.path}/import-questions", data={"x": "y"})
    assert (answer.status_code, answer.json()["message"]) == (400, "Missing excel file")


async def test_the_file_is_kept_as_long_as_its_row(a_person, storage):
    quiz, teacher = await a_taught_quiz(a_person)
    await imported(teacher, quiz, GIFT)
    stored = [entry.key async for entry in storage.list("questions/")]
    named = await question_files.named_objects(stored)
    assert len(named) == 1
    assert next(iter(named)).endswith(".gift")
    assert await question_files.purge(10) == 0


async def test_files_that_came_to_nothing_are_forgotten(a_person):
    quiz, teacher = await a_taught_quiz(a_person)
    await imported(teacher, quiz, GIFT)
    other, colleague = await a_taught_quiz(a_person)
    await imported(colleague, other, GIFT, dry_run=True)
    await db.statement("UPDATE question_file SET created_at = now() - interval '31 days'")
    assert await question_files.purge(10) == 1
    assert await db.value("SELECT count(*) FROM question_file WHERE imported = 4") == 1


async def test_export_and_back(a_person):
    quiz, teacher = await a_taught_quiz(a_person)
    await imported(teacher, quiz, GIFT)
    answer = await teacher.http.get(f"{quiz.path}/export", params={"format": "gift"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="soal_{quiz.view.uuid}.gift"'
    other, colleague = await a_taught_quiz(a_person)
    await imported(colleague, other, answer.content)
    again = await colleague.http.get(f"{other.path}/export", params={"format": "gift"})
    assert again.content == answer.content


@pytest.mark.parametrize("format_", ["xlsx", "gift", "moodle_xml"])
async def test_every_format_goes_out_and_comes_in_as_the_same(a_person, format_):
    quiz, teacher = await a_taught_quiz(a_person)
    await imported(teacher, quiz, GIFT)
    answer = await teacher.http.get(f"{quiz.path}/export", params={"format": format_})
    assert answer.status_code == 200, answer.text
    other, colleague = await a_taught_quiz(a_person)
    job = await imported(colleague, other, answer.content)
    assert (job["state"], job["report"]["format"]) == ("done", format_), job
    plain = await colleague.http.get(f"{other.path}/export", params={"format": "gift"})
    assert plain.content == (await teacher.http.get(f"{quiz.path}/export", params={"format": "gift"})).content.replace(
        b"3.141..3.142", b"3.1415:0.0005" if format_ == "moodle_xml" else b"3.141..3.142"
    )


EVERYTHING = [
    Asked(
        line=1, text="Uraikan.", key=EssayKey(rubric=(Criterion(text="Isi", levels=(Level(text="", points=WHOLE),)),))
    ),
    Asked(line=2, text="Baca.", key=SpeakingKey(notes="Lafal", max_s=90), points=Decimal(5), category="Lisan"),
    Asked(
        line=3,
        text="[[1]] cm",
        key=BlanksKey(
            gaps=(Gap(key=NumericKey(accepted=(AcceptedNumber(value=WHOLE, tolerance=WHOLE, is_relative=True),))),)
        ),
    ),
]


async def test_a_sheet_says_all_that_the_engine_can(a_person):
    quiz, teacher = await a_taught_quiz(a_person)
    drawing = [msgspec.structs.replace(asked, draw=1) for asked in EVERYTHING]
    job = await imported(teacher, quiz, written(Format.XLSX, drawing, Findings()))
    assert (job["state"], job["report"]["imported"], job["report"]["notes"]) == ("done", 3, [])
    sections = await queries.sections_of(quiz.view.id)
    assert [(section.title, section.draw, section.question_count) for section in sections] == [
        ("", 1, 2),
        ("Lisan", 1, 1),
    ]
    answer = await teacher.http.get(f"{quiz.path}/export")
    assert (answer.status_code, answer.headers.get("x-left-out")) == (200, None)
    other, colleague = await a_taught_quiz(a_person)
    assert (await imported(colleague, other, answer.content))["report"]["imported"] == 3
    again = await colleague.http.get(f"{other.path}/export")
    cells = [[[cell.value for cell in row] for row in rows(each.content)] for each in (answer, again)]
    assert cells[0] == cells[1]
    answer = await teacher.http.get(f"{quiz.path}/export", params={"format": "moodle_xml", "skip_unsupported": "true"})
    assert (answer.status_code, answer.headers["x-left-out"]) == (200, "5")
    assert answer.headers["x-left-out-parts"] == "draw, kind_unsupported, rubric"


def rows(content):
    return openpyxl.load_workbook(io.BytesIO(content))["Soal"].iter_rows()


@pytest.mark.parametrize(("type_", "status"), [("", 200), ("mc", 200), ("tf", 200), ("all", 200), ("x", 400)])
async def test_the_template(a_person, type_, status):
    quiz, teacher = await a_taught_quiz(a_person)
    answer = await teacher.http.get(f"{quiz.path}/import-template", params={"type": type_} if type_ else {})
    assert answer.status_code == status, answer.text
    if status == 200:
        headings = [cell.value for cell in next(openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows())]
        assert ("Opsi A" in headings) is (type_ != "tf")


async def test_a_filled_template_replaces_the_questions(a_person):
    quiz, teacher = await a_taught_quiz(a_person)
    answer = await teacher.http.get(f"{quiz.path}/import-template")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    book.active.append([1, "Ibu kota?", "Jakarta", "Bandung", None, None, None, None, "A", 2])
    job = await imported(teacher, quiz, saved(book))
    assert (job["state"], job["report"]["imported"]) == ("done", 1), job
    book.active.append([2, "Apa?", "x", "y", None, None, None, None, "Q"])
    job = await imported(teacher, quiz, saved(book))
    (row,) = job["report"]["errors"]
    assert (row["row"], row["column"], row["found"], row["code"]) == (3, "I Jawaban", "Q", "answer_unknown")
    assert row["message"] == "jawaban bukan salah satu opsi"
    answer = await teacher.http.get(f"{quiz.path}/export")
    assert answer.status_code == 200, answer.text
    other, colleague = await a_taught_quiz(a_person)
    assert (await imported(colleague, other, answer.content))["report"]["imported"] == 1
    (question,) = await queries.questions_of(other.view.id)
    assert (question.text, question.points, len(question.options)) == ("Ibu kota?", 2, 2)


async def test_a_damaged_sheet_is_refused_by_its_job(a_person):
    quiz, teacher = await a_taught_quiz(a_person)
    job = await imported(teacher, quiz, far())
    assert (job["state"], job["error"]) == ("failed", "assessments.question_file_refused")
    assert job["report"]["message"].startswith("Berkas tidak dapat dibaca: ")


async def test_what_a_format_cannot_say_is_listed(a_person):
    quiz, teacher = await a_taught_quiz(a_person, points=("1", "2"))
    answer = await teacher.http.get(f"{quiz.path}/export", params={"format": "aiken"})
    assert answer.status_code == 422
    rows = answer.json()["error"]["rows"]
    assert {(row["row"], row["part"]) for row in rows} == {(1, "explanation"), (2, "explanation"), (2, "points")}
    answer = await teacher.http.get(f"{quiz.path}/export", params={"format": "aiken", "skip_unsupported": "true"})
    assert (answer.status_code, answer.headers["x-left-out"]) == (200, "3")
    assert answer.text.startswith("Question 1\nA. Option A\n")
