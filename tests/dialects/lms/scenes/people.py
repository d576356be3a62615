"""Scenes for contract 2.1 to 2.3: people who come in."""

from backend.core import db
from backend.domain.accounts import commands
from backend.domain.accounts.terms import Caller
from tests.dialects.lms.signing_in import an_account, bearer, letter_to, log_in, refresh_of
from tests.dialects.lms.stage import Stage
from tests.domain.accounts.test_commands import PASSWORD, a_newcomer

SOMEWHERE = Caller("192.0.2.9", "a browser")


async def a_newcomer_waits(stage: Stage) -> None:
    """Somebody has registered and not verified yet: `{newcomer.email}`, `{newcomer.phone}`, `{password}`."""
    person = await commands.register(SOMEWHERE, a_newcomer())
    stage.values |= {"newcomer.email": person.email, "newcomer.phone": person.phone, "password": PASSWORD}


async def a_letter_came(stage: Stage) -> None:
    """The newcomer has their letter: `{letter.token}`, `{letter.code}`, and `{letter.other}`, which is no code."""
    letter = await letter_to(stage.values["newcomer.email"])
    other = f"{(int(letter.code) + 1) % 1_000_000:06}"
    stage.values |= {"letter.token": letter.token, "letter.code": letter.code, "letter.other": other}


async def a_while_passed(stage: Stage) -> None:
    """It is long since anything was mailed or tried."""
    await db.statement("UPDATE throttle SET window_started_at = now() - interval '1 day'")


async def the_newcomer_verified(stage: Stage) -> None:
    """The newcomer's e-mail is verified."""
    await db.statement("UPDATE account SET verified_at = now() WHERE email = $1", stage.values["newcomer.email"])


async def the_newcomer_was_removed(stage: Stage) -> None:
    """The newcomer's account is gone."""
    await db.statement("UPDATE account SET removed_at = now() WHERE email = $1", stage.values["newcomer.email"])


async def somebody_may_log_in(stage: Stage) -> None:
    """A verified student whose `{password}` is known: `{member.email}`, `{member}`."""
    person = await an_account()
    stage.values |= {"member.email": person.email, "member": str(person.uuid), "password": PASSWORD}


async def somebody_logged_in(stage: Stage) -> None:
    """The same, logged in: `{bearer}`, `{refresh}`."""
    await somebody_may_log_in(stage)
    answer = await log_in(stage.parts["nobody"], stage.values["member.email"])
    stage.parts["nobody"].cookies.clear()
    stage.values |= {"bearer": bearer(answer)["authorization"], "refresh": refresh_of(answer)}


async def they_logged_out(stage: Stage) -> None:
    """They have logged out again."""
    headers = {"authorization": stage.values["bearer"], "cookie": f"refresh_token={stage.values['refresh']}"}
    await stage.parts["nobody"].delete("/api/v1/auth/logout", headers=headers)


SCENES = {
    scene.__name__: scene
    for scene in (
        a_newcomer_waits,
        a_letter_came,
        a_while_passed,
        the_newcomer_verified,
        the_newcomer_was_removed,
        somebody_may_log_in,
        somebody_logged_in,
        they_logged_out,
    )
}
