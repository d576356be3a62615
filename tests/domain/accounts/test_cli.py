import argparse

import pytest

from backend import cli, cli_accounts
from backend.core.actor import Role
from backend.domain.accounts import queries, sessions
from tests.domain.accounts.test_commands import HERE

pytestmark = pytest.mark.usefixtures("database")


async def test_the_first_admin_gets_in():
    said: list[str] = []
    given = cli._parser().parse_args(["admin-create", "--email", "Kepala@example.test", "--name", "Kepala Sekolah"])
    assert await cli_accounts.create_admin(given, said.append) == 0
    password = said[0].rpartition(" ")[2]
    signed = await sessions.log_in(HERE, "kepala@example.test", password)
    assert (await queries.person(signed.person.id)).role is Role.ADMIN
    assert await cli_accounts.create_admin(given, said.append) == 1
    assert said[1] == "Somebody has this e-mail or phone number."


@pytest.mark.parametrize("text", ["kepala", "a@b", "a b@c.test", "a\n@b.test", "@b.test"])
def test_an_admin_has_an_address(text: str):
    with pytest.raises(argparse.ArgumentTypeError):
        cli_accounts._email(text)
