"""Certificates in the background: each job twice, killed in the middle, and many at once."""

import asyncio
from collections import Counter
from datetime import timedelta

import msgspec
import pytest

from backend.core import db
from backend.core.actor import SYSTEM, Actor, Role
from backend.core.ids import new_uuid
from backend.core.settings import settings
from backend.domain.certificates import commands, pdf, queries
from backend.domain.certificates.commands import Drawn
from backend.domain.certificates.terms import CertificateState
from backend.domain.files import sweeping
from backend.domain.jobs import commands as jobs
from backend.domain.jobs import running
from backend.domain.jobs.errors import Fenced
from backend.domain.jobs.running import Claim
from storage import keys
from storage.keys import Kind
from tests.background import drain
from tests.domain.certificates.classes import a_finished_batch, a_graduate, graduate
from tests.people import an_account
from tests.school import enrol
from workers import mailer, signing
from workers.jobs import certificates, load
from workers.lease import Leases
from workers.registry import KINDS
from workers.runner import Runner, execute

load()
pytestmark = pytest.mark.usefixtures("database", "storage")


@pytest.fixture(autouse=True)
def mail_dir(tmp_path, monkeypatch):
    changed = msgspec.structs.replace(settings(), mail_dir=tmp_path / "mail")
    monkeypatch.setattr(mailer, "settings", lambda: changed)
    return tmp_path / "mail"


class KilledError(BaseException):
    """Nothing of ours catches it, as nothing catches SIGKILL."""


async def take(queued: jobs.Queued, worker: str = "tests") -> Claim:
    held = await running.claim(queued.id, worker)
    assert held is not None
    return held


async def end_lease(held: Claim) -> None:
    await db.statement("UPDATE job SET lease_until = now() - interval '1 second' WHERE id = $1", held.id)


async def a_class_of(count: int, *, failing: int = 0):
    batch, meetings = await a_finished_batch()
    for _ in range(count):
        await graduate(batch, meetings, (await an_account(Role.STUDENT))[0])
    for _ in range(failing):
        await enrol(batch, (await an_account(Role.STUDENT))[0])
    return batch, meetings


async def states() -> Counter:
    return Counter(row["state"] for row in await db.fetch("SELECT state FROM certificate"))


@pytest.mark.commits
async def test_a_batch_that_is_killed_in_the_middle_goes_on_and_doubles_nothing(monkeypatch, storage):
    batch, meetings = await a_class_of(28, failing=2)
    early = await commands.issue(await a_graduate(batch, meetings), batch.id)
    queued = await commands.issue_to_batch(SYSTEM, batch.id)
    dead = await take(queued)
    drawn, render = [], pdf.render

    def dying(paper, pictures):
        drawn.append(paper.number)
        if len(drawn) == 10:
            raise KilledError
        return render(paper, pictures)

    with monkeypatch.context() as patch:
        patch.setattr(certificates.pdf, "render", dying)
        with pytest.raises(KilledError):
            await execute(dead, KINDS["issue_batch"])
    assert (await states())[CertificateState.ISSUED] == certificates.TOGETHER  # the nine but for those in hand
    view = await db.row("SELECT state, progress_done, progress_total FROM job WHERE id = $1", dead.id)
    assert (view["state"], view["progress_total"]) == ("running", 31)
    assert 0 < view["progress_done"] < 31

    await end_lease(dead)
    alive = await take(queued, "another")
    await execute(alive, KINDS["issue_batch"])
    with pytest.raises(Fenced):  # the dead one wakes up: it writes nothing more
        await execute(dead, KINDS["issue_batch"])
    await expect_all_once(dead.id, early.certificate.number)


async def expect_all_once(job_id: int, early: str) -> None:
    found = await db.row("SELECT state, progress_done, report::text AS report FROM job WHERE id = $1", job_id)
    report = msgspec.json.decode(found["report"])
    assert (found["state"], found["progress_done"]) == ("done", 31)
    assert (report["issued"], report["already"], len(report["refused"])) == (28, 1, 2)
    assert [reason["code"] for reason in report["refused"][0]["reasons"]] == [
        "certificates.progress",
        "certificates.absent",
    ]
    rows = await db.fetch("SELECT account_id, number, sequence, state, object_key, sha256 FROM certificate")
    for column in ("account_id", "number", "sequence", "object_key", "sha256"):
        assert len({row[column] for row in rows}) == 29, column
    assert {row["state"] for row in rows} == {"issued"}
    assert await db.value("SELECT count(*) FROM outbox WHERE name LIKE '%certificate.issued%'") == 29
    assert early in {row["number"] for row in rows}


async def test_a_batch_that_is_done_again_issues_nothing():
    batch, _ = await a_class_of(3, failing=1)
    for expected in ({"issued": 3, "already": 0}, {"issued": 0, "already": 3}):
        held = await take(await commands.issue_to_batch(SYSTEM, batch.id))
        await execute(held, KINDS["issue_batch"])
        report = msgspec.json.decode(await db.value("SELECT report::text FROM job WHERE id = $1", held.id))
        assert len(report.pop("refused")) == 1
        assert report == expected
    assert await states() == {"issued": 3}


@pytest.mark.commits
async def test_numbers_under_a_hundred_at_once():
    batch, meetings = await a_finished_batch(quota=200)
    actors = [await a_graduate(batch, meetings) for _ in range(100)]
    await asyncio.gather(*(commands.issue(actor, batch.id) for actor in actors))
    rows = await db.fetch("SELECT number, sequence FROM certificate ORDER BY sequence")
    assert [row["sequence"] for row in rows] == list(range(1, 101))
    assert len({row["number"] for row in rows}) == 100
    assert await db.value("SELECT last FROM certificate_counter") == 100


@pytest.mark.commits
async def test_one_person_fifty_times_and_the_whole_batch_at_once():
    batch, meetings = await a_class_of(10)
    actor = await a_graduate(batch, meetings)
    queued = [await commands.issue_to_batch(SYSTEM, batch.id) for _ in range(3)]
    held = [await take(one) for one in queued]
    asked = [commands.issue(actor, batch.id) for _ in range(50)]
    outcomes = await asyncio.gather(*asked, *(execute(one, KINDS["issue_batch"]) for one in held))
    issued = [one for one in outcomes if one is not None]
    assert len({one.certificate.id for one in issued}) == 1
    assert sum(one.job is not None for one in issued) <= 1
    await drain()
    assert await states() == {"issued": 11}
    reports = await db.fetch("SELECT report::text AS report FROM job WHERE kind = 'issue_batch'")
    assert sum(msgspec.json.decode(row["report"])["issued"] for row in reports) in (10, 11)
    assert await db.value("SELECT count(*) FROM outbox WHERE name LIKE '%certificate.numbered%'") == 11


async def test_drawing_twice_keeps_the_first(storage):
    batch, meetings = await a_finished_batch()
    view = (await commands.issue(await a_graduate(batch, meetings), batch.id)).certificate
    await drain()
    first = await queries.certificate_by_id(view.id)
    await certificates.render_certificate(certificates.Certificate(view.id))
    assert await queries.certificate_by_id(view.id) == first
    late = Drawn(view.id, keys.certificate(view.uuid), "0" * 64, 1)
    assert not await commands.record_files([late], signing.check())
    assert (await storage.head(first.object_key)).size_bytes == first.size_bytes


async def test_a_drawing_that_nothing_names_is_swept_and_the_issued_one_stays(storage):
    batch, meetings = await a_finished_batch()
    view = (await commands.issue(await a_graduate(batch, meetings), batch.id)).certificate
    await drain()
    orphan = keys.certificate(new_uuid())
    await storage.put(orphan, b"%PDF", "application/pdf")
    named = {Kind.CERTIFICATE: queries.named_objects}
    assert (await sweeping.sweep(storage, timedelta(hours=24), named)).orphans == 0
    swept = await sweeping.sweep(storage, timedelta(seconds=-60), named)
    issued = await queries.certificate_by_id(view.id)
    left = {entry.key async for entry in storage.list("certificates/")}
    assert orphan not in left
    assert issued.object_key in left
    assert swept.orphans >= 1
    assert swept.missing == []


async def test_one_that_was_revoked_before_it_was_drawn_is_never_drawn():
    batch, meetings = await a_finished_batch()
    view = (await commands.issue(await a_graduate(batch, meetings), batch.id)).certificate
    await commands.revoke(SYSTEM, view.id, "A mistake")
    assert [ran.kind for ran in await drain()] == ["render_certificate"]
    assert (await queries.certificate_by_id(view.id)).object_key is None


@pytest.mark.commits
async def test_a_drawing_that_keeps_failing_is_parked_and_comes_back(monkeypatch):
    batch, meetings = await a_finished_batch()
    issued = await commands.issue(await a_graduate(batch, meetings), batch.id)
    job_id = await db.value("SELECT id FROM job WHERE uuid = $1", issued.job)
    leases = Leases()

    def broken(paper):
        raise RuntimeError("no ink")

    with monkeypatch.context() as patch:
        patch.setattr(certificates.pdf, "render", broken)
        for _ in range(5):
            await db.statement("UPDATE job SET run_at = now() WHERE id = $1", job_id)
            await Runner(leases).run(job_id)
    assert await db.value("SELECT state FROM job WHERE id = $1", job_id) == "parked"
    assert await states() == {"generating": 1}
    await db.statement("UPDATE certificate SET created_at = now() - interval '2 hours'")
    await certificates.reconsider_certificates(certificates.Empty())
    assert await db.value("SELECT state FROM job WHERE id = $1", job_id) == "parked"  # an operator decides
    await jobs.retry(SYSTEM, job_id)
    await Runner(leases).run(job_id)
    assert await states() == {"issued": 1}


async def test_a_drawing_that_its_owner_cancelled_is_made_all_the_same():
    batch, meetings = await a_finished_batch()
    holder = await a_graduate(batch, meetings)
    issued = await commands.issue(holder, batch.id)
    await jobs.cancel(holder, issued.job)
    await drain()
    assert await states() == {"generating": 1}
    await db.statement("UPDATE certificate SET created_at = now() - interval '2 hours'")
    await certificates.reconsider_certificates(certificates.Empty())
    await drain()
    assert await states() == {"issued": 1}
    await certificates.reconsider_certificates(certificates.Empty())
    assert await drain() == []


async def test_at_night_everything_is_looked_at_again():
    batch, meetings = await a_finished_batch(auto_issue=True)
    quiet, held = await a_finished_batch()
    for _ in range(3):
        await graduate(batch, meetings, (await an_account(Role.STUDENT))[0])
    await enrol(batch, (await an_account(Role.STUDENT))[0])
    forgotten = (
        await commands.issue_to(quiet.id, [await graduate(quiet, held, (await an_account(Role.STUDENT))[0])], job_id=1)
    ).issued
    await db.statement("UPDATE certificate SET created_at = now() - interval '2 hours'")
    for issued in (3, 0):
        assert await certificates.reconsider_certificates(certificates.Empty()) == {"issued": issued}
    ran = [one.kind for one in await drain()]
    assert ran.count("render_certificate") == 4
    assert await states() == {"issued": 4}
    assert (await queries.certificate_by_id(forgotten[0])).sha256


async def test_the_holder_is_told_once(mail_dir):
    batch, meetings = await a_finished_batch()
    account_id, _, _, email = await an_account(Role.STUDENT, name="Siti <b>")
    await graduate(batch, meetings, account_id)
    view = (await commands.issue(Actor(account_id, Role.STUDENT), batch.id)).certificate
    await drain()
    (mail,) = [path.read_text() for path in mail_dir.glob("*.eml")]
    assert f"To: {email}" in mail
    assert view.number in mail.replace("=\n", "")
    assert "<b>" not in mail.split("text/html")[1]


async def test_a_large_batch_asks_the_same_number_of_questions(statements):
    batch, _ = await a_class_of(0, failing=40)
    queued = await commands.issue_to_batch(SYSTEM, batch.id)
    held = await take(queued)
    statements.clear()
    await execute(held, KINDS["issue_batch"])
    assert len([text for text in statements if "FROM enrolment" in text]) <= 8
