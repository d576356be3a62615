"""A token is verified once, and never believed longer, elsewhere, or under another key."""

from datetime import timedelta

import pytest

from backend.core import tokens
from backend.core.tokens import TokenRefused, read, sign

KEY, OTHER = "k" * 32, "o" * 32


def a_token(**changes):
    values = {"audience": "a", "subject": "s", "lifetime": timedelta(minutes=1), "claims": {"sid": "1"}}
    return sign(KEY, **(values | changes))


def test_a_token_seen_before_is_not_verified_anew(monkeypatch):
    token = a_token()
    first = read(KEY, token, audience="a")
    monkeypatch.setattr(tokens.jwt, "decode", None)
    assert read(KEY, token, audience="a") == first


def test_what_a_caller_does_to_claims_stays_with_it():
    token = a_token()
    read(KEY, token, audience="a").clear()
    read(KEY, token, audience="a").clear()
    assert read(KEY, token, audience="a")["sid"] == "1"


def test_it_ends_when_it_says(monkeypatch):
    token = a_token()
    later = tokens.now() + timedelta(seconds=66)
    read(KEY, token, audience="a")
    monkeypatch.setattr(tokens, "now", lambda: later)
    assert tokens._Verified.recall(tokens._Verified.name(KEY, token, "a")) is None
    with pytest.raises(TokenRefused):
        read(KEY, a_token(lifetime=timedelta(seconds=-200)), audience="a")


@pytest.mark.parametrize(("key", "audience", "end"), [(OTHER, "a", ""), (KEY, "b", ""), (KEY, "a", "x")])
def test_it_is_believed_for_itself_alone(key, audience, end):
    token = a_token()
    read(KEY, token, audience="a")
    with pytest.raises(TokenRefused):
        read(key, token + end, audience=audience)


def test_an_expired_one_that_was_read_as_such_is_not_remembered():
    token = a_token(lifetime=timedelta(seconds=-60))
    assert read(KEY, token, audience="a", verify_exp=False)["sub"] == "s"
    with pytest.raises(TokenRefused):
        read(KEY, token, audience="a")


def test_not_more_are_remembered_than_stated(monkeypatch):
    monkeypatch.setattr(tokens, "_REMEMBERED", 3)
    tokens._Verified.claims.clear()
    for _ in range(5):
        read(KEY, a_token(), audience="a")
    assert len(tokens._Verified.claims) == 3
