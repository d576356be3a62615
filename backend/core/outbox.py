"""The outbox: facts leave the database only through here, written in the transaction of the change.

It knows no subscriptions; the relay turns each event into job rows.
"""

from typing import Any, ClassVar

import msgspec
from piccolo.columns import JSONB, BigSerial, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from backend.core import db, wake
from backend.core.log import request_id


class Event(msgspec.Struct, frozen=True):
    """Something that has happened. `name` is "feature.noun.verb.vN"; fields are ids and plain values only."""

    name: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:  # noqa: ANN401 - msgspec's struct options
        super().__init_subclass__(**kwargs)
        if EVENTS.setdefault(cls.name, cls).__qualname__ != cls.__qualname__:
            raise TypeError(f"two events are named {cls.name!r}")


EVENTS: dict[str, type[Event]] = {}
"""Every kind of event there is, by name."""


class Outbox(Table, tablename="outbox"):
    """Events; `expanded_at` is set once their jobs are written. Purged after 30 days."""

    id = BigSerial(primary_key=True, index=False)
    name = Varchar(length=100)
    body = JSONB()
    request_id = Varchar(length=64)
    created_at = Timestamptz(default=TimestamptzNow())
    expanded_at = Timestamptz(null=True, default=None)


def written(event: type[Event], source: str, request: str) -> str:
    """SQL that writes an event for each row of `source`, for a statement that changes and tells in one.

    `source` names a part of that statement whose columns have the names of the event's fields; `request` stands for
    `request_id.get()`. Once it is committed, `wake.ring()`.
    """
    fields = ", ".join(f"'{field}', {field}" for field in event.__struct_fields__)
    return (
        f"INSERT INTO outbox (name, body, request_id) SELECT '{event.name}', jsonb_build_object({fields}), {request}"  # noqa: S608 - our names
        f" FROM {source}"
    )


async def emit(*events: Event) -> None:
    """Write events into the open transaction; the relay is woken after the commit.

    Raises: RuntimeError outside a transaction.
    """
    if not db.in_transaction():
        raise RuntimeError("emit() outside a transaction")
    if not events:
        return
    await db.statement(
        "INSERT INTO outbox (name, body, request_id) SELECT name, body::jsonb, $3"
        " FROM unnest($1::text[], $2::text[]) AS e (name, body)",
        [event.name for event in events],
        [msgspec.json.encode(event).decode() for event in events],
        request_id.get(),
    )
    db.after_commit(wake.ring)
