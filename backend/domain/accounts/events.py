"""What has happened to people."""

from typing import ClassVar

from backend.core.outbox import Deed, Event


class AccountRegistered(Event, frozen=True):
    """Somebody registered; their e-mail is not verified yet."""

    name: ClassVar[str] = "accounts.account.registered.v1"
    account_id: int


class VerificationRequested(Event, frozen=True):
    """Somebody wants a new code for their e-mail."""

    name: ClassVar[str] = "accounts.verification.requested.v1"
    is_activity: ClassVar[bool] = False
    account_id: int


class PasswordResetRequested(Event, frozen=True):
    """Somebody wants a new password. `account_id` 0: no such account; written so that asking is the same work."""

    name: ClassVar[str] = "accounts.password_reset.requested.v1"
    is_activity: ClassVar[bool] = False
    account_id: int


class PasswordChanged(Event, frozen=True):
    """An account has a new password."""

    name: ClassVar[str] = "accounts.password.changed.v1"
    account_id: int


class AccountRemoved(Event, frozen=True):
    """An account was removed and made anonymous; what it had stored may go."""

    name: ClassVar[str] = "accounts.account.removed.v1"
    account_id: int


class AccountChanged(Event, frozen=True):
    """An admin has made or changed an account, or a person their own."""

    name: ClassVar[str] = "accounts.account.changed.v1"
    account_id: int
    deed: Deed
