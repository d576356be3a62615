"""Who may call from where."""

import pytest

from backend.domain.clients import rules
from backend.domain.clients.terms import Key, Outcome, Token


@pytest.mark.parametrize(
    ("address", "networks", "found"),
    [
        ("192.0.2.7", [], True),
        ("testclient", [], True),
        ("192.0.2.7", ["192.0.2.0/24"], True),
        ("192.0.3.7", ["192.0.2.0/24"], False),
        ("192.0.3.7", ["192.0.2.0/24", "192.0.3.7/32"], True),
        ("::ffff:192.0.2.7", ["192.0.2.0/24"], True),
        ("2001:db8::5", ["2001:db8::/32"], True),
        ("2001:db8::5", ["192.0.2.0/24"], False),
        ("", ["192.0.2.0/24"], False),
        ("nowhere", ["0.0.0.0/0"], False),
    ],
)
def test_an_address_is_on_the_list(address, networks, found):
    assert rules.is_from(address, networks) is found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        (" 192.0.2.7/24 ", "192.0.2.0/24"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("192.0.2.300", None),
        ("192.0.2.0/33", None),
        ("example.test", None),
        ("", None),
    ],
)
def test_a_network_in_its_usual_form(text: str, found: str | None):
    assert rules.network(text) == found


FINE = {
    "is_revoked": False,
    "is_expired": False,
    "scopes": ["a:read", "b:read"],
    "scope": "a:read",
    "networks": ["192.0.2.0/24"],
    "address": "192.0.2.7",
}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, None),
        ({"scope": "a:write"}, Outcome.OUT_OF_SCOPE),
        ({"scopes": []}, Outcome.OUT_OF_SCOPE),
        ({"address": "192.0.3.7"}, Outcome.ELSEWHERE),
        ({"is_expired": True, "scope": "c"}, Outcome.EXPIRED),
        ({"is_expired": True, "is_revoked": True}, Outcome.REVOKED),
    ],
)
def test_the_most_final_reason_is_named(changes: dict, fault: Outcome | None):
    assert rules.fault(**{**FINE, **changes}) is fault


def test_any_text_can_be_compared():
    assert rules.is_same("é\ud800", "é\ud800")
    assert not rules.is_same("a", "b")
    assert rules.hashed("\ud800") != rules.hashed("a")


def test_no_secret_is_shown_by_accident():
    assert "hidden" not in f"{Key('x', 'hidden')!r} {Token('hidden')!r}"
