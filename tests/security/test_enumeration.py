"""No answer tells whether somebody is known: not by its text, not by the work behind it.

Times are reported (`-rP`), and only a gross difference fails; what is asserted is the work: the same hashings, the
same statements.
"""

import time
from collections.abc import Awaitable, Callable

import httpx
import pytest

from backend.core import db
from backend.domain.accounts import passwords
from backend.domain.accounts.terms import CodePurpose
from tests.dialects.lms.signing_in import AUTH, NEW, a_body, an_account, letter_to, log_in

ROUNDS = 5
Ask = Callable[[str], Awaitable[httpx.Response]]


@pytest.fixture
def hashings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was hashed since the test asked for this; the hashing itself is the real one."""
    done: list[str] = []
    real = passwords._HASHER

    class Counting:
        def verify(self, kept: str, password: str) -> bool:
            done.extend(kept.split("$")[3:4])  # the parameters, which are the cost; "!" costs nothing
            return real.verify(kept, password)

        def hash(self, password: str) -> str:
            done.append("hash")
            return real.hash(password)

        def check_needs_rehash(self, kept: str) -> bool:
            return real.check_needs_rehash(kept)

    passwords._nobodys()
    monkeypatch.setattr(passwords, "_HASHER", Counting())
    return done


async def everybody(client: httpx.AsyncClient) -> dict[str, str]:
    """An address of each kind."""
    unverified, removed, hollow = a_body(), (await an_account()), (await an_account())
    await client.post(f"{AUTH}/register", json=unverified)
    await db.statement("UPDATE account SET removed_at = now() WHERE id = $1", removed.id)
    await db.statement("UPDATE account SET password_hash = '!' WHERE id = $1", hollow.id)
    return {
        "known": (await an_account()).email,
        "unknown": "nobody.at.all@example.test",
        "unverified": unverified["email"],
        "removed": removed.email,
        "without a password": hollow.email,
        "in capitals": (await an_account()).email.upper(),
    }


async def measured(
    ask: Ask, people: dict[str, str], statements: list[str], hashings: list[str]
) -> dict[str, tuple[object, list[float]]]:
    """What each got, with the work it took, and the times."""
    found: dict[str, tuple[object, list[float]]] = {}
    for _ in range(ROUNDS):
        for kind, email in people.items():
            await db.statement("DELETE FROM throttle")
            statements.clear()
            hashings.clear()
            begun = time.perf_counter()
            answer = await ask(email)
            took = time.perf_counter() - begun
            headers = sorted(set(answer.headers) - {"x-request-id", "date"})
            seen = (answer.status_code, answer.text, headers, tuple(statements), tuple(hashings))
            known, times = found.setdefault(kind, (seen, []))
            assert seen == known
            times.append(took)
    return found


def assert_alike(found: dict[str, tuple[object, list[float]]]) -> None:
    least = {kind: min(times) * 1000 for kind, (_, times) in found.items()}  # a busy machine adds to the others
    print("; ".join(f"{kind} {ms:.1f} ms" for kind, ms in least.items()))
    first = found["known"][0]
    for kind, (seen, _) in found.items():
        assert seen == first, kind
    assert max(least.values()) < 3 * min(least.values()) + 20, least


async def test_logging_in(client: httpx.AsyncClient, statements: list[str], hashings: list[str]):
    people = await everybody(client)
    found = await measured(lambda email: log_in(client, email, "not it at all"), people, statements, hashings)
    assert_alike(found)
    assert len(found["unknown"][0][4]) == 1  # type: ignore[index]


async def test_asking_for_a_new_password(client: httpx.AsyncClient, statements: list[str], hashings: list[str]):
    people = await everybody(client)

    async def ask(email: str) -> httpx.Response:
        return await client.post(f"{AUTH}/forgot-password", json={"email": email})

    assert_alike(await measured(ask, people, statements, hashings))


async def test_trying_a_code_for_a_new_password(client: httpx.AsyncClient, statements: list[str], hashings: list[str]):
    people = await everybody(client)
    await letter_to(people["known"], CodePurpose.RESET_PASSWORD)
    body = {"code": "000000", "password": NEW, "confirm_password": NEW}

    async def ask(email: str) -> httpx.Response:
        await db.statement("UPDATE mailed_code SET tries = 0")
        statements.clear()
        return await client.post(f"{AUTH}/reset-password", json=body | {"email": email})

    assert_alike(await measured(ask, people, statements, hashings))


async def test_asking_for_another_code_names_nobody(client: httpx.AsyncClient):
    """It goes by the token of a mail, so there is no address to try; any other token gets one answer."""
    known = await letter_to((await an_account()).email, CodePurpose.RESET_PASSWORD)
    tokens = (known.token, known.token[:-2] + "xx", "a.b.c", "x")
    answers = [await client.post(f"{AUTH}/resend-verification", json={"token": token}) for token in tokens]
    assert {(answer.status_code, answer.text) for answer in answers} == {(400, answers[0].text)}
