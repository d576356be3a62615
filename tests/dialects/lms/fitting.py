"""A request that succeeds, for every route: what is sent, and what must stand there before.

Whoever acts, the request is the same; only what is one's own (a session, a password) is the actor's.
"""

import io
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import msgspec
import xlsxwriter
from argon2 import PasswordHasher

from backend.core import db
from backend.core.actor import SYSTEM
from backend.dialects.lms import cookies
from backend.domain.accounts import codes, sessions
from backend.domain.accounts.terms import Caller, CodePurpose
from backend.domain.assessments import question_commands as editing
from backend.domain.assessments.answers import EssayAnswer
from backend.domain.assessments.drafts import QuestionDraft
from backend.domain.assessments.keys import EssayKey
from backend.domain.attempts import commands as attempts
from backend.domain.attempts import saving
from backend.domain.grading import analyses
from backend.domain.grading import commands as grading
from backend.domain.grading.analyses import AnalysisOrder
from backend.domain.grading.terms import AnalysedAttempts
from tests.dialects.lms.probing import ROUTES, address, body, body_type
from tests.dialects.lms.world import Half, World
from tests.people import Person
from tests.quizzes import QuizRow, a_quiz, an_attempt
from tests.regrading import mend
from tests.school import a_batch, a_course, a_meeting
from tests.tasks import a_task

PASSWORD = "gajah di seberang lautan"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63fccfc0500f000485018037"
    "d4a2430000000049454e44ae426082"
)
PDF = b"%PDF-1.7\n1 0 obj\nstartxref\n9\n%%EOF\n"
GIFT = "Ibu kota Indonesia? {=Jakarta ~Bandung}\n"
MUTATIONS = b"Tanggal;Jumlah\n22/11/2026;1.000.123,00 CR\n"


class Act(msgspec.Struct):
    """A request that is about to be sent. `whose` is who sends it; a stranger has the classmate's password."""

    route: str
    world: World
    whose: Person
    path: str
    given: dict[str, Any]

    @property
    def here(self) -> Half:
        return self.world.here

    def name(self, **other: object) -> None:
        """Name another object in the address, by its kind."""
        self.path = address(self.route, self.here, **{kind: str(name) for kind, name in other.items()})

    def send(self, **fields: object) -> None:
        """Send other fields than those that are made up."""
        self.given = {"json": self.given.get("json", {}) | fields}


Fit = Callable[[Act], Awaitable[None]]
FITS: dict[str, Fit] = {}


def fits(*routes: str) -> Callable[[Fit], Fit]:
    """Have a function make requests of these routes succeed."""

    def note(fit: Fit) -> Fit:
        FITS.update(dict.fromkeys(routes, fit))
        return fit

    return note


async def fitting(route: str, world: World, person: Person | None) -> Act:
    """The request of a route to what is here, with what it needs in place."""
    type_ = body_type(ROUTES[route])
    given = {"json": body(type_, world.here)} if type_ else {}
    act = Act(route, world, person or world.here.classmate, address(route, world.here), given)
    if route in ROWS:
        await db.statement(ROWS[route])
    if route in FITS:
        await FITS[route](act)
    return act


UNGRADED = "UPDATE grade SET grade = NULL"

ROWS = {
    "DELETE /api/v1/jobs/{}": "UPDATE job SET state = 'queued', finished_at = NULL",
    "DELETE /api/v1/submissions/{}": UNGRADED,
    "DELETE /api/v1/upload": "DELETE FROM attachment",
    "PATCH /api/v1/me/purchases/{}/cancel": "UPDATE purchase SET state = 'pending'",
    "PATCH /api/v1/me/purchases/{}/pay": "UPDATE purchase SET state = 'pending'",
    "PATCH /api/v1/purchases/{}/status": "UPDATE purchase SET state = 'waiting_confirmation'",
    "PATCH /api/v1/submissions/{}": UNGRADED,
    "POST /api/v1/batches/{}/testimonials": "DELETE FROM testimonial",
    "POST /api/v1/quizzes/{}/start": "UPDATE attempt SET state = 'graded', submitted_at = now() - interval '1 hour'",
}
"""What is changed in the world before a request."""


@cache
def _hash() -> str:
    return PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)


async def _know_password(person: Person) -> None:
    await db.statement("UPDATE account SET password_hash = $2 WHERE id = $1", person.id, _hash())


@fits("POST /api/v1/auth/login")
async def _log_in(act: Act) -> None:
    await _know_password(act.whose)
    act.send(email=act.whose.email, password=PASSWORD)


@fits("POST /api/v1/auth/refresh-token", "DELETE /api/v1/auth/logout")
async def _with_cookie(act: Act) -> None:
    await _know_password(act.whose)
    signed_in = await sessions.log_in(Caller("", ""), act.whose.email, PASSWORD)
    act.given = {"headers": {"cookie": f"{cookies.REFRESH}={signed_in.refresh_token}"}}


@fits("PUT /api/v1/users/me/password")
async def _know_the_old_one(act: Act) -> None:
    await _know_password(act.whose)
    act.send(old_password=PASSWORD)


@fits("POST /api/v1/auth/verify", "POST /api/v1/auth/resend-verification", "POST /api/v1/auth/reset-password")
async def _with_a_letter(act: Act) -> None:
    """A letter to the classmate, who is none of those who ask."""
    account_id = act.here.classmate.id
    purpose = CodePurpose.RESET_PASSWORD if "reset" in act.route else CodePurpose.VERIFY_EMAIL
    if purpose is CodePurpose.VERIFY_EMAIL:
        await db.statement("UPDATE account SET verified_at = NULL WHERE id = $1", account_id)
    letter = await codes.new_letter(account_id, purpose)
    assert letter is not None
    await db.statement("UPDATE mailed_code SET created_at = now() - interval '1 hour'")  # the next may be asked for
    act.send(token=letter.token, code=letter.code)


@fits("POST /api/v1/upload/documents", "POST /api/v1/upload/images", "POST /api/v1/upload/media")
async def _upload(act: Act) -> None:
    name, content = ("a.pdf", PDF) if act.path.endswith("documents") else ("a.png", PNG)
    if act.path.endswith("media"):
        name, content = "a.mp3", b"ID3\x03" + bytes(2000)
    act.given = {"files": {"file": (name, content)}, "data": {"location": "docs"}}


@fits("GET /api/v1/blogs/{}")
async def _by_slug(act: Act) -> None:
    act.name(blogs="blog-1")


@fits("DELETE /api/v1/courses/{}")
async def _an_empty_course(act: Act) -> None:
    act.name(courses=(await a_course()).uuid)


@fits("DELETE /api/v1/batches/{}")
async def _an_empty_batch(act: Act) -> None:
    act.name(batches=(await a_batch()).uuid)


@fits("DELETE /api/v1/meetings/{}")
async def _an_empty_meeting(act: Act) -> None:
    act.name(meetings=(await a_meeting(act.here.batch)).uuid)


@fits("POST /api/v1/meetings/{}/teachers")
async def _another_teacher(act: Act) -> None:
    act.send(teacher_ids=[str(act.world.there.teacher.uuid)])


@fits("POST /api/v1/me/purchases")
async def _a_batch_on_sale(act: Act) -> None:
    act.send(batch_id=str((await a_batch()).uuid))


@fits("POST /api/v1/me/batches/{}/waitlist")
async def _a_full_batch(act: Act) -> None:
    batch = await a_batch(quota=1)
    await db.statement("UPDATE batch SET seats_taken = 1 WHERE id = $1", batch.id)
    act.name(batches=batch.uuid)


@fits("PATCH /api/v1/purchases/{}/status")
async def _confirm(act: Act) -> None:
    act.send(payment_status="paid")


@fits("PATCH /api/v1/assignments/{}", "DELETE /api/v1/assignments/{}", "POST /api/v1/assignments/{}/submissions")
async def _a_fresh_task(act: Act) -> None:
    act.name(assignments=(await a_task(act.here.batch, act.here.meeting)).uuid)


async def _a_fresh_quiz(act: Act, *points: str) -> QuizRow:
    """One that nobody has taken."""
    quiz = await a_quiz(batch=act.here.batch, meeting=act.here.meeting, points=points)
    act.name(quizzes=quiz.view.uuid, questions=quiz.questions[0].uuid if quiz.questions else "")
    return quiz


@fits("DELETE /api/v1/quizzes/{}", "DELETE /api/v1/quizzes/{}/questions/{}", "PUT /api/v1/quizzes/{}/sections")
async def _not_taken(act: Act) -> None:
    await _a_fresh_quiz(act, *(["1"] if "questions" in act.route else []))


@fits("POST /api/v1/quizzes/{}/questions", "PATCH /api/v1/quizzes/{}/questions/{}")
async def _a_question(act: Act) -> None:
    await _a_fresh_quiz(act, "1")
    options = [{"option_text": "Yes", "is_correct": True}, {"option_text": "No", "is_correct": False}]
    act.send(options=options)


@fits("PUT /api/v1/quizzes/{}/questions/order")
async def _an_order(act: Act) -> None:
    quiz = await _a_fresh_quiz(act, "1", "1")
    act.send(question_ids=[str(question.uuid) for question in reversed(quiz.questions)])


@fits("POST /api/v1/quizzes/{}/import-questions")
async def _questions(act: Act) -> None:
    await _a_fresh_quiz(act)
    act.given = {"files": {"file": ("soal.gift", GIFT)}}


@fits("PUT /api/v1/quizzes/attempts/{}/marks/{}")
async def _an_essay(act: Act) -> None:
    quiz = await _a_fresh_quiz(act)
    essay = await editing.add_question(SYSTEM, quiz.view.id, QuestionDraft(text="Why?", key=EssayKey()))
    attempt = await an_attempt(quiz, act.here.student.actor, enrolled=True)
    await saving.save_value(act.here.student.actor, attempt.uuid, essay.uuid, EssayAnswer(text="Because."))
    await attempts.submit_attempt(act.here.student.actor, attempt.id)
    await grading.grade_attempts([attempt.id])
    act.name(attempts=attempt.uuid, marks=essay.uuid)
    act.send(points=1)


@fits("POST /api/v1/quizzes/attempts/{}/next")
async def _one_after_the_other(act: Act) -> None:
    quiz = await a_quiz(batch=act.here.batch, meeting=act.here.meeting, is_sequential=True)
    attempt = await an_attempt(quiz, act.here.student.actor, enrolled=True)
    act.name(attempts=attempt.uuid)
    act.send(question_id=str(quiz.questions[0].uuid))


@fits("POST /api/v1/quizzes/{}/regrade")
async def _mended(act: Act) -> None:
    quiz = await _a_fresh_quiz(act, "1")
    attempt = await an_attempt(quiz, act.here.student.actor, enrolled=True)
    await attempts.submit_attempt(act.here.student.actor, attempt.id)
    await mend(quiz)


@fits("PUT /api/v1/assignments/{}/grades/import", "PUT /api/v1/batches/{}/grades/import")
async def _a_sheet(act: Act) -> None:
    out = io.BytesIO()
    xlsxwriter.Workbook(out).close()
    act.given = {"files": {"file": ("grades.xlsx", out.getvalue())}}


@fits("POST /api/v1/purchases/bank-statement")
async def _mutations(act: Act) -> None:
    act.given = {"files": {"file": ("mutations.csv", MUTATIONS)}}


@fits("GET /api/v1/dashboard/student/score-progress")
async def _of_which_batch(act: Act) -> None:
    act.given = {"params": {"batch_slug": act.here.batch.slug}}


@fits("GET /api/v1/files/{}/poster", "HEAD /api/v1/files/{}/poster")
async def _a_recording(act: Act) -> None:
    """Its poster is kept under the name of the file itself."""
    await db.statement(
        "UPDATE file SET kind = 'media', state = 'ready', poster_key = object_key WHERE uuid = $1",
        act.here.objects["files"],
    )


@fits(*(f"{method} /api/v1/{mine}purchases/{{}}/receipt" for method in ("GET", "HEAD") for mine in ("", "me/")))
async def _a_receipt(act: Act) -> None:
    await db.statement(
        "INSERT INTO receipt (purchase_id, object_key, sha256, size_bytes) SELECT p.id, f.object_key, f.sha256,"
        " f.size_bytes FROM purchase p JOIN file f ON f.owner_id = p.account_id WHERE p.uuid = $1",
        act.here.objects["purchases"],
    )


@fits("POST /api/v1/meetings/{}/check-in")
async def _the_code(act: Act) -> None:
    await db.statement("DELETE FROM attendance")
    shown = await act.here.teacher.http.get(f"{act.path}/code")
    act.send(code=shown.json()["data"]["code"])


@fits(*(f"GET /api/v1/quizzes/{{}}/analysis{form}" for form in ("", "/chart", "/excel")))
async def _analysed(act: Act) -> None:
    await analyses.analyse(AnalysisOrder(act.here.quiz.view.id, AnalysedAttempts.COUNTED))
