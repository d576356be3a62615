import asyncio

import pytest
from argon2 import PasswordHasher

from backend.core import db
from backend.core.actor import SYSTEM, Role
from backend.core.errors import Invalid
from backend.domain.accounts import commands, queries, sessions
from backend.domain.accounts.errors import (
    EmailUnverified,
    RefreshRefused,
    SessionNotFound,
    TooManyTries,
    WrongCredentials,
)
from backend.domain.accounts.queries import SessionOver
from backend.domain.accounts.sessions import SignedIn
from backend.domain.accounts.terms import Caller
from tests.domain.accounts.test_commands import HERE, PASSWORD, a_newcomer
from tests.people import Person

pytestmark = pytest.mark.usefixtures("database")

ELSEWHERE = Caller("192.0.2.99", "tests")


async def signed_in() -> SignedIn:
    person = await commands.create_account(SYSTEM, a_newcomer(), Role.STUDENT)
    return await sessions.log_in(HERE, person.email.upper(), PASSWORD)


async def actor_of(signed: SignedIn):
    return await queries.actor_of_token(sessions.access_token(signed, {}))


async def test_a_token_speaks_for_its_session():
    signed = await signed_in()
    actor = await actor_of(signed)
    assert (actor.account_id, actor.role) == (signed.person.id, Role.STUDENT)


async def test_unknown_and_wrong_are_one_answer():
    signed = await signed_in()
    for email in (signed.person.email, "nobody@example.test"):
        with pytest.raises(WrongCredentials) as error:
            await sessions.log_in(HERE, email, "not it at all")
        assert error.value.data == {}


async def test_an_account_without_a_password_cannot_log_in(student: Person):
    with pytest.raises(WrongCredentials):
        await sessions.log_in(HERE, student.email, "anything")


async def test_unverified_is_told_to_who_knows_the_password():
    person = await commands.register(HERE, a_newcomer())
    with pytest.raises(WrongCredentials):
        await sessions.log_in(HERE, person.email, "not it at all")
    with pytest.raises(EmailUnverified):
        await sessions.log_in(HERE, person.email, PASSWORD)


async def test_failures_slow_down_here_and_lock_nobody():
    signed = await signed_in()
    for _ in range(sessions.TRIES):
        with pytest.raises(WrongCredentials):
            await sessions.log_in(HERE, signed.person.email, "not it at all")
    with pytest.raises(TooManyTries) as error:
        await sessions.log_in(HERE, signed.person.email, PASSWORD)
    assert 0 < error.value.data["retry_after_s"] <= sessions.TRIES_WINDOW_S
    await sessions.log_in(ELSEWHERE, signed.person.email, PASSWORD)
    await db.statement("UPDATE throttle SET window_started_at = now() - interval '1 hour'")
    await sessions.log_in(HERE, signed.person.email, PASSWORD)


async def test_success_forgets_the_failures():
    signed = await signed_in()
    for _ in range(sessions.TRIES + 2):
        with pytest.raises(WrongCredentials):
            await sessions.log_in(HERE, signed.person.email, "not it at all")
        await sessions.log_in(HERE, signed.person.email, PASSWORD)


async def test_a_weaker_hash_is_made_anew():
    signed = await signed_in()
    weaker = "$argon2id$v=19$m=8,t=1,p=1$"
    kept = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    assert kept.startswith(weaker)
    await db.statement("UPDATE account SET password_hash = $2 WHERE id = $1", signed.person.id, kept)
    await sessions.log_in(HERE, signed.person.email, PASSWORD)
    fresh = await db.value("SELECT password_hash FROM account WHERE id = $1", signed.person.id)
    assert fresh.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_the_refresh_token_is_kept_as_a_hash():
    signed = await signed_in()
    kept = await db.value("SELECT row_to_json(s)::text FROM session s")
    assert signed.refresh_token not in kept


async def test_refreshing_rotates():
    first = await signed_in()
    second = await sessions.refresh(first.refresh_token)
    third = await sessions.refresh(second.refresh_token)
    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3
    assert third.session == first.session


async def test_two_tabs_get_one_successor():
    first = await signed_in()
    assert (await sessions.refresh(first.refresh_token)).refresh_token == (
        await sessions.refresh(first.refresh_token)
    ).refresh_token


@pytest.mark.commits
async def test_two_tabs_at_once_get_one_successor():
    first = await signed_in()
    answers = await asyncio.gather(*(sessions.refresh(first.refresh_token) for _ in range(6)))
    assert len({answer.refresh_token for answer in answers}) == 1
    await sessions.refresh(answers[0].refresh_token)


async def test_a_token_used_again_ends_the_session():
    first = await signed_in()
    second = await sessions.refresh(first.refresh_token)
    await db.statement("UPDATE session SET rotated_at = now() - interval '11 seconds'")
    with pytest.raises(RefreshRefused):
        await sessions.refresh(first.refresh_token)
    with pytest.raises(RefreshRefused):
        await sessions.refresh(second.refresh_token)
    with pytest.raises(SessionOver):
        await actor_of(first)


async def test_a_token_of_two_generations_ago_ends_the_session_at_once():
    first = await signed_in()
    second = await sessions.refresh(first.refresh_token)
    await sessions.refresh(second.refresh_token)
    with pytest.raises(RefreshRefused):
        await sessions.refresh(first.refresh_token)
    with pytest.raises(SessionOver):
        await actor_of(first)


async def test_forged_refresh_tokens_are_refused_and_end_nothing():
    signed = await signed_in()
    token = signed.refresh_token
    other = token[:30] + ("B" if token[30] == "A" else "A") + token[31:]
    for forged in ("", "x", "A" * 86, token[:-4], token + "AAAA", other, "é" * 86, "\x00"):
        with pytest.raises(RefreshRefused):
            await sessions.refresh(forged)
    await actor_of(signed)


async def test_an_expired_session_cannot_be_refreshed():
    signed = await signed_in()
    await db.statement("UPDATE session SET expires_at = now()")
    with pytest.raises(RefreshRefused):
        await sessions.refresh(signed.refresh_token)


async def test_logging_out_ends_access_and_refreshing():
    signed = await signed_in()
    actor = await actor_of(signed)
    await sessions.log_out(actor, None)
    with pytest.raises(SessionOver):
        await actor_of(signed)
    with pytest.raises(RefreshRefused):
        await sessions.refresh(signed.refresh_token)


async def test_logging_out_leaves_other_people_in(student: Person):
    signed = await signed_in()
    await sessions.log_out(student.actor, signed.refresh_token)
    await actor_of(signed)


async def test_another_password_ends_other_sessions():
    first = await signed_in()
    second = await sessions.log_in(ELSEWHERE, first.person.email, PASSWORD)
    await sessions.change_password(await actor_of(second), PASSWORD, "gajah di pelupuk mata")
    with pytest.raises(SessionOver):
        await actor_of(first)
    await actor_of(second)
    with pytest.raises(WrongCredentials):
        await sessions.log_in(HERE, first.person.email, PASSWORD)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("not it at all", "gajah di pelupuk mata", "old_password"),
        (PASSWORD, "qwerty123", "password"),
        (PASSWORD, "short", "password"),
    ],
)
async def test_another_password_has_its_rules(old, new, field):
    actor = await actor_of(await signed_in())
    with pytest.raises(Invalid) as error:
        await sessions.change_password(actor, old, new)
    assert list(error.value.data["fields"]) == [field]


async def test_guessing_the_old_password_is_slowed_down():
    actor = await actor_of(await signed_in())
    for _ in range(sessions.TRIES):
        with pytest.raises(Invalid):
            await sessions.change_password(actor, "not it at all", "gajah di pelupuk mata")
    with pytest.raises(TooManyTries):
        await sessions.change_password(actor, PASSWORD, "gajah di pelupuk mata")


async def test_sessions_are_seen_and_ended_by_their_owner(student: Person):
    first = await signed_in()
    second = await sessions.log_in(ELSEWHERE, first.person.email, PASSWORD)
    actor = await actor_of(second)
    listed = await queries.sessions(actor)
    assert {(view.uuid, view.address, view.is_current) for view in listed} == {
        (first.session, HERE.address, False),
        (second.session, ELSEWHERE.address, True),
    }
    with pytest.raises(SessionNotFound):
        await sessions.revoke_session(student.actor, first.session)
    await sessions.revoke_session(actor, first.session)
    with pytest.raises(SessionNotFound):
        await sessions.revoke_session(actor, first.session)
    with pytest.raises(SessionOver):
        await actor_of(first)


async def test_all_other_sessions_end_at_once():
    first = await signed_in()
    second = await sessions.log_in(ELSEWHERE, first.person.email, PASSWORD)
    assert await sessions.revoke_other_sessions(await actor_of(second)) == 1
    assert len(await queries.sessions(await actor_of(second))) == 1
