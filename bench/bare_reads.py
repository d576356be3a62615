"""The ceiling of `reads`: bare Litestar and asyncpg with Lulus's own statements, rows to JSON as they come.

No request id, log, metrics, views of the domain or shapes of a contract; the token is read (PyJWT) and its session
asked for, as Lulus does where it does. An answer is saved by `bare_autosave`, in one statement.
"""

import os
from typing import Any
from uuid import UUID

import asyncpg
import jwt
from litestar import Litestar, Request, get
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from msgspec import Raw

from backend.core.tokens import ISSUER
from backend.domain.accounts.queries import ACCESS_AUDIENCE
from backend.domain.assessments.paper_queries import _PAPER
from backend.domain.assessments.queries import QUIZ_COLUMNS, QUIZ_SOURCE
from backend.domain.attempts.queries import ATTEMPT_COLUMNS, ATTEMPT_SOURCE
from backend.domain.batches.queries import BATCH_COLUMNS, BATCH_SOURCE
from backend.domain.courses.queries import _COLUMNS as COURSE_COLUMNS
from backend.domain.grading.queries import _RESULT_COLUMNS
from bench.bare_autosave import pool, save

ACTOR = (
    "SELECT s.id, s.account_id, a.role FROM session s JOIN account a ON a.id = s.account_id"
    " WHERE s.uuid = $1 AND s.revoked_at IS NULL AND s.expires_at > now() AND a.removed_at IS NULL"
)
COURSE = f"SELECT {COURSE_COLUMNS} FROM course WHERE slug = $1"
IMAGES = (
    "SELECT uuid, course_id, image_url, created_at, updated_at FROM course_image WHERE course_id = ANY($1)"
    " ORDER BY position, id"
)
_LISTED = f"FROM {BATCH_SOURCE} WHERE (true AND b.archived_at IS NULL)"
COUNT = f"SELECT count(*) {_LISTED}"
BATCHES = f"SELECT {BATCH_COLUMNS} {_LISTED} ORDER BY b.id ASC LIMIT 10 OFFSET 0"
PARTS = (
    "SELECT batch_id, 'day' AS part, uuid, day AS value, NULL::timestamptz AS created_at,"
    " NULL::timestamptz AS updated_at, id FROM batch_day WHERE batch_id = ANY($1)"
    " UNION ALL SELECT batch_id, 'group', uuid, group_type, created_at, updated_at, id FROM batch_group"
    " WHERE batch_id = ANY($1) ORDER BY id"
)
ATTEMPT = f"SELECT {ATTEMPT_COLUMNS} FROM {ATTEMPT_SOURCE} WHERE t.uuid = $1"
ANSWERS = (
    "SELECT w.uuid, q.uuid AS question_uuid, o.uuid AS option_uuid, w.created_at, w.updated_at FROM answer w"
    " JOIN question q ON q.id = w.question_id LEFT JOIN option o ON o.id = w.option_id WHERE w.attempt_id = $1"
    " ORDER BY q.position, q.id"
)
QUIZ = f"SELECT {QUIZ_COLUMNS} FROM {QUIZ_SOURCE} WHERE a.id = $1"
RESULT = f"SELECT {_RESULT_COLUMNS} FROM result WHERE attempt_id = $1"

Answer = dict[str, Any]


def _yes(data: object) -> Answer:
    return {"success": True, "message": "Success", "data": data}


@get("/courses/{slug:str}")
async def course(state: State, slug: FromPath[str]) -> Answer:
    async with state.pool.acquire() as connection:
        found = dict(await connection.fetchrow(COURSE, slug))
        images = await connection.fetch(IMAGES, [found["id"]])
    return _yes({**found, "images": [dict(image) for image in images]})


@get("/batches")
async def batches(state: State) -> Answer:
    async with state.pool.acquire() as connection:
        total = await connection.fetchval(COUNT)
        found = [{**row, "days": [], "groups": []} for row in await connection.fetch(BATCHES)]
        by_id = {row["id"]: row for row in found}
        for part in await connection.fetch(PARTS, list(by_id)):
            by_id[part["batch_id"]]["days" if part["part"] == "day" else "groups"].append(dict(part))
    return _yes(found) | {"meta": {"total": total}}


async def _attempt(request: Request[Any, Any, Any], connection: asyncpg.Connection, attempt: UUID) -> Answer:
    token = request.headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, os.environ["JWT_SECRET"], algorithms=["HS256"], audience=ACCESS_AUDIENCE, issuer=ISSUER)
    who = await connection.fetchrow(ACTOR, UUID(claims["sid"]))
    found = await connection.fetchrow(ATTEMPT, attempt)
    if found["account_id"] != who["account_id"] or not found["is_enrolled"]:
        raise HTTPException(status_code=403)
    return dict(found)


@get("/attempts/{attempt_id:uuid}")
async def paper(request: Request[Any, Any, Any], state: State, attempt_id: FromPath[UUID]) -> Answer:
    async with state.pool.acquire() as connection:
        found = await _attempt(request, connection, attempt_id)
        answers = await connection.fetch(ANSWERS, found["id"])
        quiz = await connection.fetchrow(QUIZ, found["assessment_id"])
        questions = await connection.fetch(_PAPER, found["assessment_id"])
    shown = [{**row, "key": Raw(row["key"].encode())} for row in questions]
    return _yes({"attempt": found, "quiz": {**quiz, "questions": shown}, "answers": [dict(row) for row in answers]})


@get("/attempts/{attempt_id:uuid}/result")
async def result(request: Request[Any, Any, Any], state: State, attempt_id: FromPath[UUID]) -> Answer:
    async with state.pool.acquire() as connection:
        found = await _attempt(request, connection, attempt_id)
        scored = await connection.fetchrow(RESULT, found["id"])
        quiz = await connection.fetchrow(QUIZ, found["assessment_id"])
    return _yes({"attempt": found, "quiz": dict(quiz), "result": dict(scored)})


app = Litestar([course, batches, paper, result, save], lifespan=[pool], openapi_config=None, logging_config=None)
