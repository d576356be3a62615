"""Marking by hand, and what is shown of an attempt that is over."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from msgspec.structs import asdict, replace

from backend.core import clock, db
from backend.core.actor import SYSTEM, Role
from backend.core.paging import Listing
from backend.domain.assessments import question_commands as editing
from backend.domain.assessments.answers import SpeakingAnswer
from backend.domain.assessments.drafts import KeyChange, QuestionChange
from backend.domain.assessments.errors import NotYourQuiz
from backend.domain.assessments.terms import Counts, QuizChange, Review, Shown
from backend.domain.attempts import commands as attempts
from backend.domain.attempts import saving
from backend.domain.attempts.errors import AnswerUnfit, AttemptClosed, AttemptHidden, NotARecording, OptionNotOfQuestion
from backend.domain.attempts.terms import AttemptState
from backend.domain.files import queries as files
from backend.domain.files.errors import FileNotFound, FileNotReady
from backend.domain.grading import commands as grading
from backend.domain.grading import hand_marking, queries, reviews
from backend.domain.grading.errors import AttemptNotFinal, MarkUnfit, NotMarkedByHand
from backend.domain.grading.hand_marking import HandMarkDraft
from backend.domain.grading.sights import sight
from tests import school
from tests.background import drain
from tests.kinds import KEYS, RIGHT, WRONG, a_quiz_of, sent
from tests.people import MakePerson, Person
from tests.quizzes import CANARY, QuizRow, a_quiz, an_attempt, save

D = Decimal
MACHINE = tuple(kind for kind in KEYS if kind not in ("essay", "speaking"))


async def take(quiz: QuizRow, person: Person, given=RIGHT, *, enrolled: bool = False) -> int:
    attempt = await an_attempt(quiz, person.actor, enrolled=enrolled)
    for question in quiz.questions:
        if question.kind in given:
            await saving.save_value(person.actor, attempt.uuid, question.uuid, given[question.kind](question.key))
    await attempts.submit_attempt(person.actor, attempt.id)
    await grading.grade_attempts([attempt.id])
    return attempt.id


@pytest.mark.parametrize(("given", "percent"), [(RIGHT, "100.00"), (WRONG, "0.00")])
async def test_a_quiz_of_all_kinds_is_taken_on_the_wire_and_graded(student: Person, given, percent):
    quiz = await a_quiz_of(*MACHINE)
    attempt = await an_attempt(quiz, student.actor)
    path = f"/api/v1/quizzes/attempts/{attempt.uuid}"
    paper = (await student.http.get(path)).json()["data"]["quiz"]["questions"]
    assert [question.get("kind", "of the contract") for question in paper[2:]] == list(MACHINE[2:])
    for question in quiz.questions:
        body = {"question_id": str(question.uuid), "answer": sent(given[question.kind](question.key))}
        answer = await student.http.post(f"{path}/temp-submissions", json=body)
        assert (answer.status_code, answer.json()["data"]) == (200, {"status": "saved"}), answer.text
    saved = (await student.http.get(path)).json()["data"]["temp_submissions"]
    assert [("answer" in one, one["selected_option_id"] is None) for one in saved] == [(False, False)] * 2 + [
        (True, True)
    ] * (len(MACHINE) - 2)
    assert (await student.http.post(f"{path}/submissions")).status_code == 201
    await drain()
    made = (await student.http.get(f"{path}/result")).json()["data"]
    assert f"{made['score_percent']:.2f}" == percent
    assert "passed" not in made


async def test_answering_other_kinds_costs_no_statement_more(student: Person, statements: list[str]):
    quiz = await a_quiz_of(*MACHINE)
    attempt = await an_attempt(quiz, student.actor)
    for again in range(2):
        for question in quiz.questions:
            statements.clear()
            await saving.save_value(student.actor, attempt.uuid, question.uuid, RIGHT[question.kind](question.key))
            assert again == 0 or len(statements) == 1
    assert await db.value("SELECT count(*) FROM answer") == len(MACHINE)


async def test_an_answer_must_fit_its_question(student: Person):
    quiz = await a_quiz_of("short_text", "multiple_response", "speaking")
    attempt = await an_attempt(quiz, student.actor)
    text, many, speech = quiz.questions
    with pytest.raises(AnswerUnfit):
        await saving.save_value(student.actor, attempt.uuid, text.uuid, RIGHT["numeric"](None))
    with pytest.raises(OptionNotOfQuestion):
        await saving.save_answer(student.actor, attempt.uuid, many.uuid, many.options[0].uuid)
    with pytest.raises(NotARecording):
        answer = {"kind": "speaking", "file": str(text.uuid)}
        body = {"question_id": str(speech.uuid), "answer": answer}
        refused = await student.http.post(f"/api/v1/quizzes/attempts/{attempt.uuid}/temp-submissions", json=body)
        assert refused.status_code == 422

        await saving.save_value(student.actor, attempt.uuid, speech.uuid, SpeakingAnswer(file=text.uuid))


async def test_a_recording_is_heard_by_who_teaches_and_who_spoke(a_person: MakePerson, student: Person):

    quiz = await a_quiz_of("speaking")
    attempt = await an_attempt(quiz, student.actor)
    file_id, uuid = await school._insert(
        "file", owner_id=student.id, kind="media", state="ready", location="media", original_name="a.mp3",
        extension="mp3", object_key="nowhere/a.mp3", content_type="audio/mpeg", size_bytes=1, sha256="0" * 64,
    )  # fmt: skip
    await saving.save_value(student.actor, attempt.uuid, quiz.questions[0].uuid, SpeakingAnswer(file=uuid))
    assert await db.value("SELECT owner_id FROM attachment WHERE file_id = $1", file_id) == attempt.id
    teacher, stranger = await a_person(Role.TEACHER), await a_person()
    with pytest.raises(FileNotFound):
        await files.readable(teacher.actor, uuid)
    await school.teach(quiz.meeting, teacher.id)
    assert (await files.readable(teacher.actor, uuid)).uuid == uuid
    with pytest.raises(FileNotFound):
        await files.readable(stranger.actor, uuid)


async def test_how_long_a_recording_is_stands_beside_how_long_it_may_be(student: Person, admin: Person):
    """How long it is shows once the recording was looked into, which may be after handing in: a person decides."""
    quiz = await a_quiz_of("speaking", "essay")
    attempt = await an_attempt(quiz, student.actor)
    speech, essay = quiz.questions
    _, uuid = await school._insert(
        "file", owner_id=student.id, kind="media", state="processing", location="media", original_name="a.mp3",
        extension="mp3", object_key="nowhere/c.mp3", content_type="audio/mpeg", size_bytes=1, sha256="0" * 64,
    )  # fmt: skip
    await saving.save_value(student.actor, attempt.uuid, speech.uuid, SpeakingAnswer(file=uuid))
    await saving.save_value(student.actor, attempt.uuid, essay.uuid, RIGHT["essay"](essay.key))
    await attempts.submit_attempt(student.actor, attempt.id)
    await grading.grade_attempts([attempt.id])

    async def told() -> dict[str, tuple[object, ...]]:
        found = (await admin.http.get(f"{quiz.path}/marking")).json()["data"]
        return {one["kind"]: (one["recorded_s"], one["max_s"], one["too_long"]) for one in found}

    assert await told() == {"speaking": (None, 60, None), "essay": (None, None, None)}
    for seconds, is_longer in ((59.9, False), (60.9, False), (61.1, True)):
        await db.statement("UPDATE file SET state = 'ready', duration_s = $2 WHERE uuid = $1", uuid, seconds)
        assert await told() == {"speaking": (seconds, 60, is_longer), "essay": (None, None, None)}


async def test_a_recording_that_nobody_could_hear_is_no_answer(student: Person):
    quiz = await a_quiz_of("speaking")
    attempt = await an_attempt(quiz, student.actor)
    _, uuid = await school._insert(
        "file", owner_id=student.id, kind="media", state="failed", location="media", original_name="a.mp3",
        extension="mp3", object_key="nowhere/b.mp3", content_type="audio/mpeg", size_bytes=1, sha256="0" * 64,
    )  # fmt: skip
    speech = SpeakingAnswer(file=uuid)
    with pytest.raises(FileNotReady):
        await saving.save_value(student.actor, attempt.uuid, quiz.questions[0].uuid, speech)
    assert await db.value("SELECT count(*) FROM answer") + await db.value("SELECT count(*) FROM answer_log") == 0
    await db.statement("UPDATE file SET state = 'processing' WHERE uuid = $1", uuid)
    await saving.save_value(student.actor, attempt.uuid, quiz.questions[0].uuid, speech)
    await attempts.submit_attempt(student.actor, attempt.id)
    with pytest.raises(AttemptClosed):
        await saving.save_value(student.actor, attempt.uuid, quiz.questions[0].uuid, speech)
    assert await db.value("SELECT count(*) FROM answer_log WHERE refusal = 'closed'") == 1


@pytest.mark.parametrize(
    "file",
    [
        {"kind": "image", "state": "stored", "location": "images", "extension": "png", "content_type": "image/png"},
        {"kind": "media", "state": "ready", "location": "media", "extension": "mp3", "content_type": "audio/mpeg"},
    ],
)
async def test_what_is_shown_with_a_question_is_for_who_was_asked(
    a_person: MakePerson, student: Person, file: dict[str, str]
):
    quiz = await a_quiz_of("single_choice")
    _, uuid = await school._insert(
        "file", owner_id=None, original_name="a", object_key="nowhere/a", size_bytes=1, sha256="0" * 64, **file
    )
    changed = await editing.update_question(SYSTEM, quiz.view.id, quiz.questions[0].id, QuestionChange(files=[uuid]))
    assert str(uuid) in changed.files[0]
    await school.enrol(quiz.batch, student.id)
    with pytest.raises(FileNotFound):
        await files.readable(student.actor, uuid)
    attempt = await an_attempt(quiz, student.actor, enrolled=True)
    assert (await files.readable(student.actor, uuid)).address == changed.files[0]
    shown = (await student.http.get(f"/api/v1/quizzes/attempts/{attempt.uuid}")).json()
    assert shown["data"]["quiz"]["questions"][0]["attachments"] == list(changed.files)


async def test_an_essay_waits_for_a_person_and_then_counts(student: Person, teacher: Person):
    quiz = await a_quiz_of("single_choice", "essay", points="10")
    await school.teach(quiz.meeting, teacher.id)
    attempt_id = await take(quiz, student)
    assert (await queries.attempt_result(student.actor, attempt_id)).result is None
    waiting = await hand_marking.waiting_answers(teacher.actor, quiz.view.id, Listing())
    assert [(one.question_uuid, one.answer.text, one.person.uuid) for one in waiting.items] == [
        (quiz.questions[1].uuid, "Because.", student.uuid)
    ]
    rubric = quiz.questions[1].key.rubric
    levels = [rubric[0].levels[1].uuid, rubric[1].levels[0].uuid]
    given = await hand_marking.mark_answer(
        teacher.actor, attempt_id, quiz.questions[1].uuid, HandMarkDraft(levels=levels, feedback="Half of it")
    )
    assert (given.points, given.levels) == (5, levels)
    found = await queries.attempt_result(student.actor, attempt_id)
    assert (found.attempt.state, found.result.points, str(found.result.score_percent)) == (
        AttemptState.GRADED,
        15,
        "75.00",
    )
    assert (found.result.correct_answers, found.result.wrong_answers) == (1, 1)
    assert (await hand_marking.waiting_answers(teacher.actor, quiz.view.id, Listing())).total == 0
    await hand_marking.mark_answer(teacher.actor, attempt_id, quiz.questions[1].uuid, HandMarkDraft(points=D(10)))
    assert str((await queries.attempt_result(student.actor, attempt_id)).result.score_percent) == "100.00"
    assert await db.value("SELECT count(*) FROM hand_mark") == 2
    assert await db.value("SELECT count(*) FROM outbox WHERE name = 'grading.answer.marked.v1'") == 2


async def test_nothing_written_needs_no_person(student: Person):
    quiz = await a_quiz_of("single_choice", "essay")
    attempt_id = await take(quiz, student, {"single_choice": RIGHT["single_choice"]})
    assert str((await queries.attempt_result(student.actor, attempt_id)).result.score_percent) == "50.00"


async def test_who_marks_what(student: Person, teacher: Person):
    quiz = await a_quiz_of("single_choice", "essay")
    essay, choice = quiz.questions[1], quiz.questions[0]
    running = await an_attempt(quiz, student.actor)
    with pytest.raises(AttemptNotFinal):
        await hand_marking.mark_answer(SYSTEM, running.id, essay.uuid, HandMarkDraft(points=D(1)))
    await saving.save_value(student.actor, running.uuid, essay.uuid, RIGHT["essay"](None))
    await attempts.submit_attempt(student.actor, running.id)
    await grading.grade_attempts([running.id])
    with pytest.raises(AttemptHidden):
        await hand_marking.mark_answer(teacher.actor, running.id, essay.uuid, HandMarkDraft(points=D(1)))
    with pytest.raises(NotYourQuiz):
        await hand_marking.waiting_answers(student.actor, quiz.view.id, Listing())
    with pytest.raises(NotMarkedByHand):
        await hand_marking.mark_answer(SYSTEM, running.id, choice.uuid, HandMarkDraft(points=D(1)))
    for draft in (
        HandMarkDraft(),
        HandMarkDraft(points=D(2)),
        HandMarkDraft(points=D(-1)),
        HandMarkDraft(levels=[choice.uuid]),
        HandMarkDraft(levels=[choice.uuid, choice.uuid]),
    ):
        with pytest.raises(MarkUnfit):
            await hand_marking.mark_answer(SYSTEM, running.id, essay.uuid, draft)


@pytest.mark.parametrize("shown", Shown)
@pytest.mark.parametrize("is_closed", [False, True])
@pytest.mark.parametrize("facet", Review.__struct_fields__)
def test_what_a_review_shows_when(shown, is_closed, facet):
    nothing = Review(**dict.fromkeys(Review.__struct_fields__, Shown.NEVER))
    seen = sight(replace(nothing, **{facet: shown}), is_closed=is_closed)
    is_seen = shown is Shown.AFTER_SUBMIT or (shown is Shown.AFTER_CLOSE and is_closed)
    assert asdict(seen) == {name: is_seen and name == facet for name in Review.__struct_fields__}


@pytest.mark.parametrize(
    ("facet", "named"),
    [("verdicts", "verdict"), ("points", "points"), ("key", "right_answer"), ("feedback", "feedback")],
)
async def test_a_review_shows_one_thing_without_the_others(student: Person, facet: str, named: str):
    quiz = await a_quiz_of("short_text", review=Review(**{facet: Shown.AFTER_SUBMIT}))
    data = await shown(student, await take(quiz, student))
    assert [set(one) for one in data["review"]] == [{"question_id", "max_points", named}]


async def test_an_options_own_feedback_then_that_of_the_question(student: Person, admin: Person):
    quiz = await a_quiz(points=(), review=ALL, max_attempts=2)
    options = [{"text": text, "fraction": "01"[text == "a"], "feedback": f"It is {text}"} for text in "abc"]
    body = {
        "question": "Which?", "points": 1, "explanation": "Because", "feedback_right": "Good", "feedback_wrong": "Pity",
        "key": {"kind": "single_choice", "options": options},
    }  # fmt: skip
    made = (await admin.http.post(f"{quiz.path}/questions", json=body)).json()["data"]
    for at, said in enumerate((["It is a", "Good", "Because"], ["It is b", "Pity", "Because"])):
        attempt = await an_attempt(quiz, student.actor, enrolled=at > 0)
        await saving.save_answer(student.actor, attempt.uuid, UUID(made["id"]), UUID(made["options"][at]["id"]))
        await attempts.submit_attempt(student.actor, attempt.id)
        await grading.grade_attempts([attempt.id])
        assert [one["feedback"] for one in (await shown(student, attempt.id))["review"]] == [said]


async def shown(student: Person, attempt_id: int) -> dict:
    uuid = await db.value("SELECT uuid FROM attempt WHERE id = $1", attempt_id)
    return (await student.http.get(f"/api/v1/quizzes/attempts/{uuid}")).json()["data"]


ALL = Review(**dict.fromkeys(Review.__struct_fields__, Shown.AFTER_SUBMIT))
CLOSED = Review(**dict.fromkeys(Review.__struct_fields__, Shown.AFTER_CLOSE))


async def test_a_review_shows_all_that_it_may(student: Person):
    quiz = await a_quiz_of(*MACHINE, review=ALL)
    attempt_id = await take(quiz, student, {**RIGHT, "numeric": WRONG["numeric"]})
    data = await shown(student, attempt_id)
    verdicts = {one["question_id"]: one["verdict"] for one in data["review"]}
    assert [verdicts[str(q.uuid)] == "right" for q in quiz.questions] == [q.kind != "numeric" for q in quiz.questions]
    assert sum(one["points"] for one in data["review"]) == len(MACHINE) - 1
    by_kind = dict(zip(MACHINE, data["review"], strict=True))
    assert by_kind["single_choice"]["right_answer"]["options"][0]["fraction"] == "1"
    assert by_kind["short_text"]["feedback"] == [CANARY, CANARY]
    assert "feedback" not in str(by_kind["short_text"]["right_answer"])


async def test_nothing_of_the_key_while_an_attempt_runs_or_before_its_time(a_person: MakePerson, student: Person):
    quiz = await a_quiz_of("short_text", review=CLOSED, closes_at=clock.now() + timedelta(hours=1), max_attempts=2)
    running = await an_attempt(quiz, student.actor)
    assert "review" not in await shown(student, running.id)
    await saving.save_value(student.actor, running.uuid, quiz.questions[0].uuid, RIGHT["short_text"](None))
    await attempts.submit_attempt(student.actor, running.id)
    await grading.grade_attempts([running.id])
    data = await shown(student, running.id)
    assert "review" not in data
    assert data["temp_submissions"] == []
    other = await a_person()
    still = await an_attempt(quiz, other.actor)
    await db.statement("UPDATE assessment SET closes_at = now() - interval '1 min'")
    assert "review" not in await shown(student, running.id), "somebody with extra time is still at it"
    await attempts.submit_attempt(other.actor, still.id)
    data = await shown(student, running.id)
    assert data["review"][0]["right_answer"]["accepted"][0]["text"] == "Jak*"
    assert len(data["temp_submissions"]) == 1
    hidden = QuizChange(review=Review(answers=Shown.NEVER))
    await attempts.change_quiz(SYSTEM, quiz.view.id, hidden)
    data = await shown(student, running.id)
    assert "review" not in data
    assert data["temp_submissions"] == []
    assert (await reviews.attempt_review(SYSTEM, running.id)).review is not None, "staff see all"


@pytest.mark.parametrize(
    ("counts", "score"),
    [(Counts.BEST, "100.00"), (Counts.LAST, "66.67"), (Counts.FIRST, "33.33"), (Counts.AVERAGE, "66.67")],
)
async def test_which_attempt_counts_is_said_once(student: Person, counts: Counts, score: str):
    quiz = await a_quiz_of(*["single_choice"] * 3, max_attempts=4, counts=counts, pass_percent=D(60))
    for number, right in enumerate((1, 3, 2)):
        attempt = await an_attempt(quiz, student.actor, enrolled=number > 0)
        for question in range(right):
            await save(quiz, attempt, student.actor, question)
        await attempts.submit_attempt(student.actor, attempt.id)
        await grading.grade_attempts([attempt.id])
    await attempts.start_attempt(student.actor, quiz.view.id)
    assert await queries.counting_scores(student.id, [quiz.view.id], as_shown=True) == {quiz.view.id: D(score)}
    scores = (await student.http.get(f"/api/v1/me/batches/{quiz.batch.uuid}/scores")).json()["data"]
    assert D(score) in [D(str(one["score"])) for one in scores["quizzes"]]
    rows = (await student.http.get(f"{quiz.path}/attempts?sort=attempt_no")).json()["data"]
    results = [(await student.http.get(f"/api/v1/quizzes/attempts/{row['id']}/result")).json() for row in rows[:3]]
    assert [result["data"]["passed"] for result in results] == [False, True, True]


async def test_a_result_says_which_version_of_the_keys_it_was_made_with(student: Person):
    quiz = await a_quiz_of("single_choice", max_attempts=2)
    attempt = await an_attempt(quiz, student.actor)
    await save(quiz, attempt, student.actor, 0, right=False)
    mended = tuple(
        type(option)(uuid=option.uuid, text=option.text, fraction=D(int(at == 1)))
        for at, option in enumerate(quiz.questions[0].options)
    )
    changed = await editing.change_key(SYSTEM, quiz.view.id, quiz.questions[0].id, KeyChange(key=mended))
    await attempts.submit_attempt(student.actor, attempt.id)
    await grading.grade_attempts([attempt.id])
    row = await db.row("SELECT key_version, score_percent, marks::text AS marks FROM result")
    assert (row["key_version"], str(row["score_percent"])) == (changed.key_version, "100.00")
    assert '"v": "right"' in row["marks"]
