"""The operator's view of API clients."""

import pytest

from backend import cli, cli_clients
from backend.app import app
from backend.domain.clients import access
from backend.domain.clients.errors import ClientUnknown
from backend.domain.clients.terms import Key, Scope
from tests.architecture.test_routes import handlers

HERE = {"scope": "ruangkerja:read", "address": "192.0.2.7", "route": "/ruangkerja/courses"}


@pytest.fixture
async def run(database):
    """Run a command in the test's own pool and transaction; gives the code and the lines."""

    async def call(*words):
        said = []
        parser = cli.argparse.ArgumentParser()
        cli_clients.add(parser.add_subparsers(required=True), said.append)
        given = parser.parse_args(["clients", *words])
        return await given.run(given), said

    return call


async def a_made_client(run):
    code, lines = await run("create", "--name", "Partner", "--scope", HERE["scope"], "--company", "school-1")
    assert code == 0
    return lines[0].split()[0], lines[1].rsplit(" ", 1)[1]


async def test_makes_lists_rotates_and_revokes(run):
    assert await run("list") == (0, ["No API clients."])
    name, secret = await a_made_client(run)
    await access.authenticate(Key("school-1", secret), **HERE)
    _, lines = await run("list")
    assert lines[0].split() == ["CODE", "STATE", "COMPANY", "SCOPES", "LAST", "USED", "EXPIRES", "NAME"]
    assert lines[1].split()[:4] == [name, "active", "school-1", HERE["scope"]]
    assert secret not in "".join(lines)
    code, lines = await run("rotate", name.lower())
    assert code == 0
    await access.authenticate(Key("school-1", lines[1].rsplit(" ", 1)[1]), **HERE)
    with pytest.raises(ClientUnknown):
        await access.authenticate(Key("school-1", secret), **HERE)
    assert await run("revoke", name) == (0, [f"{name} (Partner) may call no more."])
    code, lines = await run("rotate", name)
    assert (code, lines) == (1, [f"{name} was revoked: make another one."])
    for action in ("rotate", "revoke"):
        assert await run(action, "999999") == (1, ["There is no API client 999999."])


@pytest.mark.parametrize(
    "words", [("--address", "300.1.1.1"), ("--expires-at", "soon"), ("--rate", "0"), ("--rate", "x")]
)
async def test_refuses_what_does_not_fit(run, words):
    with pytest.raises(SystemExit):
        await run("create", "--name", "Partner", "--scope", HERE["scope"], *words)


@pytest.mark.parametrize("scope", ["ruangkerja:write", "ruangkerja", "Ruangkerja:read", ""])
async def test_a_scope_that_nobody_asks_for_is_refused_with_those_there_are(run, capsys, scope):
    with pytest.raises(SystemExit):
        await run("create", "--name", "Partner", "--scope", HERE["scope"], "--scope", scope)
    said = capsys.readouterr().err
    assert all(str(known) in said for known in Scope)
    assert await run("list") == (0, ["No API clients."])


def test_the_scopes_there_are_are_those_that_are_asked_for():
    partners = [dialect.app for dialect in app.dialects if dialect.name not in ("lms", "site")]
    asked = {handler.opt.get("scope") for one in partners for _, handler in handlers(one)}
    assert asked == set(Scope)
