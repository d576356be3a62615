"""Columns that every table spells the same way."""

from piccolo.columns import UUID

from backend.core.ids import new_uuid


def row_uuid() -> UUID:
    """The name of a row for other systems: unique, version 7. Rows made in SQL get Postgres's `uuidv7()`."""
    return UUID(default=new_uuid, unique=True, index=False)
