"""A partner's program, a school that it reads, and what stands in the seed and in the recorded answers."""

import re
from datetime import timedelta
from typing import Any

import httpx
import msgspec

from backend.core import db
from backend.core.actor import SYSTEM, Role
from backend.dialects.learning360.auth import SCOPE
from backend.dialects.learning360.ids import Kind, write
from backend.domain.batches import commands as batches
from backend.domain.batches.terms import BatchChanges
from backend.domain.clients import commands as clients
from backend.domain.clients.terms import NewClient
from tests.people import Person, an_account
from tests.school import BatchRow, a_batch, a_course, a_meeting, enrol, teach

PROGRAMS = "/api/v1/programs"
SESSIONS = f"{PROGRAMS}/sessions"
TOKEN = "/api/v2/oauth2/token"
COMPANY = "acme"
NOT_FOUND = {"message", "documentation_url"}

HEX_ID = re.compile(r"[0-9a-f]{24}")
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


async def a_client(**values: Any) -> dict[str, str]:
    """A client, by the headers that it sends."""
    new = NewClient(**{"name": "Acme", "company": COMPANY, "scopes": (SCOPE,), "rate_per_s": 10_000} | values)
    made = await clients.create_client(SYSTEM, new)
    return {"X-company-id": made.client.company, "X-apiKey": made.secret}


def in_query(headers: dict[str, str]) -> dict[str, str]:
    """The same credentials as parameters."""
    return {"company": headers["X-company-id"], "apiKey": headers["X-apiKey"]}


def session_path(batch: BatchRow) -> str:
    """Where a batch is."""
    return f"{SESSIONS}/{write(Kind.SESSION, batch.id)}"


def is_refusal(answer: httpx.Response) -> bool:
    """Whether an answer is a no as this contract has it."""
    said = msgspec.json.decode(answer.content)
    return (
        answer.headers["content-type"] == "application/json; charset=utf-8"
        and isinstance(said, dict)
        and set(said) in ({"error"}, {"message"}, NOT_FOUND)
        and all(isinstance(text, str) and text for text in said.values())
    )


async def a_full_batch(admin: Person) -> BatchRow:
    """A batch with everything that a session shows."""
    course = await a_course("Brevet A & B")
    await db.statement(
        "UPDATE course SET additional_info = 'Template text', created_by = $2 WHERE id = $1", course.id, admin.id
    )
    batch = await a_batch(
        course=course, quota=30, groups=("public", "own_student"), created_by=admin.id, language="en",
        description="<p>Taxes</p>", additional_info="Session text", has_reminders=True, duration_h=12.0,
    )  # fmt: skip
    required = await a_course()
    changes = BatchChanges(custom_fields={"Region": "Depok"}, required_courses=frozenset({required.uuid}))
    await batches.update_batch(admin.actor, batch.id, changes)
    online, room = await a_meeting(batch), await a_meeting(batch, begins=timedelta(days=-2))
    await db.statement("UPDATE meeting SET join_url = 'https://meet.example/x' WHERE id = $1", online.id)
    for _ in range(2):
        teacher, *_ = await an_account(Role.TEACHER)
        await teach(room, teacher)
        student, *_ = await an_account(Role.STUDENT, name="Siti Nur Halimah")
        await enrol(batch, student)
    return batch
