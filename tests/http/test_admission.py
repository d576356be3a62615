"""Who works, who waits, who is dropped: in order, within bounds, and without a place lost."""

import asyncio
import os
import socket
from types import SimpleNamespace

import asyncpg
import httpx
import msgspec
import psutil
import pytest
from structlog.testing import capture_logs

from backend.app import app as whole
from backend.core.settings import settings
from backend.dialects.lms.app import build
from backend.http import admission
from backend.http.admission import BULK, HELD_BYTES, Admission, Busy, Lane
from backend.http.forms import UploadBroken
from backend.http.front import LEFT, Dialect, FrontDoor
from tests.processes import answers, free_port, web

PLACES, WAITING = 2, 3
DISCONNECT = {"type": "http.disconnect"}


async def until(check):
    async with asyncio.timeout(10):
        while not check():
            await asyncio.sleep(0)


class Client:
    """One request: its body in messages, and the moment at which it hangs up."""

    def __init__(self, *pieces, more=False):
        self.coming = asyncio.Queue()
        for at, piece in enumerate(pieces or (b"",)):
            is_last = at == max(len(pieces), 1) - 1
            self.coming.put_nowait({"type": "http.request", "body": piece, "more_body": more or not is_last})

    async def receive(self):
        return await self.coming.get()

    def hang_up(self):
        self.coming.put_nowait(DISCONNECT)


class House:
    """An application behind an admission: it notes who begins, and ends when it is told to."""

    def __init__(self, places=PLACES, waiting=WAITING):
        self.lane, self.bulk, self.passwords = Lane(places, waiting), Lane(1, 1), Lane(1, 1)
        self.begun, self.bodies, self.sent = [], {}, []
        self.gates = {}
        lanes = {"": self.lane, "bulk": self.bulk, "passwords": self.passwords}
        self.app = Admission(lanes)(self.work)

    async def work(self, scope, receive, send):
        name = scope["path"]
        self.begun.append(name)
        body, more = b"", scope["method"] == "POST"
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        self.bodies[name] = body
        if await self.gates.setdefault(name, asyncio.get_running_loop().create_future()):
            raise ValueError(name)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    def ask(self, name, client=None, method="GET", **opt):
        handler = SimpleNamespace(opt=opt)
        scope = {"type": "http", "path": name, "method": method, "route_handler": handler, "headers": []}
        return asyncio.create_task(self.app(scope, (client or Client()).receive, self.send))

    async def send(self, message):
        self.sent.append(message)

    async def end(self, name, *, broken=False):
        await until(lambda: name in self.gates)
        self.gates[name].set_result(broken)

    async def full(self, waiting=0):
        """All places taken by w0, w1, ..., and so many waiting behind them as q0, q1, ..."""
        working = [self.ask(f"w{at}") for at in range(PLACES)]
        await until(lambda: len(self.gates) == PLACES)
        queue = []
        for at in range(waiting):
            queue.append(self.ask(f"q{at}"))
            await until(lambda at=at: self.lane.waiting == at + 1)
        return working, queue


async def test_who_came_first_begins_first():
    house = House()
    working, queue = await house.full(waiting=3)
    assert house.begun == ["w0", "w1"]
    await house.end("w1")
    await until(lambda: len(house.begun) == 3)
    late = house.ask("late")
    await until(lambda: house.lane.waiting == 3)
    for name in ("w0", "q0", "q1", "q2", "late"):
        await house.end(name)
    await asyncio.gather(*working, *queue, late)
    assert house.begun == ["w0", "w1", "q0", "q1", "q2", "late"]
    assert (house.lane.free, house.lane.waiting) == (PLACES, 0)


async def test_who_finds_the_queue_full_is_refused_at_once():
    house = House()
    working, queue = await house.full(waiting=WAITING)
    with pytest.raises(Busy) as refused:
        await house.ask("one too many")
    assert refused.value.data == {"retry_after_s": 1}
    for name in ("w0", "w1", "q0", "q1", "q2"):
        await house.end(name)
    await asyncio.gather(*working, *queue)
    assert "one too many" not in house.begun
    assert house.lane.free == PLACES


async def test_who_hangs_up_while_waiting_is_dropped_without_work():
    house = House()
    working, _ = await house.full()
    clients = [Client(b'{"answer": 1}') for _ in range(3)]
    queue = []
    for at, client in enumerate(clients):
        queue.append(house.ask(f"q{at}", client, "POST"))
        await until(lambda at=at: house.lane.waiting == at + 1)
    clients[0].hang_up()
    clients[1].hang_up()
    await asyncio.gather(*queue[:2])
    assert house.lane.waiting == 1
    for name in ("w0", "w1", "q2"):
        await house.end(name)
    await asyncio.gather(*working, *queue)
    assert house.begun == ["w0", "w1", "q2"]
    assert len(house.sent) == 3
    assert house.bodies["q2"] == b'{"answer": 1}'
    assert house.lane.free == PLACES


async def test_who_has_begun_is_not_disturbed_when_its_client_hangs_up():
    house = House()
    client = Client()
    task = house.ask("w", client)
    await until(lambda: "w" in house.gates)
    client.hang_up()
    await asyncio.sleep(0)
    assert not task.done()
    await house.end("w")
    await task
    assert len(house.sent) == 1


async def test_no_place_is_lost_to_errors_and_cancellations():
    house = House()
    working, queue = await house.full(waiting=3)
    await house.end("w0", broken=True)
    await asyncio.wait(working[:1])
    queue[1].cancel()
    working[1].cancel()
    await until(lambda: "q2" in house.begun)
    assert "q1" not in house.begun
    for name in ("q0", "q2"):
        await house.end(name)
    ended = await asyncio.gather(*working, *queue, return_exceptions=True)
    assert [type(end) for end in ended[:2]] == [ValueError, asyncio.CancelledError]
    assert (house.lane.free, house.lane.waiting) == (PLACES, 0)


async def test_no_place_is_lost_when_a_turn_and_a_cancellation_meet():
    lane = Lane(1, 1)
    assert lane.enter()
    waiting = asyncio.create_task(lane.turn())
    await until(lambda: lane.waiting)
    lane.leave()  # the place is handed over, and the one who waits has not woken up
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled()
    assert (lane.free, lane.waiting) == (1, 0)


async def test_no_place_is_lost_when_a_turn_and_a_hanging_up_meet():
    house = House()
    working, _ = await house.full()
    client = Client()
    waiting = house.ask("q", client)
    await until(lambda: house.lane.waiting == 1)
    house.gates["w0"].set_result(False)
    client.hang_up()
    await house.end("w1")
    await until(lambda: waiting.done() or "q" in house.begun)
    if "q" in house.begun:
        await house.end("q")
    await asyncio.gather(*working, waiting)
    assert (house.lane.free, house.lane.waiting) == (PLACES, 0)


async def test_a_body_is_there_before_a_place_is_taken():
    house = House(places=1)
    slow = Client(b"half of it", more=True)
    dripping = house.ask("slow", slow, "POST")
    await asyncio.sleep(0)
    assert house.lane.free == 1
    quick = house.ask("quick", Client(b"all ", b"of it"), "POST")
    await house.end("quick")
    await quick
    slow.coming.put_nowait({"type": "http.request", "body": b", and the rest", "more_body": False})
    await house.end("slow")
    await dripping
    assert house.bodies == {"quick": b"all of it", "slow": b"half of it, and the rest"}


async def test_who_leaves_in_the_middle_of_a_body_had_no_place():
    house = House()
    client = Client(b"half", more=True)
    client.hang_up()
    with pytest.raises(UploadBroken):
        await house.ask("gone", client, "POST")
    assert (house.begun, house.lane.free) == ([], PLACES)


async def test_a_long_body_waits_in_its_own_lane_and_is_not_held():
    house = House()
    working, _ = await house.full()
    piece = b"x" * HELD_BYTES
    clients = [Client(piece, b"y", piece, piece) for _ in range(3)]
    first = house.ask("long0", clients[0], "POST")
    await house.end("long0")
    await first
    assert house.bodies["long0"] == piece + b"y" + piece + piece
    house.gates.clear()
    tasks = [house.ask("long1", clients[1], "POST"), house.ask("long2", clients[2], "POST")]
    await until(lambda: house.bulk.waiting == 1)
    assert clients[2].coming.qsize() == 2, "a client that waits is kept from sending"
    for name in ("long1", "long2"):
        await house.end(name)
    for task in working:
        task.cancel()
    await asyncio.gather(*tasks, *working, return_exceptions=True)
    assert (house.bulk.free, house.lane.free) == (1, PLACES)


async def test_who_has_another_lane_neither_waits_nor_is_waited_for():
    house = House()
    working, _ = await house.full()
    apart = [house.ask(f"stream{at}", lane=None) for at in range(5)]
    hashing = house.ask("login", lane="passwords")
    await until(lambda: len(house.gates) == PLACES + 6)
    await house.end("w0")
    quick = house.ask("quick")
    await house.end("quick")
    await quick
    for name in ("w1", "login", *(f"stream{at}" for at in range(5))):
        await house.end(name)
    await asyncio.gather(*working, *apart, hashing)


async def test_a_thousand_who_wait_are_small():
    house = House(waiting=1000)
    working, _ = await house.full()
    us = psutil.Process(os.getpid())
    before = us.memory_info().rss
    queue = [house.ask(f"q{at}", Client(b'{"question_id": "x"}'), "POST") for at in range(1000)]
    await until(lambda: house.lane.waiting == 1000)
    grown = us.memory_info().rss - before
    for task in (*queue, *working):
        task.cancel()
    await asyncio.gather(*queue, *working, return_exceptions=True)
    assert grown < 50 << 20
    assert (house.lane.free, house.lane.waiting) == (PLACES, 0)


async def test_the_dialect_says_that_it_is_busy(monkeypatch):
    none = Lane(1, 0)
    none.enter()
    monkeypatch.setattr(admission, "lanes", lambda: {"": none, "passwords": none, "bulk": none})
    transport = httpx.ASGITransport(FrontDoor([Dialect("lms", lambda *_: True, build())], lambda: None))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        answer = await client.get("/api/v1/batches", headers={"accept-language": "en"})
        login = await client.post("/api/v1/auth/login", json={"email": "a@example.org", "password": "x"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["message"] == "The server is very busy, please try again in a moment"
    assert (login.status_code, login.headers["retry-after"]) == (503, "1")


async def test_what_must_always_be_answered_takes_no_place(client, monkeypatch):
    none = Lane(1, 0)
    none.enter()
    monkeypatch.setattr(admission, "lanes", lambda: {"": none, "passwords": none, "bulk": none})
    assert (await client.get("/healthz")).status_code == 200
    assert (await client.get("/metrics")).status_code == 200
    assert (await client.get("/readyz")).json()["parts"]["database"]["ok"]


def test_what_is_long_or_large_takes_no_place():
    (lms,) = (dialect.app for dialect in whole.dialects if dialect.name == "lms")
    lanes = {}
    for route in lms.routes:
        for handler in route.route_handlers:
            lane = handler.opt.get("lane", "")
            if lane != "":
                lanes.setdefault(lane, set()).add(route.path.replace("/api/v1", ""))
    assert lanes[None] == {
        "/uploads/{location:str}/{year:str}/{month:str}/{day:str}/{name:str}",
        "/files/{file_id:str}/poster",
        "/jobs/{job_id:str}/events",
        "/upload/documents",
        "/upload/images",
        "/upload/media",
        "/assignments/{ref:str}/grades/excel",
        "/assignments/{ref:str}/grades/import",
        "/certificates/{certificate_id:str}/pdf",
    }
    assert lanes["passwords"] == {
        "/auth/login",
        "/auth/register",
        "/auth/reset-password",
        "/users",
        "/users/me/password",
    }
    assert set(lanes) == {None, "passwords"}
    assert BULK > 0


async def test_the_log_knows_who_left():
    house = House(places=1)
    working = house.ask("w")
    await until(lambda: house.gates)

    async def application(scope, receive, send):
        await house.app({**scope, "route_handler": SimpleNamespace(opt={})}, receive, send)

    client = Client()
    scope = {"type": "http", "method": "GET", "path": "/a", "headers": [], "client": ("192.0.2.1", 5)}
    door = FrontDoor([Dialect("any", lambda *_: True, application)], lambda: None)
    with capture_logs() as lines:
        task = asyncio.create_task(door(scope, client.receive, house.send))
        await until(lambda: house.lane.waiting)
        client.hang_up()
        await task
    assert [line["status"] for line in lines] == [LEFT]
    assert house.sent == []
    await house.end("w")
    await working


def ask(port, path, name):
    """Send a request and do not wait for its answer."""
    asked = socket.create_connection(("127.0.0.1", port))
    asked.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\nx-request-id: {name}\r\n\r\n".encode())
    return asked


@pytest.mark.processes
async def test_a_real_server_tells_of_who_hung_up(database, storage, processes):
    port = free_port()
    process = web(processes, port, DB_POOL_SIZE="1", LOG_FORMAT="json")
    await answers(f"http://127.0.0.1:{port}", processes)
    holder = await asyncpg.connect(settings().database_url)
    async with holder.transaction():
        await holder.execute("LOCK TABLE batch IN ACCESS EXCLUSIVE MODE")
        works = ask(port, "/api/v1/batches", "the-one-who-works")
        async with asyncio.timeout(10):
            while not await holder.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                await asyncio.sleep(0.01)
        leaves = ask(port, "/api/v1/courses", "the-one-who-leaves")
        leaves.close()
        stays = ask(port, "/api/v1/courses", "the-one-who-stays")
        async with asyncio.timeout(10):
            while "the-one-who-leaves" not in processes.log_of(process):
                await asyncio.sleep(0.01)
        assert "the-one-who-works" not in processes.log_of(process)
    await holder.close()
    for asked in (works, stays):
        assert (await asyncio.to_thread(asked.recv, 12)) == b"HTTP/1.1 200"
        asked.close()
    lines = [msgspec.json.decode(line) for line in processes.log_of(process).splitlines() if line.startswith("{")]
    statuses = {line["request_id"]: line["status"] for line in lines if line["event"] == "request"}
    assert statuses["the-one-who-leaves"] == LEFT
    assert "ERROR" not in processes.log_of(process)
