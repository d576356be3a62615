"""What a regrade reads and writes: results page by page, entries, and the one statement that applies them."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from asyncpg import Record

from backend.core import db
from backend.domain.attempts import queries as attempts
from backend.domain.attempts.terms import AttemptState
from backend.domain.grading.commands import kept_marks
from backend.domain.grading.regrade_rules import Standing, differing, from_kept
from backend.domain.grading.scoring import Score
from backend.domain.grading.terms import KeptMark

PAGE = 500
KEPT_DAYS = 30
LISTED = 100
"""How many rows are named where something has changed in between."""

_kept: msgspec.json.Decoder[list[KeptMark]] = msgspec.json.Decoder(list[KeptMark])
_points: msgspec.json.Decoder[dict[int, Decimal]] = msgspec.json.Decoder(dict[int, Decimal])


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A result as it stands; `revision` is that of its row."""

    standing: Standing
    revision: int
    version: int
    correct: int
    points: Decimal
    max_points: Decimal
    percent: Decimal


_STANDING = """
SELECT r.attempt_id, r.revision, r.key_version, r.correct_answers, r.points, r.max_points, r.score_percent,
    r.marks::text AS marks, t.key_version AS sat_version,
    (SELECT json_object_agg(h.question_id, h.points) FROM (
        SELECT DISTINCT ON (question_id) question_id, points FROM hand_mark WHERE attempt_id = r.attempt_id
        ORDER BY question_id, id DESC) AS h)::text AS by_hand
FROM result r JOIN attempt t ON t.id = r.attempt_id WHERE r.attempt_id = ANY($1)
"""


async def page(assessment_id: int, after: int, *, unseen_of: int | None = None) -> list[int]:
    """The next graded attempts at a quiz, in order of id; with `unseen_of` those that this regrade has not."""
    rows = await db.fetch(
        "SELECT t.id FROM attempt t JOIN result r ON r.attempt_id = t.id"
        " WHERE t.assessment_id = $1 AND t.state = 'graded' AND t.id > $2 AND ($3::bigint IS NULL OR NOT EXISTS ("
        "  SELECT FROM regrade_entry e WHERE e.regrade_id = $3 AND e.attempt_id = t.id AND e.revision = r.revision))"
        " ORDER BY t.id LIMIT $4",
        assessment_id,
        after,
        unseen_of,
        PAGE,
    )
    return [row["id"] for row in rows]


async def results(attempt_ids: Sequence[int]) -> list[Result]:
    """Graded attempts with their answers and results; locks them, so that nobody marks meanwhile. Two statements."""
    final = {one.id: one for one in await attempts.final_answers(attempt_ids, (AttemptState.GRADED,))}
    rows = await db.fetch(_STANDING, list(final))
    return [_result(row, final[row["attempt_id"]]) for row in sorted(rows, key=lambda row: row["attempt_id"])]


def _result(row: Record, final: attempts.FinalAnswers) -> Result:
    standing = Standing(
        attempt_id=final.id,
        sat_version=row["sat_version"],
        answers=final.answers,
        asked=None if final.question_ids is None else frozenset(final.question_ids),
        by_hand=_points.decode(row["by_hand"]) if row["by_hand"] else {},
        marks=from_kept(_kept.decode(row["marks"])) if row["marks"] else None,
    )
    return Result(
        standing=standing,
        revision=row["revision"],
        version=row["key_version"],
        correct=row["correct_answers"],
        points=row["points"],
        max_points=row["max_points"],
        percent=row["score_percent"],
    )


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A result before and after. Marks are JSON, of the questions that differ; None without any before."""

    before: Result
    after: Score
    marks_before: str | None
    marks_after: str | None
    is_changed: bool

    @classmethod
    def of(cls, before: Result, after: Score) -> "Entry":
        """What a regrade makes of a result."""
        had = before.standing.marks
        names = differing(had or {}, after.marks)
        was = (before.correct, before.points, before.max_points, before.percent)
        is_changed = was != (after.correct, after.points, after.max_points, after.percent) or bool(had and names)
        return cls(
            before=before,
            after=after,
            marks_before=kept_marks({id_: had[id_] for id_ in names if id_ in had}) if had and is_changed else None,
            marks_after=kept_marks({id_: after.marks[id_] for id_ in names}) if is_changed else None,
            is_changed=is_changed,
        )


async def put(regrade_id: int, entries: Sequence[Entry]) -> None:
    """Note what a regrade makes of some results. Safe to repeat, until it is applied."""
    await db.statement(
        "INSERT INTO regrade_entry AS e (regrade_id, attempt_id, revision, is_changed, version_before, correct_before,"
        " correct_after, points_before, points_after, max_before, max_after, percent_before, percent_after,"
        " marks_before, marks_after) SELECT $1, n.* FROM (SELECT a, r, c, v, cb, ca, pb, pa, mb, ma, sb, sa,"
        "  kb::jsonb, ka::jsonb FROM unnest($2::bigint[], $3::int[], $4::bool[], $5::int[], $6::int[], $7::int[],"
        "  $8::numeric[], $9::numeric[], $10::numeric[], $11::numeric[], $12::numeric[], $13::numeric[], $14::text[],"
        "  $15::text[]) AS u (a, r, c, v, cb, ca, pb, pa, mb, ma, sb, sa, kb, ka)) AS n"
        " ON CONFLICT (regrade_id, attempt_id) DO UPDATE SET revision = excluded.revision,"
        " is_changed = excluded.is_changed, version_before = excluded.version_before,"
        " correct_before = excluded.correct_before, correct_after = excluded.correct_after,"
        " points_before = excluded.points_before, points_after = excluded.points_after,"
        " max_before = excluded.max_before, max_after = excluded.max_after,"
        " percent_before = excluded.percent_before, percent_after = excluded.percent_after,"
        " marks_before = excluded.marks_before, marks_after = excluded.marks_after",
        regrade_id,
        *zip(*[_columns(entry) for entry in entries], strict=True),
    )


def _columns(entry: Entry) -> tuple[object, ...]:
    before, after = entry.before, entry.after
    return (
        *(before.standing.attempt_id, before.revision, entry.is_changed, before.version),
        *(before.correct, after.correct, before.points, after.points, before.max_points, after.max_points),
        *(before.percent, after.percent, entry.marks_before, entry.marks_after),
    )


_STALE = """
FROM attempt t JOIN result r ON r.attempt_id = t.id JOIN account p ON p.id = t.account_id
LEFT JOIN regrade_entry e ON e.regrade_id = $1 AND e.attempt_id = t.id
WHERE t.assessment_id = $2 AND t.state = 'graded'
    AND CASE WHEN e.id IS NULL THEN r.key_version <> $3 ELSE r.revision <> e.revision END
"""
"""Results that a regrade has not seen as they are; new ones were made with the keys that it is about."""


async def stale(regrade_id: int, assessment_id: int, version: int) -> tuple[int, list[dict[str, object]]]:
    """How many results have changed since a regrade looked at them, and the first of them. One statement."""
    rows = await db.fetch(
        "SELECT t.uuid, p.uuid AS user_uuid, p.name, r.score_percent, e.percent_before,"
        f" count(*) OVER () AS total {_STALE} ORDER BY t.id LIMIT $4",
        regrade_id,
        assessment_id,
        version,
        LISTED,
    )
    told = [
        {
            "attempt_id": str(row["uuid"]),
            "user_id": str(row["user_uuid"]),
            "name": row["name"],
            "shown_percent": None if row["percent_before"] is None else float(row["percent_before"]),
            "percent_now": float(row["score_percent"]),
        }
        for row in rows
    ]
    return (rows[0]["total"] if rows else 0), told


_MARKS = """
CASE WHEN e.marks_before IS NULL THEN e.marks_after ELSE (
    SELECT jsonb_agg(coalesce(n.value, o.value) ORDER BY o.ordinality)
    FROM jsonb_array_elements(r.marks) WITH ORDINALITY AS o (value, ordinality)
    LEFT JOIN jsonb_array_elements(e.marks_after) AS n (value) ON n.value -> 'q' = o.value -> 'q') END
"""


async def write(regrade_id: int, version: int) -> int:
    """Let results be what a regrade has found, but for those that have changed since; says how many it changed.

    Two statements for however many. Those that stay as they are are noted as made with the regrade's keys, too.
    """
    await db.statement(
        "UPDATE result r SET key_version = $2 FROM regrade_entry e WHERE e.regrade_id = $1 AND NOT e.is_changed"
        " AND r.attempt_id = e.attempt_id AND r.revision = e.revision AND r.key_version <> $2",
        regrade_id,
        version,
    )
    return await db.statement(
        "UPDATE result r SET correct_answers = e.correct_after, wrong_answers = r.total_questions - e.correct_after,"  # noqa: S608 - our own text
        f" points = e.points_after, max_points = e.max_after, score_percent = e.percent_after, marks = {_MARKS},"
        " key_version = $2, updated_at = now() FROM regrade_entry e"
        " WHERE e.regrade_id = $1 AND e.is_changed AND r.attempt_id = e.attempt_id AND r.revision = e.revision",
        regrade_id,
        version,
    )


async def purge(most: int) -> int:
    """Delete up to `most` regrades that were only looked at, or given up, a month ago; says how many."""
    return await db.statement(
        "DELETE FROM regrade WHERE id IN (SELECT id FROM regrade WHERE state IN ('preview', 'dropped')"
        " AND created_at < now() - make_interval(days => $1) LIMIT $2)",
        KEPT_DAYS,
        most,
    )
