"""Between asking for an import and its run there may be hours: who may, is asked again."""

import pytest

from backend.core import db
from tests.background import drain
from tests.grade_sheets import download, fill, saved, send
from tests.people import Person
from tests.tasks import Class, a_class

LOSSES = {
    "teaches no more": "DELETE FROM meeting_teacher WHERE account_id = $1",
    "is no teacher any more": "UPDATE account SET role = 'student' WHERE id = $1",
    "was removed": "UPDATE account SET removed_at = now() WHERE id = $1",
}


async def ordered(group: Class, **query: object) -> str:
    book = await download(group)
    fill(book, group.student, 90)
    answer = await send(group.teacher, group, saved(book), **query)
    assert answer.status_code == 202, answer.text
    return answer.json()["data"]["url"]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("dry_run", ["false", "true"])
async def test_who_lost_the_batch_meanwhile_changes_no_grade(a_person, admin: Person, loss: str, dry_run: str):
    group = await a_class(a_person)
    url = await ordered(group, dry_run=dry_run)
    await db.statement(LOSSES[loss], group.teacher.id)
    ran = [job for job in await drain() if job.kind == "import_grades"]
    assert [job.refused for job in ran] == ["grading.not_teaching_batch"]
    assert await db.value("SELECT count(*) FROM grade") == 0
    assert await db.value("SELECT count(*) FROM grade_preview") == 0
    job = (await admin.http.get(url)).json()["data"]
    assert job["state"] == "failed"


async def test_who_still_teaches_does(a_person):
    group = await a_class(a_person)
    await ordered(group)
    await drain()
    assert await db.value("SELECT count(*) FROM grade") == 1
