"""What is kept about API clients. Neither secrets nor tokens are: only their SHA-256."""

from piccolo.columns import Array, BigInt, BigSerial, Bytea, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from backend.core.columns import row_uuid
from backend.domain.clients.terms import Outcome


class ApiClient(Table, tablename="api_client"):
    """A program that calls for a partner. `code` never changes; `last_used_at` is exact to a minute."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    code = Varchar(length=24, unique=True)
    name = Varchar(length=150)
    company = Varchar(length=64)
    secret_hash = Bytea(unique=True)
    scopes = Array(base_column=Text())
    addresses = Array(base_column=Text())
    rate_per_s = Integer(default=50)
    expires_at = Timestamptz(null=True, default=None)
    last_used_at = Timestamptz(null=True, default=None)
    rotated_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)
    created_by = BigInt(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class ApiToken(Table, tablename="api_token"):
    """A token of a client, good for one scope until it expires."""

    id = BigSerial(primary_key=True, index=False)
    client_id = ForeignKey(ApiClient, on_delete=OnDelete.cascade, null=False)
    token_hash = Bytea(unique=True)
    scope = Text()
    created_at = Timestamptz(default=TimestamptzNow())
    expires_at = Timestamptz()


class ApiUse(Table, tablename="api_use"):
    """The activity log: how often a client called a route from an address in one minute, and what became of it.

    Unique per client, minute, address, route and outcome, so that it grows with time and not with traffic.
    """

    id = BigSerial(primary_key=True, index=False)
    client_id = ForeignKey(ApiClient, on_delete=OnDelete.cascade, null=False)
    minute = Timestamptz()
    address = Varchar(length=64)
    route = Varchar(length=200)
    outcome = Varchar(length=16, choices=Outcome)
    uses = Integer(default=1)
