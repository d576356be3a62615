"""What is kept of files of questions: the row that names the object, the preview, what became of it."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec
from asyncpg import Record

from backend.core import db
from backend.core.db import transaction
from backend.domain.assessments import bulk
from backend.domain.assessments.formats.findings import FOUND_MAX, Asked, Code, Finding, Format
from backend.domain.files import commands as files
from backend.domain.files.queries import FILE_ADDRESS
from backend.domain.files.rules import ATTACHABLE, parse_address
from backend.domain.files.terms import OwnerKind

KEPT_DAYS = 30


class ImportMode(StrEnum):
    """Whether questions take the place of those that are there, or follow them."""

    REPLACE = "replace"
    APPEND = "append"


class QuestionFileView(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was sent. `key_version` is that of the quiz when a preview was shown."""

    id: int
    assessment_id: int
    format: Format
    mode: ImportMode
    has_preview: bool
    key_version: int | None
    imported: int | None
    replaced: int | None

    @property
    def is_applied(self) -> bool:
        """Whether its questions are in the quiz."""
        return self.imported is not None


async def announce(assessment_id: int, object_key: str, format_: Format, actor_id: int | None) -> None:
    """Write the row of a file whose bytes are about to come."""
    await db.statement(
        "INSERT INTO question_file (assessment_id, object_key, format, created_by) VALUES ($1, $2, $3, $4)",
        assessment_id,
        object_key,
        str(format_),
        actor_id,
    )


async def arrived(object_key: str, sha256: str, mode: ImportMode, job_id: int) -> Format | None:
    """Note that a file has come, and which job reads it; says its format, None for a file nobody announced."""
    found = await db.row(
        "UPDATE question_file SET sha256 = $2, mode = $3, job_id = $4 WHERE object_key = $1 RETURNING format",
        object_key,
        sha256,
        str(mode),
        job_id,
    )
    return Format(found["format"]) if found else None


async def of_job(job_id: int, assessment_id: int) -> QuestionFileView | None:
    """The file that a job reads, locked for the rest of the transaction."""
    found = await db.row(
        "SELECT id, assessment_id, format, mode, questions IS NOT NULL AS has_preview, key_version, imported, replaced"
        " FROM question_file WHERE job_id = $1 AND assessment_id = $2 FOR UPDATE",
        job_id,
        assessment_id,
    )
    return db.view(QuestionFileView, found) if found else None


async def keep_preview(file_id: int, questions: Sequence[Asked], key_version: int) -> None:
    """Keep what a dry run has shown. Safe to repeat: the last run of the job counts."""
    await db.statement(
        "UPDATE question_file SET questions = $2::text::jsonb, key_version = $3 WHERE id = $1 AND applied_at IS NULL",
        file_id,
        bulk.to_json(questions),
        key_version,
    )


async def preview(file_id: int) -> list[Asked]:
    """The questions that a dry run has shown."""
    return bulk.from_json(await db.value("SELECT questions::text FROM question_file WHERE id = $1", file_id))


async def applied(file_id: int, imported: int, replaced: int) -> None:
    """Note that the questions of a file are in its quiz."""
    await db.statement(
        "UPDATE question_file SET imported = $2, replaced = $3, applied_at = now(), questions = NULL WHERE id = $1",
        file_id,
        imported,
        replaced,
    )


async def named_objects(object_keys: Sequence[str]) -> set[str]:
    """Those of some objects that are files of questions (for the sweep of storage)."""
    rows = await db.fetch("SELECT object_key FROM question_file WHERE object_key = ANY($1)", list(object_keys))
    return {found["object_key"] for found in rows}


async def foreign(questions: Sequence[Asked], quiz_id: int, owner_id: int | None) -> list[Finding]:
    """The files of questions that may not be theirs: neither the owner's (None: anybody's) nor of the quiz already.

    One statement, and none where there are no files.
    """
    named = {address for asked in questions for address in asked.files}
    known: set[str] = set()
    if named:
        rows = await db.fetch(
            f"SELECT {FILE_ADDRESS} AS address FROM file f WHERE f.state = ANY($2) AND f.uuid = ANY($1)"  # noqa: S608 - our names
            " AND ($3::bigint IS NULL OR f.owner_id = $3 OR EXISTS (SELECT FROM attachment a JOIN question q"
            "  ON q.id = a.owner_id WHERE a.owner_kind = 'question' AND a.file_id = f.id AND q.assessment_id = $4))",
            [found.uuid for address in named if (found := parse_address(address)) is not None],
            [str(state) for state in ATTACHABLE],
            owner_id,
            quiz_id,
        )
        known = {row["address"] for row in rows}
    return [
        Finding(line=asked.line, code=Code.FILE_UNKNOWN, found=address[:FOUND_MAX])
        for asked in questions
        for address in asked.files
        if address not in known
    ]


async def let_go(assessment_id: int) -> None:
    """Let pictures that waited with the files of a quiz go with it. Safe to repeat."""
    await _detach(
        await db.fetch(
            "SELECT DISTINCT x.owner_id AS id FROM attachment x JOIN question_file f ON f.id = x.owner_id"
            " WHERE x.owner_kind = 'question_file' AND f.assessment_id = $1",
            assessment_id,
        )
    )


async def purge(most: int) -> int:
    """Forget files of which nothing came into a quiz, as old as jobs get, up to `most`; says how many.

    What came in them goes, too.
    """
    async with transaction():
        old = await db.fetch(
            "SELECT id FROM question_file WHERE applied_at IS NULL AND created_at < now() - make_interval(days => $1)"
            " ORDER BY id LIMIT $2 FOR UPDATE",
            KEPT_DAYS,
            most,
        )
        ids = [row["id"] for row in old]
        await _detach(
            await db.fetch(
                "SELECT DISTINCT owner_id AS id FROM attachment WHERE owner_kind = 'question_file'"
                " AND owner_id = ANY($1)",
                ids,
            )
        )
        return await db.statement("DELETE FROM question_file WHERE id = ANY($1)", ids)


async def _detach(rows: Sequence[Record]) -> None:
    for row in rows:
        await files.detach(OwnerKind.QUESTION_FILE, row["id"])
