"""Who is asking."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum

import msgspec


class Role(StrEnum):
    """What a person is to the school."""

    STUDENT = "student"
    TEACHER = "teacher"
    ADMIN = "admin"


class Actor(msgspec.Struct, frozen=True):
    """A person in one of their sessions, or the system itself.

    `account_id` is None only for the system, which may do everything and is never made from a request.
    """

    account_id: int | None
    role: Role
    session_id: int | None = None

    @property
    def is_admin(self) -> bool:
        """Whether the actor runs the school (the system does)."""
        return self.role is Role.ADMIN

    @property
    def is_student(self) -> bool:
        """Whether the actor studies here."""
        return self.role is Role.STUDENT

    @property
    def is_teacher(self) -> bool:
        """Whether the actor teaches here."""
        return self.role is Role.TEACHER

    @property
    def person_id(self) -> int:
        """The account's id.

        Raises: ValueError when the system asks, which has none.
        """
        if self.account_id is None:
            raise ValueError("the system has no account")
        return self.account_id


SYSTEM = Actor(account_id=None, role=Role.ADMIN)

acting: ContextVar[int | None] = ContextVar("acting", default=None)
"""Whose account does what is done here, for the activity log; None: nobody signed in, or the system."""


@contextmanager
def acting_as(actor: Actor | None) -> Iterator[None]:
    """What the block does is noted as done by this actor."""
    token = acting.set(actor.account_id if actor else None)
    try:
        yield
    finally:
        acting.reset(token)
