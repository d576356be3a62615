"""The file with the keys of badges: made once, rotated under running processes, refused when it is unfit."""

import argparse
import base64

import msgspec
import pytest

from backend import cli_keys
from backend.core.settings import SettingsError, settings
from backend.domain.certificates import badge_keys


@pytest.fixture
def path(monkeypatch, tmp_path):
    changed = msgspec.structs.replace(settings(), badge_keys_file=tmp_path / "badge_keys.json")
    monkeypatch.setattr(badge_keys, "settings", lambda: changed)
    monkeypatch.setattr(cli_keys, "settings", lambda: changed)
    return changed.badge_keys_file


def test_development_makes_a_key_and_rotation_keeps_it_for_verifying(path):
    first = badge_keys.keys().signing
    assert path.stat().st_mode & 0o777 == 0o600
    kid = badge_keys.rotate(path)
    assert path.stat().st_mode & 0o777 == 0o600
    found = badge_keys.keys()
    assert (found.signing.kid, [key.kid for key in found.keys]) == (kid, [kid, first.kid])
    assert badge_keys.key(first.kid).d == ""
    assert badge_keys.key("nobody") is None
    assert "d" not in found.signing.public


async def test_the_operator_rotates_and_sees(path):
    said = []
    parser = argparse.ArgumentParser()
    cli_keys.add(parser.add_subparsers(), said.append)
    for _ in range(2):
        given = parser.parse_args(["keys", "rotate"])
        assert await given.run(given) == 0
    given = parser.parse_args(["keys", "list"])
    assert await given.run(given) == 0
    assert said[1].endswith("has 2 keys.")
    assert [line.rsplit(" ", 1)[1] for line in said[2:]] == ["signs", "verifies"]
    path.write_bytes(b"broken")
    given = parser.parse_args(["keys", "rotate"])
    assert await given.run(given) == 1
    assert path.read_bytes() == b"broken"


def test_what_cannot_sign_is_refused_by_name(path):
    good, other = badge_keys.new_key(), badge_keys.new_key()
    plain = {"kty": "OKP", "crv": "Ed25519"}
    unfit = [
        b"",
        b"[]",
        {"keys": []},
        {"keys": [{**plain, "x": good.x, "kid": good.kid}]},
        {"keys": [{**plain, "x": good.x, "kid": "another", "d": good.d}]},
        {"keys": [{**plain, "x": good.x, "kid": good.kid, "d": other.d}]},
        {"keys": [{**plain, "x": good.x, "kid": good.kid, "d": base64.b64encode(b"short").decode()}]},
        {"keys": [{**plain, "crv": "X25519", "x": good.x, "kid": good.kid, "d": good.d}]},
    ]
    for content in unfit:
        path.write_bytes(content if isinstance(content, bytes) else msgspec.json.encode(content))
        with pytest.raises(SettingsError, match="BADGE_KEYS_FILE"):
            badge_keys.keys()
    path.write_bytes(msgspec.json.encode({"keys": [{**plain, "x": good.x, "kid": good.kid, "d": good.d}]}))
    assert badge_keys.keys().signing.kid == good.kid
