"""Certificates are numbered once, drawn once, and held by who earned them."""

import io
import re
from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest
from pypdf import PdfReader

from backend.core import db
from backend.core.actor import SYSTEM, Actor, Role
from backend.domain.batches.errors import BatchNotFound
from backend.domain.certificates import commands, pdf, queries
from backend.domain.certificates.errors import (
    Absent,
    AlreadyRevoked,
    CertificateNotFound,
    HasOne,
    NotEnrolled,
    NotYours,
    ProgressIncomplete,
    Revoked,
    StillGenerating,
    TooEarly,
    TooManyChecks,
    WasRevoked,
)
from backend.domain.certificates.rules import CHECKS_PER_WINDOW, Reason
from backend.domain.certificates.terms import CertificateState, Fact
from backend.domain.enrolments import commands as enrolments
from backend.domain.enrolments import queries as enrolled
from backend.domain.enrolments.terms import ActivityKind
from tests.background import drain
from tests.domain.certificates.classes import a_finished_batch, a_graduate, attend, graduate
from tests.people import an_account
from tests.school import a_batch, a_meeting, enrol, teach

pytestmark = pytest.mark.usefixtures("database", "storage")


async def events(name: str) -> int:
    return await db.value("SELECT count(*) FROM outbox WHERE name = $1", f"certificates.certificate.{name}.v1")


async def test_a_certificate_from_request_to_file(storage):
    batch, meetings = await a_finished_batch()
    actor = await a_graduate(batch, meetings, name="Siti Nurhaliza")
    issued = await commands.issue(actor, batch.uuid)
    view = issued.certificate
    assert (view.state, view.holder_name, view.object_key) == (CertificateState.GENERATING, "Siti Nurhaliza", None)
    assert re.fullmatch(r"LULUS-\d{4}-00001-[A-Z2-9]{6}", view.number)
    assert await db.value("SELECT owner_id FROM job WHERE uuid = $1", issued.job) == actor.account_id
    with pytest.raises(StillGenerating):
        await queries.stored_paper(actor, view.id)
    with pytest.raises(CertificateNotFound):  # nobody holds it yet
        await commands.verify(view.number, address="192.0.2.1")

    await db.statement("UPDATE account SET name = 'Another Name' WHERE id = $1", actor.account_id)
    await db.statement("UPDATE course SET title = 'Another Course' WHERE id = $1", batch.course_id)
    assert [ran.kind for ran in await drain()] == ["render_certificate", "mail_certificate"]
    paper = await queries.stored_paper(actor, view.id)
    stored = b"".join([piece async for piece in storage.open(paper.object_key)])
    assert len(stored) == paper.size_bytes
    words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(stored)).pages)
    assert "Siti Nurhaliza" in words
    assert "Another" not in words
    assert "PPh 1" in words
    drawn = pdf.render((await queries.certificate_by_id(view.id)).paper)
    assert stored.startswith(drawn)  # the signature is written behind it
    assert (await events("numbered"), await events("issued")) == (1, 1)


async def test_asking_again_gives_the_same_one_and_no_job():
    batch, meetings = await a_finished_batch()
    actor = await a_graduate(batch, meetings)
    first = await commands.issue(actor, batch.id)
    await a_meeting(batch)  # what is added later takes nothing away
    second = await commands.issue(actor, batch.id)
    assert (second.certificate.id, second.job) == (first.certificate.id, None)
    await enrolments.withdraw(actor.person_id, batch.id)
    assert (await commands.issue(actor, batch.id)).certificate.id == first.certificate.id
    assert (await queries.my_certificate(actor, batch.id)).id == first.certificate.id
    assert await events("numbered") == 1


async def test_each_refusal_has_its_error():
    batch, meetings = await a_finished_batch()
    account_id, *_ = await an_account(Role.STUDENT)
    actor = Actor(account_id, Role.STUDENT)
    with pytest.raises(BatchNotFound):
        await commands.issue(actor, uuid4())
    with pytest.raises(NotEnrolled):
        await commands.issue(actor, batch.id)
    with pytest.raises(NotEnrolled):
        await queries.my_certificate(actor, batch.id)
    await enrol(batch, account_id)
    with pytest.raises(CertificateNotFound):
        await queries.my_certificate(actor, batch.id)
    await enrolments.add_activity(batch.id, meetings[0].id, ActivityKind.QUIZ, 9, "Quiz")
    with pytest.raises(ProgressIncomplete) as told:
        await commands.issue(actor, batch.id)
    assert told.value.data == {"done": 0, "total": 3}
    seen = await queries.eligibility(actor, batch.id)
    assert [reason.fact for reason in seen.reasons] == [Fact.PROGRESS, Fact.ABSENT]
    assert [missing.title for missing in seen.missing] == ["PPh 1", "Quiz", "PPh 2"]
    for meeting in meetings:
        await attend(meeting, account_id)
    await enrolments.complete(account_id, ActivityKind.QUIZ, 9)
    await db.statement("UPDATE batch SET end_at = now() - interval '23 hours' WHERE id = $1", batch.id)
    with pytest.raises(TooEarly):
        await commands.issue(actor, batch.id)
    await db.statement("UPDATE batch SET certificate_after_h = 20 WHERE id = $1", batch.id)
    assert (await commands.issue(actor, batch.id)).job is not None
    assert [reason.fact for reason in (await queries.eligibility(actor, batch.id)).reasons] == [Fact.HAS_ONE]


@pytest.mark.parametrize(
    ("fact", "error"), [(Fact.ABSENT, Absent), (Fact.WAS_REVOKED, WasRevoked), (Fact.HAS_ONE, HasOne)]
)
def test_reasons_that_others_hide_have_errors_too(fact, error):
    with pytest.raises(error) as told:
        commands._refuse(Reason(fact, {}))
    assert told.value.code == Reason(fact).code


async def test_numbers_of_many_people_and_batches(statements):
    batch, meetings = await a_finished_batch()
    ids = [await graduate(batch, meetings, (await an_account(Role.STUDENT))[0]) for _ in range(5)]
    lazy = await enrol(batch, (await an_account(Role.STUDENT))[0])
    statements.clear()
    numbered = await commands.issue_to(batch.id, [*ids, lazy], job_id=7)
    assert len(statements) <= 8
    assert (len(numbered.issued), [one.enrolment_id for one in numbered.refused]) == (5, [lazy])
    rows = await db.fetch("SELECT number, sequence FROM certificate ORDER BY id")
    assert [row["sequence"] for row in rows] == [1, 2, 3, 4, 5]
    assert len({row["number"][-6:] for row in rows}) == 5
    again = await commands.issue_to(batch.id, [*ids, lazy], job_id=8)
    assert not again.issued
    other, held = await a_finished_batch()
    assert "-00006-" in (await commands.issue(await a_graduate(other, held), other.id)).certificate.number


async def test_standings_say_what_progress_says():
    batch, meetings = await a_finished_batch(meetings=3)
    await enrolments.add_activity(batch.id, meetings[0].id, ActivityKind.ASSIGNMENT, 1, "Essay")
    ids = []
    for present in range(3):
        account_id, *_ = await an_account(Role.STUDENT)
        ids.append(await enrol(batch, account_id))
        for meeting in meetings[:present]:
            await attend(meeting, account_id)
        if present:
            await enrolments.complete(account_id, ActivityKind.ASSIGNMENT, 1)
    standings = await enrolled.standings(ids)
    for enrolment_id in ids:
        progress, standing = await enrolled.progress(enrolment_id), standings[enrolment_id]
        meeting = progress.counts[ActivityKind.MEETING]
        assert (standing.done, standing.total) == (progress.done, progress.total)
        assert (standing.attended, standing.meetings) == (meeting.done, meeting.total)


async def test_revoking_frees_the_person_and_keeps_the_number():
    batch, meetings = await a_finished_batch(auto_issue=True)
    actor = await a_graduate(batch, meetings)
    view = (await commands.issue(actor, batch.id)).certificate
    await drain()
    with pytest.raises(NotYours):
        await commands.revoke(actor, view.id, "because")
    with pytest.raises(CertificateNotFound):
        await commands.revoke(SYSTEM, uuid4(), "because")
    gone = await commands.revoke(SYSTEM, view.id, "The name is wrong")
    assert (gone.state, gone.revoked_reason) == (CertificateState.REVOKED, "The name is wrong")
    assert await events("revoked") == 1
    with pytest.raises(AlreadyRevoked):
        await commands.revoke(SYSTEM, view.id, "again")
    with pytest.raises(Revoked):
        await queries.stored_paper(actor, view.id)
    assert (await queries.stored_paper(SYSTEM, view.id)).number == view.number
    with pytest.raises(CertificateNotFound):
        await commands.public_file(view.number, address="192.0.2.1")
    enrolment = await enrolled.enrolment(actor.person_id, batch.id)
    assert not await commands.consider([enrolment.id])
    assert await queries.automatic() == {}
    unasked = await commands.issue_to(batch.id, [enrolment.id], job_id=1)
    assert [reason.fact for reason in unasked.refused[0].reasons] == [Fact.WAS_REVOKED]
    new = (await commands.issue(actor, batch.id)).certificate
    assert new.number != view.number
    assert (await queries.my_certificate(actor, batch.id)).id == new.id
    assert (await commands.verify(view.number.lower(), address="192.0.2.1")).state is CertificateState.REVOKED


async def test_who_may_see_and_issue_for_a_batch():
    batch, meetings = await a_finished_batch()
    view = (await commands.issue(await a_graduate(batch, meetings), batch.id)).certificate
    teacher_id, *_ = await an_account(Role.TEACHER)
    stranger, teacher = Actor((await an_account(Role.STUDENT))[0], Role.STUDENT), Actor(teacher_id, Role.TEACHER)
    for actor in (stranger, teacher):
        with pytest.raises(NotYours):
            await queries.certificate(actor, view.uuid)
        with pytest.raises(NotYours):
            await queries.certificates_of_batch(actor, batch.id)
        with pytest.raises(NotYours):
            await commands.issue_to_batch(actor, batch.id)
    with pytest.raises(CertificateNotFound):
        await queries.certificate(SYSTEM, uuid4())
    await teach(meetings[0], teacher_id)
    assert (await queries.certificate(teacher, view.uuid)).id == view.id
    assert [one.id for one in await queries.certificates_of_batch(teacher, batch.uuid)] == [view.id]
    assert (await commands.issue_to_batch(teacher, batch.id)).is_new


async def test_every_check_is_noted_and_too_many_are_refused():
    batch, meetings = await a_finished_batch()
    view = (await commands.issue(await a_graduate(batch, meetings), batch.id)).certificate
    await drain()
    assert (await commands.verify(view.uuid, address="192.0.2.1")).id == view.id
    for wrong in ("X-1", "\0", "' OR 1=1 --", uuid4(), ""):
        with pytest.raises(CertificateNotFound):
            await commands.verify(wrong, address="192.0.2.1")
    rows = await db.fetch("SELECT certificate_id, reference, outcome FROM certificate_check ORDER BY id")
    assert [row["outcome"] for row in rows] == ["valid"] + ["not_found"] * 5
    assert (rows[0]["certificate_id"], rows[3]["reference"]) == (view.id, "' OR 1=1 --")
    for _ in range(CHECKS_PER_WINDOW - 6):
        await commands.verify(view.number, address="192.0.2.1")
    with pytest.raises(TooManyChecks) as told:
        await commands.verify(view.number, address="192.0.2.1")
    assert 1 <= told.value.data["retry_after_s"] <= 61
    with pytest.raises(TooManyChecks):
        await commands.public_file(view.number, address="192.0.2.1")
    assert (await commands.public_file(view.number, address="192.0.2.2")).number == view.number


async def test_certificates_that_come_by_themselves():
    batch, meetings = await a_finished_batch(auto_issue=True)
    account_id, *_ = await an_account(Role.STUDENT)
    enrolment_id = await graduate(batch, meetings, account_id)
    await enrolments.add_activity(batch.id, meetings[0].id, ActivityKind.QUIZ, 1, "Quiz")
    assert not await commands.consider([enrolment_id])
    await enrolments.complete(account_id, ActivityKind.QUIZ, 1)
    assert [ran.kind for ran in await drain()] == ["consider_certificate", "render_certificate", "mail_certificate"]
    assert not await commands.consider([enrolment_id])
    quiet, held = await a_finished_batch()
    assert not await commands.consider([await graduate(quiet, held, account_id)])
    with pytest.raises(Exception, match="not_found"):
        await commands.consider([enrolment_id, 4711])


async def test_many_are_considered_at_once(statements: list[str]):
    batches = [await a_finished_batch(auto_issue=True) for _ in range(2)] + [await a_finished_batch()]
    people = []
    for batch, meetings in batches:
        for _ in range(3):
            account_id, *_ = await an_account(Role.STUDENT)
            people.append(await graduate(batch, meetings, account_id))
    await db.statement("DELETE FROM certificate")
    assert await commands.consider(people) == 6
    assert await db.value("SELECT count(*) FROM job WHERE kind = 'render_certificate'") == 6
    statements.clear()
    assert await commands.consider(people) == 0
    assert len(statements) <= 8, "however many they are"


async def test_what_is_printed_survives_a_change_of_its_form():
    batch, meetings = await a_finished_batch()
    view = (await commands.issue(await a_graduate(batch, meetings), batch.id)).certificate
    stored = await db.value("SELECT paper::text FROM certificate WHERE id = $1", view.id)
    assert msgspec.json.decode(stored)["verify_url"].endswith(f"/sertifikat/{view.uuid}")
    assert view.paper.issued_on - view.issued_at.date() < timedelta(days=2)


async def test_a_batch_that_has_not_ended_gives_none():
    batch = await a_batch()
    meeting = await a_meeting(batch)
    actor = await a_graduate(batch, [meeting])
    with pytest.raises(TooEarly):
        await commands.issue(actor, batch.id)
