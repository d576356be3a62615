import pytest

from backend.core.settings import DEVELOPMENT_SECRET
from tests.devstack.stack import ELSEWHERE, LITTLE_WEB, Stack

pytestmark = pytest.mark.processes

FIT = {
    **ELSEWHERE,
    "LULUS_ENV": "production",
    "JWT_SECRET": "J" * 32,
    "TICKET_SECRET": "T" * 32,
    "S3_SECRET_KEY": "S" * 32,
    "SIGNING_KEY_FILE": "/nowhere/signing.p12",
    "BADGE_KEYS_FILE": "/nowhere/badge_keys.json",
}
SECRETS = ("JWT_SECRET", "TICKET_SECRET", "S3_SECRET_KEY")
UNFIT = {
    **{(name, "unset"): (None, "is not set") for name in SECRETS},
    **{(name, "short"): ("short", "is too short") for name in SECRETS},
    **{(name, "development value"): (DEVELOPMENT_SECRET, "made for development") for name in SECRETS},
    **{(name, "unset"): (None, "is not set") for name in ("DATABASE_URL", "REDIS_URL", "S3_ENDPOINT_URL")},
}


@pytest.mark.parametrize("name", [*SECRETS, "DATABASE_URL", "REDIS_URL", "S3_ENDPOINT_URL"])
def test_a_missing_or_weak_setting_stops_the_start_and_is_named(tmp_path, name):
    (tmp_path / "Procfile").write_text(f"web: {LITTLE_WEB}\n")
    stacks = []
    for (setting, _), (value, reason) in UNFIT.items():
        if setting == name:
            env = {key: text for key, text in FIT.items() if key != name} | ({name: value} if value else {})
            stacks.append((Stack(tmp_path, "up", "--procfile", tmp_path / "Procfile", env=env), reason))
    for stack, reason in stacks:
        with stack:
            assert stack.ends() == 2
            assert stack.output.startswith(f"{name} {reason}") or f"{name} has the value {reason}" in stack.output
            assert len(stack.output.splitlines()) == 1
    assert not (tmp_path / "var").exists()


def test_with_everything_set_nothing_embedded_starts_and_nothing_is_made_up(tmp_path):
    show = '/bin/sh -c "echo jwt=$JWT_SECRET database=$DATABASE_URL"'
    (tmp_path / "Procfile").write_text(f"web: {LITTLE_WEB}\nrelease: {show}\n")
    env = FIT | {"WEB_PORT": "17311"}
    with Stack(tmp_path, "up", "--procfile", tmp_path / "Procfile", env=env) as stack:
        stack.says("Lulus is up")
        assert f"jwt={FIT['JWT_SECRET']} database={FIT['DATABASE_URL']}" in stack.output
        assert not (tmp_path / "var" / "services").exists()
        assert not (tmp_path / "var" / "secrets.json").exists()


def test_external_storage_needs_its_keys(tmp_path):
    env = {"S3_ENDPOINT_URL": "http://127.0.0.1:9"}
    with Stack(tmp_path, "up", env=env) as stack:
        assert stack.ends() == 2
        assert "S3_ACCESS_KEY and S3_SECRET_KEY" in stack.output


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1"])
def test_what_is_no_port_is_refused_before_anything_starts(tmp_path, port):
    with Stack(tmp_path, "up", env={"WEB_PORT": port}) as stack:
        assert stack.ends() == 2
        assert stack.output == f"WEB_PORT must be a port from 1 to 65535, and is {port!r}.\n"
    assert not (tmp_path / "var").exists()


def test_an_address_of_another_machine_is_named(tmp_path):
    (tmp_path / "Procfile").write_text(f"web: {LITTLE_WEB}\n")
    env = FIT | {"WEB_HOST": "192.0.2.1"}
    with Stack(tmp_path, "up", "--procfile", tmp_path / "Procfile", env=env) as stack:
        assert stack.ends() == 1
        assert "can be had on 192.0.2.1" in stack.output
        assert "Traceback" not in stack.output
