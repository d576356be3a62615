"""The outbox: facts leave the database only through here, written in the transaction of the change.

It knows no subscriptions; the relay turns each event into job rows. It is the activity log, too: each row says who did
what when, and those that people ask about are kept for longer (`Event.is_activity`).
"""

from enum import StrEnum
from typing import Any, ClassVar

import msgspec
from piccolo.columns import JSONB, BigInt, BigSerial, Boolean, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from backend.core import db, wake
from backend.core.actor import acting
from backend.core.log import request_id


class Deed(StrEnum):
    """What became of a thing that people look after, for events that say `changed`."""

    CREATED = "created"
    UPDATED = "updated"
    ARCHIVED = "archived"
    RESTORED = "restored"
    REMOVED = "removed"


class Event(msgspec.Struct, frozen=True):
    """Something that has happened. `name` is "feature.noun.verb.vN"; fields are ids and plain values only.

    An id is called after what it names everywhere (`batch_id`), and so is a `title`: the activity log finds it by that.
    `is_activity`: the log shows it; no, where it only starts work or says what another event says.
    """

    name: ClassVar[str] = ""
    is_activity: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:  # noqa: ANN401 - msgspec's struct options
        super().__init_subclass__(**kwargs)
        if EVENTS.setdefault(cls.name, cls).__qualname__ != cls.__qualname__:
            raise TypeError(f"two events are named {cls.name!r}")


EVENTS: dict[str, type[Event]] = {}
"""Every kind of event there is, by name."""


class Outbox(Table, tablename="outbox"):
    """Events; `expanded_at` is set once their jobs are written. Purged after 30 days, activities after 400.

    `actor_id` is whose account did it; None: nobody signed in, or the system.
    """

    id = BigSerial(primary_key=True, index=False)
    name = Varchar(length=100)
    body = JSONB()
    request_id = Varchar(length=64)
    actor_id = BigInt(null=True, default=None)
    is_activity = Boolean(default=False)
    created_at = Timestamptz(default=TimestamptzNow())
    expanded_at = Timestamptz(null=True, default=None)


def written(event: type[Event], source: str, *, request: str, actor: str) -> str:
    """SQL that writes an event for each row of `source`, for a statement that changes and tells in one.

    `source` names a part of that statement whose columns have the names of the event's fields; `request` stands for
    `request_id.get()`, and `actor` for the account that acts. Once it is committed, `wake.ring()`.
    """
    fields = ", ".join(f"'{field}', {field}" for field in event.__struct_fields__)
    return (
        "INSERT INTO outbox (name, body, request_id, actor_id, is_activity)"  # noqa: S608 - our names
        f" SELECT '{event.name}', jsonb_build_object({fields}), {request}, {actor}, {event.is_activity} FROM {source}"
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
        "INSERT INTO outbox (name, body, is_activity, request_id, actor_id)"
        " SELECT name, body::jsonb, is_activity, $4, $5"
        " FROM unnest($1::text[], $2::text[], $3::bool[]) AS e (name, body, is_activity)",
        [event.name for event in events],
        [msgspec.json.encode(event).decode() for event in events],
        [event.is_activity for event in events],
        request_id.get(),
        acting.get(),
    )
    db.after_commit(wake.ring)
