"""A class of 5,000 through the whole way: out as a template, filled in, and in again."""

import io
import resource
import time

import openpyxl

from backend.core import db
from tests.background import drain
from tests.domain.grading import sheet_files
from tests.grade_sheets import imported
from tests.tasks import a_class, many_students

COUNT = 5_000


async def test_five_thousand_students(a_person, capsys, tmp_path):
    group = await a_class(a_person)
    await many_students(group.task.batch, COUNT - 1)
    begun = time.perf_counter()
    answer = await group.teacher.http.get(f"/api/v1/assignments/{group.task.uuid}/grades/excel")
    out_s = time.perf_counter() - begun
    book = openpyxl.load_workbook(io.BytesIO(answer.content), read_only=True)
    rows = list(book.active.iter_rows(min_row=2, values_only=True))
    book.close()
    assert len(rows) == COUNT
    filled = [(row[0], None, None, number % 101, f"Feedback {number}", row[8]) for number, row in enumerate(rows)]
    content = sheet_files.written(tmp_path / "filled.xlsx", filled).read_bytes()
    begun = time.perf_counter()
    job = await imported(group, content)
    in_s = time.perf_counter() - begun
    assert (job["state"], job["report"]["applied"]) == ("done", COUNT)
    assert await db.value("SELECT count(*) FROM grade WHERE assignment_id = $1", group.task.id) == COUNT
    assert await drain(leaving=["announce_grades"]) == []
    begun = time.perf_counter()
    again = await imported(group, content)
    again_s = time.perf_counter() - begun
    assert (again["report"]["applied"], again["report"]["unchanged"]) == (0, COUNT)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    with capsys.disabled():
        print(
            f"\n{COUNT} students: template {out_s:.2f} s, import {in_s:.2f} s, the same again {again_s:.2f} s,"
            f" peak of the test process {peak_mb} MB (openpyxl included)"
        )
    assert in_s < 30
