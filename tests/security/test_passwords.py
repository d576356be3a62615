"""How passwords are kept and compared."""

import asyncio
import threading
import time

import pytest
from argon2 import extract_parameters

from backend.domain.accounts import passwords


async def test_what_is_kept_is_argon2id_with_enough_work():
    kept = extract_parameters(await passwords.hashed("kuda-laut-27-ungu"))
    assert (kept.type.name, kept.memory_cost >= 19_456, kept.time_cost >= 2) == ("ID", True, True)
    assert kept.salt_len >= 16
    assert await passwords.hashed("the same") != await passwords.hashed("the same")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a" * 72 + "b", "a" * 72 + "c"),
        ("a" * 127 + "b", "a" * 127 + "c"),
        ("kuda\0laut", "kuda\0ungu"),
        ("kuda-laut ", "kuda-laut"),
        ("Kuda-laut", "kuda-laut"),
        ("e\u0301", "\u00e9x"),
    ],
)
async def test_every_character_counts(one: str, other: str):
    kept = await passwords.hashed(one)
    assert await passwords.matches(kept, one)
    assert not await passwords.matches(kept, other)


@pytest.mark.parametrize("kept", [None, "", "!", "$argon2id$", "x" * 100])
async def test_no_hash_matches_nothing(kept: str | None):
    for password in ("", "!", "the password of nobody"):
        assert not await passwords.matches(kept, password)


async def test_the_loop_goes_on_while_passwords_are_hashed():
    """Eight at once take some 160 ms of work; the loop is asked for its turn all the while."""
    hashing = asyncio.ensure_future(asyncio.wait([asyncio.ensure_future(passwords.hashed(str(n))) for n in range(8)]))
    turns, ran, loops = 0, time.thread_time(), threading.get_ident()
    while not hashing.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 50
    assert threading.get_ident() == loops
    assert time.thread_time() - ran < 10
