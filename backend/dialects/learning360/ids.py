"""Ids of this contract: 24 hex digits, eight that say of what kind, sixteen that are our own id.

Nothing is kept for them: the same row has the same id for ever, and it is read back without asking anybody.
"""

import hashlib
import re
from enum import StrEnum

from backend.core.ids import MalformedId
from backend.domain.accounts.terms import GroupType

_LONGEST_ID = (1 << 63) - 1
_ID = re.compile(r"[0-9a-fA-F]{24}")


class Kind(StrEnum):
    """The first eight digits: four letters of ASCII."""

    SESSION = b"sess".hex()
    TEMPLATE = b"tmpl".hex()
    COURSE = b"crse".hex()
    MEETING = b"meet".hex()
    USER = b"user".hex()
    GROUP = b"grup".hex()
    FIELD = b"fild".hex()


def write(kind: Kind, id_: int) -> str:
    """An id of ours, as this contract shows it."""
    return f"{kind.value}{id_:016x}"


def read(kind: Kind, text: str) -> int:
    """The id of ours that was shown as this.

    Raises: MalformedId, also for what is of another kind.
    """
    number = int(text[8:], 16) if _ID.fullmatch(text) and text[:8].lower() == kind.value else 0
    if not 0 < number <= _LONGEST_ID:
        raise MalformedId(text=text[:64])
    return number


def is_id(text: str) -> bool:
    """Whether a text looks like an id of this contract, whatever it is of."""
    return _ID.fullmatch(text) is not None


GROUPS = {group: f"{Kind.GROUP.value}{hashlib.sha256(group.value.encode()).hexdigest()[:16]}" for group in GroupType}
"""Groups are words and no rows, so theirs is a hash of the word."""
