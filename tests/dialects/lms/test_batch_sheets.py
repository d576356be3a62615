"""The grades of a whole batch as one sheet, the history of grades, and undoing an import. All of it is ours."""

import asyncio
import csv
import io
from datetime import timedelta
from decimal import Decimal

import openpyxl
import pytest

from backend.core import db
from backend.core.actor import Role
from tests.background import drain
from tests.grade_sheets import XLSX, download, fill, imported, saved
from tests.quizzes import a_quiz
from tests.school import a_meeting, enrol
from tests.tasks import a_class, a_task, hand_in, many_students


async def a_batch_of_two(a_person):
    """A class whose batch has a second meeting with an assignment whose title looks like a formula."""
    group = await a_class(a_person)
    batch = group.task.batch
    later = await a_meeting(batch, begins=timedelta(hours=-1) / 2)
    other = await a_task(batch, later)
    await db.statement("UPDATE assignment SET title = '=Two [x]' WHERE id = $1", other.id)
    return group, other


def column(book, task) -> int:
    (found,) = [cell.column for cell in book.active[1] if str(cell.value).endswith(f"[{task.uuid.hex[-12:]}]")]
    return found


def put(book, person, task, grade):
    (row,) = [row for row in book.active.iter_rows(min_row=2) if row[0].value == str(person.uuid)]
    book.active.cell(row[0].row, column(book, task)).value = grade
    return row[0].row


async def download_wide(group):
    answer = await group.teacher.http.get(f"/api/v1/batches/{group.task.batch.slug}/grades/excel")
    assert (answer.status_code, answer.headers["content-type"]) == (200, XLSX), answer.text
    return openpyxl.load_workbook(io.BytesIO(answer.content))


async def send_wide(group, book, **query):
    return await group.teacher.http.put(
        f"/api/v1/batches/{group.task.batch.uuid}/grades/import",
        files={"file": ("grades.xlsx", book if isinstance(book, bytes) else saved(book), XLSX)},
        params={name: str(value) for name, value in query.items()},
    )


async def taken(group, book, **query):
    answer = await send_wide(group, book, **query)
    assert answer.status_code == 202, answer.text
    await drain()
    return (await group.teacher.http.get(answer.json()["data"]["url"])).json()["data"]


async def commit(group, job, **query):
    return await group.teacher.http.put(
        f"/api/v1/batches/{group.task.batch.uuid}/grades/import", params={"preview": job["id"], **query}
    )


async def grades():
    rows = await db.fetch("SELECT assignment_id, account_id, grade, version FROM grade ORDER BY 1, 2")
    return {(row["assignment_id"], row["account_id"]): (row["grade"], row["version"]) for row in rows}


async def test_a_batchs_sheet_goes_out_and_comes_back(a_person):
    group, other = await a_batch_of_two(a_person)
    classmate = await a_person(Role.STUDENT, name="=Classmate")
    await enrol(group.task.batch, classmate.id)
    work = await hand_in(group)
    await group.teacher.http.put(f"/api/v1/submissions/{work}/grade", json={"grade": 50, "feedback": "Kept"})
    book = await download_wide(group)
    headings = [cell.value for cell in book.active[1]]
    assert headings[:3] == ["UserID", "No", "Nama Siswa"]
    assert headings[3:5] == [f"Task [{group.task.uuid.hex[-12:]}]", f"=Two [x] [{other.uuid.hex[-12:]}]"]
    assert not any(cell.data_type == "f" for row in book.active for cell in row)
    assert next(name for name, one in book.active.column_dimensions.items() if one.hidden) == "A"
    put(book, group.student, group.task, "60,5")
    put(book, group.student, other, 70)
    put(book, classmate, other, 80)
    job = await taken(group, book)
    counts = {name: job["report"][name] for name in ("applied", "unchanged", "blank", "stale", "problems")}
    assert counts == {"applied": 3, "unchanged": 0, "blank": 1, "stale": 0, "problems": 0}
    named = {(one["assignment_id"], one["name"]): one["new_grade"] for one in job["report"]["changes"]}
    assert named[str(group.task.uuid), group.student.name] == 60.5
    assert await grades() == {
        (group.task.id, group.student.id): (Decimal("60.50"), 2),
        (other.id, group.student.id): (Decimal(70), 1),
        (other.id, classmate.id): (Decimal(80), 1),
    }
    assert await db.value("SELECT feedback FROM grade WHERE assignment_id = $1", group.task.id) == "Kept"
    again = (await taken(group, book))["report"]
    assert (again["applied"], again["unchanged"]) == (0, 3)
    assert await db.value("SELECT count(*) FROM outbox WHERE name = 'grading.grades.imported.v1'") == 2


async def test_a_grade_given_by_hand_meanwhile_makes_its_row_stale(a_person):
    group, other = await a_batch_of_two(a_person)
    work = await hand_in(group)
    book = await download_wide(group)
    put(book, group.student, group.task, 60)
    at = put(book, group.student, other, 70)
    job = await taken(group, book, dry_run="true")
    assert (job["report"]["applied"], await grades()) == (2, {})
    await group.teacher.http.put(f"/api/v1/submissions/{work}/grade", json={"grade": 55})
    refused = await commit(group, job)
    assert refused.status_code == 409
    (row,) = refused.json()["error"]["rows"]
    assert (row["row"], row["grade_now"], row["new_grade"]) == (at, 55, 60)
    assert (row["assignment_id"], row["assignment"]) == (str(group.task.uuid), "Task")
    direct = await taken(group, book)
    assert (direct["state"], direct["error"]) == ("failed", "grading.sheet_is_stale")
    assert len(await grades()) == 1
    done = [await commit(group, job, skip_stale="true") for _ in range(2)]
    assert [one.status_code for one in done] == [200, 200]
    assert done[0].json() == done[1].json()
    told = done[0].json()["data"]
    assert (told["applied"], told["stale"], told["changes"][0]["assignment"]) == (1, 1, "=Two [x]")
    assert await grades() == {
        (group.task.id, group.student.id): (Decimal(55), 1),
        (other.id, group.student.id): (Decimal(70), 1),
    }


async def test_what_is_wrong_in_a_batchs_sheet(a_person):
    group, other = await a_batch_of_two(a_person)
    book = await download_wide(group)
    put(book, group.student, group.task, 101)
    put(book, group.student, other, "A")
    book.active.cell(1, 6).value = "Elsewhere [0123456789ab]"
    book.active.cell(2, 6).value = 7
    job = await taken(group, book)
    assert (job["state"], job["error"]) == ("failed", "grading.sheet_has_problems")
    found = {(one["column"].partition(" ")[0], one["code"]) for one in job["report"]["problem_rows"]}
    assert found == {("D", "out_of_range"), ("E", "not_a_number"), ("F", "assignment_unknown")}
    narrow = await taken(group, await download(group))
    assert narrow["report"]["problem_rows"][0]["code"] == "column_missing"
    foreign, _ = await a_batch_of_two(a_person)
    elsewhere = await taken(foreign, await download_wide(group))
    assert {one["code"] for one in elsewhere["report"]["problem_rows"]} >= {"other_batch"}
    assert await grades() == {}


async def test_a_preview_of_a_batch_is_committed_as_a_whole(a_person):
    group, other = await a_batch_of_two(a_person)
    book = await download_wide(group)
    put(book, group.student, group.task, 60)
    put(book, group.student, other, 70)
    job = await taken(group, book, dry_run="true")
    alone = await group.teacher.http.put(
        f"/api/v1/assignments/{other.uuid}/grades/import", params={"preview": job["id"]}
    )
    assert (alone.status_code, await grades()) == (404, {})
    assert (await commit(group, job)).json()["data"]["applied"] == 2


def undo_path(group, job, *, of_batch=False):
    of = f"batches/{group.task.batch.uuid}" if of_batch else f"assignments/{group.task.uuid}"
    return f"/api/v1/{of}/grades/imports/{job['id']}/undo"


async def history(person, group, **query):
    answer = await person.http.get(f"/api/v1/assignments/{group.task.uuid}/grades/history", params=query)
    assert answer.status_code == 200, answer.text
    return [(line["source"], line["before"], line["after"]) for line in answer.json()["data"]]


async def test_an_import_is_undone_once_and_its_history_stays(a_person):
    group = await a_class(a_person)
    other = await a_person(Role.STUDENT)
    await enrol(group.task.batch, other.id)
    work = await hand_in(group)
    await group.teacher.http.put(f"/api/v1/submissions/{work}/grade", json={"grade": 50, "feedback": "Hm"})
    old = saved(await download(group))
    book = await download(group)
    fill(book, group.student, 60, "Better")
    fill(book, other, 70)
    job = await imported(group, book)
    done = [await group.teacher.http.post(undo_path(group, job)) for _ in range(2)]
    assert [one.status_code for one in done] == [200, 200]
    assert done[0].json() == done[1].json()
    told = done[0].json()["data"]
    assert told["undone"] == 2
    assert {(row["name"], row["old_grade"], row["new_grade"]) for row in told["rows"]} == {
        (other.name, 70, None),
        (group.student.name, 60, 50),
    }
    assert await db.fetch("SELECT grade, feedback, version FROM grade ORDER BY account_id") == [
        (Decimal(50), "Hm", 3),
        (None, "", 2),
    ]
    assert (await group.student.http.get(f"/api/v1/submissions/{work}/grade")).json()["data"]["grade"] == 50
    scores = await other.http.get(f"/api/v1/me/batches/{group.task.batch.uuid}/scores")
    assert scores.json()["data"]["assignments"][0]["score"] == 0
    everything = await history(group.teacher, group)
    assert sorted(everything[:2], key=str) == [("undo", 60, 50), ("undo", 70, None)]
    assert sorted(everything[2:4], key=str) == [("sheet", 50, 60), ("sheet", None, 70)]
    assert everything[4:] == [("hand", None, 50)]
    assert await history(other, group) == [("undo", 70, None), ("sheet", None, 70)]
    assert await history(group.teacher, group, user_id=str(other.uuid)) == await history(other, group)
    stale = await imported(group, fill_again(old, other))
    assert stale["error"] == "grading.sheet_is_stale"  # the version goes on counting
    assert (await group.student.http.post(undo_path(group, job))).status_code == 403


def fill_again(content, person):
    book = openpyxl.load_workbook(io.BytesIO(content))
    fill(book, person, 99)
    return book


async def test_an_import_with_something_newer_on_it_stays(a_person):
    group = await a_class(a_person)
    work = await hand_in(group)
    book = await download(group)
    fill(book, group.student, 60)
    job = await imported(group, book)
    await group.teacher.http.put(f"/api/v1/submissions/{work}/grade", json={"grade": 65})
    refused = await group.teacher.http.post(undo_path(group, job))
    assert refused.status_code == 409
    (row,) = refused.json()["error"]["rows"]
    assert (row["name"], row["imported_grade"], row["grade_now"]) == (group.student.name, 60, 65)
    assert await db.value("SELECT grade FROM grade") == 65
    stranger, _ = await a_batch_of_two(a_person)
    assert (await stranger.teacher.http.post(undo_path(stranger, job))).status_code == 404
    dry = await imported(group, book, dry_run="true")
    assert (await group.teacher.http.post(undo_path(group, dry))).status_code == 404


async def test_a_preview_that_was_undone_is_not_written_again(a_person):
    group, other = await a_batch_of_two(a_person)
    book = await download_wide(group)
    put(book, group.student, group.task, 60)
    put(book, group.student, other, 70)
    job = await taken(group, book, dry_run="true")
    await commit(group, job)
    assert (await group.teacher.http.post(undo_path(group, job))).status_code == 404  # it wrote more than that
    undone = await group.teacher.http.post(undo_path(group, job, of_batch=True))
    assert undone.json()["data"]["undone"] == 2
    again = await commit(group, job)
    assert (again.status_code, again.json()["message"]) == (409, "Impor ini sudah dibatalkan")
    assert {grade for grade, _ in (await grades()).values()} == {None}
    assert (await taken(group, await download_wide(group)))["report"]["blank"] == 2


async def test_who_left_keeps_reading_what_became_of_their_grade(a_person):
    group = await a_class(a_person)
    work = await hand_in(group)
    await group.teacher.http.put(f"/api/v1/submissions/{work}/grade", json={"grade": 50})
    await db.statement("UPDATE enrolment SET state = 'withdrawn' WHERE account_id = $1", group.student.id)
    path = f"/api/v1/submissions/{work}/grade/history"
    (line,) = (await group.student.http.get(path)).json()["data"]
    assert (line["after"], line["changed_by_name"], line["source"]) == (50, group.teacher.name, "hand")
    assert (await group.student.http.get(path.replace("/grade/history", "/grade"))).status_code == 200
    answer = await group.student.http.get(f"/api/v1/assignments/{group.task.uuid}/grades/history")
    assert answer.status_code == 403
    stranger = await a_person(Role.STUDENT)
    assert (await stranger.http.get(path)).status_code == 403


@pytest.mark.commits
async def test_four_who_undo_and_one_who_grades_at_once(a_person):
    group = await a_class(a_person)
    work = await hand_in(group)
    book = await download(group)
    fill(book, group.student, 60)
    job = await imported(group, book)
    by_hand = group.teacher.http.put(f"/api/v1/submissions/{work}/grade", json={"grade": 65})
    undone = [group.teacher.http.post(undo_path(group, job)) for _ in range(4)]
    answers = await asyncio.gather(by_hand, *undone)
    assert answers[0].status_code == 200
    assert len({one.status_code for one in answers[1:]} - {200, 409}) == 0
    sources = [row["source"] for row in await db.fetch("SELECT source FROM grade_change ORDER BY id")]
    assert sources in (["sheet", "undo", "hand"], ["sheet", "hand"])
    assert await db.value("SELECT grade FROM grade") == 65
    assert await db.value("SELECT version FROM grade") == len(sources)


async def test_the_gradebook_as_a_spreadsheet_and_as_text(a_person):
    group, _ = await a_batch_of_two(a_person)
    batch = group.task.batch
    await db.statement("UPDATE account SET name = '=HYPERLINK(1)' WHERE id = $1", group.student.id)
    await a_quiz(batch=batch, meeting=group.task.meeting, title="Kuis", max_attempts=2)
    work = await hand_in(group)
    await group.teacher.http.put(f"/api/v1/submissions/{work}/grade", json={"grade": 50})
    mark = {"user_id": str(group.student.uuid), "meeting_id": str(group.task.meeting.uuid), "status": "late"}
    await group.teacher.http.put(f"/api/v1/batches/{batch.uuid}/attendances/bulk", json={"attendances": [mark]})
    path = f"/api/v1/batches/{batch.slug}/gradebook"
    answer = await group.teacher.http.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, XLSX)
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert not any(cell.data_type == "f" for row in sheet for cell in row)
    head, row = sheet.iter_rows(values_only=True)
    assert head[:7] == ("No", "Nama Siswa", "NIM", "Email", "Tugas: Task", "Tugas: =Two [x]", "Kuis: Kuis")
    assert sheet.column_dimensions["B"].width > 20
    assert head[-3:] == ("Hadir", "Pertemuan", "Progres (%)")
    assert (row[1], row[4], row[5], row[6], row[7]) == ("=HYPERLINK(1)", 50, None, None, "Terlambat")
    assert row[-3:] == (1, 2, 40)
    text = await group.teacher.http.get(path, params={"format": "csv"})
    assert text.headers["content-type"] == "text/csv; charset=utf-8"
    assert text.content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(text.content.decode("utf-8-sig"))))
    assert [line[1] for line in lines] == ["Nama Siswa", "'=HYPERLINK(1)"]
    assert lines[0][5] == "Tugas: =Two [x]"
    assert lines[1][-3:] == ["1", "2", "40.0"]
    assert (await group.student.http.get(path)).status_code == 403
    assert (await group.teacher.http.get(path, params={"format": "pdf"})).status_code == 400


async def test_the_gradebook_shows_the_attempt_that_counts(a_person):
    group = await a_class(a_person)
    quiz = await a_quiz(batch=group.task.batch, meeting=group.task.meeting, title="Kuis", max_attempts=3)
    for number, score in enumerate((80, 40, 60), 1):
        attempt = await db.value(
            "INSERT INTO attempt (assessment_id, account_id, enrolment_id, attempt_no, state, started_at, deadline_at,"
            " submitted_at) SELECT $1, $2, id, $3, 'graded', now(), now(), now() FROM enrolment WHERE account_id = $2"
            " RETURNING id",
            quiz.view.id,
            group.student.id,
            number,
        )
        await db.statement(
            "INSERT INTO result (attempt_id, total_questions, correct_answers, wrong_answers, points, max_points,"
            " score_percent, created_at, updated_at) VALUES ($1, 1, 1, 0, 1, 1, $2, now(), now())",
            attempt,
            Decimal(score),
        )
    for counts, wanted in (("best", "80.0"), ("last", "60.0"), ("average", "60.0"), ("first", "80.0")):
        await db.statement("UPDATE assessment SET counts = $2 WHERE id = $1", quiz.view.id, counts)
        text = await group.teacher.http.get(
            f"/api/v1/batches/{group.task.batch.slug}/gradebook", params={"format": "csv"}
        )
        assert list(csv.reader(io.StringIO(text.text)))[1][5] == wanted


async def test_a_large_batch_goes_out_page_by_page(a_person):
    group, _ = await a_batch_of_two(a_person)
    await many_students(group.task.batch, 1_100)
    path = f"/api/v1/batches/{group.task.batch.slug}"
    text = await group.teacher.http.get(f"{path}/gradebook", params={"format": "csv"})
    lines = list(csv.reader(io.StringIO(text.content.decode("utf-8-sig"))))
    assert [line[0] for line in lines[1:]] == [str(number) for number in range(1, 1_102)]
    names = await db.fetch(
        "SELECT a.name FROM enrolment e JOIN account a ON a.id = e.account_id WHERE e.batch_id = $1"
        " ORDER BY a.name, a.id",
        group.task.batch.id,
    )
    assert [line[1] for line in lines[1:]] == [row["name"] for row in names]
    sheet = (await download_wide(group)).active
    assert sheet.max_row == 1_102


async def test_a_sheet_has_room_for_so_many_assignments(a_person):
    group = await a_class(a_person)
    for _ in range(45):
        await a_task(group.task.batch, group.task.meeting)
    refused = await group.teacher.http.get(f"/api/v1/batches/{group.task.batch.slug}/grades/excel")
    assert refused.status_code == 422
    assert refused.json()["message"] == "Batch ini memiliki lebih dari 45 tugas; pakai berkas setiap tugas"
    await db.statement("DELETE FROM activity WHERE kind = 'assignment' AND item_id <> $1", group.task.id)
    await db.statement("DELETE FROM assignment WHERE id <> $1", group.task.id)
    assert (await group.teacher.http.get(f"/api/v1/batches/{group.task.batch.slug}/grades/excel")).status_code == 200
