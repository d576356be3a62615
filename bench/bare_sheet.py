"""The ceiling and the peer of `spreadsheet`, each in a process of its own: `python -m bench.bare_sheet MODE FILE TASK`.

`set_based` reads with python-calamine, sends a COPY and writes grades and their history in one statement.
`row_by_row` is how it is usually written: openpyxl, and a statement for each row, in one transaction. Neither checks
a cell, looks for duplicates, takes a lock or tells anybody what it did. They print seconds and CPU seconds.
"""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec
import openpyxl
from python_calamine import CalamineWorkbook

USER, GRADE, FEEDBACK = 0, 3, 4

_WRITE = (
    "WITH written AS (INSERT INTO grade (assignment_id, account_id, grade, feedback, graded_by, version, created_at,"
    "  updated_at) {source}"
    " ON CONFLICT (assignment_id, account_id) DO UPDATE SET grade = excluded.grade, feedback = excluded.feedback,"
    "  graded_by = excluded.graded_by, version = grade.version + 1, updated_at = now()"
    " RETURNING new.id, old.grade AS before, new.grade AS after, old.feedback AS text_before,"
    "  new.feedback AS text_after, new.graded_by)"
    " INSERT INTO grade_change (grade_id, before, after, feedback_before, feedback_after, source, actor_id, created_at)"
    " SELECT id, before, after, text_before, text_after, 'sheet', graded_by, now() FROM written"
)
_ALL = _WRITE.format(
    source="SELECT $1, a.id, s.grade, s.feedback, $2, 1, now(), now() FROM sheet s JOIN account a ON a.uuid = s.uuid"
)
_ONE = _WRITE.format(source="SELECT $1, a.id, $4::numeric, $5, $2, 1, now(), now() FROM account a WHERE a.uuid = $3")


def _calamine(path: Path) -> Iterator[tuple[UUID, Decimal, str]]:
    with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as book:
        rows = iter(book.get_sheet_by_index(0).iter_rows())
        next(rows)
        for row in rows:
            yield UUID(row[USER]), Decimal(str(row[GRADE])), row[FEEDBACK]


async def set_based(connection: asyncpg.Connection, path: Path, task_id: int, by: int) -> None:
    async with connection.transaction():
        await connection.execute("CREATE TEMP TABLE sheet (uuid uuid, grade numeric, feedback text) ON COMMIT DROP")
        await connection.copy_records_to_table("sheet", records=_calamine(path))
        await connection.execute(_ALL, task_id, by)


async def row_by_row(connection: asyncpg.Connection, path: Path, task_id: int, by: int) -> None:
    book = openpyxl.load_workbook(path, read_only=True)
    async with connection.transaction():
        for row in book.worksheets[0].iter_rows(min_row=2, values_only=True):
            await connection.execute(_ONE, task_id, by, UUID(row[USER]), Decimal(str(row[GRADE])), row[FEEDBACK])
    book.close()


async def main(mode: str, path: str, task_id: int, by: int) -> None:
    connection = await asyncpg.connect(os.environ["DATABASE_URL"], server_settings={"jit": "off"})
    begun, used = time.perf_counter(), time.process_time()
    await {"set_based": set_based, "row_by_row": row_by_row}[mode](connection, Path(path), task_id, by)
    answer = {"seconds": time.perf_counter() - begun, "cpu_s": time.process_time() - used}
    await connection.close()
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
