"""Pictures of questions through the front door: they come and go with files of questions, and none stays behind."""

import base64
import io

import openpyxl
import pytest
from PIL import Image

from backend.core import db
from backend.core.actor import Actor, Role
from backend.domain.assessments import commands, queries, question_files
from tests.background import drain
from tests.dialects.lms.test_question_files import a_taught_quiz, imported


def picture(color="red"):
    out = io.BytesIO()
    Image.new("RGB", (3, 2), color).save(out, "PNG")
    return out.getvalue()


def document(*contents, more=""):
    files = "".join(
        f'<file name="{at}.png" path="/" encoding="base64">{base64.b64encode(content).decode()}</file>'
        for at, content in enumerate(contents)
    )
    text = "&lt;p&gt;Apa ini? &lt;img src='@@PLUGINFILE@@/0.png'&gt;&lt;/p&gt;"
    return (
        f"<quiz><question type='essay'><questiontext format='html'><text>{text}</text>{files}</questiontext></question>"
        f"{more}</quiz>"
    )


async def files():
    """State of each file, and what it belongs to."""
    rows = await db.fetch(
        "SELECT f.state, x.owner_kind FROM file f LEFT JOIN attachment x ON x.file_id = f.id ORDER BY f.id"
    )
    return [(row["state"], row["owner_kind"]) for row in rows]


async def test_a_picture_is_there_after_the_import_and_in_the_export(a_person):
    quiz, teacher = await a_taught_quiz(a_person)
    job = await imported(teacher, quiz, document(picture(), picture("blue")))
    assert (job["state"], job["report"]["errors"]) == ("done", []), job
    (question,) = await queries.questions_of(quiz.view.id)
    first, second = question.files
    assert question.text == f'<p>Apa ini? <img src="{first}"></p>'
    assert (await teacher.http.get(first)).content == picture()
    assert (await teacher.http.get(second)).content == picture("blue")
    stranger = await a_person(Role.STUDENT)
    assert (await stranger.http.get(first)).status_code == 404
    answer = await teacher.http.get(f"{quiz.path}/export", params={"format": "moodle_xml"})
    assert (answer.status_code, answer.headers.get("x-left-out-parts")) == (200, "view"), answer.text
    assert base64.b64encode(picture("blue")) in answer.content
    other, colleague = await a_taught_quiz(a_person)
    assert (await imported(colleague, other, answer.content))["state"] == "done"
    (again,) = await queries.questions_of(other.view.id)
    assert again.text == f'<p>Apa ini? <img src="{again.files[0]}"></p>'
    assert (await colleague.http.get(again.files[1])).content == picture("blue")
    assert set(again.files).isdisjoint(question.files)
    assert await files() == [("stored", "question")] * 4


async def test_a_refused_file_leaves_no_picture(a_person, storage):
    quiz, teacher = await a_taught_quiz(a_person)
    job = await imported(teacher, quiz, document(picture(), more="<question type='essay'/>"))
    assert (job["state"], job["report"]["error_count"]) == ("failed", 1)
    job = await imported(teacher, quiz, document(picture(), b"no picture"))
    assert (job["state"], job["report"]["errors"][0]["part"]) == ("failed", "files")
    assert await files() == []
    job = await imported(teacher, quiz, document(picture(), b"no picture"), skip_unsupported=True)
    assert job["state"] == "done"
    assert await files() == [("stored", "question")]


async def test_a_picture_that_cannot_be_kept_takes_the_others_with_it(a_person, monkeypatch):
    quiz, teacher = await a_taught_quiz(a_person)
    monkeypatch.setattr("backend.domain.files.commands.UPLOADS_OF_ACCOUNT", 1)
    job = await imported(teacher, quiz, document(picture(), picture("blue")))
    assert (job["state"], job["error"]) == ("failed", "files.too_many")
    assert await files() == [("removed", None)]
    assert await db.value("SELECT count(*) FROM discarded_object") == 1


async def test_a_preview_keeps_its_pictures_until_it_is_committed(a_person):
    quiz, teacher = await a_taught_quiz(a_person)
    job = await imported(teacher, quiz, document(picture()), dry_run=True)
    assert (job["state"], await files()) == ("done", [("stored", "question_file")])
    answer = await teacher.http.post(f"{quiz.path}/import-questions", params={"preview": job["id"]})
    assert answer.status_code == 200, answer.text
    (question,) = await queries.questions_of(quiz.view.id)
    assert (await teacher.http.get(question.files[0])).content == picture()
    assert await files() == [("stored", "question")]


@pytest.mark.parametrize("ends", ["forgotten", "deleted"])
async def test_a_preview_that_comes_to_nothing_takes_its_pictures_with_it(a_person, ends):
    quiz, teacher = await a_taught_quiz(a_person)
    await imported(teacher, quiz, document(picture()), dry_run=True)
    if ends == "forgotten":
        await db.statement("UPDATE question_file SET created_at = now() - interval '31 days'")
        assert await question_files.purge(10) == 1
    else:
        await commands.delete_quiz(Actor(teacher.id, Role.TEACHER), quiz.view.id)
    assert await files() == [("removed", None)]


async def test_the_job_run_twice_keeps_each_picture_once(a_person):
    quiz, teacher = await a_taught_quiz(a_person)
    for is_dry in (True, False):
        job = await imported(teacher, quiz, document(picture()), dry_run=is_dry)
        await db.statement(
            "UPDATE job SET state = 'queued', finished_at = NULL, lease_until = NULL WHERE uuid = $1", job["id"]
        )
        await drain()
        again = (await teacher.http.get(f"/api/v1/jobs/{job['id']}")).json()["data"]
        assert (again["state"], again["report"]) == ("done", job["report"])
    told = await files()
    assert told == [("removed", None), ("stored", "question_file"), ("stored", "question")]


async def test_a_sheet_names_files_that_are_there(a_person):
    quiz, teacher = await a_taught_quiz(a_person)
    await imported(teacher, quiz, document(picture(), picture("blue")))
    (before,) = await queries.questions_of(quiz.view.id)
    answer = await teacher.http.get(f"{quiz.path}/export")
    assert (answer.status_code, answer.headers.get("x-left-out")) == (200, None)
    assert (await imported(teacher, quiz, answer.content))["state"] == "done"
    (after,) = await queries.questions_of(quiz.view.id)
    assert (after.text, after.files, after.id == before.id) == (before.text, before.files, False)
    assert await files() == [("stored", "question")] * 2
    other, colleague = await a_taught_quiz(a_person)
    job = await imported(colleague, other, answer.content)
    assert (job["state"], job["report"]["error_count"]) == ("failed", 2)
    (row, _) = job["report"]["errors"]
    assert (row["row"], row["code"], row["found"]) == (2, "file_unknown", before.files[0][:80])
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert [cell.value for cell in book["Soal"][1]].count("Berkas") == 1
