"""What can be done with accounts. Logging in is in `sessions`, codes by mail in `codes`."""

import asyncpg

from backend.core import clock, db, throttle
from backend.core.actor import Actor, Role
from backend.core.errors import Broken, Invalid
from backend.core.ids import Ref
from backend.core.outbox import Deed, emit
from backend.domain.accounts import codes, passwords, queries, rules
from backend.domain.accounts.errors import (
    AdminOnly,
    LastAdmin,
    NikMissing,
    NimHalf,
    NimMissing,
    OwnAccount,
    PersonNotFound,
    StudentNikMissing,
    Taken,
    TooManyTries,
)
from backend.domain.accounts.events import AccountChanged, AccountRegistered, AccountRemoved
from backend.domain.accounts.queries import PersonView
from backend.domain.accounts.terms import Caller, CodePurpose, GroupType, Newcomer, Particulars

REGISTER_LIMIT, REGISTER_WINDOW_S = 3000, 3600
TAKEN_LIMIT, TAKEN_WINDOW_S = 20, 900


async def register(caller: Caller, newcomer: Newcomer) -> PersonView:
    """Make a student's account for somebody who asks for one; a code is mailed to verify the e-mail.

    Who runs into taken addresses over and over is slowed down, so that nobody reads the list of people out of us.

    Raises: Invalid, NikMissing, NimMissing, Taken, TooManyTries.
    Emits: AccountRegistered.
    """
    told = newcomer.particulars
    _check(newcomer)
    if rules.lacks_nik(told.group_type, told.nik):
        raise NikMissing
    if rules.lacks_nim(told.group_type, told.nim, told.nim_proof):
        raise NimMissing
    await _slow_down(caller)
    kept = await passwords.hashed(newcomer.password)
    try:
        async with db.transaction():
            account_id = await _insert(newcomer, kept, Role.STUDENT, is_verified=False)
            await codes.count_mail(CodePurpose.VERIFY_EMAIL, account_id)
            await emit(AccountRegistered(account_id))
            return await queries.person(account_id)
    except Taken:
        await throttle.hit(f"register-taken:{caller.address}", window_s=TAKEN_WINDOW_S)
        raise


async def create_account(actor: Actor, newcomer: Newcomer, role: Role) -> PersonView:
    """Make an account of any role, verified at once. Nothing is mailed.

    Raises: AdminOnly, Invalid, StudentNikMissing, NimHalf, Taken.
    Emits: AccountChanged.
    """
    told = newcomer.particulars
    if not rules.may_administer(actor):
        raise AdminOnly
    _check(newcomer)
    if role is Role.STUDENT and not told.nik:
        raise StudentNikMissing
    if bool(told.nim) != bool(told.nim_proof):
        raise NimHalf
    kept = await passwords.hashed(newcomer.password)
    async with db.transaction():
        account_id = await _insert(newcomer, kept, role, is_verified=True)
        await emit(AccountChanged(account_id, Deed.CREATED))
        return await queries.person(account_id)


def _check(newcomer: Newcomer) -> None:
    wrong: dict[str, Broken] = {}
    if not rules.is_born(newcomer.particulars.birth_date, clock.school_date(clock.now())):
        wrong["birth_date"] = Broken("past")
    fault = rules.password_fault(newcomer.password, newcomer.email, newcomer.name, newcomer.phone)
    if fault:
        wrong["password"] = Broken(fault)
    if wrong:
        raise Invalid(fields=wrong)


async def _slow_down(caller: Caller) -> None:
    wait_s = await throttle.wait_s(f"register-taken:{caller.address}", limit=TAKEN_LIMIT, window_s=TAKEN_WINDOW_S)
    key = f"register:{caller.address}"
    if not wait_s and await throttle.hit(key, window_s=REGISTER_WINDOW_S) > REGISTER_LIMIT:
        wait_s = await throttle.wait_s(key, limit=REGISTER_LIMIT, window_s=REGISTER_WINDOW_S)
    if wait_s:
        raise TooManyTries(retry_after_s=wait_s)


async def _insert(newcomer: Newcomer, password_hash: str, role: Role, *, is_verified: bool) -> int:
    told = newcomer.particulars
    try:
        async with db.savepoint():
            account_id: int = await db.value(
                "INSERT INTO account (email, phone, name, password_hash, role, avatar, verified_at, created_at,"
                " updated_at) VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $7 THEN now() END, now(), now()) RETURNING id",
                newcomer.email.strip().lower(),
                newcomer.phone,
                newcomer.name,
                password_hash,
                str(role),
                newcomer.avatar,
                is_verified,
            )
    except asyncpg.UniqueViolationError:
        raise Taken from None
    await db.statement(
        "INSERT INTO profile (account_id, group_type, group_verified, nim, nim_proof, nik, institution, origin,"
        " birth_date, address, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, coalesce($7, ''), coalesce($8, ''), $9, coalesce($10, ''), now(), now())",
        account_id,
        _group(told),
        rules.is_group_evident(told.group_type),
        told.nim,
        told.nim_proof,
        told.nik,
        told.institution,
        told.origin,
        told.birth_date,
        told.address,
    )
    return account_id


def _group(told: Particulars) -> str | None:
    return str(told.group_type) if told.group_type else None


async def update_profile(
    actor: Actor,
    told: Particulars,
    *,
    name: str | None = None,
    phone: str | None = None,
    avatar: str | None = None,
) -> PersonView:
    """Change what the actor tells of themselves. Another group, student number or proof has to be looked at anew.

    A group can only be taken up with what it needs. Locks the account and its profile.

    Raises: Invalid, NikMissing, NimMissing, PersonNotFound, Taken.
    Emits: AccountChanged.
    """
    _check_birth(told)
    async with db.transaction():
        before = await _locked(actor.person_id)
        if before.profile and told.group_type not in (None, before.profile.group_type):
            _check_group(told, before.profile)
        await _write(before, told, name=name, phone=phone, avatar=avatar)
        await emit(AccountChanged(before.id, Deed.UPDATED))
        return await queries.person(before.id)


def _check_birth(told: Particulars) -> None:
    if not rules.is_born(told.birth_date, clock.school_date(clock.now())):
        raise Invalid(fields={"birth_date": Broken("past")})


def _check_group(told: Particulars, kept: queries.ProfileView) -> None:
    if rules.lacks_nik(told.group_type, told.nik or kept.nik):
        raise NikMissing
    if rules.lacks_nim(told.group_type, told.nim or kept.nim, told.nim_proof or kept.nim_proof):
        raise NimMissing


async def _locked(ref: Ref) -> PersonView:
    found = await db.value(
        f"SELECT id FROM account WHERE {db.column_of(ref)} = $1 AND removed_at IS NULL FOR UPDATE",  # noqa: S608 - our names
        ref,
    )
    if found is None:
        raise PersonNotFound(ref=str(ref))
    return await queries.person(int(found))


async def _write(
    before: PersonView, told: Particulars, *, name: str | None, phone: str | None, avatar: str | None
) -> None:
    try:
        async with db.savepoint():
            await db.statement(
                "UPDATE account SET name = coalesce($2, name), phone = coalesce($3, phone),"
                " avatar = coalesce($4, avatar), updated_at = now() WHERE id = $1",
                before.id,
                name,
                phone,
                avatar,
            )
    except asyncpg.UniqueViolationError:
        raise Taken from None
    await db.statement(
        "UPDATE profile SET group_verified = CASE WHEN (coalesce($2, group_type), coalesce($3, nim),"
        "   coalesce($4, nim_proof)) IS DISTINCT FROM (group_type, nim, nim_proof)"
        "  THEN coalesce($2, group_type) IS NOT DISTINCT FROM $10 ELSE group_verified END,"
        " group_type = coalesce($2, group_type), nim = coalesce($3, nim), nim_proof = coalesce($4, nim_proof),"
        " nik = coalesce($5, nik), institution = coalesce($6, institution), origin = coalesce($7, origin),"
        " birth_date = coalesce($8, birth_date), address = coalesce($9, address), updated_at = now()"
        " WHERE account_id = $1",
        before.id,
        _group(told),
        told.nim,
        told.nim_proof,
        told.nik,
        told.institution,
        told.origin,
        told.birth_date,
        told.address,
        str(GroupType.PUBLIC),
    )


async def update_account(  # noqa: PLR0913 - what an admin may change of a person
    actor: Actor,
    ref: Ref,
    told: Particulars,
    *,
    name: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    avatar: str | None = None,
    role: Role | None = None,
    group_verified: bool | None = None,
) -> PersonView:
    """Change a person as an admin; `group_verified` approves the card that was shown. A new role counts at once.

    An e-mail that an admin puts right is verified by that, as one of an account that an admin makes.

    Raises: AdminOnly, Invalid, LastAdmin, PersonNotFound, Taken.
    Emits: AccountChanged.
    """
    if not rules.may_administer(actor):
        raise AdminOnly
    _check_birth(told)
    async with db.transaction():
        admins = await _locked_admins()
        before = await _locked(ref)
        if role not in (None, Role.ADMIN) and admins == [before.id]:
            raise LastAdmin
        await _write(before, told, name=name, phone=phone, avatar=avatar)
        if email is not None:
            await _readdress(before.id, email)
        await db.statement("UPDATE account SET role = coalesce($2, role) WHERE id = $1", before.id, role and str(role))
        await db.statement(
            "UPDATE profile SET group_verified = coalesce($2, group_verified) WHERE account_id = $1",
            before.id,
            group_verified,
        )
        await emit(AccountChanged(before.id, Deed.UPDATED))
        return await queries.person(before.id)


async def _readdress(account_id: int, email: str) -> None:
    try:
        async with db.savepoint():
            await db.statement(
                "UPDATE account SET email = $2, verified_at = coalesce(verified_at, now()) WHERE id = $1",
                account_id,
                email.strip().lower(),
            )
    except asyncpg.UniqueViolationError:
        raise Taken from None


async def _locked_admins() -> list[int]:
    """The admins there are; two who demote or remove each other at once come here one after the other."""
    rows = await db.fetch("SELECT id FROM account WHERE role = 'admin' AND removed_at IS NULL ORDER BY id FOR UPDATE")
    return [row["id"] for row in rows]


async def remove_account(actor: Actor, ref: Ref) -> None:
    """Remove a person: their sessions end, what names them goes; what they did, paid and earned stays.

    Raises: AdminOnly, LastAdmin, OwnAccount, PersonNotFound.
    Emits: AccountRemoved.
    """
    if not rules.may_administer(actor):
        raise AdminOnly
    async with db.transaction():
        admins = await _locked_admins()
        before = await _locked(ref)
        if before.id == actor.account_id:
            raise OwnAccount
        if admins == [before.id]:
            raise LastAdmin
        await _anonymise(before.id)
        await emit(AccountRemoved(before.id))


async def _anonymise(account_id: int) -> None:
    await db.statement(
        "UPDATE account SET removed_at = now(), updated_at = now(), name = '-', password_hash = '!', avatar = NULL,"
        " email = 'removed-' || uuid || '@removed.invalid', phone = 'removed-' || id WHERE id = $1",
        account_id,
    )
    await db.statement(
        "UPDATE profile SET nim = NULL, nim_proof = NULL, nik = NULL, birth_date = NULL, institution = '', origin = '',"
        " address = '', group_verified = false, updated_at = now() WHERE account_id = $1",
        account_id,
    )
    await db.statement(
        "UPDATE session SET revoked_at = coalesce(revoked_at, now()), address = '', user_agent = ''"
        " WHERE account_id = $1",
        account_id,
    )
    await db.statement("DELETE FROM mailed_code WHERE account_id = $1", account_id)
