"""Mending a key over the wire: who would change, doing exactly that, the history, and the analysis of questions."""

import io
from xml.etree import ElementTree as ET

import httpx
import pytest
from python_calamine import CalamineWorkbook

from backend.core import db
from backend.core.actor import SYSTEM
from backend.domain.assessments.terms import Counts, QuizChange
from backend.domain.attempts import commands as attempts
from backend.domain.grading.analysis_words import BANDS, WHICH, WORDS
from tests.background import drain
from tests.people import MakePerson, Person
from tests.quizzes import QuizRow, a_quiz
from tests.regrading import mend, sat
from tests.school import teach

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
async def quiz(a_person: MakePerson, teacher: Person) -> QuizRow:
    """A quiz of the teacher's that two have taken, one of them rightly, before its first key was mended."""
    made = await a_quiz(points=("1", "1"))
    await teach(made.meeting, teacher.id)
    await sat(made, await a_person(), right=(True, False))
    await sat(made, await a_person(), right=(False, True))
    await mend(made)
    return made


async def done(person: Person, answer: httpx.Response) -> dict:
    """The report of the job that an answer names."""
    assert answer.status_code == 202, answer.text
    await drain()
    job = (await person.http.get(answer.json()["data"]["url"])).json()["data"]
    assert job["state"] == "done", job
    return job["report"]


async def test_a_key_is_mended_looked_at_and_applied(quiz: QuizRow, teacher: Person):
    asked = {"policy": "better", "reason": "B was right, too"}
    shown = await teacher.http.post(f"{quiz.path}/regrade?dry_run=true", json=asked)
    report = await done(teacher, shown)
    assert (report["considered"], report["changed"], report["raised"], report["lowered"]) == (2, 1, 1, 0)
    assert [(one["old_percent"], one["new_percent"]) for one in report["changes"]] == [(50, 100)]
    preview = shown.json()["data"]["job_id"]
    applied = await teacher.http.post(f"{quiz.path}/regrade?preview={preview}", json={})
    assert await done(teacher, applied) == {**report, "is_applied": True}
    again = await teacher.http.post(f"{quiz.path}/regrade?preview={preview}", json={})
    assert again.json() == applied.json()
    listed = (await teacher.http.get(f"{quiz.path}/regrades")).json()
    assert [(one["policy"], one["status"], one["reason"]) for one in listed["data"]] == [
        ("better", "applied", "B was right, too")
    ]
    assert listed["data"][0]["asked_by"]["name"] == teacher.name
    path = f"{quiz.path}/regrades/{listed['data'][0]['id']}"
    assert (await teacher.http.get(path)).json()["data"] == listed["data"][0]
    changes = (await teacher.http.get(f"{path}/changes?changed=true")).json()
    assert [(one["old_score"], one["new_score"]) for one in changes["data"]] == [(50, 100)]
    assert (await teacher.http.get(f"{path}/changes")).json()["meta"]["total"] == 2


async def test_what_changed_in_between_is_named(quiz: QuizRow, teacher: Person):
    shown = await teacher.http.post(f"{quiz.path}/regrade?dry_run=true", json={})
    await done(teacher, shown)
    await db.statement("UPDATE result SET points = points")
    answer = await teacher.http.post(f"{quiz.path}/regrade?preview={shown.json()['data']['job_id']}", json={})
    assert answer.status_code == 409
    assert len(answer.json()["error"]["rows"]) == 2
    assert "2 hasil sudah berubah" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("query", "body", "status"),
    [
        ("", {"policy": "kinder"}, 400),
        ("?preview=no-uuid", {}, 400),
        ("?preview=0197b1c4-0000-7000-8000-000000000000", {}, 404),
        ("", {"reason": "x" * 1001}, 400),
    ],
)
async def test_what_cannot_be_asked_for(quiz: QuizRow, teacher: Person, query: str, body: dict, status: int):
    assert (await teacher.http.post(f"{quiz.path}/regrade{query}", json=body)).status_code == status


async def test_nothing_mended_is_said_so(teacher: Person):
    quiz = await a_quiz()
    await teach(quiz.meeting, teacher.id)
    answer = await teacher.http.post(f"{quiz.path}/regrade", json={})
    assert (answer.status_code, answer.json()["message"]) == (
        422,
        "kunci jawaban belum ada yang diperbaiki sejak quiz dinilai",
    )


async def test_an_analysis_is_made_once_and_again_when_something_changed(quiz: QuizRow, teacher: Person):
    missing = await teacher.http.get(f"{quiz.path}/analysis", headers={"accept-language": "en"})
    assert (missing.status_code, "POST" in missing.json()["message"]) == (404, True)
    assert await db.value("SELECT count(*) FROM job WHERE kind = 'analyse_items'") == 0
    first = await teacher.http.post(f"{quiz.path}/analysis")
    again = await teacher.http.post(f"{quiz.path}/analysis")
    assert again.json()["data"]["job_id"] == first.json()["data"]["job_id"]
    assert await done(teacher, first) == {"attempts": 2}
    found = (await teacher.http.get(f"{quiz.path}/analysis")).json()["data"]
    assert found["quiz"]["attempts"] == 2
    assert found["quiz"]["is_few"]
    assert len(found["notes"]) == 1
    assert [(one["number"], one["facility"], one["discrimination"]) for one in found["questions"]] == [
        (1, 0.5, -1.0),
        (2, 0.5, -1.0),
    ]
    assert [option["count"] for option in found["questions"][0]["options"]] == [1, 1, 0]
    await done(teacher, await teacher.http.post(f"{quiz.path}/regrade", json={}))
    assert (await teacher.http.get(f"{quiz.path}/analysis")).status_code == 404
    await done(teacher, await teacher.http.post(f"{quiz.path}/analysis"))
    assert (await teacher.http.get(f"{quiz.path}/analysis?attempts=all")).status_code == 404
    found = (await teacher.http.get(f"{quiz.path}/analysis")).json()["data"]
    assert [one["discrimination"] for one in found["questions"]] == [1.0, 1.0]


async def test_whose_attempts_are_looked_at(a_person: MakePerson, teacher: Person):
    quiz = await a_quiz(points=("1", "1"), max_attempts=0)
    await teach(quiz.meeting, teacher.id)
    person = await a_person()
    for number, right in enumerate(((False, False), (True, True), (True, False))):
        await sat(quiz, person, right=right, enrolled=number > 0)
    means = {}
    for which in ("counted", "first", "all"):
        await done(teacher, await teacher.http.post(f"{quiz.path}/analysis?attempts={which}"))
        found = (await teacher.http.get(f"{quiz.path}/analysis?attempts={which}")).json()["data"]
        means[which] = (found["quiz"]["attempts"], found["quiz"]["mean"])
    assert means == {"counted": (1, 100), "first": (1, 0), "all": (3, 50)}
    await attempts.change_quiz(SYSTEM, quiz.view.id, QuizChange(counts=Counts.LAST))
    await done(teacher, await teacher.http.post(f"{quiz.path}/analysis"))
    assert (await teacher.http.get(f"{quiz.path}/analysis")).json()["data"]["quiz"]["mean"] == 50
    assert (await teacher.http.get(f"{quiz.path}/analysis?attempts=best")).status_code == 400


async def test_the_workbook_has_the_figures_and_no_formulas(quiz: QuizRow, teacher: Person):
    await db.statement("UPDATE question SET text = '=cmd()|x' WHERE uuid = $1", quiz.questions[0].uuid)
    await db.statement("UPDATE assessment SET title = '@quiz' WHERE id = $1", quiz.view.id)
    path = f"{quiz.path}/analysis/excel"
    assert (await teacher.http.get(path)).status_code == 404
    await done(teacher, await teacher.http.post(f"{quiz.path}/analysis"))
    answer = await teacher.http.get(path, headers={"accept-language": "en"})
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    assert book.sheet_names == ["Summary", "Questions", "Options"]
    rows = book.get_sheet_by_name("Questions").to_python()
    assert rows[0][:8] == [
        WORDS["en"][name] for name in ("number", "question", "kind", "points", "asked", "unanswered", "facility", "sd")
    ]
    assert [row[1] for row in rows[1:]] == ["=cmd()|x", "Question 2"]
    assert rows[1][6] == 0.5
    assert len(book.get_sheet_by_name("Options").to_python()) == 7
    assert b"<f>" not in answer.content


async def test_the_picture_is_xml_with_nothing_that_runs(quiz: QuizRow, teacher: Person):
    evil = "<script>alert(1)</script> & \"'\x0b\ufffe"
    await db.statement("UPDATE assessment SET title = $2 WHERE id = $1", quiz.view.id, evil)
    path = f"{quiz.path}/analysis/chart"
    assert (await teacher.http.get(path)).status_code == 404
    await done(teacher, await teacher.http.post(f"{quiz.path}/analysis"))
    answer = await teacher.http.get(path)
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "sandbox" in answer.headers["content-security-policy"]
    drawn = ET.fromstring(answer.content)
    assert drawn.tag == f"{SVG}svg"
    names = {element.tag.removeprefix(SVG) for element in drawn.iter()}
    assert names <= {"svg", "title", "rect", "text", "path", "circle"}
    texts = [element.text or "" for element in drawn.iter(f"{SVG}text")]
    assert any("<script>alert(1)</script> &" in text for text in texts)
    assert {"1", "2"} <= set(texts)


async def test_no_student_sees_any_of_it(quiz: QuizRow, student: Person):
    for path in ("analysis", "analysis/excel", "analysis/chart", "regrades"):
        assert (await student.http.get(f"{quiz.path}/{path}")).status_code == 403
    assert (await student.http.post(f"{quiz.path}/analysis")).status_code == 403


def test_both_languages_say_the_same():
    assert set(WORDS["id"]) == set(WORDS["en"])
    assert set(BANDS["id"]) == set(BANDS["en"])
    assert set(WHICH["id"]) == set(WHICH["en"])
    for name, text in WORDS["id"].items():
        assert text.count("{") == WORDS["en"][name].count("{"), name
