"""The ceiling of `partners`: bare Litestar and asyncpg, Lulus's own statements, the same bytes.

No client is let in, counted or logged, and nothing is asked but the page itself: the length of the list and the
course's id come with the request.
"""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
from litestar import Litestar, get
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from backend.domain.batches.schedule_queries import SCHEDULE_PAGE
from backend.domain.enrolments.batch_queries import PAGE, WHOLE_PAGE
from bench.bare_autosave import pool

Answer = dict[str, Any]


def _stamp(at: datetime | None) -> str | None:
    return at and f"{at.isoformat(timespec='milliseconds')[:23]}Z"


def _batch(row: asyncpg.Record, now: datetime) -> Answer:
    is_offline = row["course_type"] == "offline"
    status = "Ongoing" if now <= (row["post_end_at"] or row["end_at"]) else "Completed"
    return {
        "serial": row["code"],
        "name": row["title"],
        "mainActivityStartAt": _stamp(row["start_at"]),
        "mainActivityEndAt": _stamp(row["end_at"]),
        "postActivityStartAt": _stamp(row["post_start_at"]),
        "postActivityEndAt": _stamp(row["post_end_at"]),
        "platform": "" if is_offline else row["platform"],
        "location": row["room"] if is_offline else row["join_url"] or row["room"],
        "note": row["note"],
        "status": "Scheduled" if now < row["start_at"] else status,
    }


@get("/batches/{course_id:int}")
async def batches(
    state: State, course_id: FromPath[int], page: FromQuery[int], size: FromQuery[int], total: FromQuery[int]
) -> Answer:
    async with state.pool.acquire() as connection:
        rows = await connection.fetch(SCHEDULE_PAGE, course_id, (page - 1) * size, size)
    now = datetime.now(UTC)
    items = [_batch(row, now) for row in rows]
    data = {"currentPage": page, "totalItems": total, "totalPage": -(-total // size), "items": items}
    return {"status": "success", "message": "Success", "data": data}


def _id(kind: str, id_: int) -> str:
    return f"{kind.encode().hex()}{id_:016x}"


def _group(word: str) -> str:
    return f"{b'grup'.hex()}{hashlib.sha256(word.encode()).hexdigest()[:16]}"


_GROUPS = {word: _group(word) for word in ("own_student", "other_student", "public")}


def _session(row: asyncpg.Record) -> Answer:
    hours, quota = row["duration_h"], row["quota"]
    duration = {"programDuration": hours and (int(hours) if hours == int(hours) else hours)}
    meetings = zip(row["meeting_ids"] or (), row["meetings_online"] or (), strict=True)
    members = zip(row["member_ids"] or (), row["member_emails"] or (), strict=True)
    fields = zip(row["field_ids"] or (), row["field_texts"] or (), strict=True)
    classes = [{"type": "webinar" if online else "classroom", "_id": _id("meet", id_)} for id_, online in meetings]
    return {
        "_id": _id("sess", row["id"]),
        "author": row["author_email"] or "",
        "description": row["description"] or "",
        "endDate": _stamp(row["end_at"]),
        "hasUserLimit": quota > 0,
        "name": row["title"],
        **(duration if hours is None else {**duration, "programDurationType": "hour"}),
        "programTemplate": _id("tmpl", row["course_id"]),
        "skills": [],
        "startDate": _stamp(row["start_at"]),
        "tutors": row["teacher_emails"],
        **({"userLimit": quota} if quota > 0 else {}),
        "sessionCustom": row["additional_info"],
        "templateCustom": row["course_info"],
        "validateRegistrations": True,
        "modules": [{"type": "course", "_id": _id("crse", row["course_id"])}, *classes],
        "groups": [_GROUPS[word] for word in row["groups"]],
        "users": [{"_id": _id("user", id_), "mail": email} for id_, email in members],
        "lang": row["language"],
        "customFields": [{"_id": _id("fild", id_), "value": value} for id_, value in fields],
        "modifiedAt": _stamp(row["updated_at"]),
        "automatedReminders": row["has_reminders"],
        "requirements": {
            "courses": [_id("crse", id_) for id_ in row["requirements"]],
            "programs": [],
            "paths": [],
        },
    }


@get("/sessions")
async def sessions(state: State) -> Stream:
    async def pieces() -> AsyncIterator[bytes]:
        last, before = 0, b"["
        while True:
            async with state.pool.acquire() as connection:
                rows = await connection.fetch(WHOLE_PAGE, last, PAGE)
            if rows:
                last = rows[-1]["id"]
                yield before + msgspec.json.encode([_session(row) for row in rows])[1:-1]
                before = b","
            if len(rows) < PAGE:
                break
        yield b"]" if last else b"[]"

    return Stream(pieces(), media_type="application/json; charset=utf-8")


app = Litestar([batches, sessions], lifespan=[pool], openapi_config=None, logging_config=None)
