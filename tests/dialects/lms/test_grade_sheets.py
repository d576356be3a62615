import asyncio
import io
from decimal import Decimal
from uuid import uuid4

import openpyxl
import pytest

from backend.core import db
from backend.core.actor import Role
from backend.core.settings import settings
from backend.domain.grading import previews
from tests.background import drain
from tests.domain.grading import sheet_files
from tests.grade_sheets import XLSX, commit, download, fill, imported, saved, send
from tests.school import a_meeting, enrol, teach
from tests.tasks import a_class, hand_in


async def grades(group):
    rows = await db.fetch(
        "SELECT p.uuid, g.grade, g.feedback, g.version FROM grade g JOIN account p ON p.id = g.account_id"
        " WHERE g.assignment_id = $1",
        group.task.id,
    )
    return {row["uuid"]: (row["grade"], row["feedback"], row["version"]) for row in rows}


async def a_classmate(a_person, group):
    other = await a_person(Role.STUDENT)
    await enrol(group.task.batch, other.id)
    return other


async def test_the_template_has_everybody_and_what_stands(a_person):
    group = await a_class(a_person)
    other = await a_classmate(a_person, group)
    work = await hand_in(group)
    await group.teacher.http.put(f"/api/v1/submissions/{work}/grade", json={"grade": 77.5, "feedback": "=1+1"})
    answer = await group.teacher.http.get(f"/api/v1/assignments/{group.task.uuid}/grades/excel")
    name = f"penilaian_{group.task.uuid}.xlsx"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["content-type"] == XLSX
    assert int(answer.headers["content-length"]) == len(answer.content)
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert rows[0][:5] == ("UserID", "No", "Nama Siswa", "Nilai", "Feedback")
    by_user = {row[0]: row for row in rows[1:]}
    assert by_user.keys() == {str(group.student.uuid), str(other.uuid)}
    assert by_user[str(group.student.uuid)][3:5] == (77.5, "=1+1")
    assert by_user[str(other.uuid)][3:5] == (None, None)


async def test_a_sheet_that_a_spreadsheet_saved_again_is_still_ours(a_person):
    group = await a_class(a_person)
    again = openpyxl.load_workbook(io.BytesIO(saved(await download(group))))
    sheet = again.active
    assert (sheet.title, sheet.freeze_panes, sheet.protection.sheet) == ("Penilaian", "D2", True)
    assert [name for name, column in sheet.column_dimensions.items() if column.hidden] == ["A", "I"]
    assert [cell.column_letter for cell in sheet[2] if not cell.protection.locked] == ["D", "E"]
    (rule,) = sheet.data_validations.dataValidation
    assert (rule.type, rule.formula1, rule.formula2) == ("decimal", "0", "100")
    fill(again, group.student, "85,5")
    assert (await imported(group, again))["report"]["applied"] == 1
    assert (await grades(group))[group.student.uuid] == (Decimal("85.50"), "", 1)


async def test_who_has_the_sheets(a_person, teacher, student, admin):
    group = await a_class(a_person)
    path = f"/api/v1/assignments/{group.task.uuid}/grades"
    content = saved(await download(group))
    for person, status in ((teacher, 403), (student, 403), (group.student, 403), (admin, 200)):
        assert (await person.http.get(f"{path}/excel")).status_code == status
        assert (await send(person, group, content)).status_code == (202 if status == 200 else 403)
    assert (await admin.http.get(f"/api/v1/assignments/{uuid4()}/grades/excel")).status_code == 404
    assert (await admin.http.get("/api/v1/assignments/x/grades/excel")).status_code == 400
    colleague = await a_person(Role.TEACHER)
    await teach(await a_meeting(group.task.batch), colleague.id)
    assert (await colleague.http.get(f"{path}/excel")).status_code == 200


async def test_a_sheet_is_taken_and_the_same_again_changes_nothing(a_person):
    group = await a_class(a_person)
    other = await a_classmate(a_person, group)
    blank = await a_classmate(a_person, group)
    book = await download(group)
    fill(book, group.student, 90)
    fill(book, other, "85,5", "Bagus")
    content = saved(book)
    job = await imported(group, content)
    assert (job["state"], job["error"]) == ("done", None)
    report = job["report"]
    counts = {name: report[name] for name in ("applied", "unchanged", "blank", "stale", "problems")}
    assert counts == {"applied": 2, "unchanged": 0, "blank": 1, "stale": 0, "problems": 0}
    assert await grades(group) == {
        group.student.uuid: (Decimal(90), "", 1),
        other.uuid: (Decimal("85.50"), "Bagus", 1),
    }
    assert blank.uuid not in await grades(group)
    history = await db.fetch("SELECT source, actor_id, job_id IS NOT NULL AS has_job FROM grade_change")
    assert [tuple(row) for row in history] == [("sheet", group.teacher.id, True)] * 2
    assert await db.value("SELECT count(*) FROM outbox WHERE name = 'grading.grades.imported.v1'") == 1

    again = (await imported(group, content))["report"]
    assert (again["applied"], again["unchanged"], again["stale"]) == (0, 2, 0)
    assert report["message"] == "2 nilai diubah; 0 sudah sama, 1 kosong"
    assert again["message"] == "Tidak ada nilai yang diubah: 2 sudah sama, 1 kosong"
    assert await db.value("SELECT count(*) FROM grade_change") == 2


async def test_a_dry_run_shows_and_the_commit_writes_exactly_that_once(a_person, storage):
    group = await a_class(a_person)
    work = await hand_in(group)
    await group.teacher.http.put(f"/api/v1/submissions/{work}/grade", json={"grade": 50, "feedback": "Hm"})
    book = await download(group)
    at = fill(book, group.student, 60)
    job = await imported(group, book, dry_run="true")
    assert job["state"] == "done"
    assert job["report"]["dry_run"] is True
    assert job["report"]["message"] == "Pratinjau, belum disimpan: 1 nilai akan diubah; 0 sudah sama, 0 kosong"
    assert job["report"]["changes"] == [
        {
            "row": at,
            "user_id": str(group.student.uuid),
            "name": group.student.name,
            "old_grade": 50,
            "new_grade": 60,
            "old_feedback": "Hm",
            "new_feedback": "Hm",
        }
    ]
    assert (await grades(group))[group.student.uuid] == (Decimal(50), "Hm", 1)
    first = await commit(group.teacher, group, job)
    assert first.status_code == 200, first.text
    assert first.json()["data"]["applied"] == 1
    assert first.json()["data"]["message"] == "1 nilai diubah; 0 sudah sama, 0 kosong"
    assert first.json()["data"]["changes"] == job["report"]["changes"]
    second = await commit(group.teacher, group, job)
    assert (second.status_code, second.json()) == (200, first.json())
    assert (await grades(group))[group.student.uuid] == (Decimal(60), "Hm", 2)
    stored = [entry.key async for entry in storage.list("sheets/")]
    named = {row["object_key"] for row in await db.fetch("SELECT object_key FROM discarded_object")}
    assert named & set(stored)


async def test_a_grade_given_between_preview_and_commit_refuses_all(a_person):
    group = await a_class(a_person)
    other = await a_classmate(a_person, group)
    work = await hand_in(group)
    book = await download(group)
    at = fill(book, group.student, 60)
    fill(book, other, 70)
    job = await imported(group, book, dry_run="true")
    await group.teacher.http.put(f"/api/v1/submissions/{work}/grade", json={"grade": 99})
    answer = await commit(group.teacher, group, job)
    assert answer.status_code == 409
    (row,) = answer.json()["error"]["rows"]
    assert (row["row"], row["user_id"], row["grade_now"], row["new_grade"]) == (at, str(group.student.uuid), 99, 60)
    assert other.uuid not in await grades(group)
    answer = await commit(group.teacher, group, job, skip_stale="true")
    assert answer.status_code == 200
    assert (answer.json()["data"]["applied"], answer.json()["data"]["stale"]) == (1, 1)
    assert await grades(group) == {group.student.uuid: (Decimal(99), "", 1), other.uuid: (Decimal(70), "", 1)}


async def test_who_left_after_the_preview_is_not_graded(a_person):
    group = await a_class(a_person)
    book = await download(group)
    fill(book, group.student, 60)
    job = await imported(group, book, dry_run="true")
    await db.statement("UPDATE enrolment SET state = 'withdrawn'")
    answer = await commit(group.teacher, group, job)
    assert answer.status_code == 409
    assert answer.json()["error"]["rows"][0]["is_enrolled"] is False


async def test_a_preview_belongs_to_its_assignment_and_its_owner(a_person, admin, teacher):
    group, elsewhere = await a_class(a_person), await a_class(a_person)
    book = await download(group)
    fill(book, group.student, 60)
    job = await imported(group, book, dry_run="true")
    assert (await commit(admin, elsewhere, job)).status_code == 404
    assert (await commit(teacher, group, job)).status_code == 403
    assert (await commit(elsewhere.teacher, group, job)).status_code == 403
    colleague = await a_person(Role.TEACHER)
    await teach(group.task.meeting, colleague.id)
    assert (await commit(colleague, group, job)).status_code == 404
    assert (await commit(group.teacher, group, {"id": str(uuid4())})).status_code == 404
    assert (await commit(group.teacher, group, {"id": "7"})).status_code == 400
    assert (await commit(admin, group, job)).status_code == 200


async def test_a_stale_sheet_is_refused_unless_its_rows_are_skipped(a_person):
    group = await a_class(a_person)
    other = await a_classmate(a_person, group)
    work = await hand_in(group)
    book = await download(group)
    fill(book, group.student, 60)
    fill(book, other, 70)
    await group.teacher.http.put(f"/api/v1/submissions/{work}/grade", json={"grade": 99})
    job = await imported(group, book)
    assert (job["state"], job["error"]) == ("failed", "grading.sheet_is_stale")
    assert job["report"]["message"] == "1 nilai sudah berubah sejak berkas diunduh; tidak ada nilai yang diubah"
    assert [row["new_grade"] for row in job["report"]["stale_rows"]] == [60]
    assert other.uuid not in await grades(group)
    job = await imported(group, book, skip_stale="true")
    assert (job["report"]["applied"], job["report"]["stale"]) == (1, 1)
    assert (await grades(group))[group.student.uuid][0] == 99


async def test_every_problem_is_told_and_nothing_is_written(a_person):
    group = await a_class(a_person)
    wrong = [await a_classmate(a_person, group) for _ in range(4)]
    stranger = await a_person(Role.STUDENT)
    book = await download(group)
    once = fill(book, group.student, 80)
    rows = [fill(book, person, grade) for person, grade in zip(wrong, (101, "A", 85.555, "90%"), strict=True)]
    last = book.active.max_row
    book.active.append([str(stranger.uuid), 99, "Stranger", 10])
    book.active.append([str(group.student.uuid), 100, "Twice", 10])
    job = await imported(group, book)
    assert (job["state"], job["error"]) == ("failed", "grading.sheet_has_problems")
    report = job["report"]
    assert (report["applied"], report["problems"]) == (0, 7)
    told = {problem["row"]: problem for problem in report["problem_rows"]}
    assert [told[row]["code"] for row in rows] == ["out_of_range", "not_a_number", "too_precise", "percent"]
    assert told[last + 1]["code"] == "student_unknown"
    assert [told[row]["code"] for row in (once, last + 2)] == ["student_twice"] * 2
    assert (told[once]["other_row"], told[last + 2]["other_row"]) == (last + 2, once)
    assert [problem["row"] for problem in report["problem_rows"]] == sorted(told)
    first = told[rows[0]]
    assert (first["column"], first["found"]) == ("D Nilai", "101")
    assert first["expected"] == "angka 0 sampai 100, paling banyak dua desimal"
    assert first["message"] == "di luar batas"
    assert await grades(group) == {}
    english = await group.teacher.http.get(f"/api/v1/jobs/{job['id']}", headers={"accept-language": "en"})
    messages = {problem["message"] for problem in english.json()["data"]["report"]["problem_rows"]}
    assert {"out of range", "not a number", f"the student is there twice (row {once})"} <= messages


async def test_a_dry_run_with_problems_has_nothing_to_commit(a_person):
    group = await a_class(a_person)
    book = await download(group)
    fill(book, group.student, "A")
    job = await imported(group, book, dry_run="true")
    assert (job["state"], job["report"]["problems"]) == ("done", 1)
    assert job["report"]["message"].endswith("; 1 masalah harus diperbaiki dahulu")
    assert (await commit(group.teacher, group, job)).status_code == 404


async def test_the_sheet_of_another_assignment_is_refused(a_person):
    group, elsewhere = await a_class(a_person), await a_class(a_person)
    job = await imported(group, await download(elsewhere))
    codes = {problem["code"] for problem in job["report"]["problem_rows"]}
    assert codes == {"other_assignment", "student_unknown"}


async def test_uploads_that_are_no_sheets(a_person, storage):
    group = await a_class(a_person)
    before = [entry.key async for entry in storage.list("sheets/")]
    path = f"/api/v1/assignments/{group.task.uuid}/grades/import"
    answer = await group.teacher.http.put(path)
    assert (answer.status_code, answer.json()["message"]) == (400, "Missing excel file")
    answer = await group.teacher.http.put(path, files={"other": ("a.xlsx", b"PK\x03\x04", XLSX)})
    assert answer.status_code == 400
    assert (await send(group.teacher, group, b"<html></html>")).status_code == 415
    assert (await send(group.teacher, group, b"")).status_code in (400, 415)
    answer = await send(group.teacher, group, b"PK\x03\x04" + bytes(settings().max_sheet_bytes + (65 << 10)))
    assert (answer.status_code, answer.json()["message"]) == (413, "Ukuran melebihi batas (10 MB)")
    answer = await group.teacher.http.put(
        path, content=b"--x\r\nbroken", headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert answer.status_code == 400
    assert [entry.key async for entry in storage.list("sheets/")] == before


async def test_a_sheet_cut_short_is_refused_at_once(a_person):
    group = await a_class(a_person)
    content = saved(await download(group))
    answer = await send(group.teacher, group, content[: len(content) // 2])
    assert answer.status_code == 422
    assert answer.json()["message"].startswith("Berkas tidak dapat dibaca: ")
    assert await grades(group) == {}


async def test_a_hostile_sheet_fails_with_its_reason(a_person, tmp_path):
    group = await a_class(a_person)
    cells = '<c r="A1" t="inlineStr"><is><t>UserID</t></is></c><c r="XFD1048576"><v>1</v></c>'
    sheet = f'<worksheet xmlns="{sheet_files._NS}"><sheetData><row r="1">{cells}</row></sheetData></worksheet>'
    job = await imported(group, sheet_files.by_hand(sheet))
    assert (job["state"], job["error"]) == ("failed", "grading.sheet_refused")


async def test_a_job_that_had_committed_tells_it_again(a_person):
    group = await a_class(a_person)
    book = await download(group)
    at = fill(book, group.student, 60)
    job = await imported(group, book)
    await db.statement("UPDATE job SET state = 'queued', report = NULL, finished_at = NULL WHERE uuid = $1", job["id"])
    await drain()
    again = (await group.teacher.http.get(f"/api/v1/jobs/{job['id']}")).json()["data"]
    assert again["report"] == job["report"]
    assert again["report"]["changes"][0]["row"] == at
    assert await db.value("SELECT count(*) FROM grade_change") == 1


@pytest.mark.commits
async def test_two_same_imports_at_once_write_once(a_person):
    group = await a_class(a_person)
    book = await download(group)
    fill(book, group.student, 60)
    content = saved(book)
    await asyncio.gather(*[send(group.teacher, group, content) for _ in range(2)])
    await asyncio.gather(drain(), drain())
    reports = [
        row["report"]
        for row in await db.fetch("SELECT report::jsonb -> 'applied' AS report FROM job WHERE kind = 'import_grades'")
    ]
    assert sorted(reports) == ["0", "1"]
    assert await db.value("SELECT count(*) FROM grade_change") == 1


@pytest.mark.commits
async def test_two_commits_of_a_preview_at_once_write_once(a_person):
    group = await a_class(a_person)
    book = await download(group)
    fill(book, group.student, 60)
    job = await imported(group, book, dry_run="true")
    answers = await asyncio.gather(*[commit(group.teacher, group, job) for _ in range(4)])
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.text for answer in answers}) == 1
    assert await db.value("SELECT count(*) FROM grade_change") == 1
    assert await db.value("SELECT version FROM grade") == 1


async def test_a_preview_neither_keeps_a_task_nor_is_kept_for_ever(a_person):
    group = await a_class(a_person)
    for _ in range(2):
        assert (await imported(group, await download(group), dry_run=True))["state"] == "done"
    await db.statement(
        "UPDATE grade_preview SET created_at = now() - interval '31 days'"
        " WHERE id = (SELECT min(id) FROM grade_preview)"
    )
    assert [await previews.purge(5) for _ in range(2)] == [1, 0]
    assert await db.value("SELECT count(*) FROM grade_preview") == 1
    assert (await group.teacher.http.delete(f"/api/v1/assignments/{group.task.uuid}")).status_code == 200
    assert await db.value("SELECT count(*) FROM grade_preview") == 0
