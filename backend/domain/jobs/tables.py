"""What is kept about background work."""

from piccolo.columns import JSONB, BigInt, BigSerial, Integer, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from backend.core.columns import row_uuid
from backend.domain.jobs.terms import JobState


class Job(Table, tablename="job"):
    """One unit of work. `unique_key` stops a second row for the same thing (an event and its kind, a slot).

    `version` rises with every change that a watcher may see. `body` is the event or the arguments.
    """

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    kind = Varchar(length=60)
    body = JSONB()
    unique_key = Varchar(length=200, null=True, default=None, unique=True)
    owner_id = BigInt(null=True, default=None)
    event_id = BigInt(null=True, default=None)
    request_id = Varchar(length=64, default="-")
    state = Varchar(length=16, choices=JobState, default=JobState.QUEUED)
    attempt = Integer(default=0)
    max_attempts = Integer(default=5)
    run_at = Timestamptz(default=TimestamptzNow())
    published_at = Timestamptz(null=True, default=None)
    lease_until = Timestamptz(null=True, default=None)
    worker = Varchar(length=120, null=True, default=None)
    progress_done = Integer(default=0)
    progress_total = Integer(default=0)
    report = JSONB(null=True, default=None)
    error = Text(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=TimestamptzNow())
    started_at = Timestamptz(null=True, default=None)
    finished_at = Timestamptz(null=True, default=None)
