"""Answers in pieces: errors before the first one, nothing for a HEAD, and a place that others have meanwhile."""

import asyncio
import contextlib

import httpx
import pytest
from litestar import HttpMethod, Litestar, Request, Response, route

from backend.http import admission
from backend.http.admission import Busy, Lane, Place
from backend.http.front import Dialect, FrontDoor
from backend.http.streams import Streamed

TEXT = "text/plain; charset=utf-8"


class Source:
    """Pieces, and who works while each is made and sent."""

    def __init__(self, lane: Lane, *pieces: bytes) -> None:
        self.lane = lane
        self.made = 0
        self.free_while_made: list[int] = []
        self._pieces = pieces

    async def begin(self):
        for piece in self._pieces:
            self.made += 1
            self.free_while_made.append(self.lane.free)
            if piece == b"broken":
                raise ValueError(piece)
            yield piece

    def app(self) -> Litestar:
        @route("/", http_method=[HttpMethod.GET, HttpMethod.HEAD])
        async def show(request: Request) -> Response[None]:
            return Streamed(self.begin, media_type=TEXT, headers={"x-own": "1"})

        return Litestar([show], openapi_config=None, logging_config=None)


@pytest.fixture
def lane(monkeypatch: pytest.MonkeyPatch) -> Lane:
    """The only lane, with one place."""
    lane = Lane(1, 5)
    monkeypatch.setattr(admission, "lanes", lambda: {"": lane, "bulk": Lane(1, 1)})
    return lane


async def ask(source: Source, method: str = "GET") -> httpx.Response:
    dialect = Dialect("some", lambda _host, _path: True, source.app(), lane=lambda _method, _path: "")
    transport = httpx.ASGITransport(app=FrontDoor([dialect], contextlib.nullcontext), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
        return await http.request(method, "/")


async def test_pieces_come_in_order_each_made_in_its_turn(lane: Lane):
    source = Source(lane, b"a", b"", b"b", b"c")
    answer = await ask(source)
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (200, "abc", TEXT)
    assert answer.headers["x-own"] == "1"
    assert source.free_while_made == [0, 0, 0, 0]
    assert source.lane.free == 1


async def test_nothing_at_all_is_an_answer(lane: Lane):
    answer = await ask(Source(lane))
    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_head_makes_nothing(lane: Lane):
    source = Source(lane, b"a")
    answer = await ask(source, "HEAD")
    assert (answer.status_code, answer.content, source.made) == (200, b"", 0)
    assert (answer.headers["content-type"], answer.headers["x-own"]) == (TEXT, "1")


async def test_what_breaks_first_is_an_error(lane: Lane):
    source = Source(lane, b"broken")
    assert (await ask(source)).status_code == 500
    assert source.lane.free == 1


async def test_a_place_is_lent_and_taken_back():
    lane = Lane(1, 1)
    assert lane.enter()
    place = Place(lane)
    await place.take_back()  # it has it
    place.lend()
    place.lend()
    assert lane.free == 1
    assert lane.enter()
    waiting = asyncio.create_task(place.take_back())
    while not lane.waiting:
        await asyncio.sleep(0)
    with pytest.raises(Busy):
        await lane.turn()
    lane.leave()
    await waiting
    assert lane.free == 0
    place.lend()
    assert lane.free == 1
