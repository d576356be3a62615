"""Many buyers, few seats: a seat is taken where a purchase is made, so that is what is measured.

`POST /me/purchases` reserves a seat and an amount in one transaction (a conditional UPDATE of the batch's row, the
purchase, its history, the event). Once all want the same batch, once they are spread over many.
"""

from itertools import chain

import asyncpg

from bench import school
from bench.drive import LoadError, ask, deal, request
from bench.load import Answer, Spec
from bench.outcome import Goal, Outcome, ratio
from bench.pgbench import pgbench
from bench.quota_sql import BUY
from bench.rounds import Slice, interleaved, summed
from bench.scale import Scale
from bench.stand import Stand

CONNECTIONS, CLIENTS = 32, 10
SPREAD = 100
PROBES = 20
MADE, FULL = 201, 409
PATH = "/api/v1/me/purchases"
HOT, OWN = "pgbench, one batch", "pgbench, own batches"
BARE_HOT, BARE_OWN = "bare Litestar, one batch", "bare Litestar, own batches"

_SCRIPT = (
    "\\set n :n + 1\n"
    "\\set buyer :first_buyer + :client_id * :each + :n\n"
    "\\set batch :first_batch + (:client_id * :each + :n) % :batches\n"
    + BUY.format(batch=":batch", buyer=":buyer::bigint").replace("\n", " ")
    + ";\n"
)


class _Shop:
    """The buyers, and the batches they buy; what earlier slices sold is put aside under `past`."""

    def __init__(
        self, stand: Stand, control: asyncpg.Connection, buyers: list[school.Student], seats: int, past: int
    ) -> None:
        self.past = past
        self.made: dict[tuple[int, int], list[asyncpg.Record]] = {}
        self.stand = stand
        self.control = control
        self.buyers = buyers
        self.seats = seats
        self.bare_port = stand.start_web("bare", "bench.bare_quota:app")

    async def batches(self, number: int, quota: int) -> list[asyncpg.Record]:
        """So many batches on sale, as if nothing had been sold before."""
        if (number, quota) not in self.made:
            made = [await school.batch(self.control, quota=quota, seats_taken=0) for _ in range(number)]
            await self.control.execute(
                "INSERT INTO batch_group (batch_id, group_type) SELECT unnest($1::bigint[]), 'public'", made
            )
            found = await self.control.fetch("SELECT id, uuid FROM batch WHERE id = ANY($1) ORDER BY id", made)
            self.made[number, quota] = found
        batches = self.made[number, quota]
        await self.control.execute(
            "UPDATE purchase SET batch_id = $1, state = 'cancelled' WHERE batch_id <> $1", self.past
        )
        await self.control.execute(
            "UPDATE batch SET seats_taken = 0 WHERE id = ANY($1)", [one["id"] for one in batches]
        )
        await self.control.execute("VACUUM (ANALYZE) batch, purchase, purchase_change, outbox")
        return batches

    async def _sent(self, port: int, batches: list[asyncpg.Record]) -> Answer:
        whole = [
            request("POST", PATH, token=one.token, body={"batch_id": str(batches[number % len(batches)]["uuid"])})
            for number, one in enumerate(self.buyers)
        ]
        return await ask("bench.load", Spec(port, deal(whole, CONNECTIONS)), Answer)

    async def _count(self, batches: list[asyncpg.Record], wanted: int) -> None:
        """Raises: LoadError unless as many seats are taken and purchases made as there were seats."""
        found = await self.control.fetchrow(
            "SELECT (SELECT sum(seats_taken) FROM batch WHERE id = ANY($1)) AS seats, count(*) AS purchases,"
            " count(DISTINCT account_id) AS buyers FROM purchase WHERE batch_id = ANY($1)",
            [batch["id"] for batch in batches],
        )
        if set(found.values()) != {wanted}:
            raise LoadError(f"{dict(found)} where {wanted} was wanted")

    async def hot(self, process: str, port: int) -> Slice:
        """All want one batch. The rate counts seats, until the last of them is sold."""
        batches = await self.batches(1, self.seats)
        answer, cpu = await self._measured(process, port, batches)
        if answer.statuses != {MADE: self.seats, FULL: len(self.buyers) - self.seats}:
            raise LoadError(f"{process}: statuses {answer.statuses}, for example {answer.sample!r}")
        await self._count(batches, self.seats)
        pairs = zip(chain(*answer.codes), chain(*answer.answered_at), strict=True)
        sold_s = max(at for code, at in pairs if code == MADE) - answer.began_at
        return Slice(self.seats, sold_s, cpu, list(chain(*answer.ms)))

    async def own(self, process: str, port: int) -> Slice:
        """The buyers are spread over many batches, and everybody gets a seat."""
        batches = await self.batches(SPREAD, len(self.buyers))
        answer, cpu = await self._measured(process, port, batches)
        if answer.statuses != {MADE: len(self.buyers)}:
            raise LoadError(f"{process}: statuses {answer.statuses}, for example {answer.sample!r}")
        await self._count(batches, len(self.buyers))
        return Slice(len(self.buyers), answer.seconds, cpu, list(chain(*answer.ms)))

    async def _measured(self, process: str, port: int, batches: list[asyncpg.Record]) -> tuple[Answer, float]:
        before = self.stand.cpu_s((process, "postgres"))
        answer = await self._sent(port, batches)
        return answer, self.stand.cpu_s((process, "postgres")) - before

    async def pgbench(self, number: int, spread: int, quota: int) -> Slice:
        """The same UPDATE and rows by pgbench, as many as there are seats for."""
        batches = await self.batches(spread, quota)
        each = number // CLIENTS
        places = {"first_buyer": self.buyers[0].id, "first_batch": batches[0]["id"], "batches": spread}
        before = self.stand.cpu_s(("postgres",))
        made = await pgbench(
            self.stand.database_url,
            _SCRIPT,
            clients=CLIENTS,
            transactions=each,
            variables={"n": -1, "each": each, **places},
        )
        await self._count(batches, each * CLIENTS)
        return made.slice(self.stand.cpu_s(("postgres",)) - before)


async def _shop(stand: Stand, control: asyncpg.Connection, scale: Scale) -> _Shop:
    nowhere = await school.batch(control, quota=scale.buyers, seats_taken=scale.buyers)
    buyers = await school.students(control, scale.buyers, nowhere, stand.jwt_secret)
    await control.execute(
        "INSERT INTO profile (account_id, group_type, group_verified) SELECT unnest($1::bigint[]), 'public', true",
        [one.id for one in buyers],
    )
    await control.execute(
        "INSERT INTO price_group (group_type, name, price) VALUES ('public', 'Public', 1500000) ON CONFLICT DO NOTHING"
    )
    return _Shop(stand, control, buyers, scale.seats, nowhere)


async def measure(stand: Stand, scale: Scale) -> Outcome:
    """Run it."""
    control = await stand.connect()
    shop = await _shop(stand, control, scale)
    taken = await interleaved(
        {
            "Lulus": lambda: shop.hot("web", stand.port),
            HOT: lambda: shop.pgbench(scale.seats, 1, scale.seats),
            BARE_HOT: lambda: shop.hot("bare", shop.bare_port),
            "Lulus, own batches": lambda: shop.own("web", stand.port),
            OWN: lambda: shop.pgbench(scale.buyers, SPREAD, scale.buyers),
            BARE_OWN: lambda: shop.own("bare", shop.bare_port),
        },
        scale.enrol_rounds,
    )
    sides = {name: summed(slices) for name, slices in taken.items()}
    shop.buyers = shop.buyers[:PROBES]
    async with stand.round_trips("web") as said:
        await shop.own("web", stand.port)
    peaks = stand.peaks_mib(("web", "bare", "postgres"))
    stand.stop("bare")
    await control.close()
    trips = len(said) / PROBES
    own = "Lulus, own batches"
    return Outcome(
        "quota",
        "seats/s",
        f"{scale.buyers:,} buyers of {scale.seats} seats of one batch (the rate counts seats until the last is sold),"
        f" then the same buyers over {SPREAD} batches; {CONNECTIONS} connections",
        sides,
        [
            Goal(f"rate / {HOT}", ratio(sides, HOT), "≥", 0.30),
            Goal(f"rate / {OWN}", ratio(sides, OWN, own), "≥", 0.50),
        ],
        0,
        trips,
        peaks,
        [
            f"each time exactly {scale.seats} seats were sold, and the others were told that the batch is full",
            f"beside bare Litestar + asyncpg, which does it in one statement: {ratio(sides, BARE_HOT):.3f} of the rate"
            f" on one batch, {ratio(sides, BARE_OWN, own):.3f} on own batches (no goal)",
        ],
    )
