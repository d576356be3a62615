"""The students of `hall`, in a process of their own: `python -m bench.crowd SPEC ANSWER`.

Each has one connection: logs in at a moment of their own, presses start when everybody does, reads the paper, answers
question after question with pauses, and hands in. With `retry_s` a student who got no answer in that time hangs up and
sends the same request again on a new connection, as often as it takes.
"""

import asyncio
import random
import sys
import time
from pathlib import Path

import msgspec
import uvloop

from bench.drive import request
from bench.load import Connection

OK = {"login": 200, "start": 200, "active": 200, "paper": 200, "save": 200, "submit": 201}
PATIENCE_S = 60.0
REST_S = 1.0


class Spec(msgspec.Struct):
    """Who sits where, and how fast they think. `think_s`: least and most between two answers."""

    port: int
    quiz: str
    emails: list[str]
    password: str
    login_s: float
    think_s: tuple[float, float]
    submit_s: float
    retry_s: float | None


class Answer(msgspec.Struct):
    """What happened, per step: milliseconds from the first sending to the answer, the last moment (epoch seconds).

    `known`: a repeated request was told that the first one had got through.
    """

    ms: dict[str, list[float]] = {}  # msgspec copies empty defaults
    last: dict[str, float] = {}
    repeats: dict[str, int] = {}
    known: dict[str, int] = {}
    failed: list[str] = []
    herd_s: float = 0.0
    seconds: float = 0.0


class _Data(msgspec.Struct):
    access_token: str = ""
    id: str = ""
    quiz: "_Quiz | None" = None


class _Quiz(msgspec.Struct):
    questions: list["_Question"]


class _Question(msgspec.Struct):
    id: str
    options: list["_Option"]


class _Option(msgspec.Struct):
    id: str


class _Reply(msgspec.Struct):
    data: _Data | None = None


_reply = msgspec.json.Decoder(_Reply)


class Hall:
    """What all students share: the doors that open for everybody at once."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.answer = Answer()
        self.begun = time.perf_counter()
        self.herd = asyncio.Barrier(len(spec.emails))
        self.end = asyncio.Barrier(len(spec.emails))

    async def sit(self, email: str) -> None:
        student = Student(self)
        try:
            await student.take(email)
        except (OSError, ValueError, AttributeError) as error:
            self.answer.failed.append(f"{email}: {error!r}")
            await self.herd.abort()
            await self.end.abort()
        except asyncio.BrokenBarrierError:
            self.answer.failed.append(f"{email}: gave up because somebody else failed")


class Student:
    """One of them."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.spec = hall.spec
        self.token = "-"
        self.connection: Connection | None = None

    async def take(self, email: str) -> None:
        spec = self.spec
        await asyncio.sleep(random.uniform(0, spec.login_s))
        secret = {"email": email, "password": spec.password}
        self.token = (await self.ask("login", "POST", "auth/login", secret)).access_token
        await self.hall.herd.wait()
        await asyncio.sleep(REST_S)
        begun = time.perf_counter()
        attempt = await self.start()
        self.hall.answer.herd_s = max(self.hall.answer.herd_s, time.perf_counter() - begun)
        paper = await self.ask("paper", "GET", f"quizzes/attempts/{attempt}")
        assert paper.quiz is not None
        for question in paper.quiz.questions:
            await asyncio.sleep(random.uniform(*spec.think_s))
            chosen = {"question_id": question.id, "selected_option_id": random.choice(question.options).id}
            await self.ask("save", "POST", f"quizzes/attempts/{attempt}/temp-submissions", chosen)
        await self.hall.end.wait()
        await asyncio.sleep(random.uniform(0, spec.submit_s))
        await self.ask("submit", "POST", f"quizzes/attempts/{attempt}/submissions")

    async def start(self) -> str:
        """Press start; who is told that they are running already asks for that attempt."""
        made = await self.ask("start", "POST", f"quizzes/{self.spec.quiz}/start")
        return made.id or (await self.ask("active", "GET", f"quizzes/{self.spec.quiz}/attempts/active")).id

    async def ask(self, step: str, method: str, path: str, body: object = None) -> _Data:
        """Send until there is an answer. Raises: ValueError when it is not the expected one."""
        whole = request(method, f"/api/v1/{path}", token=self.token, body=body)
        answer = self.hall.answer
        begun, tries, response = time.perf_counter(), 0, None
        while response is None:
            if time.perf_counter() - begun > PATIENCE_S:
                raise ValueError(f"{step}: no answer to {tries} tries")
            tries += 1
            response = await self.once(whole)
        now = time.perf_counter()
        answer.ms.setdefault(step, []).append((now - begun) * 1000)
        answer.last[step] = time.time()
        answer.repeats[step] = answer.repeats.get(step, 0) + tries - 1
        status = int(response[9:12])
        if status == 409 and tries > 1 and step in ("start", "submit"):
            answer.known[step] = answer.known.get(step, 0) + 1
            return _Data()
        if status != OK[step]:
            raise ValueError(f"{step}: {response[:600]!r}")
        if step in ("save", "submit"):
            return _Data()
        return _reply.decode(response.partition(b"\r\n\r\n")[2]).data or _Data()

    async def once(self, whole: bytes) -> bytes | None:
        """Send it; None when the answer took too long."""
        is_kept = self.connection is not None and not self.connection.is_closed
        if not is_kept:
            loop = asyncio.get_running_loop()
            _, self.connection = await loop.create_connection(Connection, "127.0.0.1", self.spec.port)
        assert self.connection is not None
        try:
            async with asyncio.timeout(self.spec.retry_s):
                return await self.connection.ask(whole)
        except ConnectionError:
            if not is_kept:
                raise
            self.connection = None  # the server hung up a silent connection in this very moment: as browsers do, again
            return await self.once(whole)
        except TimeoutError:
            if self.connection.transport is not None:
                self.connection.transport.abort()
            self.connection = None
            return None


async def run(spec: Spec) -> Answer:
    """Let everybody in."""
    hall = Hall(spec)
    await asyncio.gather(*[hall.sit(email) for email in spec.emails])
    hall.answer.seconds = time.perf_counter() - hall.begun
    return hall.answer


if __name__ == "__main__":
    asked = msgspec.msgpack.decode(Path(sys.argv[1]).read_bytes(), type=Spec)
    Path(sys.argv[2]).write_bytes(msgspec.msgpack.encode(uvloop.run(run(asked))))
