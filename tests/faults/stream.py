"""A counted stream of work: clients that do what people do, over HTTP, and remember what was acknowledged.

Whatever is not acknowledged (no answer, 5xx, 429, "the first one still runs") is asked again with the same
Idempotency-Key, as a good client does, until it is; so at the end what was begun was acknowledged, and is counted.
"""

import asyncio
import hashlib
import io
import itertools
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Self
from uuid import uuid4

import httpx
import msgspec
import openpyxl

from tests.faults.stand import Stand
from tests.faults.world import Class, Who, World

PATIENCE_S = 180.0
"""How long a client asks again."""
LANES = ("quizzes", "grades", "uploads", "certificates", "payments")
PDF_HEAD, PDF_TAIL = b"%PDF-1.7\n1 0 obj\n", b"\nstartxref\n9\n%%EOF\n"
NILAI = 4


Doing = Callable[[], Awaitable[bool]]


class Act(msgspec.Struct, frozen=True):
    """Something that was acknowledged, and what must be there because of it."""

    lane: str
    facts: dict[str, Any]


class Client:
    """Asks until it is answered, and counts the answers."""

    def __init__(self, stand: Stand, chance: random.Random) -> None:
        self.statuses = Counter[int]()
        self.lost = 0
        self.slowest_s = 0.0
        self._chance = chance
        self._http = httpx.AsyncClient(base_url=f"{stand.url}/api/v1", timeout=20)

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def ask(self, who: Who, method: str, path: str, expect: int, *, key: str = "", **body: Any) -> Any:
        """The data of the answer, whose status must be the expected one. Raises: AssertionError for a refusal."""
        begun = time.monotonic()
        while True:
            answer = await self._once(who, method, path, key, body)
            if answer is not None and answer.status_code == expect:
                self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
                is_json = answer.headers.get("content-type", "").startswith("application/json")
                return answer.json()["data"] if is_json else answer.content
            told = "no answer" if answer is None else f"{answer.status_code} {answer.text[:300]}"
            assert answer is None or _is_to_be_repeated(answer), f"{method} {path}: {told}"
            assert time.monotonic() - begun < PATIENCE_S, f"{method} {path}, for {PATIENCE_S:.0f} s: {told}"
            await asyncio.sleep(self._chance.uniform(0.1, 0.5))

    async def _once(self, who: Who, method: str, path: str, key: str, body: dict[str, Any]) -> httpx.Response | None:
        headers = {"authorization": f"Bearer {who.token}"} | ({"idempotency-key": key} if key else {})
        try:
            answer = await self._http.request(method, path, headers=headers, **body)
        except httpx.TransportError:
            self.lost += 1
            return None
        self.statuses[answer.status_code] += 1
        return answer


def _is_to_be_repeated(answer: httpx.Response) -> bool:
    return answer.status_code in (429, 500, 502, 503, 504) or (
        answer.status_code == 409 and "retry-after" in answer.headers
    )


class Stream:
    """`async with Stream(stand, world, chance) as work:` does work meanwhile, and at the end finishes what it began."""

    def __init__(self, stand: Stand, world: World, chance: random.Random, lanes: tuple[str, ...] = LANES) -> None:
        self.world = world
        self.acts: list[Act] = []
        self.client = Client(stand, random.Random(chance.random()))
        self.pause_s = 0.2
        """What a lane rests between two acts, on average."""
        self.chance = random.Random(chance.random())
        self._lanes = lanes
        self._is_over = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def of(self, lane: str) -> list[dict[str, Any]]:
        """The facts of what was acknowledged in a lane."""
        return [act.facts for act in self.acts if act.lane == lane]

    def acts_of_lanes(self) -> dict[str, list[Doing]]:
        """What is done again and again, each by itself, by lane; each says whether there is more to do."""
        return {
            "quizzes": [lambda who=who: self._take_quiz(who) for who in self.world.takers],
            "grades": [lambda of=of: self._import_grades(of) for of in self.world.classes],
            "uploads": [self._upload],
            "certificates": [self._issue],
            "payments": [self._buy],
        }

    async def begin(self) -> Self:
        """Begin to work."""
        lanes = self.acts_of_lanes()
        self.finished, self.buyers = list(self.world.finished), list(self.world.buyers)
        self._uploaders = itertools.cycle(self.world.buyers)  # an account may upload only so much in an hour
        acts = [act for lane in self._lanes for act in lanes[lane]]
        self._tasks = [asyncio.create_task(self._flow(act)) for act in acts]
        return self

    async def finish(self) -> None:
        """Begin nothing more, and wait until all that was begun is acknowledged. Raises what a lane raised."""
        self._is_over.set()
        try:
            await asyncio.gather(*self._tasks)
        finally:
            for task in self._tasks:
                task.cancel()
            await self.client.close()

    async def __aenter__(self) -> Self:
        return await self.begin()

    async def __aexit__(self, *_: object) -> None:
        await self.finish()

    def has(self, number: int) -> Callable[[], bool]:
        """Whether every lane has had so many acts acknowledged; raises what a lane raised. For `until`."""

        def check() -> bool:
            for task in self._tasks:
                if task.done():
                    task.result()
            done = Counter(act.lane for act in self.acts)
            return all(done[lane] >= number for lane in self._lanes)

        return check

    async def _flow(self, act: Doing) -> None:
        while not self._is_over.is_set() and await act():
            await asyncio.sleep(self.chance.uniform(0, 2 * self.pause_s))

    def acknowledged(self, lane: str, **facts: Any) -> bool:
        """Remember what was acknowledged."""
        self.acts.append(Act(lane, facts))
        return True

    # What people do. Each says whether there is more to do.

    async def _take_quiz(self, who: Who) -> bool:
        quiz, ask = self.world.quiz, self.client.ask
        attempt = await ask(who, "POST", f"/quizzes/{quiz.view.uuid}/start", 200, key=str(uuid4()))
        path = f"/quizzes/attempts/{attempt['id']}"
        chosen = [self.chance.random() < 0.5 for _ in quiz.questions]
        for number, right in enumerate(chosen):
            await ask(who, "POST", f"{path}/temp-submissions", 200, json=quiz.answer(number, right=right))
        await ask(who, "POST", f"{path}/submissions", 201, key=str(uuid4()))
        return self.acknowledged("quizzes", attempt=attempt["id"], right=sum(chosen), of=who.id)

    async def _import_grades(self, of: Class) -> bool:
        path = f"/assignments/{of.task.uuid}/grades"
        grade = len([one for one in self.of("grades") if one["task"] == of.task.id]) % 100 + 0.5
        template = await self.client.ask(of.teacher, "GET", f"{path}/excel", 200)
        sheet = await asyncio.to_thread(_filled, template, grade)
        files = {"file": ("grades.xlsx", sheet)}
        job = await self.client.ask(of.teacher, "PUT", f"{path}/import", 202, key=str(uuid4()), files=files)
        self.acknowledged("grades", task=of.task.id, students=of.students, grade=grade, job=job["job_id"])
        await self.done(of.teacher, job["job_id"])
        return True

    async def _upload(self) -> bool:
        body = PDF_HEAD + self.chance.randbytes(self.chance.randint(1_000, 200_000)) + PDF_TAIL
        files = {"file": ("paper.pdf", body)}
        who = next(self._uploaders)
        address = await self.client.ask(who, "POST", "/upload/documents", 200, files=files, data={"location": "docs"})
        return self.acknowledged("uploads", address=address, sha256=hashlib.sha256(body).hexdigest())

    async def _issue(self) -> bool:
        if not self.finished:
            return False
        batch = self.finished.pop()
        path = f"/batches/{batch.uuid}/certificates"
        job = await self.client.ask(self.world.admin, "POST", path, 202, key=str(uuid4()))
        self.acknowledged("certificates", batch=batch.id, job=job["job_id"])
        await self.done(self.world.admin, job["job_id"])
        return True

    async def _buy(self) -> bool:
        if not self.buyers:
            return False
        buyer, batch, ask = self.buyers.pop(), self.chance.choice(self.world.on_sale), self.client.ask
        wanted = {"batch_id": str(batch.uuid)}
        bought = await ask(buyer, "POST", "/me/purchases", 201, key=str(uuid4()), json=wanted)
        paying = {
            "payment_proof_url": "https://example.test/proof.png",
            "buyer_bank_account_name": "Budi",
            "buyer_bank_account_number": "1234567890",
        }
        await ask(buyer, "PATCH", f"/me/purchases/{bought['id']}/pay", 200, key=str(uuid4()), json=paying)
        path = f"/purchases/{bought['id']}/status"
        paid = {"payment_status": "paid"}
        await ask(self.world.admin, "PATCH", path, 200, key=str(uuid4()), json=paid)
        steps = ["pending", "waiting_confirmation", "paid"]
        return self.acknowledged("payments", purchase=bought["id"], buyer=buyer.id, batch=batch.id, steps=steps)

    async def done(self, who: Who, job: str) -> str:
        """Wait for a job, as the page of a person does, and say its state; nobody waits for ever."""
        begun = time.monotonic()
        while True:
            found = await self.client.ask(who, "GET", f"/jobs/{job}", 200)
            if found["state"] not in ("queued", "running") or time.monotonic() - begun > PATIENCE_S:
                return str(found["state"])
            await asyncio.sleep(0.3)


def _filled(template: bytes, grade: float) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(template))
    for row in range(2, book.active.max_row + 1):
        book.active.cell(row, NILAI).value = grade
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()
