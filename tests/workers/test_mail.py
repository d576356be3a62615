import email
import email.policy
import re
import stat
from email.message import EmailMessage
from pathlib import Path

import msgspec
import pytest

from backend.core import db
from backend.core.actor import SYSTEM, Role
from backend.core.settings import settings
from backend.domain.accounts import codes, commands
from backend.domain.accounts.terms import CodePurpose
from backend.domain.jobs import commands as jobs
from backend.domain.jobs import running
from backend.domain.jobs.running import Claim
from tests.domain.accounts.test_commands import HERE, a_newcomer
from tests.workers.smtp import mail_server
from workers import mailer
from workers.jobs import load
from workers.jobs.mail import ToAccount
from workers.registry import KINDS
from workers.runner import execute
from workers.subscriptions import SUBSCRIPTIONS

load()


@pytest.fixture
def mail_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    changed = msgspec.structs.replace(settings(), mail_dir=tmp_path / "mail", frontend_url="https://school.test")
    monkeypatch.setattr(mailer, "settings", lambda: changed)
    monkeypatch.setattr("workers.jobs.mail.settings", lambda: changed)
    return tmp_path / "mail"


def mails(folder: Path) -> list[EmailMessage]:
    paths = sorted(folder.glob("*")) if folder.exists() else []
    assert all(path.suffix == ".eml" for path in paths)
    return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths]


def modes(folder: Path) -> list[int]:
    return [stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())]


async def claimed(kind: str, account_id: int) -> Claim:
    queued = await jobs.enqueue(kind, ToAccount(account_id))
    held = await running.claim(queued.id, "test")
    assert held is not None
    return held


async def again(held: Claim) -> Claim:
    await db.statement("UPDATE job SET state = 'queued', run_at = now() WHERE id = $1", held.id)
    held = await running.claim(held.id, "test")
    assert held is not None
    return held


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return part.get_content()


def test_every_subscribed_job_exists():
    assert {kind for kinds in SUBSCRIPTIONS.values() for kind in kinds} <= KINDS.keys()


@pytest.mark.usefixtures("database")
async def test_the_verification_mail_verifies(mail_dir: Path):
    person = await commands.register(HERE, a_newcomer(name="Sari <b>"))
    held = await claimed("mail_verification", person.id)
    await execute(held, KINDS[held.kind])
    (message,) = mails(mail_dir)
    assert message["Subject"] == "Verifikasi Akun Anda"
    assert message["To"] == person.email
    assert str(held.uuid) in message["Message-ID"]
    text = body(message, "plain")
    code = re.search(r"^ {4}(\d{6})\r?$", text, re.M)
    link = re.search(r"https://school\.test/auth/verify\?token=(\S+)", text)
    assert code
    assert link
    assert "&lt;b&gt;" in body(message, "html")
    assert "<b>" not in body(message, "html")
    await codes.verify_email(link[1], code[1])


@pytest.mark.usefixtures("database")
async def test_a_second_run_mails_the_code_that_counts(mail_dir: Path):
    person = await commands.register(HERE, a_newcomer())
    held = await claimed("mail_verification", person.id)
    await execute(held, KINDS[held.kind])
    held = await again(held)
    await execute(held, KINDS[held.kind])
    first, second = mails(mail_dir)
    assert first["Message-ID"] != second["Message-ID"]
    text = body(second, "plain")
    code, link = re.search(r"^ {4}(\d{6})\r?$", text, re.M), re.search(r"token=(\S+)", text)
    assert code
    assert link
    await codes.verify_email(link[1], code[1])
    held = await again(held)
    await execute(held, KINDS[held.kind])
    assert len(mails(mail_dir)) == 2


@pytest.mark.usefixtures("database")
async def test_the_reset_mail_resets_and_nobody_gets_none(mail_dir: Path):
    person = await commands.create_account(SYSTEM, a_newcomer(), Role.STUDENT)
    for account_id in (person.id, 0):
        held = await claimed("mail_password_reset", account_id)
        await execute(held, KINDS[held.kind])
    (message,) = mails(mail_dir)
    link = re.search(r"https://school\.test/auth/reset-password\?token=(\S+)", body(message, "plain"))
    assert link
    await codes.reset_password("gajah di pelupuk mata", token=link[1])


@pytest.mark.usefixtures("database")
async def test_a_new_password_is_told_once(mail_dir: Path):
    person = await commands.create_account(SYSTEM, a_newcomer(), Role.STUDENT)
    held = await claimed("mail_password_changed", person.id)
    await execute(held, KINDS[held.kind])
    held = await again(held)
    await execute(held, KINDS[held.kind])
    assert len(mails(mail_dir)) == 1


@pytest.mark.usefixtures("database")
async def test_no_job_and_no_event_holds_a_code(mail_dir: Path):
    person = await commands.register(HERE, a_newcomer())
    held = await claimed("mail_verification", person.id)
    await execute(held, KINDS[held.kind])
    code = re.search(r"^ {4}(\d{6})\r?$", body(mails(mail_dir)[0], "plain"), re.M)
    assert code
    kept = await db.value(
        "SELECT (SELECT string_agg(concat(body, report, error), ' ') FROM job)"
        " || (SELECT string_agg(body::text, ' ') FROM outbox)"
    )
    assert code[1] not in kept
    letter = await codes.new_letter(person.id, CodePurpose.VERIFY_EMAIL)
    assert letter is not None


@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("sari@example.test\r\nBcc: all@example.test", "Hello"),
        ("sari@example.test", "Hello\r\nBcc: all@example.test"),
        ("sari@example.test\n", "Hello"),
    ],
)
async def test_a_line_break_makes_no_header(mail_dir: Path, to: str, subject: str):
    with pytest.raises(mailer.MailRefused):
        await mailer.send(to, subject, "text", "<p>text</p>", "one")
    assert mails(mail_dir) == []


async def test_a_mail_is_a_file_of_its_owner_alone(mail_dir: Path):
    attachment = mailer.Attachment("bukti.pdf", "application/pdf", b"%PDF-1.7 \x00")
    await mailer.send("sari@example.test", "Halo é", "teks é", "<p>teks é</p>", "../one", [attachment])
    assert modes(mail_dir) == [0o700, 0o600]
    (message,) = mails(mail_dir)
    assert message["Subject"] == "Halo é"
    assert [(part.get_filename(), part.get_content()) for part in message.iter_attachments()] == [
        ("bukti.pdf", b"%PDF-1.7 \x00")
    ]


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({}, None),
        ({"RCPT": "550 no such mailbox"}, mailer.MailRefused),
        ({"RCPT": "451 later"}, ConnectionError),
        ({"END": "554 never"}, mailer.MailRefused),
        ({"DATA": "421 busy"}, ConnectionError),
        ({"END": ""}, ConnectionError),
        ({"EHLO": "", "HELO": ""}, ConnectionError),
    ],
)
async def test_what_a_mail_server_answers_decides(monkeypatch: pytest.MonkeyPatch, answers, error):
    async with mail_server(**answers) as server:
        changed = msgspec.structs.replace(settings(), smtp_url=f"smtp://127.0.0.1:{server.port}")
        monkeypatch.setattr(mailer, "settings", lambda: changed)
        sending = mailer.send("sari@example.test", "Halo", "teks", "<p>teks</p>", "one")
        if error is None:
            await sending
        else:
            with pytest.raises(error) as raised:
                await sending
            assert "sari" not in repr(raised.value)
    if error is None:
        (taken,) = server.mails
        assert b"To: sari@example.test" in taken
        assert b"Message-ID: <one@lulus.example>" in taken


async def test_a_mail_server_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch):
    async with mail_server() as server:
        changed = msgspec.structs.replace(settings(), smtp_url=f"smtp://127.0.0.1:{server.port}")
    monkeypatch.setattr(mailer, "settings", lambda: changed)
    with pytest.raises(ConnectionError):
        await mailer.send("sari@example.test", "Halo", "teks", "<p>teks</p>", "one")
