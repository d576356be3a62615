"""Passwords are checked in a few threads; the same question asked at once is answered once."""

import asyncio

from backend.domain.accounts import passwords


async def test_who_asks_again_waits_for_the_first_answer():
    kept = await passwords.hashed("a password that nobody has")
    right = [asyncio.create_task(passwords.matches(kept, "a password that nobody has")) for _ in range(5)]
    wrong = [asyncio.create_task(passwords.matches(kept, "another")) for _ in range(5)]
    nobody = asyncio.create_task(passwords.matches(None, "another"))
    await asyncio.sleep(0)
    assert passwords.under_way() == 3
    right[0].cancel()  # whoever came first may hang up
    assert await asyncio.gather(*right[1:]) == [True] * 4
    assert await asyncio.gather(*wrong, nobody) == [False] * 6
    await asyncio.sleep(0)
    assert passwords.under_way() == 0
