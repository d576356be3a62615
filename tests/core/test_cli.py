"""The operator's commands say what they do, also to who names none."""

import pytest

from backend import cli


def test_without_a_command_all_of_them_are_listed(capsys):
    assert cli.main([]) == 2
    said = capsys.readouterr().out
    for name in (
        "migrate",
        "admin-create",
        "clients",
        "jobs",
        "keys",
        "backup",
        "restore",
        "routes",
        "openapi",
        "seed",
    ):
        assert f"\n    {name}" in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["admin-create"], "You are asked for the password"),
        (["clients", "create"], "learning360:read"),
        (["restore"], "Stop web, workers, relay and schedule first."),
        (["seed"], "Never in production."),
    ],
)
def test_help_says_what_one_must_know_first(words, told, capsys):
    with pytest.raises(SystemExit, match="0"):
        cli.main([*words, "--help"])
    assert told in " ".join(capsys.readouterr().out.split())


def test_every_route_says_who_may_call_it(capsys):
    assert cli.main(["routes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 200
    assert [line for line in lines if line.endswith(" -")] == []
