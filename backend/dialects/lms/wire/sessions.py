"""One's own sessions and password on the wire. Ours, not the contract's."""

from datetime import datetime
from uuid import UUID

import msgspec

from backend.core.errors import Broken, Invalid
from backend.dialects.lms.wire.text import Password, Text
from backend.domain.accounts.queries import SessionView


class PasswordIn(msgspec.Struct, kw_only=True):
    """Another password."""

    old_password: Text
    password: Password
    confirm_password: Text

    @property
    def confirmed(self) -> str:
        """The new password. Raises: Invalid when it was not repeated."""
        if self.confirm_password != self.password:
            raise Invalid(fields={"confirm_password": Broken("invalid")})
        return self.password


class SessionOut(msgspec.Struct):
    """A login that is not over."""

    id: UUID
    user_agent: str
    ip_address: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    is_current: bool

    @classmethod
    def of(cls, view: SessionView) -> "SessionOut":
        """What its owner sees of it."""
        return cls(
            view.uuid,
            view.user_agent,
            view.address,
            view.created_at,
            view.last_used_at,
            view.expires_at,
            view.is_current,
        )
