"""Words of this feature, without any import of ours."""

from datetime import date
from enum import StrEnum

import msgspec


class GroupType(StrEnum):
    """The group a person belongs to; prices hang on it."""

    OWN_STUDENT = "own_student"
    OTHER_STUDENT = "other_student"
    PUBLIC = "public"


class CodePurpose(StrEnum):
    """What a code that was mailed is good for."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a purpose, no password


class Caller(msgspec.Struct, frozen=True):
    """Where a request of somebody we do not know yet comes from; limits and sessions note it."""

    address: str = ""
    user_agent: str = ""


class Particulars(msgspec.Struct, frozen=True, kw_only=True):
    """What a person tells of themselves. None: not told, so in a change it stays as it was."""

    group_type: GroupType | None = None
    nim: str | None = None
    nim_proof: str | None = None
    nik: str | None = None
    institution: str | None = None
    origin: str | None = None
    birth_date: date | None = None
    address: str | None = None


class Newcomer(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is to have an account. E-mails are told apart without regard to case."""

    name: str
    email: str
    phone: str
    password: str
    avatar: str | None = None
    particulars: Particulars = Particulars()
