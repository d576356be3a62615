"""Names of rows: `id` inside one process, `uuid` for other systems, `code` for people."""

import os
import secrets
import time
from uuid import UUID, uuid4

from backend.core.errors import NotFound

Ref = int | UUID
"""A row by its id or by its uuid."""

_CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


class MalformedId(NotFound):
    """A text that is no id at all."""

    code = "core.malformed_id"


def new_uuid() -> UUID:
    """A UUID of version 7 with 12 bits of sub-millisecond time, as Postgres 18's uuidv7() makes them.

    Source: RFC 9562, sections 5.7 and 6.2 (method 3).
    """
    nanoseconds = time.time_ns()
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    random = int.from_bytes(os.urandom(8)) & ((1 << 62) - 1)
    fraction = rest * 4096 // 1_000_000
    return UUID(int=(milliseconds & ((1 << 48) - 1)) << 80 | 7 << 76 | fraction << 64 | 2 << 62 | random)


def unordered_uuid() -> UUID:
    """A UUID of version 4: it tells nothing of the order in which things were made, as a version 7 would.

    Source: RFC 9562, section 5.4.
    """
    return uuid4()


def new_code(length: int = 8) -> str:
    """Random capitals and digits without those that are mistaken for each other (I, L, O, 0, 1)."""
    return "".join(secrets.choice(_CODE_LETTERS) for _ in range(length))


def new_digits(length: int = 6) -> str:
    """A random number as text, with leading zeros."""
    return "".join(secrets.choice("0123456789") for _ in range(length))


def parse_uuid(text: str) -> UUID:
    """A uuid out of a path or a body.

    Raises: MalformedId.
    """
    if len(text) != 36:
        raise MalformedId(text=text[:64])
    try:
        return UUID(text)
    except ValueError:
        raise MalformedId(text=text[:64]) from None
