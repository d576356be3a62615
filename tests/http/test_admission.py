"""Who works, who waits, who is dropped: in order, within bounds, and without a place lost."""

import asyncio
import os
import socket

import asyncpg
import httpx
import msgspec
import psutil
import pytest
from structlog.testing import capture_logs

from backend.app import app as whole
from backend.core.settings import settings
from backend.dialects.lms.app import build
from backend.http import admission, front
from backend.http.admission import BULK, HELD_BYTES, LOOKS, OLDEST, REFUSED, SHORT_S, Busy, Lane, admit
from backend.http.front import LEFT, Dialect, FrontDoor
from backend.http.lanes import directory
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


@pytest.fixture
def make_house(monkeypatch):
    def made(**sizes):
        house = House(**sizes)
        monkeypatch.setattr(admission, "lanes", lambda: house.lanes)
        return house

    return made


@pytest.fixture
def house(make_house):
    return make_house()


class House:
    """An application behind an admission: it notes who begins, and ends when it is told to."""

    def __init__(self, places=PLACES, waiting=WAITING):
        self.lane, self.bulk, self.passwords = Lane(places, waiting), Lane(1, 1), Lane(1, 1)
        self.begun, self.bodies, self.sent = [], {}, []
        self.gates = {}
        self.lanes = {"": self.lane, "bulk": self.bulk, "passwords": self.passwords}

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

    def ask(self, name, client=None, method="GET", lane=""):
        has_body = method == "POST" and client is not None
        headers = [(b"transfer-encoding", b"chunked")] if has_body else [(b"content-length", b"0")]
        scope = {"type": "http", "http_version": "1.1", "path": name, "method": method, "headers": headers}

        async def work(receive):
            if REFUSED in scope:
                raise scope[REFUSED]
            await self.work(scope, receive, self.send)

        receive = (client or Client()).receive
        return asyncio.create_task(work(receive) if lane is None else admit(lane, scope, receive, work))

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


async def test_who_came_first_begins_first(house):
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


async def test_who_finds_the_queue_full_is_refused_at_once(house):
    working, queue = await house.full(waiting=WAITING)
    with pytest.raises(Busy) as refused:
        await house.ask("one too many")
    assert refused.value.data == {"retry_after_s": 1}
    for name in ("w0", "w1", "q0", "q1", "q2"):
        await house.end(name)
    await asyncio.gather(*working, *queue)
    assert "one too many" not in house.begun
    assert house.lane.free == PLACES


async def test_who_hangs_up_while_waiting_is_dropped_without_work(house):
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


async def test_who_has_begun_is_not_disturbed_when_its_client_hangs_up(house):
    client = Client()
    task = house.ask("w", client)
    await until(lambda: "w" in house.gates)
    client.hang_up()
    await asyncio.sleep(0)
    assert not task.done()
    await house.end("w")
    await task
    assert len(house.sent) == 1


async def test_no_place_is_lost_to_errors_and_cancellations(house):
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


async def test_no_place_is_lost_when_a_turn_and_a_hanging_up_meet(house):
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


async def test_a_body_is_there_before_a_place_is_taken(make_house):
    house = make_house(places=1)
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


async def test_who_leaves_in_the_middle_of_a_body_had_no_place(house):
    client = Client(b"half", more=True)
    client.hang_up()
    with pytest.raises(admission.UploadBroken):
        await house.ask("gone", client, "POST")
    assert (house.begun, house.lane.free) == ([], PLACES)


async def test_a_long_body_waits_in_its_own_lane_and_is_not_held(house):
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


async def test_who_has_another_lane_neither_waits_nor_is_waited_for(house):
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


async def test_a_thousand_who_wait_are_small(make_house):
    house = make_house(waiting=1000)
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
    lms = build()
    transport = httpx.ASGITransport(FrontDoor([Dialect("lms", lambda *_: True, lms, "", directory(lms))], lambda: None))
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
        "/batches/{ref:str}/grades/excel",
        "/batches/{ref:str}/grades/import",
        "/batches/{ref:str}/gradebook",
        "/quizzes/{quiz_id:str}/analysis/excel",
        "/quizzes/{quiz_id:str}/export",
        "/quizzes/{quiz_id:str}/import-questions",
        "/certificates/{certificate_id:str}/pdf",
        "/batches/{batch_id:str}/certificates/archive",
        "/courses/{course_id:str}/certificate-template/preview",
        "/purchases/bank-statement",
        "/purchases/{ref:str}/receipt",
        "/me/purchases/{ref:str}/receipt",
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


@pytest.mark.parametrize(
    ("method", "path", "lane"),
    [
        ("POST", "/api/v1/auth/login", "passwords"),
        ("POST", "/api/v1/auth/login/", "passwords"),
        ("POST", "/api/v1//auth/login", "passwords"),
        ("GET", "/api/v1/auth/login", ""),
        ("POST", "/api/v1/users", "passwords"),
        ("GET", "/api/v1/users", ""),
        ("POST", "/api/v1/upload/media", None),
        ("GET", "/api/v1/jobs/0198c0de-0000-7000-8000-000000000001/events", None),
        ("GET", "/api/v1/jobs/0198c0de-0000-7000-8000-000000000001/events/more", ""),
        ("GET", "/uploads/a/2026/11/22/b.png", None),
        ("GET", "/healthz", None),
        ("GET", "/metrics", None),
        ("GET", "/certificates/LULUS-1", ""),
        ("GET", "/certificates/LULUS-1/pdf", None),
    ],
)
def test_the_front_door_knows_the_lanes(method, path, lane):
    assert whole.whose("school.example", path).lane(method, path) == lane


async def long_queue(house, names, method="GET"):
    """All places taken, and the others waiting for longer than any queue should be, the first of them longest."""
    working, _ = await house.full()
    tasks = []
    for name in names:
        tasks.append(house.ask(name, None, method))
        await until(lambda: house.lane.waiting == len(tasks))
    for queue in (house.lane._acts, house.lane._looks):
        for turn in queue._since:
            queue._since[turn] -= 2 * SHORT_S
    return working, tasks


async def test_in_a_long_queue_the_latest_goes_first_and_the_oldest_is_not_forgotten(make_house):
    house = make_house(places=2, waiting=40)
    names = [f"q{at:02}" for at in range(2 * OLDEST)]
    working, tasks = await long_queue(house, names)
    for name in ("w0", "w1"):
        await house.end(name)
    for at in range(len(names)):
        await until(lambda at=at: len(house.begun) >= min(at + 4, len(names) + 2))
        await house.end(house.begun[at + 2])
    await asyncio.gather(*working, *tasks)
    order = house.begun[2:]
    assert sorted(order) == names
    assert order[: OLDEST - 1] == names[::-1][: OLDEST - 1]
    assert order[OLDEST - 1] == "q00", "everybody has a turn, however many come later"


async def test_a_queue_that_was_long_is_in_order_again(make_house):
    house = make_house(places=2, waiting=40)
    working, tasks = await long_queue(house, ["old"])
    await house.end("w0")
    await until(lambda: "old" in house.begun)
    late = []
    for name in ("a", "b", "c"):
        late.append(house.ask(name))
        await until(lambda: house.lane.waiting == len(late))
    for name in ("w1", "old", "a", "b", "c"):
        await house.end(name)
    await asyncio.gather(*working, *tasks, *late)
    assert house.begun[2:] == ["old", "a", "b", "c"]


async def test_what_changes_something_goes_first_but_not_always(make_house):
    house = make_house(places=2, waiting=40)
    working, looking = await house.full()
    for at in range(2):
        looking.append(house.ask(f"look{at}"))
        await until(lambda at=at: house.lane.waiting == at + 1)
    acting = []
    for at in range(LOOKS):
        acting.append(house.ask(f"act{at}", None, "POST"))
        await until(lambda at=at: house.lane.waiting == at + 3)
    await house.end("w0")
    for at in range(LOOKS + 2):
        await until(lambda at=at: len(house.begun) > at + 2)
        await house.end(house.begun[at + 2])
    await house.end("w1")
    await asyncio.gather(*working, *looking, *acting)
    order = house.begun[2:]
    assert order[: LOOKS - 1] == [f"act{at}" for at in range(LOOKS - 1)]
    assert order[LOOKS - 1 :] == ["look0", f"act{LOOKS - 1}", "look1"]


async def test_one_who_falls_silent_in_a_body_is_told_so(house, monkeypatch):
    monkeypatch.setattr(admission, "SILENT_S", 0.01)
    silent = Client(b"half", more=True)
    with pytest.raises(admission.UploadBroken):
        await house.ask("silent", silent, "POST")
    assert (house.begun, house.lane.free) == ([], PLACES)


async def test_who_left_is_counted_and_costs_no_line(make_house, monkeypatch):
    house = make_house(places=1)
    working = house.ask("w")
    await until(lambda: house.gates)
    counted = []
    monkeypatch.setattr(front, "WATCHES", [lambda *told: counted.append(told)])

    async def application(scope, receive, send):
        raise AssertionError

    client = Client()
    scope = {"type": "http", "method": "GET", "path": "/a", "headers": [], "client": ("192.0.2.1", 5)}
    door = FrontDoor([Dialect("any", lambda *_: True, application, "", lambda *_: "")], lambda: None)
    with capture_logs() as lines:
        task = asyncio.create_task(door(scope, client.receive, house.send))
        await until(lambda: house.lane.waiting)
        client.hang_up()
        await task
    assert (lines, house.sent) == ([], [])
    assert [told[:4] for told in counted] == [("any", "GET", "-", LEFT)]
    await house.end("w")
    await working


def ask(port, path, name):
    """Send a request and do not wait for its answer."""
    asked = socket.create_connection(("127.0.0.1", port))
    asked.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\nx-request-id: {name}\r\n\r\n".encode())
    return asked


def callers(port):
    """The ports of those who are connected to a server."""
    return {peer.raddr.port for peer in psutil.net_connections("tcp") if peer.raddr and peer.laddr.port == port}


async def who_left(port):
    """How many hung up while they waited, as the server counts them."""
    async with httpx.AsyncClient() as client:
        told = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    counts = [line for line in told.splitlines() if "request_seconds_count" in line and f'status="{LEFT}"' in line]
    return sum(float(line.rsplit(" ", 1)[-1]) for line in counts)


@pytest.mark.processes
async def test_a_real_server_tells_of_who_hung_up(database, storage, processes):
    port = free_port()
    process = web(processes, port, DB_POOL_SIZE="1", LOG_FORMAT="json")
    await answers(f"http://127.0.0.1:{port}", processes)
    before = await who_left(port)
    holder = await asyncpg.connect(settings().database_url)
    async with holder.transaction():
        await holder.execute("LOCK TABLE batch IN ACCESS EXCLUSIVE MODE")
        works = ask(port, "/api/v1/batches", "the-one-who-works")
        async with asyncio.timeout(10):
            while not await holder.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                await asyncio.sleep(0.01)
        leaves = ask(port, "/api/v1/courses", "the-one-who-leaves")
        here = leaves.getsockname()[1]
        leaves.close()
        stays = ask(port, "/api/v1/courses", "the-one-who-stays")
        async with asyncio.timeout(10):
            while here in {
                peer.raddr and peer.raddr.port for peer in psutil.net_connections("tcp") if peer.laddr.port == port
            }:
                await asyncio.sleep(0.01)
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"http://127.0.0.1:{port}/")).status_code == 200
        assert "the-one-who-works" not in processes.log_of(process)
    await holder.close()
    assert await who_left(port) == before + 1
    for asked in (works, stays):
        assert (await asyncio.to_thread(asked.recv, 12)) == b"HTTP/1.1 200"
        asked.close()
    lines = [msgspec.json.decode(line) for line in processes.log_of(process).splitlines() if line.startswith("{")]
    statuses = {line["request_id"]: line["status"] for line in lines if line["event"] == "request"}
    assert set(statuses.values()) == {200}
    assert "the-one-who-leaves" not in statuses
    assert "ERROR" not in processes.log_of(process)
