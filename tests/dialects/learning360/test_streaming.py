"""Long lists: a statement for each 500, and a reader that takes its time holds nothing of ours."""

import asyncio
import contextlib
from urllib.parse import urlencode

import httpx
import msgspec
import pytest

from backend.app import app
from backend.core import db
from backend.core.settings import settings
from backend.http import readers
from backend.http.admission import lanes
from tests.dialects.learning360.calling import SESSIONS, a_client, a_full_batch, in_query
from tests.people import Person
from tests.school import BatchRow, a_batch

KNOWN = 3
"""Statements before the first page: whose key, the note of the call, the mark."""


async def many(batch: BatchRow, count: int) -> None:
    """So many more batches like one."""
    names = await db.value(
        "SELECT string_agg(column_name, ', ') FROM information_schema.columns WHERE table_name = 'batch'"
        " AND column_name NOT IN ('id', 'uuid', 'code', 'slug')"
    )
    await db.statement(
        f"INSERT INTO batch (code, slug, {names}) SELECT 'B-' || n, 'b-' || n, {names}"
        " FROM batch, generate_series(1, $2) n WHERE id = $1",
        batch.id,
        count,
    )


@pytest.mark.parametrize(("more", "pages"), [(0, 1), (498, 1), (1200, 3)])
async def test_a_statement_for_each_five_hundred(
    client: httpx.AsyncClient, admin: Person, statements: list[str], more: int, pages: int
):
    headers = await a_client()
    await many(await a_full_batch(admin), more)
    statements.clear()
    answer = await client.get(SESSIONS, headers=headers)
    assert len(statements) == KNOWN + pages
    ids = [one["_id"] for one in answer.json()]
    assert (len(ids), ids) == (more + 1, sorted(set(ids)))


async def test_exactly_a_page(client: httpx.AsyncClient, statements: list[str]):
    headers = await a_client()
    await many(await a_batch(), 499)
    statements.clear()
    assert len((await client.get(SESSIONS, headers=headers)).json()) == 500
    assert len(statements) == KNOWN + 2


class Reader:
    """Takes pieces of an answer when it wants to, and may hang up."""

    def __init__(self, keys: dict[str, str]) -> None:
        self.got: list[bytes] = []
        self.status = 0
        self.is_over = False
        self._room = asyncio.Semaphore(0)
        self._left = asyncio.Event()
        self._scope = {
            "type": "http", "method": "GET", "path": SESSIONS, "raw_path": SESSIONS.encode(),
            "query_string": urlencode(in_query(keys)).encode(), "headers": [(b"host", b"lulus.test")],
            "client": ("192.0.2.7", 1), "server": ("x", 80), "scheme": "http", "http_version": "1.1",
            "root_path": "", "asgi": {"version": "3.0"},
        }  # fmt: skip
        self.work = asyncio.create_task(app(self._scope, self._receive, self._send))
        self._asked = False

    async def _receive(self):
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        if message.get("body"):
            self.got.append(message["body"])
            await self._room.acquire()
        self.is_over = not message["more_body"]

    def take(self, pieces: int = 1) -> None:
        for _ in range(pieces):
            self._room.release()

    def leave(self) -> None:
        self._left.set()


async def until(check) -> None:
    async with asyncio.timeout(20):
        while not check():
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def slow_readers(count: int):
    """Some who have taken one piece of a list of 1,200, and wait."""
    await many(await a_batch(), 1199)
    keys = await a_client()
    found = [Reader(keys) for _ in range(count)]
    try:
        await until(lambda: all(reader.got for reader in found))
        yield found
    finally:
        for reader in found:
            reader.leave()
        await asyncio.wait([reader.work for reader in found])


@pytest.mark.commits
async def test_slow_readers_hold_neither_a_connection_nor_a_place(client: httpx.AsyncClient):
    count = settings().db_pool_size * 2
    async with slow_readers(count) as found:
        await until(lambda: db.pool_use()[0] == 0)
        assert (lanes()[""].free, lanes()[""].waiting) == (settings().db_pool_size, 0)
        assert (await client.get("/api/v1/courses")).status_code == 200  # others are served beside them
        for reader in found[:2]:
            reader.take(6)  # the first page and a piece of the second
        await until(lambda: len(found[0].got) == len(found[1].got) == 7)
        await until(lambda: db.pool_use()[0] == 0)
        assert lanes()[""].free == settings().db_pool_size
        assert {len(reader.got) for reader in found[2:]} == {1}
        found[0].take(100)
        await until(lambda: found[0].is_over)
        assert len(msgspec.json.decode(b"".join(found[0].got))) == 1200
    assert lanes()[""].free == settings().db_pool_size


async def test_the_next_page_is_asked_for_when_the_first_was_taken(database: None, statements: list[str]):
    async with slow_readers(1) as [reader]:
        before = len(statements)
        assert sum("FROM (SELECT * FROM batch WHERE id > $1" in text for text in statements) == 1
        reader.take(5)
        await until(lambda: len(reader.got) == 6)
        assert len(statements) == before + 1


async def test_who_hangs_up_is_not_worked_for(database: None, statements: list[str]):
    async with slow_readers(1) as [reader]:
        before = len(statements)
        reader.leave()
        await until(reader.work.done)
        assert (len(statements), reader.is_over) == (before, False)


async def test_who_stops_reading_is_left(database: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(readers, "PARKED_S", 0.02)
    monkeypatch.setattr(readers, "STALLED_S", 0.2)
    async with slow_readers(1) as [reader]:
        await until(reader.work.done)
        assert not reader.is_over
    assert lanes()[""].free == settings().db_pool_size


async def test_what_breaks_before_the_first_piece_is_an_error(client: httpx.AsyncClient):
    headers = await a_client()
    await db.statement("ALTER TABLE batch_field RENAME TO elsewhere")  # the mark does not read it, a page does
    answer = await client.get(SESSIONS, headers=headers)
    assert (answer.status_code, set(answer.json())) == (500, {"message"})
