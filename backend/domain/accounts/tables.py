"""What is kept about people."""

from piccolo.columns import (
    BigInt,
    BigSerial,
    Boolean,
    Bytea,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from backend.core.actor import Role
from backend.core.columns import row_uuid
from backend.domain.accounts.terms import CodePurpose, GroupType


class Account(Table, tablename="account"):
    """A person who may log in. E-mail (lower case) and phone are unique among those not removed."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    email = Varchar(length=254)
    phone = Varchar(length=32)
    name = Varchar(length=150)
    password_hash = Varchar(length=255)
    role = Varchar(length=16, choices=Role)
    avatar = Varchar(length=500, null=True, default=None)
    verified_at = Timestamptz(null=True, default=None)
    removed_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class Profile(Table, tablename="profile"):
    """What the school asks of a person; one per account."""

    account_id = BigInt(primary_key=True)
    group_type = Varchar(length=16, choices=GroupType, null=True, default=None)
    group_verified = Boolean(default=False)
    nim = Varchar(length=32, null=True, default=None)
    nim_proof = Varchar(length=500, null=True, default=None)
    nik = Varchar(length=32, null=True, default=None)
    institution = Varchar(length=255, default="")
    origin = Varchar(length=255, default="")
    birth_date = Date(null=True, default=None)
    address = Text(default="")
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class Session(Table, tablename="session"):
    """One login. The refresh token is kept as its SHA-256; the one before it, to notice re-use."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    account_id = ForeignKey(Account, on_delete=OnDelete.cascade, null=False)
    refresh_hash = Bytea()
    previous_hash = Bytea(null=True, default=None)
    rotated_at = Timestamptz(default=TimestamptzNow())
    user_agent = Varchar(length=300, default="")
    address = Varchar(length=64, default="")
    created_at = Timestamptz(default=TimestamptzNow())
    last_used_at = Timestamptz(default=TimestamptzNow())
    expires_at = Timestamptz()
    revoked_at = Timestamptz(null=True, default=None)


class MailedCode(Table, tablename="mailed_code"):
    """A code of six digits that was mailed; kept as a hash, good once, for a while, for five tries."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    account_id = ForeignKey(Account, on_delete=OnDelete.cascade, null=False)
    purpose = Varchar(length=16, choices=CodePurpose)
    code_hash = Varchar(length=64)
    email = Varchar(length=254)
    tries = Integer(default=0)
    created_at = Timestamptz(default=TimestamptzNow())
    expires_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)
