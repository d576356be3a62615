"""Codes of six digits by mail: verifying an e-mail, and a new password for who forgot theirs.

A code exists in the clear only between the job that makes it and the mail it is sent in; what is kept is a keyed hash.
"""

import hashlib
import hmac
from datetime import timedelta
from uuid import UUID

import msgspec

from backend.core import db, throttle, tokens
from backend.core.errors import Broken, Invalid
from backend.core.ids import new_digits, new_uuid
from backend.core.outbox import emit
from backend.core.settings import settings
from backend.core.tokens import TokenRefused
from backend.domain.accounts import passwords, rules
from backend.domain.accounts.errors import (
    AlreadyVerified,
    MailedRecently,
    ResetRefused,
    TooManyTries,
    VerificationRefused,
    WrongCode,
)
from backend.domain.accounts.events import PasswordChanged, PasswordResetRequested, VerificationRequested
from backend.domain.accounts.terms import Caller, CodePurpose

AUDIENCES = {
    CodePurpose.VERIFY_EMAIL: "lulus:verify-email",
    CodePurpose.RESET_PASSWORD: "lulus:reset-password",
}
MINUTES = {CodePurpose.VERIFY_EMAIL: rules.CODE_MINUTES, CodePurpose.RESET_PASSWORD: rules.RESET_MINUTES}

COOL_DOWN_S = 120
MAILS_A_DAY = 10
RESETS_PER_PLACE, RESETS_WINDOW_S = 500, 3600
_DAY_S = 86_400


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail with a code says. `token` names the code in a link; it is good for `minutes`, as the code is."""

    name: str
    email: str
    code: str
    token: str
    minutes: int


class _Account(msgspec.Struct, frozen=True):
    id: int
    uuid: UUID
    name: str
    email: str
    phone: str
    is_verified: bool


_ACCOUNT = "SELECT id, uuid, name, email, phone, verified_at IS NOT NULL AS is_verified FROM account"


async def count_mail(purpose: CodePurpose, whose: int | str) -> None:
    """Count a mail with a code; one in two minutes, ten in a day.

    Raises: MailedRecently.
    """
    for limit, window_s in ((1, COOL_DOWN_S), (MAILS_A_DAY, _DAY_S)):
        key = f"mail:{purpose}:{whose}:{window_s}"
        if await throttle.hit(key, window_s=window_s) > limit:
            wait_s = await throttle.wait_s(key, limit=limit, window_s=window_s)
            raise MailedRecently(retry_after_s=max(1, wait_s))


async def new_letter(account_id: int, purpose: CodePurpose) -> Letter | None:
    """Make a code and keep its hash; every earlier one of this purpose is void. None when there is nothing to mail.

    Called by the job that mails it; locks the account.
    """
    async with db.transaction():
        found = await db.row(f"{_ACCOUNT} WHERE id = $1 AND removed_at IS NULL FOR UPDATE", account_id)
        account = db.view(_Account, found) if found else None
        if account is None or (account.is_verified and purpose is CodePurpose.VERIFY_EMAIL):
            return None
        code, name = new_digits(6), new_uuid()
        await db.statement(
            "UPDATE mailed_code SET expires_at = now() WHERE account_id = $1 AND purpose = $2 AND expires_at > now()",
            account_id,
            str(purpose),
        )
        await db.statement(
            "INSERT INTO mailed_code (uuid, account_id, purpose, code_hash, email, tries, created_at, expires_at)"
            " VALUES ($1, $2, $3, $4, $5, 0, now(), now() + make_interval(mins => $6))",
            name,
            account_id,
            str(purpose),
            _hash(name, code),
            account.email,
            MINUTES[purpose],
        )
        return Letter(
            name=account.name,
            email=account.email,
            code=code,
            token=_token(account, purpose, name),
            minutes=MINUTES[purpose],
        )


def _hash(name: UUID, code: str) -> str:
    key = f"mailed code:{settings().jwt_secret}".encode()
    return hmac.new(key, name.bytes + code.encode(), hashlib.sha256).hexdigest()


def _token(account: _Account, purpose: CodePurpose, name: UUID) -> str:
    return tokens.sign(
        settings().jwt_secret,
        audience=AUDIENCES[purpose],
        subject=str(account.uuid),
        lifetime=timedelta(minutes=MINUTES[purpose]),
        claims={"email": account.email, "code": str(name)},
    )


async def _account_of(token: str) -> _Account:
    """The account a verification token names; one that has expired still names it."""
    try:
        claims = tokens.read(
            settings().jwt_secret, token, audience=AUDIENCES[CodePurpose.VERIFY_EMAIL], verify_exp=False
        )
        whose = UUID(str(claims["sub"]))
    except (TokenRefused, ValueError):
        raise VerificationRefused from None
    found = await db.row(
        f"{_ACCOUNT} WHERE uuid = $1 AND removed_at IS NULL AND lower(email) = lower($2)",
        whose,
        str(claims.get("email", "")),
    )
    if found is None:
        raise VerificationRefused
    return db.view(_Account, found)


async def verify_email(token: str, code: str) -> None:
    """Take a code for the e-mail it was sent to. Five tries each, counted also when they fail.

    Raises: VerificationRefused, AlreadyVerified, WrongCode.
    """
    account = await _account_of(token)
    if account.is_verified:
        raise AlreadyVerified
    mailed = await _tried(account.email, CodePurpose.VERIFY_EMAIL, code)
    if mailed is None:
        raise WrongCode
    async with db.transaction():
        if not await _use(mailed):
            raise WrongCode
        await db.statement("UPDATE account SET verified_at = now(), updated_at = now() WHERE id = $1", account.id)


async def _tried(email: str, purpose: CodePurpose, code: str) -> int | None:
    """Count a try, in a statement of its own that no refusal rolls back; the code's row when it was the right one."""
    found = await db.row(
        "UPDATE mailed_code m SET tries = tries + 1 FROM account a"
        " WHERE m.id = (SELECT l.id FROM mailed_code l JOIN account o ON o.id = l.account_id"
        "   WHERE lower(o.email) = lower($1) AND o.removed_at IS NULL AND l.purpose = $2 ORDER BY l.id DESC LIMIT 1)"
        " AND a.id = m.account_id AND lower(a.email) = lower(m.email)"
        " AND m.used_at IS NULL AND m.expires_at > now() AND m.tries < $3 RETURNING m.id, m.uuid, m.code_hash",
        email,
        str(purpose),
        rules.CODE_TRIES,
    )
    if found is None or not hmac.compare_digest(found["code_hash"], _hash(found["uuid"], code)):
        return None
    return int(found["id"])


async def _use(mailed: int) -> bool:
    """Mark a code used; False when somebody else was quicker, or it was superseded."""
    return bool(
        await db.statement(
            "UPDATE mailed_code SET used_at = now() WHERE id = $1 AND used_at IS NULL AND expires_at > now()", mailed
        )
    )


async def request_verification(token: str) -> None:
    """Have a new code mailed to who shows the token of an earlier mail.

    Raises: VerificationRefused, AlreadyVerified, MailedRecently.
    Emits: VerificationRequested.
    """
    account = await _account_of(token)
    if account.is_verified:
        raise AlreadyVerified
    await count_mail(CodePurpose.VERIFY_EMAIL, account.id)
    async with db.transaction():
        await emit(VerificationRequested(account.id))


async def request_password_reset(caller: Caller, email: str) -> None:
    """Have a code and a link for a new password mailed, if there is such an account; the same is done if there is none.

    Raises: MailedRecently, TooManyTries.
    Emits: PasswordResetRequested.
    """
    place = f"reset:{caller.address}"
    if await throttle.hit(place, window_s=RESETS_WINDOW_S) > RESETS_PER_PLACE:
        wait_s = await throttle.wait_s(place, limit=RESETS_PER_PLACE, window_s=RESETS_WINDOW_S)
        raise TooManyTries(retry_after_s=max(1, wait_s))
    await count_mail(CodePurpose.RESET_PASSWORD, hashlib.sha256(email.strip().lower().encode()).hexdigest()[:32])
    async with db.transaction():
        found = await db.value(
            "SELECT id FROM account WHERE lower(email) = lower($1) AND removed_at IS NULL", email.strip()
        )
        await emit(PasswordResetRequested(found or 0))


async def reset_password(password: str, *, token: str = "", email: str = "", code: str = "") -> None:
    """Set a new password with the token of the mailed link, or with e-mail and code. Good once; every session ends.

    Who can read the mail has shown that the address is theirs, so it counts as verified.

    Raises: Invalid, ResetRefused.
    Emits: PasswordChanged.
    """
    mailed = await _linked(token) if token else await _tried(email.strip(), CodePurpose.RESET_PASSWORD, code)
    if mailed is None:
        raise ResetRefused
    found = await db.row(f"{_ACCOUNT} WHERE id = (SELECT account_id FROM mailed_code WHERE id = $1)", mailed)  # noqa: S608 - our names
    if found is None:
        raise ResetRefused
    account = db.view(_Account, found)
    fault = rules.password_fault(password, account.name, account.email, account.phone)
    if fault:
        raise Invalid(fields={"password": Broken(fault)})
    kept = await passwords.hashed(password)
    async with db.transaction():
        if not await _use(mailed):
            raise ResetRefused
        await db.statement(
            "UPDATE account SET password_hash = $2, verified_at = coalesce(verified_at, now()), updated_at = now()"
            " WHERE id = $1 AND removed_at IS NULL",
            account.id,
            kept,
        )
        await db.statement(
            "UPDATE session SET revoked_at = now() WHERE account_id = $1 AND revoked_at IS NULL", account.id
        )
        await emit(PasswordChanged(account.id))


async def _linked(token: str) -> int | None:
    """The live code that a link's token names, while the account still has the address it went to."""
    try:
        claims = tokens.read(settings().jwt_secret, token, audience=AUDIENCES[CodePurpose.RESET_PASSWORD])
        name = UUID(str(claims.get("code", "")))
    except (TokenRefused, ValueError):
        return None
    found: int | None = await db.value(
        "SELECT m.id FROM mailed_code m JOIN account a ON a.id = m.account_id WHERE m.uuid = $1 AND m.purpose = $2"
        " AND m.used_at IS NULL AND m.expires_at > now() AND a.removed_at IS NULL AND lower(a.email) = lower(m.email)",
        name,
        str(CodePurpose.RESET_PASSWORD),
    )
    return found
