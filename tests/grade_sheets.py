"""Grading sheets in tests: downloaded, filled in as a teacher would, and sent back through the front door."""

import io

import openpyxl

from tests.background import drain

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
GRADE, FEEDBACK = 4, 5


async def download(group):
    answer = await group.teacher.http.get(f"/api/v1/assignments/{group.task.uuid}/grades/excel")
    assert answer.status_code == 200, answer.text
    return openpyxl.load_workbook(io.BytesIO(answer.content))


def row_of(book, person):
    (found,) = [row for row in book.active.iter_rows(min_row=2) if row[0].value == str(person.uuid)]
    return found[0].row


def fill(book, person, grade, feedback=None):
    at = row_of(book, person)
    book.active.cell(at, GRADE).value = grade
    if feedback is not None:
        book.active.cell(at, FEEDBACK).value = feedback
    return at


def saved(book):
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


async def send(person, group, content, **query):
    return await person.http.put(
        f"/api/v1/assignments/{group.task.uuid}/grades/import",
        files={"file": ("grades.xlsx", content, XLSX)},
        params={name: str(value) for name, value in query.items()},
    )


async def commit(person, group, job, **query):
    return await person.http.put(
        f"/api/v1/assignments/{group.task.uuid}/grades/import", params={"preview": job["id"], **query}
    )


async def imported(group, book, **query):
    """Send a sheet, run its job, and say what the job came to."""
    answer = await send(group.teacher, group, book if isinstance(book, bytes) else saved(book), **query)
    assert answer.status_code == 202, answer.text
    assert answer.json()["message"] == "Grades imported successfully"
    data = answer.json()["data"]
    assert data.keys() == {"job_id", "url"}
    await drain(leaving=["announce_grades"])  # thousands of mails are another test's matter
    return (await group.teacher.http.get(data["url"])).json()["data"]
