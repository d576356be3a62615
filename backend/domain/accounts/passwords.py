"""Passwords: Argon2id in a few threads, so that a hall full of logins neither stalls the loop nor fills the memory."""

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

THREADS = 2
"""Each hash takes 19 MiB and a core for some 20 ms."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")


_asked: dict[bytes, asyncio.Future[bool]] = {}
"""What is being checked just now, by a digest of hash and password."""


@cache
def _nobodys() -> str:
    return _HASHER.hash("the password of nobody")


def _matches(kept: str | None, password: str) -> bool:
    try:
        _HASHER.verify(kept or _nobodys(), password)
    except InvalidHashError:  # an account that has no password: as much work as one that has
        _matches(None, password)
        return False
    except VerificationError:
        return False
    return bool(kept)


async def hashed(password: str) -> str:
    """The hash to keep of a password. Not inside a transaction: it takes its time."""
    return await asyncio.get_running_loop().run_in_executor(_threads(), _HASHER.hash, password)


async def matches(kept: str | None, password: str) -> bool:
    """Whether a password has this hash; without a hash the answer is no, after the same work.

    Who asks again while the same question is under way waits for its answer: in a hall that logs in, clients which
    repeat what was not answered in a second would otherwise make the queue longer than it ever gets done.
    """
    key = hashlib.sha256(f"{len(kept or '')}:{kept}{password}".encode()).digest()
    asked = _asked.get(key)
    if asked is None:
        asked = asyncio.get_running_loop().run_in_executor(_threads(), _matches, kept, password)
        _asked[key] = asked
        asked.add_done_callback(lambda _: _asked.pop(key, None))
    return await asyncio.shield(asked)


def under_way() -> int:
    """How many different questions are being answered."""
    return len(_asked)


def is_outdated(kept: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(kept)
