"""Nothing that a student can get depends on what is right, until the answers are in; and it never says which.

The first test is one of non-interference: a student does the same things twice, and in between another option of each
question becomes the right one; all that is seen must be the same, byte for byte. What a question is worth may be seen.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from backend.core import db
from backend.core.actor import SYSTEM
from backend.domain.assessments import keys
from backend.domain.assessments import question_commands as editing
from backend.domain.assessments.drafts import KeyChange
from tests.dialects.lms.probing import ROUTES, address, roles_of, taken_back
from tests.dialects.lms.world import Half, World, a_world
from tests.kinds import KEYS, RIGHT, WRONG, a_quiz_of, sent
from tests.people import MakePerson, Person
from tests.quizzes import CANARY, an_attempt

CANARIES = ("canary-explanation", "canary-essay", "canary-feedback", "canary-note")
CHANGING = re.compile(
    r'"(?:server_time|created_at|updated_at|started_at|deadline_at|expires_at|ended_at|last_used_at|ticket|url|id|'
    r'job_id|attempt_id|timestamp)":"[^"]*"'
)


@pytest.fixture
async def world(a_person: MakePerson) -> World:
    """A school of two halves, with something planted in all that students must not read."""
    world = await a_world(a_person)
    await db.statement("UPDATE question SET explanation = 'canary-explanation', points = 77")
    here = world.here
    await db.statement("UPDATE submission SET note = 'canary-note', essay_text = 'canary-essay'")
    await db.statement("UPDATE grade SET feedback = 'canary-feedback'")
    await db.statement("UPDATE submission SET account_id = $1", here.classmate.id)
    await db.statement("UPDATE grade SET account_id = $1", here.classmate.id)
    return world


async def flip(half: Half) -> None:
    """Make something else right."""
    await db.statement(
        "UPDATE question SET key = jsonb_set(jsonb_set(key, '{options,0,fraction}', '\"0\"'),"
        " '{options,1,fraction}', '\"1\"') WHERE assessment_id = $1",
        half.quiz.view.id,
    )
    await db.statement("UPDATE question SET explanation = 'another'")
    await db.statement("UPDATE assessment SET key_version = key_version + 1")


async def taking(http: httpx.AsyncClient, half: Half) -> dict[str, str]:
    """All that a student gets while they take a quiz: reads, answers, refusals, tickets, events."""
    told: dict[str, str] = {}

    async def note(name: str, method: str, path: str, **given: Any) -> httpx.Response:
        async with taken_back():
            answer = await http.request(method, f"/api/v1{path}", **given)
        told[name] = f"{answer.status_code} {CHANGING.sub('', answer.text)}"
        return answer

    objects, questions = half.objects, half.quiz.questions
    attempt = f"/quizzes/attempts/{objects['attempts']}"
    for route, handler in ROUTES.items():
        if route.startswith("GET") and {"student", "public"} & set(roles_of(handler)):
            path = address(route, half)
            if path.startswith("/api/v1"):
                await note(route, "GET", path.removeprefix("/api/v1"))
    for number, option in enumerate(questions[0].options):
        body = {"question_id": str(questions[0].uuid), "selected_option_id": str(option.uuid)}
        await note(f"answer {number}", "POST", f"{attempt}/temp-submissions", json=body)
    crossed = {"question_id": str(questions[0].uuid), "selected_option_id": str(questions[1].options[0].uuid)}
    await note("an answer to another question", "POST", f"{attempt}/temp-submissions", json=crossed)
    await note("no answer", "POST", f"{attempt}/temp-submissions", json={})
    await note("a second start", "POST", f"/quizzes/{objects['quizzes']}/start")
    await note("handing in", "POST", f"{attempt}/submissions")
    await note("the key", "GET", f"/quizzes/{objects['quizzes']}/questions")
    await note("a ticket", "POST", f"/jobs/{objects['jobs']}/ticket")
    await note("a job", "GET", f"/jobs/{objects['jobs']}")
    return told


def difference(name: str, one: str, other: str) -> str:
    """Where two answers begin to differ."""
    at = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), 0)
    return f"{name}: {one[max(0, at - 60) : at + 60]!r} became {other[max(0, at - 60) : at + 60]!r}"


async def test_the_key_changes_nothing_that_a_student_sees(world: World):
    half, http = world.here, world.here.student.http
    await db.statement("TRUNCATE regrade_entry, regrade CASCADE")  # history refuses to be deleted
    await db.statement("DELETE FROM result")
    await db.statement("DELETE FROM answer WHERE attempt_id IN (SELECT id FROM attempt WHERE state = 'graded')")
    await db.statement("DELETE FROM attempt WHERE state = 'graded' AND account_id = $1", half.student.id)
    half.graded_attempt = half.objects["attempts"]  # type: ignore[assignment]
    before = await taking(http, half)
    await flip(half)
    after = await taking(http, half)
    assert [difference(name, text, after[name]) for name, text in before.items() if text != after[name]] == []
    assert before["handing in"].startswith("201")
    assert before["answer 0"].startswith("200")
    assert len(before) > 40


@pytest.mark.parametrize("state", ["running", "handed in", "graded", "closed for all"])
async def test_nothing_planted_is_ever_shown_to_students(world: World, state: str):
    half = world.here
    if state != "running":
        await db.statement("UPDATE attempt SET state = 'submitted', submitted_at = now() WHERE state = 'open'")
    if state in ("graded", "closed for all"):
        await db.statement("UPDATE attempt SET state = 'graded'")
    if state == "closed for all":
        await db.statement(
            "UPDATE assessment SET is_open = false, opens_at = now() - interval '2 days',"
            " closes_at = now() - interval '1 day'"
        )
    for person in (half.student, world.there.student):
        told = await taking(person.http, half)
        found = [(name, canary) for name, text in told.items() for canary in CANARIES if canary in text]
        assert found == []
        keyed = [name for name, text in told.items() if re.search(r"is_correct|correct_option|key_version", text)]
        assert keyed == []


async def test_a_result_counts_and_does_not_point(world: World):
    """Who is done early learns a number, never which answers were right; so there is nothing to pass on."""
    half = world.here
    answer = await half.student.http.get(f"/api/v1/quizzes/attempts/{half.graded_attempt}/result")
    data = answer.json()["data"]
    assert data["status"] == "graded"
    assert set(data) == {
        *("status", "attempt_id", "attempt", "id", "total_questions", "correct_answers", "wrong_answers", "points"),
        *("max_points", "score_percent", "created_at", "updated_at"),
    }
    assert data["attempt"]["quiz"]["questions"] is None


async def test_the_documentation_has_no_canary(client: httpx.AsyncClient, world: World):
    text = (await client.get("/api/v1/docs/openapi.json")).text
    assert len(text) > 100_000
    assert not [canary for canary in CANARIES if canary in text]


OTHER_KEYS: dict[str, Callable[[Any], Any]] = {
    "single_choice": lambda key: replace(key, options=turned(key.options)),
    "true_false": lambda key: replace(key, options=turned(key.options)),
    "multiple_response": lambda key: replace(key, options=turned(key.options, most=3)),
    "short_text": lambda key: replace(key, accepted=(keys.AcceptedText(text="Bandung"),)),
    "numeric": lambda key: replace(key, accepted=(keys.AcceptedNumber(low=Decimal(1), high=Decimal(2)),)),
    "matching": lambda key: replace(key, stems=tuple(replace(stem, target=key.targets[2].uuid) for stem in key.stems)),
    "ordering": lambda key: replace(key, items=tuple(reversed(key.items))),
    "blanks": lambda key: replace(
        key,
        gaps=(
            replace(key.gaps[0], key=keys.ShortTextKey(accepted=(keys.AcceptedText(text="Bogor"),))),
            replace(key.gaps[1], key=replace(key.gaps[1].key, options=turned(key.gaps[1].key.options))),
        ),
    ),
    "essay": lambda key: replace(key, notes="other notes", rubric=()),
    "speaking": lambda key: replace(key, notes="other notes"),
}
"""For each kind of question another key of the same parts."""


def turned(options: tuple[keys.Choice, ...], *, most: int = 2) -> tuple[keys.Choice, ...]:
    """The same options; what was right is wrong, and what was wrong is right."""
    return tuple(
        replace(option, fraction=1 - option.fraction) if at < most else option for at, option in enumerate(options)
    )


@pytest.mark.parametrize("is_mixed", [False, True])
async def test_no_kind_of_question_tells_its_key(student: Person, is_mixed):
    quiz = await a_quiz_of(*KEYS, shuffles_options=is_mixed)
    attempt = await an_attempt(quiz, student.actor)
    path = f"/api/v1/quizzes/attempts/{attempt.uuid}"
    told: list[list[str]] = []
    for others in (False, True):
        for question in quiz.questions if others else ():
            change = KeyChange(key=OTHER_KEYS[question.kind](question.key), explanation="other", penalty=Decimal(1))
            await editing.change_key(SYSTEM, quiz.view.id, question.id, change)
        seen = []
        for question in quiz.questions:
            for given in (RIGHT, WRONG):
                if question.kind in given:
                    answer = sent(given[question.kind](question.key))
                    body = {"question_id": str(question.uuid), "answer": answer}
                    seen.append(await student.http.post(f"{path}/temp-submissions", json=body))
        seen += [await student.http.get(path), await student.http.get(f"{quiz.path}/attempts/active")]
        told.append([CHANGING.sub("", answer.text) for answer in seen])
        assert {answer.status_code for answer in seen} == {200}
    assert told[0] == told[1]
    everything = "".join(told[0])
    assert CANARY not in everything
    assert not re.search(r"fraction|accepted|tolerance|scoring|rubric|notes|penalty|explanation", everything)
