import asyncio

import pytest

from backend.core import db
from backend.core.actor import SYSTEM, Role
from backend.core.errors import Invalid
from backend.domain.accounts import codes, commands, queries, sessions
from backend.domain.accounts.codes import Letter
from backend.domain.accounts.errors import (
    AlreadyVerified,
    MailedRecently,
    ResetRefused,
    TooManyTries,
    VerificationRefused,
    WrongCode,
    WrongCredentials,
)
from backend.domain.accounts.queries import PersonView, SessionOver
from backend.domain.accounts.terms import CodePurpose
from tests.domain.accounts.test_commands import HERE, PASSWORD, a_newcomer, events
from tests.people import Person

pytestmark = pytest.mark.usefixtures("database")

NEW = "gajah di pelupuk mata"


async def registered() -> tuple[PersonView, Letter]:
    person = await commands.register(HERE, a_newcomer())
    return person, await letter_to(person.id, CodePurpose.VERIFY_EMAIL)


async def letter_to(account_id: int, purpose: CodePurpose) -> Letter:
    letter = await codes.new_letter(account_id, purpose)
    assert letter is not None
    return letter


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


async def let_time_pass(seconds: int) -> None:
    await db.statement(
        "UPDATE throttle SET window_started_at = window_started_at - make_interval(secs => $1)", float(seconds)
    )


async def test_the_right_code_verifies_once():
    person, letter = await registered()
    assert len(letter.code) == 6
    await codes.verify_email(letter.token, letter.code)
    assert (await queries.person(person.id)).is_verified
    with pytest.raises(AlreadyVerified):
        await codes.verify_email(letter.token, letter.code)
    with pytest.raises(AlreadyVerified):
        await codes.request_verification(letter.token)
    assert await codes.new_letter(person.id, CodePurpose.VERIFY_EMAIL) is None


async def test_the_code_is_kept_as_a_hash():
    _, letter = await registered()
    kept = await db.value("SELECT string_agg(row_to_json(m)::text, '') FROM mailed_code m")
    assert letter.code not in kept.replace("-", "")


async def test_five_wrong_tries_void_a_code():
    _, letter = await registered()
    for _ in range(5):
        with pytest.raises(WrongCode):
            await codes.verify_email(letter.token, other_than(letter.code))
    with pytest.raises(WrongCode):
        await codes.verify_email(letter.token, letter.code)


@pytest.mark.commits
async def test_tries_are_counted_though_they_are_refused_and_at_once():
    _, letter = await registered()
    guesses = (codes.verify_email(letter.token, other_than(letter.code)) for _ in range(12))
    outcomes = await asyncio.gather(*guesses, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {WrongCode}
    assert await db.value("SELECT tries FROM mailed_code") == 5


@pytest.mark.commits
async def test_one_code_is_used_once_by_many_at_once():
    person, letter = await registered()
    tries = (codes.verify_email(letter.token, letter.code) for _ in range(4))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert outcomes.count(None) == 1
    assert (await queries.person(person.id)).is_verified


async def test_a_code_is_good_for_a_while_and_its_token_longer():
    person, letter = await registered()
    await db.statement("UPDATE mailed_code SET expires_at = now()")
    with pytest.raises(WrongCode):
        await codes.verify_email(letter.token, letter.code)
    later = await letter_to(person.id, CodePurpose.VERIFY_EMAIL)
    await codes.verify_email(letter.token, later.code)


async def test_a_later_code_voids_the_earlier():
    person, letter = await registered()
    later = await letter_to(person.id, CodePurpose.VERIFY_EMAIL)
    if later.code != letter.code:
        with pytest.raises(WrongCode):
            await codes.verify_email(letter.token, letter.code)
    await codes.verify_email(later.token, later.code)


async def test_a_code_is_bound_to_the_address_it_went_to():
    person, letter = await registered()
    await db.statement("UPDATE account SET email = upper(email) WHERE id = $1", person.id)
    await let_time_pass(121)
    await codes.request_verification(letter.token)
    await db.statement("UPDATE account SET email = 'other@example.test' WHERE id = $1", person.id)
    with pytest.raises(VerificationRefused):
        await codes.verify_email(letter.token, letter.code)


async def test_somebody_elses_code_is_wrong():
    _, mine = await registered()
    _, other = await registered()
    if mine.code != other.code:
        with pytest.raises(WrongCode):
            await codes.verify_email(mine.token, other.code)


async def test_tokens_for_other_things_verify_nothing(student: Person):
    person, _ = await registered()
    reset = await letter_to(person.id, CodePurpose.RESET_PASSWORD)
    for token in (student.token, reset.token, "", "a.b", "a.b.c", "x" * 5000):
        with pytest.raises(VerificationRefused):
            await codes.verify_email(token, "000000")


async def test_resending_cools_down_and_has_a_daily_cap():
    _, letter = await registered()
    with pytest.raises(MailedRecently) as error:
        await codes.request_verification(letter.token)
    assert 0 < error.value.data["retry_after_s"] <= 120
    for _ in range(9):
        await let_time_pass(121)
        await codes.request_verification(letter.token)
    await let_time_pass(121)
    with pytest.raises(MailedRecently) as error:
        await codes.request_verification(letter.token)
    assert error.value.data["retry_after_s"] > 3600


@pytest.mark.commits
async def test_many_resends_at_once_are_one_mail():
    _, letter = await registered()
    await let_time_pass(121)
    requests = (codes.request_verification(letter.token) for _ in range(20))
    outcomes = await asyncio.gather(*requests, return_exceptions=True)
    assert outcomes.count(None) == 1
    assert await events() == ["accounts.account.registered.v1", "accounts.verification.requested.v1"]


async def test_asking_for_a_new_password_is_the_same_for_strangers(student: Person, statements: list[str]):
    await codes.request_password_reset(HERE, student.email.upper())
    known = list(statements)
    statements.clear()
    await codes.request_password_reset(HERE, "nobody@example.test")
    assert statements == known
    bodies = [row["body"] for row in await db.fetch("SELECT body::text AS body FROM outbox ORDER BY id")]
    assert bodies == [f'{{"account_id": {student.id}}}', '{"account_id": 0}']
    assert await codes.new_letter(0, CodePurpose.RESET_PASSWORD) is None
    for email in (student.email, "nobody@example.test"):
        with pytest.raises(MailedRecently):
            await codes.request_password_reset(HERE, email)


async def test_asking_for_everybodys_password_is_slowed_down():
    await db.statement(
        "INSERT INTO throttle (key, hits, window_started_at) VALUES ($1, $2, now())",
        f"reset:{HERE.address}",
        codes.RESETS_PER_PLACE,
    )
    with pytest.raises(TooManyTries):
        await codes.request_password_reset(HERE, "nobody@example.test")


@pytest.mark.parametrize("way", ["token", "code"])
async def test_a_forgotten_password_is_replaced_once(way):
    person = await commands.create_account(SYSTEM, a_newcomer(), Role.STUDENT)
    signed = await sessions.log_in(HERE, person.email, PASSWORD)
    letter = await letter_to(person.id, CodePurpose.RESET_PASSWORD)
    shown = {"token": letter.token} if way == "token" else {"email": person.email.upper(), "code": letter.code}
    await codes.reset_password(NEW, **shown)
    with pytest.raises(SessionOver):
        await queries.actor_of_token(sessions.access_token(signed, {}))
    with pytest.raises(WrongCredentials):
        await sessions.log_in(HERE, person.email, PASSWORD)
    await sessions.log_in(HERE, person.email, NEW)
    with pytest.raises(ResetRefused):
        await codes.reset_password(PASSWORD, **shown)


async def test_who_reads_the_mail_has_verified_the_address():
    person, _ = await registered()
    letter = await letter_to(person.id, CodePurpose.RESET_PASSWORD)
    await codes.reset_password(NEW, token=letter.token)
    assert (await queries.person(person.id)).is_verified


async def test_reset_refuses_what_is_wrong_old_or_of_another_kind(student: Person):
    person, verification = await registered()
    letter = await letter_to(person.id, CodePurpose.RESET_PASSWORD)
    for shown in (
        {"token": verification.token},
        {"token": student.token},
        {"email": person.email, "code": other_than(letter.code)},
        {"email": "nobody@example.test", "code": letter.code},
    ):
        with pytest.raises(ResetRefused):
            await codes.reset_password(NEW, **shown)
    with pytest.raises(Invalid):
        await codes.reset_password("password1", token=letter.token)
    await db.statement("UPDATE mailed_code SET expires_at = now()")
    with pytest.raises(ResetRefused):
        await codes.reset_password(NEW, token=letter.token)


async def test_five_guesses_void_a_reset_code():
    person, _ = await registered()
    letter = await letter_to(person.id, CodePurpose.RESET_PASSWORD)
    for _ in range(5):
        with pytest.raises(ResetRefused):
            await codes.reset_password(NEW, email=person.email, code=other_than(letter.code))
    with pytest.raises(ResetRefused):
        await codes.reset_password(NEW, email=person.email, code=letter.code)
