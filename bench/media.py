"""A recording in, and many readers of it, beside aioboto3 straight to the same S3."""

import asyncio
import contextlib
import tempfile
from pathlib import Path
from statistics import median

import asyncpg
import msgspec

from backend.seed_media import make_clip
from bench import school
from bench.drive import LoadError, python
from bench.outcome import Goal, Outcome
from bench.rounds import Slice, interleaved, summed
from bench.scale import Scale
from bench.stand import Stand
from bench.usage import peak_mib

UP, DOWN = "aioboto3, hashing, up", "aioboto3, down"
READERS, RANGES, LENGTH = 50, 2, 4 << 20
STREAMS, ALONE = 2, 40
MB = 1_000_000
BARE = "bare"


class Size(msgspec.Struct, frozen=True):
    """Bytes of the recording, rounds in and out, how often one reader alone and a whole half are measured."""

    bytes: int
    ups: int
    downs: int
    firsts: int
    streams: int


SIZES = {"quick": Size(64 << 20, 1, 2, 1, 1), "whole": Size(1 << 30, 2, 4, 3, 3)}


class _Said(msgspec.Struct):
    """What a load process printed."""

    seconds: float
    cpu_s: float
    firsts: list[float]
    sample: str = ""


async def _said(*arguments: str, env: dict[str, str] | None = None) -> _Said:
    return msgspec.json.decode(await python("-m", *arguments, env=env), type=_Said)


class _Sides:
    """Up and down, by way of Lulus and straight."""

    def __init__(self, stand: Stand, control: asyncpg.Connection, owner: school.Student, size: int) -> None:
        self.stand = stand
        self.control = control
        self.owner = owner
        self.size = size
        self.head = stand.folder / "clip.mp4"
        self.key = self.path = ""
        self.web_s: list[float] = []
        self.seed = self.bare_port = 0

    async def up(self) -> Slice:
        before, web = self.stand.cpu_s(("web", "s3")), self.stand.cpu_s(("web",))
        port, token = str(self.stand.port), self.owner.token
        said = await _said("bench.media_load", "up", port, token, str(self.size), str(self.head))
        if " 202 " not in said.sample[:20]:
            raise LoadError(said.sample)
        cpu = self.stand.cpu_s(("web", "s3")) - before
        self.web_up = self.stand.cpu_s(("web",)) - web
        await self._looked_at()
        return Slice(self.size // MB, said.seconds, cpu)

    async def _looked_at(self) -> None:
        """The job that looks at a recording is not part of the upload; what follows must not run beside it."""
        async with asyncio.timeout(120):
            while True:
                row = await self.control.fetchrow(
                    "SELECT uuid, state, object_key, extension, location, size_bytes, failure,"
                    " to_char(created_at AT TIME ZONE 'UTC', 'YYYY/MM/DD') AS day FROM file ORDER BY id DESC LIMIT 1"
                )
                if row["state"] != "processing":
                    break
                await asyncio.sleep(0.05)
        if (row["state"], row["size_bytes"]) != ("ready", self.size):
            raise LoadError(f"the recording is {row['state']} ({row['failure']}), {row['size_bytes']} bytes")
        self.key = row["object_key"]
        self.path = f"/uploads/{row['location']}/{row['day']}/{row['uuid']}.{row['extension']}"

    async def bare_up(self) -> Slice:
        before = self.stand.cpu_s(("s3",))
        said = await _said("bench.bare_media", "up", str(self.size), env=self.stand.env)
        return Slice(self.size // MB, said.seconds, self.stand.cpu_s(("s3",)) - before + said.cpu_s)

    def _shape(self) -> list[str]:
        """The same places for all sides of a round."""
        return [str(one) for one in (self.size, READERS, RANGES, LENGTH, self.seed)]

    def _alone(self) -> list[str]:
        return [str(one) for one in (self.size, 1, ALONE, 64 << 10, 1)]

    async def down(self) -> Slice:
        before, web = self.stand.cpu_s(("web", "s3")), self.stand.cpu_s(("web",))
        port, token = str(self.stand.port), self.owner.token
        said = await _said("bench.media_load", "down", port, token, self.path, *self._shape())
        self.web_s.append(self.stand.cpu_s(("web",)) - web)
        cpu = self.stand.cpu_s(("web", "s3")) - before
        return Slice(READERS * RANGES * LENGTH // MB, said.seconds, cpu, said.firsts)

    async def bare_down(self) -> Slice:
        before = self.stand.cpu_s(("s3",))
        said = await _said("bench.bare_media", "down", self.key, *self._shape(), env=self.stand.env)
        cpu = self.stand.cpu_s(("s3",)) - before + said.cpu_s
        return Slice(READERS * RANGES * LENGTH // MB, said.seconds, cpu, said.firsts)

    async def floor(self, how: str) -> float:
        """CPU milliseconds per MB of the same server with next to nothing in it, for the same ranges."""
        port, before = self.bare_port, self.stand.cpu_s((BARE,))
        await _said("bench.media_load", "down", str(port), "-", f"/{how}/{self.key}", *self._shape())
        return 1000 * (self.stand.cpu_s((BARE,)) - before) / (READERS * RANGES * LENGTH / MB)

    async def one_reader(self) -> list[float]:
        """Milliseconds to each first byte of one reader alone, by way of us."""
        port, token = str(self.stand.port), self.owner.token
        return (await _said("bench.media_load", "down", port, token, self.path, *self._alone())).firsts

    async def first_byte(self) -> tuple[float, float]:
        """Medians of one reader alone, by way of us and straight, in milliseconds."""
        bare = await _said("bench.bare_media", "down", self.key, *self._alone(), env=self.stand.env)
        return median(await self.one_reader()), median(bare.firsts)

    async def stream(self, readers: int) -> float:
        """CPU milliseconds of the web process per MB, when each reader takes half the recording in one go."""
        shape = [str(one) for one in (self.size, readers, 1, self.size // 2, 1)]
        web = self.stand.cpu_s(("web",))
        await _said("bench.media_load", "down", str(self.stand.port), self.owner.token, self.path, *shape)
        return 1000 * (self.stand.cpu_s(("web",)) - web) / (readers * (self.size // 2) / MB)


async def measure(stand: Stand, scale: Scale) -> Outcome:
    """Run it."""
    size = SIZES[scale.name]
    control = await stand.connect()
    batch_id = await school.batch(control, quota=1, seats_taken=1)
    (owner,) = await school.students(control, 1, batch_id, stand.jwt_secret)
    sides = _Sides(stand, control, owner, size.bytes)
    await asyncio.to_thread(_clip, sides.head, size.bytes)
    await asyncio.to_thread(_touch, stand)
    memory = peak_mib(stand.pid("web"))
    taken = await interleaved({"Lulus": sides.up, UP: sides.bare_up}, size.ups, {"Lulus": sides.up})
    sides.bare_port = stand.start_web(BARE, "bench.bare_stream:app")
    sent, copied = list[float](), list[float]()
    read = {"Lulus, down": list[Slice](), DOWN: list[Slice]()}
    for number in range(size.downs):
        sides.seed = number
        warm_up = {"Lulus, down": sides.down} if not number else {}
        for name, slices in (await interleaved({"Lulus, down": sides.down, DOWN: sides.bare_down}, 1, warm_up)).items():
            read[name] += slices
        sent.append(await sides.floor("sent"))
        copied.append(await sides.floor("copied"))
    stand.stop(BARE)
    grown = peak_mib(stand.pid("web")) - memory
    firsts = [await sides.first_byte() for _ in range(size.firsts)]
    streamed = median([await sides.stream(STREAMS) for _ in range(size.streams)])
    async with stand.round_trips("web") as said:
        await sides.one_reader()
    await control.close()
    made = {name: summed(slices) for name, slices in (taken | read).items()}
    megabytes = READERS * RANGES * LENGTH / MB
    ups, downs = _ratio(made["Lulus"].rates, made[UP].rates), _ratio(made["Lulus, down"].rates, made[DOWN].rates)
    cpu = 1000 * median(sides.web_s[1:]) / megabytes  # the first was to warm up
    first = median(ours - bare for ours, bare in firsts)
    return Outcome(
        "media",
        "MB/s",
        f"a recording of {size.bytes >> 20:,} MiB in; {READERS} readers of {RANGES} random ranges of"
        f" {LENGTH >> 20} MiB each",
        made,
        [
            Goal(f"MB/s up / {UP}", ups, "≥", 0.70),
            Goal(f"MB/s down / {DOWN}", downs, "≥", 0.70),
            Goal("web process, CPU ms per MB in one go", streamed, "≤", 1.0),
            Goal("web process, CPU ms per MB in ranges", cpu, "≤", 1.0),
            Goal("memory growth of the web process, MiB", grown, "≤", 64),
            Goal("first byte, ms above direct", first, "≤", 10),
        ],
        0,
        len(said) / ALONE,
        stand.peaks_mib(("web", "worker", "s3")),
        [
            f"first byte of one reader alone: {median(one for one, _ in firsts):.1f} ms, straight"
            f" {median(one for _, one in firsts):.1f} ms; among {READERS}: p50 / p95 / p99 stand in the table",
            f"web process, CPU ms per MB up: {1000 * sides.web_up / (size.bytes / MB):.2f} (no goal)",
            f"the server itself, CPU ms per MB in the same ranges: sending bytes at hand {median(sent):.2f}, copying"
            f" from aiohttp {median(copied):.2f} (no goal)",
        ],
    )


def _ratio(above: list[float], below: list[float]) -> float:
    return median(one / other for one, other in zip(above, below, strict=True))


def _clip(path: Path, size: int) -> None:
    """A clip that has its index in front, and a box of nothing that says it fills the rest."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "clip.mp4"
        make_clip(whole, 3, "mp4")
        clip = whole.read_bytes()
    left = size - len(clip)
    path.write_bytes(clip + b"\x00\x00\x00\x01free" + left.to_bytes(8, "big"))


def _touch(stand: Stand) -> None:
    """One request, so that the memory of what is loaded late is not counted as growth."""
    with contextlib.suppress(OSError):
        stand.await_answer("web", f"http://127.0.0.1:{stand.port}/readyz")
