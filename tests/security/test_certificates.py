"""Nobody finds a certificate by guessing, and no copy passes for one."""

import secrets

import httpx
import pytest

from backend.core import patterns
from backend.domain.certificates.rules import CHECKS_PER_WINDOW
from tests.dialects.lms.world import World, a_world
from tests.people import MakePerson

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
DOORS = (
    "/certificates/{}",
    "/sertifikat/{}",
    "/certificates/{}/pdf",
    "/api/v1/certificates/number/{}",
    "/api/v1/certificates/{}/verify",
)


@pytest.fixture
async def world(a_person: MakePerson) -> World:
    """A school of two halves."""
    return await a_world(a_person)


async def test_guesses_find_nothing_and_soon_get_no_answer(client: httpx.AsyncClient, world: World):
    """All doors count together; ids and numbers alike."""
    found: dict[int, int] = {}
    for guess in range(300):
        door = DOORS[guess % len(DOORS)]
        name = f"CERT-{guess % 3}-{''.join(secrets.choice(LETTERS) for _ in range(6))}"
        if "verify" in door:
            name = f"0198{secrets.token_hex(2)}-0000-7000-8000-{secrets.token_hex(6)}"
        answer = await client.get(door.format(name))
        found[answer.status_code] = found.get(answer.status_code, 0) + 1
        if guess > CHECKS_PER_WINDOW + 10:
            assert answer.status_code in (400, 429), (door, answer.status_code)
    assert set(found) <= {400, 404, 429}
    assert found[404] <= CHECKS_PER_WINDOW
    assert found[429] > 100
    known = await client.get(f"/certificates/{world.here.objects['number']}")
    assert known.status_code == 429  # a hit tells no more than a miss while one has to wait


def test_numbers_end_in_chance():
    pattern = "LULUS-{year}-{seq:05}-{random}"
    assert patterns.fault(pattern) is None
    assert patterns.fault("LULUS-{year}-{seq:05}")
