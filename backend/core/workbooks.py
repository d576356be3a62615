"""Workbooks from strangers: why one is not read at all, and how the confined child that reads one ended."""

from enum import StrEnum

from backend.core import confined

MEMORY_BYTES = 256 << 20
"""Of address space, so never more of memory; 100,000 rows of nine columns take less than 200."""
WALL_S = 60.0
SEARCHED_ROWS = 10
"""Headings stand in one of so many first rows."""

# How the child ends when a library cannot have the memory it asks for: SIGABRT, or what confined says itself.
_OUT_OF_MEMORY = ("memory", "signal 6", "result too large")
_OUT_OF_TIME = "signal 24"


class Refusal(StrEnum):
    """Why a file is not read at all."""

    DAMAGED = "damaged"
    EMPTY = "empty"
    ENCRYPTED = "encrypted"
    ENTITIES = "entities"
    EXTERNAL_LINKS = "external_links"
    MACROS = "macros"
    NOT_XLSX = "not_xlsx"
    OLD_XLS = "old_xls"
    TOO_LARGE = "too_large"
    TOO_MANY_CELLS = "too_many_cells"
    TOO_MANY_COLUMNS = "too_many_columns"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_SLOW = "too_slow"
    UNUSUAL_CELLS = "unusual_cells"


class FileRefused(Exception):
    """A file that is not read. Raised in the child process, so only plain arguments: reason, detail."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = Refusal(reason)
        self.detail = detail


def why_died(died: confined.Died) -> Refusal | None:
    """What a child that ended without an answer says of the file; None: somebody stopped it, so try again."""
    if died.was_stopped:
        return None
    if died.reason in _OUT_OF_MEMORY:
        return Refusal.TOO_LARGE
    return Refusal.TOO_SLOW if died.reason == _OUT_OF_TIME else Refusal.DAMAGED
