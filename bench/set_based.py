"""The ceiling of a backlog: one bare asyncpg process grades it in chunks, with the same scoring function.

`python -m bench.set_based QUIZ_ID`. No claim, no lease, no event, no job: read, score, write, commit. It prints its
own seconds and CPU seconds.
"""

import asyncio
import json
import os
import sys
import time
from decimal import Decimal

import asyncpg
import msgspec

from backend.domain.assessments import keys
from backend.domain.grading.marking import Worth
from backend.domain.grading.scoring import Item, score

CHUNK = 500

_KEY = (
    "SELECT q.id, q.points, q.key::text,"
    " (SELECT json_object_agg(o.id, o.uuid) FROM option o WHERE o.question_id = q.id)::text"
    " FROM question q WHERE q.assessment_id = $1"
)
_TAKE = (
    "SELECT id FROM attempt WHERE assessment_id = $1 AND state = 'submitted' ORDER BY id LIMIT $2"
    " FOR NO KEY UPDATE SKIP LOCKED"
)
_ANSWERS = "SELECT attempt_id, question_id, option_id FROM answer WHERE attempt_id = ANY($1)"
_STORE = (
    "WITH graded AS (UPDATE attempt SET state = 'graded', updated_at = now() WHERE id = ANY($1::bigint[]))"
    " INSERT INTO result (attempt_id, total_questions, correct_answers, wrong_answers, points, max_points,"
    " score_percent) SELECT * FROM unnest($1::bigint[], $2::int[], $3::int[], $4::int[], $5::numeric[],"
    " $6::numeric[], $7::numeric[])"
)


def items_of(question_id: int, points: Decimal, key: str, options: str) -> Item:
    """A question as scoring sees it."""
    rows = {int(id_): uuid for id_, uuid in json.loads(options).items()}
    return Item.of(question_id, Worth(points), keys.from_json(key), rows)


async def _chunk(connection: asyncpg.Connection, quiz_id: int, items: list[Item]) -> int:
    async with connection.transaction():
        held = [row["id"] for row in await connection.fetch(_TAKE, quiz_id, CHUNK)]
        answers: dict[int, dict[int, int]] = {attempt_id: {} for attempt_id in held}
        for attempt_id, question_id, option_id in await connection.fetch(_ANSWERS, held):
            answers[attempt_id][question_id] = option_id
        made = [score(items, answers[attempt_id]) for attempt_id in held]
        columns = [[getattr(one, name) for one in made] for name in ("total", "correct", "wrong", "points")]
        await connection.execute(
            _STORE, held, *columns, [one.max_points for one in made], [one.percent for one in made]
        )
    return len(held)


async def main(quiz_id: int) -> None:
    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    begun, used = time.perf_counter(), time.process_time()
    key = await connection.fetch(_KEY, quiz_id)
    items = [items_of(*row) for row in key]
    while await _chunk(connection, quiz_id, items):
        pass
    answer = {"seconds": time.perf_counter() - begun, "cpu_s": time.process_time() - used}
    await connection.close()
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
