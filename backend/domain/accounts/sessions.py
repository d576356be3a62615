"""Logging in, staying in, and getting out.

A refresh token is 64 bytes: the session's uuid, 32 random bytes, and a keyed checksum. The checksum makes any token
that we ever gave recognisable without keeping it, so that an old one is known for what it is: used again. The next
token is derived from the one before it, so that two tabs which refresh at once get the same, and only hashes are kept.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.core import db, throttle, tokens
from backend.core.actor import Actor
from backend.core.errors import Broken, Invalid
from backend.core.ids import new_uuid
from backend.core.log import logger
from backend.core.outbox import emit
from backend.core.settings import settings
from backend.domain.accounts import passwords, queries, rules
from backend.domain.accounts.errors import (
    EmailUnverified,
    RefreshRefused,
    SessionNotFound,
    TooManyTries,
    WrongCredentials,
)
from backend.domain.accounts.events import PasswordChanged
from backend.domain.accounts.queries import ACCESS_AUDIENCE, PersonView
from backend.domain.accounts.terms import Caller

_log = logger(__name__)

TRIES, TRIES_WINDOW_S = 10, 300
"""Failures of one account from one address; beyond them one has to wait, elsewhere one has not."""
FAILURES_PER_PLACE, FAILURES_WINDOW_S = 3000, 900
"""Failures from one address on any account: more than a hall of a thousand makes in a quarter of an hour."""


class SignedIn(msgspec.Struct, frozen=True):
    """Somebody in a session, and the token that renews it."""

    person: PersonView
    session: UUID
    refresh_token: str


def access_token(signed_in: SignedIn, claims: dict[str, Any]) -> str:
    """A token that speaks for a session until it expires or the session is over. `claims` are for clients to read.

    It is verified here once, beside the hashing of a password, and not when a hall presses start.
    """
    token = tokens.sign(
        settings().jwt_secret,
        audience=ACCESS_AUDIENCE,
        subject=str(signed_in.person.uuid),
        lifetime=timedelta(minutes=settings().access_token_minutes),
        claims={**claims, "sid": str(signed_in.session)},
    )
    tokens.read(settings().jwt_secret, token, audience=ACCESS_AUDIENCE)
    return token


async def log_in(caller: Caller, email: str, password: str) -> SignedIn:
    """Begin a session. An unknown e-mail takes the same work and gets the same answer as a wrong password.

    A try is counted before it is looked at, so that many at once are no way round the limit.

    Raises: WrongCredentials, EmailUnverified, TooManyTries.
    """
    email = email.strip().lower()
    key = await _count_try(caller, email)
    found = await db.row(
        "SELECT id, password_hash, verified_at IS NOT NULL AS is_verified FROM account"
        " WHERE lower(email) = $1 AND removed_at IS NULL",
        email,
    )
    if not await passwords.matches(found and found["password_hash"], password) or found is None:
        await throttle.hit(f"login-failed:{caller.address}", window_s=FAILURES_WINDOW_S)
        raise WrongCredentials
    await throttle.forget(key)
    if not found["is_verified"]:
        raise EmailUnverified
    kept: str = found["password_hash"]
    fresh = await passwords.hashed(password) if passwords.is_outdated(kept) else kept
    async with db.transaction():
        changed = await db.statement(
            "UPDATE account SET password_hash = $3 WHERE id = $1 AND password_hash = $2 AND removed_at IS NULL",
            found["id"],
            kept,
            fresh,
        )
        if not changed:  # removed, or given another password, while this one was checked
            raise WrongCredentials
        return await _begin(caller, found["id"])


async def _count_try(caller: Caller, email: str) -> str:
    key = f"login:{hashlib.sha256(email.encode()).hexdigest()[:32]}:{caller.address}"
    wait_s = await throttle.wait_s(
        f"login-failed:{caller.address}", limit=FAILURES_PER_PLACE, window_s=FAILURES_WINDOW_S
    )
    if not wait_s and await throttle.hit(key, window_s=TRIES_WINDOW_S) > TRIES:
        wait_s = max(1, await throttle.wait_s(key, limit=TRIES, window_s=TRIES_WINDOW_S))
    if wait_s:
        raise TooManyTries(retry_after_s=wait_s)
    return key


async def _begin(caller: Caller, account_id: int) -> SignedIn:
    session = new_uuid()
    secret = secrets.token_bytes(32)
    await db.statement(
        "INSERT INTO session (uuid, account_id, refresh_hash, user_agent, address, rotated_at, created_at,"
        " last_used_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, now(), now(), now(), now() + make_interval(days => $6))",
        session,
        account_id,
        _digest(session, secret),
        caller.user_agent[:300],
        caller.address[:64],
        settings().refresh_token_days,
    )
    return SignedIn(await queries.person(account_id), session, _write(session, secret))


async def refresh(token: str) -> SignedIn:
    """Exchange a refresh token for the next one. Locks the session.

    The one just exchanged is answered with the same successor for ten seconds (two tabs). Any older one ends the
    session: somebody has a copy.

    Raises: RefreshRefused.
    """
    given = _read(token)
    if given is None:
        raise RefreshRefused
    session, secret = given
    next_secret = _keyed("successor", session.bytes + secret)
    following = _write(session, next_secret)
    async with db.transaction():
        found = await db.row(
            "SELECT s.id, s.account_id, s.refresh_hash, s.previous_hash,"
            " s.rotated_at > now() - make_interval(secs => $2) AS is_recent"
            " FROM session s JOIN account a ON a.id = s.account_id"
            " WHERE s.uuid = $1 AND s.revoked_at IS NULL AND s.expires_at > now() AND a.removed_at IS NULL"
            " FOR UPDATE OF s",
            session,
            float(rules.REFRESH_GRACE_S),
        )
        if found is None:
            raise RefreshRefused
        shown = _digest(session, secret)
        if shown == found["refresh_hash"]:
            await _rotate(found["id"], _digest(session, next_secret))
            return SignedIn(await queries.person(found["account_id"]), session, following)
        if shown == found["previous_hash"] and found["is_recent"]:
            return SignedIn(await queries.person(found["account_id"]), session, following)
        await db.statement("UPDATE session SET revoked_at = now() WHERE id = $1", found["id"])
    _log.warning("refresh token used again, session ended", session=found["id"])
    raise RefreshRefused


async def _rotate(session_id: int, following: bytes) -> None:
    await db.statement(
        "UPDATE session SET previous_hash = refresh_hash, refresh_hash = $2, rotated_at = now(), last_used_at = now()"
        " WHERE id = $1",
        session_id,
        following,
    )


def _keyed(purpose: str, content: bytes) -> bytes:
    key = f"refresh {purpose}:{settings().jwt_secret}".encode()
    return hmac.new(key, content, hashlib.sha256).digest()


def _write(session: UUID, secret: bytes) -> str:
    content = session.bytes + secret
    return base64.urlsafe_b64encode(content + _keyed("checksum", content)[:16]).decode().rstrip("=")


def _read(token: str) -> tuple[UUID, bytes] | None:
    """The session and the secret of a token that we gave; None when we did not."""
    try:
        whole = base64.b64decode(f"{token}==", altchars=b"-_", validate=True)
    except ValueError:
        return None
    content, checksum = whole[:48], whole[48:]
    if len(whole) != 64 or not hmac.compare_digest(checksum, _keyed("checksum", content)[:16]):
        return None
    return UUID(bytes=content[:16]), content[16:]


def _digest(session: UUID, secret: bytes) -> bytes:
    """What is kept of a token; not of its text, because base64 has several spellings."""
    return hashlib.sha256(session.bytes + secret).digest()


async def log_out(actor: Actor, token: str | None) -> None:
    """End the actor's session, and the one of the refresh token if it is the actor's, too. Safe to repeat."""
    given = _read(token) if token else None
    await db.statement(
        "UPDATE session SET revoked_at = now() WHERE account_id = $1 AND (id = $2 OR uuid = $3) AND revoked_at IS NULL",
        actor.person_id,
        actor.session_id,
        given[0] if given else None,
    )


async def revoke_session(actor: Actor, session: UUID) -> None:
    """End one of the actor's own sessions.

    Raises: SessionNotFound.
    """
    ended = await db.statement(
        "UPDATE session SET revoked_at = now()"
        " WHERE uuid = $1 AND account_id = $2 AND revoked_at IS NULL AND expires_at > now()",
        session,
        actor.person_id,
    )
    if not ended:
        raise SessionNotFound(ref=str(session))


async def revoke_other_sessions(actor: Actor) -> int:
    """End all of the actor's sessions but this one; says how many."""
    return await db.statement(
        "UPDATE session SET revoked_at = now() WHERE account_id = $1 AND id IS DISTINCT FROM $2 AND revoked_at IS NULL",
        actor.person_id,
        actor.session_id,
    )


async def change_password(actor: Actor, old: str, new: str) -> None:
    """Give the actor another password; the old one is needed, and every other session ends.

    Raises: Invalid, TooManyTries.
    Emits: PasswordChanged.
    """
    key = f"password:{actor.person_id}"
    if await throttle.hit(key, window_s=TRIES_WINDOW_S) > TRIES:
        wait_s = await throttle.wait_s(key, limit=TRIES, window_s=TRIES_WINDOW_S)
        raise TooManyTries(retry_after_s=max(1, wait_s))
    person = await queries.person(actor.person_id)
    kept = await db.value("SELECT password_hash FROM account WHERE id = $1", person.id)
    if not await passwords.matches(kept, old):
        raise Invalid(fields={"old_password": Broken("invalid")})
    fault = rules.password_fault(new, person.name, person.email, person.phone)
    if fault:
        raise Invalid(fields={"password": Broken(fault)})
    fresh = await passwords.hashed(new)
    async with db.transaction():
        changed = await db.statement(
            "UPDATE account SET password_hash = $3, updated_at = now() WHERE id = $1 AND password_hash = $2",
            person.id,
            kept,
            fresh,
        )
        if not changed:  # somebody changed it while this one was checked
            raise Invalid(fields={"old_password": Broken("invalid")})
        await revoke_other_sessions(actor)
        await emit(PasswordChanged(person.id))
    await throttle.forget(key)
