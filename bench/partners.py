"""Partners' lists of all batches: how fast they are read, and with how many statements, beside bare Litestar.

A partner whose dialect is not in `DIALECTS` is left out, with a note.
"""

import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from backend.devstack.ports import random_port
from backend.devstack.procfile import read_procfile
from bench import partners_data
from bench.drive import LoadError, deal, load, python
from bench.load import Spec
from bench.outcome import Goal, Outcome, ratio
from bench.rounds import Slice, interleaved, summed
from bench.scale import Scale
from bench.stand import Stand

FEWER, PAGE, ROWS = 4_000, 100, 500
CONNECTIONS = 2
"""Two programs that read page by page keep both sides busy."""
WEB, CEILING = "web-partners", "bare-partners"
WANTED = 0.50

Headers = Mapping[str, str]


class Partner(msgspec.Struct):
    """A partner's list: requests that read all of it once, ours and the ceiling's, and what lets us in."""

    name: str
    headers: Headers
    ours: Callable[[int], list[str]]
    bare: Callable[[int], list[str]]
    lists_each: int


def _pages(total: int) -> range:
    return range(1, -(-total // PAGE) + 1)


def _ruangkerja(token: str) -> Partner:
    path = f"/ruangkerja/dashboard/courses/{partners_data.COURSE}/batches?pageSize={PAGE}&page="
    return Partner(
        "ruangkerja",
        {"Authorization": token},
        lambda total: [f"{path}{page}" for page in _pages(total)],
        lambda total: [f"/batches/1?size={PAGE}&total={total}&page={page}" for page in _pages(total)],
        2,
    )


def _learning360(secret: str) -> Partner:
    headers = {"X-company-id": partners_data.COMPANY, "X-apiKey": secret}
    return Partner("learning360", headers, lambda _: ["/api/v1/programs/sessions"], lambda _: ["/sessions"], 1)


class _World(msgspec.Struct):
    """Two web processes on one database of their own."""

    stand: Stand
    url: str
    batches: int
    port: int
    bare_port: int

    def say(self, port: int, path: str, headers: Headers, body: object = None) -> bytes:
        """One answer, whole. Raises: HTTPError."""
        asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=dict(headers))
        asked.data = None if body is None else msgspec.json.encode(body)
        with urllib.request.urlopen(asked, timeout=120) as answer:
            return bytes(answer.read())

    async def take(self, partner: Partner, process: str) -> Slice:
        """Read the whole list as often as the partner does in a slice."""
        is_ours = process == WEB
        paths = (partner.ours if is_ours else partner.bare)(self.batches) * partner.lists_each
        asked = [_request(path, partner.headers) for path in paths]
        before = self.stand.cpu_s((process, "postgres"))
        port = self.port if is_ours else self.bare_port
        answer = await load(Spec(port, deal(asked, CONNECTIONS)))
        cpu = self.stand.cpu_s((process, "postgres")) - before
        ms = [one for connection in answer.ms for one in connection]
        return Slice(self.batches * partner.lists_each, answer.seconds, cpu, ms)

    async def trips(self, partner: Partner, total: int) -> float:
        """Statements for each 500 rows when so many batches are shown and all are read."""
        await partners_data.show(self.url, total)
        paths = partner.ours(total)
        self.say(self.port, paths[0], partner.headers)  # prepares statements, counts the list
        async with self.stand.round_trips(WEB) as said:
            await load(Spec(self.port, [[_request(path, partner.headers) for path in paths]]))
        return len(said) * ROWS / total

    def compare(self, partner: Partner) -> int:
        """Whether both sides say the same, byte by byte; gives how many. Raises: LoadError."""
        length = 0
        for ours, bare in zip(partner.ours(self.batches), partner.bare(self.batches), strict=True):
            one, other = self.say(self.port, ours, partner.headers), self.say(self.bare_port, bare, {})
            if one != other:
                at = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), -1)
                raise LoadError(f"{partner.name}: {one[at - 80 : at + 80]!r} is not {other[at - 80 : at + 80]!r}")
            length += len(one)
        return length


def _request(path: str, headers: Headers) -> bytes:
    named = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{named}\r\n".encode()


async def _open(stand: Stand, secret: str, batches: int) -> _World:
    control = await stand.connect()
    await control.execute("CREATE DATABASE partners TEMPLATE template0")
    await control.close()
    url = urlsplit(stand.database_url)._replace(path="/partners").geturl()
    await python("-m", "backend.cli", "migrate", env={**stand.env, "DATABASE_URL": url})
    await partners_data.fill(url, batches, secret)
    line = read_procfile(Path("Procfile"))["web"]
    world = _World(stand, url, batches, random_port(lambda first: (first,)), 0)
    stand.start(WEB, line, {"DATABASE_URL": url, "WEB_PORT": str(world.port)})
    stand.await_answer(WEB, f"http://127.0.0.1:{world.port}/readyz")
    world.bare_port = random_port(lambda first: (first,))
    bare = line.replace("backend.app:app", "bench.bare_partners:app")
    stand.start(CEILING, bare, {"DATABASE_URL": url, "WEB_PORT": str(world.bare_port)})
    stand.await_answer(CEILING, f"http://127.0.0.1:{world.bare_port}/batches/1?page=1&size=1&total=1")
    return world


def _let_in(world: _World, secret: str) -> tuple[list[Partner], list[str]]:
    """The partners whose dialects are there, and notes on the others."""
    found, notes = list[Partner](), list[str]()
    asked = {"clientID": partners_data.COMPANY, "clientSecret": secret, "grantType": "client_credentials"}
    for name, begin in (("ruangkerja", _with_token), ("learning360", _with_key)):
        try:
            partner = begin(world, asked)
            world.say(world.port, partner.ours(world.batches)[0], partner.headers)
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise LoadError(f"{name}: {error.code} {error.read()[:300]!r}") from error
            notes.append(f"{name} is not in DIALECTS")
            continue
        found.append(partner)
    return found, notes


def _with_token(world: _World, asked: Mapping[str, str]) -> Partner:
    told = json.loads(world.say(world.port, "/oauth/token", {}, asked))
    return _ruangkerja(told["data"]["accessToken"])


def _with_key(_: _World, asked: Mapping[str, str]) -> Partner:
    return _learning360(asked["clientSecret"])


async def measure(stand: Stand, scale: Scale) -> Outcome:
    """Run it."""
    secret = f"bench_{secrets.token_urlsafe(32)}"
    world = await _open(stand, secret, scale.partner_batches)
    partners, notes = _let_in(world, secret)
    sides, goals, trips = {}, list[Goal](), 0.0
    for partner in partners:
        begun = time.monotonic()
        size = world.compare(partner)
        ours, bare = f"Lulus, {partner.name}", f"bare Litestar, {partner.name}"
        takes = {ours: partial(world.take, partner, WEB), bare: partial(world.take, partner, CEILING)}
        taken = await interleaved(takes, scale.partner_rounds)
        sides |= {name: summed(slices) for name, slices in taken.items()}
        goals += _rates(sides, ours, bare)
        few, many = await world.trips(partner, FEWER), await world.trips(partner, world.batches)
        trips = max(trips, many)
        what = f"{partner.name}: queries for {ROWS} rows at {world.batches:,} / at {FEWER:,}"
        goals.append(Goal(what, many / few, "≤", 1.0))
        notes.append(
            f"{partner.name}: {size / 1e6:.1f} MB, the same on both sides; queries for {ROWS} rows {many:.1f} of"
            f" {world.batches:,}, {few:.1f} of {FEWER:,}; {time.monotonic() - begun:.0f} s"
        )
    peaks = stand.peaks_mib((WEB, CEILING, "postgres"))
    stand.stop(WEB, CEILING)
    return Outcome(
        "partners",
        "rows/s",
        f"{world.batches:,} batches of one course, each with 2 meetings, {partners_data.MEMBERS} people, 2 groups;"
        f" ruangkerja in pages of {PAGE}, all twice a slice on {CONNECTIONS} connections, learning360 at once, on one",
        sides,
        goals,
        0,
        trips,
        peaks,
        [*notes, "round trips are those for 500 rows, of the partner that needs more"],
    )


def _rates(sides: Mapping[str, object], ours: str, bare: str) -> list[Goal]:
    lulus, ceiling = sides[ours], sides[bare]
    cpus = sorted(one / other for one, other in zip(ceiling.cpus, lulus.cpus, strict=True))
    return [
        Goal(f"rate / {bare}", ratio(sides, bare, ours), "≥", WANTED),
        Goal(f"CPU of {bare} / CPU of Lulus", cpus[len(cpus) // 2], "≥", WANTED),
    ]
