"""Bank statements: matched with open purchases by the exact amount, shown first, and confirmed as they were shown."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec
from asyncpg import Record

from backend.core import confined, db
from backend.core.actor import Actor
from backend.core.clock import now, school_date
from backend.core.db import transaction
from backend.core.ids import Ref, new_uuid
from backend.core.settings import settings
from backend.domain.accounts.errors import AdminOnly
from backend.domain.files import commands as files
from backend.domain.jobs import commands as jobs
from backend.domain.jobs import queries as job_queries
from backend.domain.jobs.commands import Queued
from backend.domain.purchases import commands
from backend.domain.purchases.errors import PreviewIsStale, PreviewNotFound, StatementRefused
from backend.domain.purchases.statement_reports import LISTED_MAX, LineReport, StatementReport
from backend.domain.purchases.statement_values import FileRefused, Line, ParsedStatement
from backend.domain.purchases.terms import PaymentState, StatementFault, Verdict
from storage import keys

MEMORY_BYTES = 256 << 20
WALL_S = 60.0
KEPT_DAYS = 30

# of all purchases of an amount the open one; else the one that was paid with it; else the latest that asked for it.
# A purchase that ended long ago is no answer: its amount may have been given to somebody else.
_CANDIDATES = """
SELECT l.n, p.*, a.name FROM unnest($1::int[], $2::bigint[], $3::date[]) AS l (n, amount, day)
CROSS JOIN LATERAL (
    SELECT p.id, p.uuid, p.state, p.updated_at, p.account_id, p.paid_at FROM purchase p
    WHERE p.transfer_amount = l.amount AND (p.created_at AT TIME ZONE $4)::date <= l.day
      AND (p.state IN ('pending', 'waiting_confirmation')
        OR ((coalesce(p.paid_at, p.updated_at) + $5::interval) AT TIME ZONE $4)::date >= l.day)
    ORDER BY p.state IN ('pending', 'waiting_confirmation') DESC, p.paid_at IS NOT NULL DESC, p.id DESC LIMIT 1
) AS p JOIN account a ON a.id = p.account_id ORDER BY l.n
"""

_SHOWN = """
SELECT s.row, s.on, s.purchase_id, p.uuid, p.state, p.batch_id, s.state AS state_shown,
    p.state = s.state AND p.updated_at = s.updated_at AS is_fresh
FROM statement_preview v CROSS JOIN LATERAL jsonb_to_recordset(v.changes)
    AS s (row int, "on" date, purchase_id bigint, state text, updated_at timestamptz)
JOIN purchase p ON p.id = s.purchase_id WHERE v.id = $1 ORDER BY s.row
"""


class StatementOrder(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a statement's job."""

    object_key: str
    sha256: str


class _Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A match as a preview has shown it."""

    row: int
    on: date
    purchase_id: int
    state: str
    updated_at: datetime


async def announce_statement(actor: Actor) -> str:
    """Say under which key a statement is to be stored; the row that will have it deleted is written first.

    Raises: AdminOnly.
    """
    if not actor.is_admin:
        raise AdminOnly
    async with transaction():
        key = keys.sheet(new_uuid(), "csv")
        await files.discard([key])
        return key


async def order_matching(actor: Actor, object_key: str, sha256: str) -> Queued:
    """Have a stored statement looked at by a job of the actor's.

    Raises: AdminOnly.
    """
    if not actor.is_admin:
        raise AdminOnly
    order = StatementOrder(object_key=object_key, sha256=sha256)
    return await jobs.enqueue("match_statement", order, owner_id=actor.account_id)


async def read_statement(path: Path) -> ParsedStatement:
    """Read a statement from a file of ours, whoever made its content: in a child process, up to 100,000 rows.

    What is wrong inside is in the answer, cell by cell.

    Raises: StatementRefused; confined.Died when the child was killed from outside, which is worth another try.
    """
    try:
        return await confined.run(
            "backend.domain.purchases.statement_reader:read",
            str(path),
            school_date(now()).isoformat(),
            returns=ParsedStatement,
            memory_bytes=MEMORY_BYTES,
            wall_s=WALL_S,
            passes=(FileRefused, FileNotFoundError),
        )
    except FileRefused as refused:
        raise StatementRefused(reason=refused.fault, detail=refused.detail) from refused
    except confined.TimedOut as slow:
        raise StatementRefused(reason=StatementFault.TOO_SLOW, detail="") from slow
    except confined.Died as died:
        if died.was_stopped:
            raise
        raise StatementRefused(reason=StatementFault.DAMAGED, detail=died.reason) from died


async def show_matches(order: StatementOrder, statement: ParsedStatement, job_id: int) -> StatementReport:
    """Hold a statement against purchases as they stand, and keep what would be confirmed. Nothing else is changed.

    Safe to repeat: the last run of the job counts, as long as nothing was confirmed by it.
    """
    async with transaction():
        judged, shown = await _judge(statement.lines)
        await db.statement(
            "INSERT INTO statement_preview (job_id, sha256, changes) VALUES ($1, $2, $3::jsonb)"
            " ON CONFLICT (job_id) DO UPDATE SET changes = excluded.changes WHERE statement_preview.report IS NULL",
            job_id,
            order.sha256,
            msgspec.json.encode(shown).decode(),
        )
        counts = Counter(line.verdict for line in judged)
        return StatementReport(
            rows=statement.rows,
            matched=counts[Verdict.MATCHED],
            ambiguous=counts[Verdict.AMBIGUOUS],
            no_match=counts[Verdict.NO_MATCH],
            already_paid=counts[Verdict.ALREADY_PAID],
            unreadable=statement.problem_count,
            ignored=statement.ignored,
            lines=judged[:LISTED_MAX],
            problem_rows=statement.problems,
        )


async def commit_preview(actor: Actor, job: Ref, *, skip_stale: bool) -> StatementReport:
    """Confirm exactly what a preview has shown, at most once; the second time the same answer is given.

    One purchase that has changed since refuses all of it, unless such ones are to be skipped.

    Raises: AdminOnly, JobNotFound, PreviewNotFound, PreviewIsStale.
    """
    if not actor.is_admin:
        raise AdminOnly
    async with transaction():
        told = await job_queries.job(actor, job)
        preview = await db.row(
            "SELECT id, report::text AS report FROM statement_preview WHERE job_id = $1 FOR UPDATE", told.id
        )
        if preview is None:
            raise PreviewNotFound
        if preview["report"] is not None:
            return msgspec.json.decode(preview["report"], type=StatementReport)
        dry = msgspec.convert(told.report, StatementReport, strict=False)
        report = await _confirm(actor, preview["id"], dry, skip_stale=skip_stale)
        await db.statement(
            "UPDATE statement_preview SET report = $2::jsonb WHERE id = $1",
            preview["id"],
            msgspec.json.encode(report).decode(),
        )
        return report


async def _confirm(actor: Actor, preview_id: int, dry: StatementReport, *, skip_stale: bool) -> StatementReport:
    rows = await _held(preview_id)
    fresh = [row for row in rows if row["is_fresh"]]
    stale = [row for row in rows if not row["is_fresh"]]
    if stale and not skip_stale:
        raise PreviewIsStale(count=len(stale), rows=[_changed(row) for row in stale[:LISTED_MAX]])
    await commands.confirm_purchases(
        actor, {row["purchase_id"]: f"Mutasi bank {row['on']:%Y-%m-%d}, baris {row['row']}" for row in fresh}
    )
    confirmed = {row["row"] for row in fresh}
    lines = [
        msgspec.structs.replace(line, payment_status=PaymentState.PAID) for line in dry.lines if line.row in confirmed
    ]
    return msgspec.structs.replace(dry, dry_run=False, confirmed=len(fresh), stale=len(stale), lines=lines)


async def _held(preview_id: int) -> list[Record]:
    """The matches of a preview, with their batches and then their purchases locked, each in one order."""
    found = await db.fetch(_SHOWN, preview_id)
    await db.fetch(
        "SELECT id FROM batch WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
        sorted({row["batch_id"] for row in found}),
    )
    await db.fetch(
        "SELECT id FROM purchase WHERE id = ANY($1) ORDER BY id FOR UPDATE", [row["purchase_id"] for row in found]
    )
    return await db.fetch(_SHOWN, preview_id)


def _changed(row: Record) -> dict[str, object]:
    return {
        "row": row["row"],
        "purchase_id": str(row["uuid"]),
        "payment_status": row["state"],
        "payment_status_shown": row["state_shown"],
    }


async def _judge(lines: Sequence[Line]) -> tuple[list[LineReport], list[_Shown]]:
    """What each credit means, and what of it can be confirmed."""
    whole = [(n, line) for n, line in enumerate(lines) if line.amount == line.amount.to_integral_value()]
    rows = await db.fetch(
        _CANDIDATES,
        [n for n, _ in whole],
        [int(line.amount) for _, line in whole],
        [line.on for _, line in whole],
        settings().school_timezone,
        timedelta(days=settings().amount_rest_days),
    )
    found = {row["n"]: row for row in rows}
    claims = Counter(row["id"] for row in rows)
    judged = [_line(line, found.get(n), claims) for n, line in enumerate(lines)]
    shown = [
        _Shown(row=line.row, on=line.on, purchase_id=row["id"], state=row["state"], updated_at=row["updated_at"])
        for line, row in ((lines[n], row) for n, row in found.items())
        if _verdict(row, claims) is Verdict.MATCHED
    ]
    return judged, shown


def _verdict(row: Record | None, claims: Counter[int]) -> Verdict:
    """Two credits that claim one purchase are for a person to look at, both."""
    if row is None:
        return Verdict.NO_MATCH
    if row["state"] in (PaymentState.PENDING, PaymentState.WAITING_CONFIRMATION):
        return Verdict.MATCHED if claims[row["id"]] == 1 else Verdict.AMBIGUOUS
    return Verdict.ALREADY_PAID if row["paid_at"] is not None else Verdict.NO_MATCH


def _line(line: Line, row: Record | None, claims: Counter[int]) -> LineReport:
    plain = LineReport(
        row=line.row, on=line.on, amount=f"{line.amount:.2f}", text=line.text, verdict=_verdict(row, claims)
    )
    if row is None:
        return plain
    return msgspec.structs.replace(
        plain,
        purchase_id=row["uuid"],
        invoice_number=row["id"],
        buyer=row["name"],
        payment_status=PaymentState(row["state"]),
    )


async def purge(most: int) -> int:
    """Delete previews that are as old as jobs get, up to `most`; says how many."""
    async with transaction():
        return await db.statement(
            "DELETE FROM statement_preview WHERE id IN (SELECT id FROM statement_preview"
            " WHERE created_at < now() - make_interval(days => $1) LIMIT $2)",
            KEPT_DAYS,
            most,
        )
