"""Tickets open one thing, and nothing else."""

from datetime import timedelta

import pytest

from backend.core import tokens
from backend.core.ids import new_uuid
from backend.core.settings import settings
from backend.domain.accounts import queries as accounts
from backend.domain.accounts.queries import SessionOver
from backend.http import tickets


def test_a_ticket_names_its_session():
    uuid = new_uuid()
    ticket, expires_at = tickets.make(7, "job", uuid)
    assert tickets.read(ticket, "job", uuid) == 7
    assert expires_at.tzinfo is not None


def test_a_ticket_opens_nothing_else():
    uuid = new_uuid()
    ticket, _ = tickets.make(7, "job", uuid)
    for kind, other in (("file", uuid), ("job", new_uuid())):
        with pytest.raises(tokens.TokenRefused):
            tickets.read(ticket, kind, other)


def test_a_ticket_is_no_access_token_and_the_other_way_round():
    uuid = new_uuid()
    ticket, _ = tickets.make(7, "job", uuid)
    with pytest.raises(tokens.TokenRefused):
        tokens.read(settings().jwt_secret, ticket, audience=accounts.ACCESS_AUDIENCE)
    forged = tokens.sign(
        settings().ticket_secret,
        audience=accounts.ACCESS_AUDIENCE,
        subject=f"job:{uuid}",
        lifetime=timedelta(minutes=1),
        claims={"sid": 7},
    )
    with pytest.raises(tokens.TokenRefused):
        tickets.read(forged, "job", uuid)


def test_an_expired_ticket_is_refused():
    uuid = new_uuid()
    old = tokens.sign(
        settings().ticket_secret,
        audience=tickets.AUDIENCE,
        subject=f"job:{uuid}",
        lifetime=timedelta(minutes=-1),
        claims={"sid": 7},
    )
    with pytest.raises(tokens.TokenRefused):
        tickets.read(old, "job", uuid)


async def test_a_session_speaks_for_its_person_until_it_ends(student):
    from backend.core import db

    assert await accounts.actor_of_session(student.actor.session_id) == student.actor
    await db.statement("UPDATE session SET revoked_at = now() WHERE id = $1", student.actor.session_id)
    with pytest.raises(SessionOver):
        await accounts.actor_of_session(student.actor.session_id)
