"""F25: a mail server that refuses, dawdles, or hangs up behind the mail it took."""

import asyncio
import time
from email import message_from_bytes

import httpx
import pytest

from backend.core import db
from backend.core.actor import Role
from tests.faults.figures import figure
from tests.faults.stand import until, until_value
from tests.people import an_account
from tests.processes import free_port
from tests.workers.smtp import MailServer

pytestmark = [pytest.mark.processes, pytest.mark.faults]

PEOPLE = 6
MAILS = "SELECT count(*) FROM job WHERE kind = 'mail_password_reset' AND state = 'done'"


class Post:
    """A mail server that can be put up and taken down on one port; what it took, it remembers."""

    def __init__(self):
        self.port = free_port()
        self.took, self.unanswered = [], []
        self._listening = None

    async def opens(self, **answers):
        server = MailServer(answers)
        server.mails = self.took if not answers else self.unanswered
        self._listening = await asyncio.start_server(server.serve, "127.0.0.1", self.port)

    async def dawdles(self):
        async def never(_reader, writer):
            try:
                await asyncio.sleep(60)
            finally:
                writer.close()

        self._listening = await asyncio.start_server(never, "127.0.0.1", self.port)

    async def closes(self):
        self._listening.close()

    def to(self, address):
        return [mail for mail in self.took if message_from_bytes(mail)["to"] == address]


async def forgot(stand, address):
    """Ask for a new password; how long the answer took (s)."""
    begun = time.monotonic()
    async with httpx.AsyncClient(timeout=30) as http:
        answer = await http.post(f"{stand.url}/api/v1/auth/forgot-password", json={"email": address})
    assert answer.status_code == 200, answer.text
    return time.monotonic() - begun


async def test_f25_nobody_waits_for_the_mail_server_and_every_mail_goes_out(a_stand):
    post = Post()
    stand = await a_stand(environment={"SMTP_URL": f"smtp://127.0.0.1:{post.port}"})
    await stand.up("web", "worker", "relay")
    people = [(await an_account(Role.STUDENT))[3] for _ in range(PEOPLE)]
    took = [await forgot(stand, people[0])]
    await until_value("SELECT count(*) FROM job WHERE state = 'queued' AND error IS NOT NULL", 1)  # nobody there
    await post.dawdles()
    took += [await forgot(stand, address) for address in people[1:3]]
    await until_value("SELECT least(1, count(*)) FROM job WHERE state = 'running' AND kind = 'mail_password_reset'", 1)
    await post.closes()
    await post.opens(END="")  # takes the mail, and hangs up without a word
    took += [await forgot(stand, address) for address in people[3:]]
    await until(lambda: len(post.unanswered) >= 1, "a mail was taken", 40)
    await post.closes()
    await post.opens()
    await until_value(MAILS, PEOPLE, 60)
    figure(f"slowest answer {max(took):.2f} s; {len(post.unanswered)} mails were taken without a word")
    await post.closes()
    assert max(took) < 3
    assert [len(post.to(address)) for address in people] == [1] * PEOPLE, "once more after no word, and not again"


async def test_f25_a_worker_killed_behind_its_mail_sends_it_once_more_at_most(a_stand):
    post, taken = Post(), asyncio.Event()
    stand = await a_stand(environment={"SMTP_URL": f"smtp://127.0.0.1:{post.port}"})
    await stand.up("web", "worker", "relay")
    address = (await an_account(Role.STUDENT))[3]
    server = MailServer({})
    server.mails = post.took

    async def holds_its_answer(reader, writer):
        writer.write(b"220 test\r\n")
        while line := await reader.readline():
            writer.write(b"354 go on\r\n" if line[:4].upper() == b"DATA" else b"250 ok\r\n")
            if line[:4].upper() == b"DATA":
                post.took.append(await reader.readuntil(b"\r\n.\r\n"))
                taken.set()
                await reader.read()
        writer.close()

    listening = await asyncio.start_server(holds_its_answer, "127.0.0.1", post.port)
    await forgot(stand, address)
    await asyncio.wait_for(taken.wait(), 30)
    stand.kill("worker")
    listening.close()
    await post.opens()
    await stand.up("worker")
    await until_value(MAILS, 1, 60)
    assert len(post.to(address)) == 2
    assert await db.value("SELECT count(*) FROM job WHERE kind = 'mail_password_reset'") == 1
    await post.closes()
