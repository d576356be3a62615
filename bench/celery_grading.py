"""The peer of `graded`: Celery, with late acknowledgement, the same body for one attempt, on the same Valkey.

It runs in the peers' environment (`bench.peers`): `celery -A bench.celery_grading worker` serves it, `python -m
bench.celery_grading FIRST NUMBER` sends and prints its CPU seconds. Each task is one transaction as Lulus has it: lock
the attempt, read answers and key, score with our function, write result, state and event. No row of a job.
"""

import json
import os
import sys
import time
from decimal import Decimal

import psycopg2
from celery import Celery, signals

sys.path.append(os.environ["LULUS_SITE"])  # after the peers' own: for what only our scoring needs

from backend.domain.assessments import keys
from backend.domain.grading.marking import Worth
from backend.domain.grading.scoring import Item, score

app = Celery("bench", broker=os.environ["REDIS_URL"])
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    task_default_queue="bench-celery",
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
)

_LOCK = "SELECT assessment_id, key_version FROM attempt WHERE id = %s AND state = 'submitted' FOR NO KEY UPDATE"
_ANSWERS = "SELECT question_id, option_id FROM answer WHERE attempt_id = %s"
_KEY = (
    "SELECT q.id, q.points, q.key::text,"
    " (SELECT json_object_agg(o.id, o.uuid) FROM option o WHERE o.question_id = q.id)::text"
    " FROM question q WHERE q.assessment_id = %s"
)
_STORE = (
    "INSERT INTO result (attempt_id, key_version, total_questions, correct_answers, wrong_answers, points, max_points,"
    " score_percent) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
)
_GRADED = "UPDATE attempt SET state = 'graded', updated_at = now() WHERE id = %s"
_TELL = "INSERT INTO outbox (name, body, request_id, expanded_at) VALUES ('bench.celery.graded.v1', %s, '-', now())"


class _Database:
    connection = None


@signals.worker_process_init.connect
def _connect(**_: object) -> None:
    _Database.connection = psycopg2.connect(os.environ["DATABASE_URL"])


def _item(question_id: int, points: Decimal, key: str, options: str) -> Item:
    rows = {int(id_): uuid for id_, uuid in json.loads(options).items()}
    return Item.of(question_id, Worth(points), keys.from_json(key), rows)


@app.task(name="bench.grade")
def grade(attempt_id: int) -> None:
    """Score a submitted attempt."""
    with _Database.connection, _Database.connection.cursor() as cursor:
        cursor.execute(_LOCK, (attempt_id,))
        held = cursor.fetchone()
        if held is None:
            return
        cursor.execute(_ANSWERS, (attempt_id,))
        answers = dict(cursor.fetchall())
        cursor.execute(_KEY, (held[0],))
        made = score([_item(*row) for row in cursor.fetchall()], answers)
        numbers = (made.total, made.correct, made.wrong, made.points, made.max_points, made.percent)
        cursor.execute(_STORE, (attempt_id, held[1], *numbers))
        cursor.execute(_GRADED, (attempt_id,))
        cursor.execute(_TELL, (json.dumps({"attempt_id": attempt_id}),))


def main(first: int, number: int) -> None:
    begun = time.time()
    with app.producer_pool.acquire() as producer:
        for attempt_id in range(first, first + number):
            grade.apply_async((attempt_id,), producer=producer)
    sys.stdout.write(json.dumps({"begun": begun, "cpu_s": time.process_time()}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
