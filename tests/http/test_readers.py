"""A reader that stops reading: what feeds its answer is let go of, and in the end the answer is broken off."""

import asyncio
import contextlib

import pytest
from structlog.testing import capture_logs

from backend.app import app
from backend.http import admission, readers
from backend.http.media import _Sending
from backend.http.ranges import Span

LOGIN = {
    "type": "http", "method": "POST", "path": "/api/v1/auth/login", "raw_path": b"", "query_string": b"",
    "headers": [(b"host", b"x"), (b"content-type", b"application/json"), (b"content-length", b"100")],
    "client": ("192.0.2.7", 1), "server": ("x", 80), "scheme": "http", "http_version": "1.1", "root_path": "",
    "asgi": {"version": "3.0"},
}  # fmt: skip
BODY = bytes(range(256)) * 40


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(readers, "PARKED_S", 0.02)
    monkeypatch.setattr(readers, "STALLED_S", 0.4)


class Source:
    """Bytes to open, and how often they are open."""

    def __init__(self):
        self.opened, self.open_now = 0, 0

    async def open(self, start, end):
        self.opened += 1
        self.open_now += 1
        try:
            for at in range(start, end, 1000):
                yield BODY[at : min(end, at + 1000)]
        finally:
            self.open_now -= 1


def an_answer(source, *parts):
    answer = _Sending(status_code=200)
    answer.parts, answer.opener = parts, source.open
    return answer


async def never():
    await asyncio.Event().wait()


async def until(check):
    async with asyncio.timeout(10):
        while not check():
            await asyncio.sleep(0.005)


async def test_storage_is_let_go_of_while_nobody_reads_and_taken_up_again():
    source, took, reads = Source(), bytearray(), asyncio.Event()

    async def send(message):
        if len(took) > 3000:
            await reads.wait()
        took.extend(message.get("body", b""))

    answer = an_answer(source, b"head", Span(10, 9000), b"tail")
    sending = asyncio.create_task(answer({}, never, send))
    await until(lambda: source.opened and not source.open_now)
    reads.set()
    await sending
    assert bytes(took) == b"head" + BODY[10:9000] + b"tail"
    assert (source.opened, source.open_now) == (2, 0)


async def test_one_who_never_reads_again_is_broken_off():
    source, ends = Source(), []

    async def send(message):
        if message["type"] == "http.response.body":
            if not message["more_body"]:
                ends.append(message)
            await never()

    async with asyncio.timeout(10):
        await an_answer(source, Span(0, 9000))({}, never, send)
    assert ends == [], "never told to be whole"
    assert source.open_now == 0


async def test_one_who_leaves_is_not_waited_for():
    source = Source()

    async def gone():
        return {"type": "http.disconnect"}

    async with asyncio.timeout(10):
        with contextlib.suppress(asyncio.CancelledError):
            await an_answer(source, Span(0, 9000))({}, gone, lambda _: never())
    assert source.open_now == 0


@pytest.mark.parametrize("then", ["silence", "http.disconnect"])
async def test_who_breaks_off_in_the_middle_of_a_request_is_not_waited_for(monkeypatch, then):
    monkeypatch.setattr(admission, "SILENT_S", 0.05)
    comes, sent = [{"type": "http.request", "body": b'{"email": ', "more_body": True}], []

    async def receive():
        if comes:
            return comes.pop()
        if then == "silence":
            await asyncio.Event().wait()
        return {"type": then}

    async def send(message):
        sent.append(message)

    with capture_logs() as lines:
        await app(dict(LOGIN), receive, send)
    assert sent[0]["status"] == 400
    assert [line["event"] for line in lines] == ["request"], "no error of ours"
