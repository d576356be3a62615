"""`Idempotency-Key`: the answer to an unsafe request is stored in the transaction of its effects."""

from piccolo.columns import Bytea, Integer, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table


class IdempotencyKey(Table, tablename="idempotency_key"):
    """An answer kept for 24 hours. `scope` = principal, method, path and key; `status` 0 while the first runs."""

    scope = Varchar(length=500, primary_key=True)
    fingerprint = Varchar(length=64)
    status = Integer(default=0)
    media_type = Varchar(length=100, default="")
    body = Bytea(default=b"")
    headers = Text(default="{}")
    created_at = Timestamptz(default=TimestamptzNow())
