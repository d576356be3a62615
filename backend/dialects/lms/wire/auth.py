"""Getting in, on the wire."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.core.errors import Broken, Invalid
from backend.dialects.lms.wire.terms import GroupWord, RoleWord
from backend.dialects.lms.wire.text import Code, Email, Password, Text, Token
from backend.dialects.lms.wire.users import NewUserIn, ProfileOut, UserOut
from backend.domain.accounts.queries import PersonView
from backend.domain.accounts.sessions import SignedIn, access_token
from backend.domain.accounts.terms import Newcomer


class RegisterIn(NewUserIn, kw_only=True):
    """Source: contract 2.1 register."""

    group_type: GroupWord
    confirm_password: Text

    @property
    def newcomer(self) -> Newcomer:
        """The plain values. Raises: Invalid."""
        return self.newcomer_in(self.group_type, self.confirm_password)


class RegisterOut(msgspec.Struct):
    """Shape: RegisterResponse. Source: contract section 3."""

    id: UUID
    name: str
    email: str
    phone: str
    avatar: str | None
    created_at: datetime
    updated_at: datetime
    role_type: RoleWord
    profile: ProfileOut | None

    @classmethod
    def of(cls, view: PersonView) -> "RegisterOut":
        """What is shown to who just registered."""
        return cls(
            id=view.uuid,
            name=view.name,
            email=view.email,
            phone=view.phone,
            avatar=view.avatar,
            created_at=view.created_at,
            updated_at=view.updated_at,
            role_type=RoleWord.of(view.role),
            profile=ProfileOut.of(view.profile) if view.profile else None,
        )


class LoginIn(msgspec.Struct):
    """Source: contract 2.1 login."""

    email: Email
    password: Password


def bearer(signed_in: SignedIn) -> str:
    """An access token with the claims that clients of this contract read."""
    person = signed_in.person
    claims: dict[str, Any] = {
        "user_id": str(person.uuid),
        "email": person.email,
        "role": RoleWord.of(person.role),
        "name": person.name,
    }
    return access_token(signed_in, claims)


class AccessOut(msgspec.Struct):
    """Source: contract 2.1 refresh token."""

    access_token: str

    @classmethod
    def of(cls, signed_in: SignedIn) -> "AccessOut":
        """A fresh access token."""
        return cls(bearer(signed_in))


class LoginOut(msgspec.Struct):
    """Source: contract 2.1 login."""

    access_token: str
    user: UserOut

    @classmethod
    def of(cls, signed_in: SignedIn) -> "LoginOut":
        """An access token, and whose it is."""
        return cls(bearer(signed_in), UserOut.of(signed_in.person))


class VerifyIn(msgspec.Struct):
    """Source: contract 2.1 verification."""

    token: Token
    code: Code


class ResendIn(msgspec.Struct):
    """Source: contract 2.1 resend verification."""

    token: Token


class ForgotIn(msgspec.Struct):
    """Ours: whose password was forgotten."""

    email: Email


class ResetIn(msgspec.Struct, kw_only=True):
    """Ours: a new password, with the link's token, or with e-mail and code."""

    password: Password
    confirm_password: Text
    token: Token | None = None
    email: Email | None = None
    code: Code | None = None

    @property
    def shown(self) -> dict[str, str]:
        """What proves the right to it. Raises: Invalid."""
        if self.confirm_password != self.password:
            raise Invalid(fields={"confirm_password": Broken("invalid")})
        if self.token:
            return {"token": self.token}
        if self.email and self.code:
            return {"email": self.email, "code": self.code}
        raise Invalid(fields={"token": Broken("required")})
