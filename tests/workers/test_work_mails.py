"""Mails about grades, results, certificates and deadlines: each once, and none to who does not want it."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest

from backend.core import clock, db
from backend.core.actor import SYSTEM, Actor, Role
from backend.core.ids import new_uuid
from backend.domain.attempts import commands as attempts
from backend.domain.attempts import overrides
from backend.domain.attempts.overrides import OverridePlan
from backend.domain.jobs import commands as jobs
from backend.domain.notifications import commands, links, queries
from backend.domain.notifications.errors import KindMandatory, LinkUnknown
from backend.domain.notifications.terms import Language, NoticeKind
from tests import grade_sheets
from tests.background import drain, drain_again
from tests.mailbox import Mailbox, text_of
from tests.people import an_account
from tests.quizzes import a_quiz, an_attempt, move_deadline
from tests.school import a_batch, a_meeting, enrol
from tests.tasks import a_class, a_task, hand_in, many_students
from workers.schedule import SCHEDULE, Empty

pytestmark = pytest.mark.usefixtures("database", "storage", "mailbox")


async def grade(group, submission: str, points: int) -> None:
    answer = await group.teacher.http.put(f"/api/v1/submissions/{submission}/grade", json={"grade": points})
    assert answer.status_code < 300, answer.text


async def test_each_grade_is_told_once(a_person, mailbox: Mailbox):
    group = await a_class(a_person)
    submission = await hand_in(group)
    await grade(group, submission, 88)
    await drain()
    (mail,) = mailbox.take()
    assert (mail["Subject"], mail["To"]) == ("Tugas Anda Sudah Dinilai", group.student.email)
    assert "sudah dinilai: 88." in text_of(mail)
    assert "has been graded: 88." in text_of(mail)
    await drain_again()
    assert mailbox.subjects() == []
    await grade(group, submission, 90)
    await drain()
    assert mailbox.subjects() == ["Tugas Anda Sudah Dinilai"]


async def test_everybody_on_a_sheet_is_told_once(a_person, mailbox: Mailbox):
    group = await a_class(a_person)
    await many_students(group.task.batch, 3)
    book = await grade_sheets.download(group)
    for row in range(2, 6):
        book.active.cell(row, grade_sheets.GRADE).value = 70.5
    assert (await grade_sheets.imported(group, book))["report"]["applied"] == 4
    await drain()
    mails = mailbox.take()
    assert len({mail["To"] for mail in mails}) == len(mails) == 4
    assert {mail["Subject"] for mail in mails} == {"Tugas Anda Sudah Dinilai"}
    assert "70,5" in text_of(mails[0])
    await drain_again()
    assert mailbox.subjects() == []


async def test_a_graded_quiz_is_told_once_and_without_its_score(mailbox: Mailbox):
    quiz = await a_quiz()
    account_id, *_ = await an_account(Role.STUDENT)
    actor = Actor(account_id, Role.STUDENT)
    attempt = await an_attempt(quiz, actor)
    await attempts.submit_attempt(actor, attempt.uuid)
    await drain()
    (mail,) = mailbox.take()
    assert mail["Subject"] == "Kuis Anda Sudah Dinilai"
    assert re.search(r'^Kuis "Quiz" di Batch \d+ sudah dinilai\.$', text_of(mail), re.MULTILINE)
    await drain_again()
    assert mailbox.subjects() == []


async def tomorrow(hour: int = 12) -> timedelta:
    """How long it is until some hour of the school's next day."""
    there = clock.now().astimezone(clock.school_zone())
    return (there + timedelta(days=1)).replace(hour=hour, minute=30, second=30, microsecond=0) - there


async def a_day() -> tuple[list[int], int]:
    """Two in a batch where a task and a quiz end tomorrow. Shape: their ids, the task's id."""
    batch = await a_batch()
    meeting = await a_meeting(batch)
    people = [(await an_account(Role.STUDENT))[0] for _ in range(2)]
    for one in people:
        await enrol(batch, one)
    task = await a_task(batch, meeting, ends=await tomorrow(23))
    await a_task(batch, meeting, ends=await tomorrow(23) + timedelta(hours=2))
    await a_task(batch, meeting, ends=timedelta(minutes=1))
    await a_quiz(batch=batch, meeting=meeting, title="Kuis akhir", closes_at=clock.now() + await tomorrow(9))
    await a_quiz(batch=batch, meeting=meeting, is_open=False, closes_at=clock.now() + await tomorrow(9))
    return people, task.id


async def remind(slot: str) -> list[str]:
    await jobs.enqueue("remind_deadlines", Empty(slot))
    return [one.kind for one in await drain()]


async def test_what_is_due_tomorrow_is_one_mail_for_a_person_and_a_day(mailbox: Mailbox):
    people, task = await a_day()
    enrolment = await db.value("SELECT id FROM enrolment WHERE account_id = $1", people[1])
    await db.statement(
        "INSERT INTO submission (assignment_id, account_id, enrolment_id, is_late) VALUES ($1, $2, $3, false)",
        *(task, people[1], enrolment),
    )
    assert (await remind("1")).count("mail_deadlines") == 2
    mails = mailbox.take()
    items = [[line for line in text_of(mail).splitlines() if line.startswith("- ")] for mail in mails]
    names = sorted([line.split(" (")[0] for line in lines if line.startswith(("- Tugas", "- Kuis"))] for lines in items)
    assert names == [["- Kuis: Kuis akhir"], ["- Kuis: Kuis akhir", "- Tugas: Task"]]
    assert all("09.30 WIB" in text_of(mail) for mail in mails)
    assert (await remind("2")).count("mail_deadlines") == 0
    await drain_again()
    assert mailbox.subjects() == []
    assert "remind_deadlines" in [line.kind for line in SCHEDULE]


async def test_each_is_told_of_their_own_end(a_person, mailbox: Mailbox):
    """Who has a later window hears nothing, who has an earlier one does; extra time, and a clock that runs, count."""
    later, longer, earlier, running = [await a_person(Role.STUDENT) for _ in range(4)]
    batch = await a_batch()
    meeting = await a_meeting(batch)
    for person in (later, longer, earlier, running):
        await enrol(batch, person.id)
    soon = await a_quiz(batch=batch, meeting=meeting, title="Besok", closes_at=clock.now() + await tomorrow(9))
    far = await a_quiz(batch=batch, meeting=meeting, title="Nanti", closes_at=clock.now() + timedelta(days=9))
    attempt = await an_attempt(soon, running.actor, enrolled=True)
    await move_deadline(attempt.id, await tomorrow(17))
    for quiz, person, plan in (
        (soon, later, OverridePlan(closes_at=clock.now() + timedelta(days=7))),
        (soon, longer, OverridePlan(extra_s=540, time_factor=Decimal("1.5"))),
        (soon, earlier, OverridePlan(closes_at=clock.now() + await tomorrow(11))),
        (far, earlier, OverridePlan(closes_at=clock.now() + await tomorrow(13))),
    ):
        await overrides.put_override(SYSTEM, quiz.view.id, person.id, plan)
    title = await db.value("SELECT title FROM batch WHERE id = $1", batch.id)
    assert (await remind("1")).count("mail_deadlines") == 3
    told = {mail["To"]: text_of(mail) for mail in mailbox.take()}
    lines = {to: [line for line in text.splitlines() if line.startswith("- Kuis")] for to, text in told.items()}
    assert lines == {
        longer.email: [f"- Kuis: Besok ({title}), 09.30 WIB (+24 menit tambahan)"],
        earlier.email: [f"- Kuis: {name} ({title}), {at}.30 WIB" for name, at in (("Besok", 11), ("Nanti", 13))],
        running.email: [f"- Kuis: Besok ({title}), 17.30 WIB"],
    }
    assert "09:30 WIB (+24 extra minutes)" in told[longer.email]


async def test_who_hands_in_before_the_mail_goes_out_gets_none(mailbox: Mailbox):
    people, _ = await a_day()
    await jobs.enqueue("remind_deadlines", Empty("1"))
    await drain(leaving=["mail_deadlines"])
    await db.statement("UPDATE enrolment SET state = 'withdrawn' WHERE account_id = $1", people[0])
    await drain()
    assert len(mailbox.take()) == 1


async def test_who_does_not_want_to_be_told_is_not(a_person, mailbox: Mailbox):
    group = await a_class(a_person)
    actor = group.student.actor
    submission = await hand_in(group)
    await commands.choose(actor, {NoticeKind.WORK_GRADED: False, NoticeKind.DEADLINE: False})
    await grade(group, submission, 88)
    assert "mail_deadlines" not in await remind("1")
    assert mailbox.subjects() == []
    await commands.choose(actor, {NoticeKind.WORK_GRADED: True}, language=Language.ENGLISH, sets_language=True)
    chosen = await queries.choices(actor)
    assert (chosen.language, [kind for kind, is_wanted in chosen.wanted.items() if not is_wanted]) == (
        "en",
        ["deadline"],
    )
    await grade(group, submission, 90)
    await drain()
    (mail,) = mailbox.take()
    assert mail["Subject"] == "Your Work Has Been Graded"
    assert "sudah dinilai" not in text_of(mail)
    await commands.choose(actor, {})
    assert await queries.choices(actor) == chosen


@pytest.mark.parametrize("kind", [NoticeKind.PAYMENT, NoticeKind.SECURITY])
async def test_money_and_security_are_told_to_everybody(kind):
    account_id, person, *_ = await an_account(Role.STUDENT)
    with pytest.raises(KindMandatory):
        await commands.choose(Actor(account_id, Role.STUDENT), {kind: False})
    with pytest.raises(LinkUnknown):
        await commands.unsubscribe(links.address(person, kind).rsplit("/", 1)[1])


async def test_a_link_ends_mails_of_its_kind_alone():
    account_id, person, *_ = await an_account(Role.STUDENT)
    actor = Actor(account_id, Role.STUDENT)
    await commands.choose(actor, {}, language=Language.ENGLISH, sets_language=True)
    token = links.address(person, NoticeKind.WORK_GRADED).rsplit("/", 1)[1]
    for _ in range(2):
        assert await commands.unsubscribe(token) is NoticeKind.WORK_GRADED
    chosen = await queries.choices(actor)
    assert chosen.language == "en"
    assert [kind for kind, is_wanted in chosen.wanted.items() if not is_wanted] == [NoticeKind.WORK_GRADED]
    for wrong in (token[:-2] + "xx", "a.b.c", "", links.address(new_uuid(), NoticeKind.WORK_GRADED).rsplit("/", 1)[1]):
        with pytest.raises(LinkUnknown):
            await commands.unsubscribe(wrong)


async def test_facts_are_forgotten_after_a_while():
    account_id, *_ = await an_account(Role.STUDENT)
    await commands.note_sent("x:1", account_id, NoticeKind.WORK_GRADED)
    await commands.note_sent("x:1", account_id, NoticeKind.WORK_GRADED)
    await commands.note_sent("x:2", account_id, NoticeKind.WORK_GRADED)
    await db.statement("UPDATE notice SET sent_at = now() - interval '91 days' WHERE fact = 'x:1'")
    assert (await commands.purge(10), await commands.purge(10)) == (1, 0)
