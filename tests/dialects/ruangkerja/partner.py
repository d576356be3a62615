"""A partner's program, and a course as it sees it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from backend.core import db
from backend.dialects.ruangkerja.auth import SCOPE
from backend.domain.clients.commands import Revealed
from tests.domain.clients.making import a_client
from tests.school import BatchRow, Row

TOKEN = "/oauth/token"
COURSES = "/ruangkerja/dashboard/courses"
KEYS = ["errorCode", "message", "detail"]


def golden(name: str) -> Any:
    """What the contract shows."""
    return json.loads((Path(__file__).with_name("golden") / f"{name}.json").read_text())


def asked(made: Revealed, **other: object) -> dict[str, object]:
    """The body that a token is asked for with."""
    own = {"clientID": made.client.code, "clientSecret": made.secret, "grantType": "client_credentials"}
    return {**own, **other}


class Partner(msgspec.Struct):
    """A client with a token, and an HTTP client that sends it as the contract's curl does."""

    made: Revealed
    token: str
    http: httpx.AsyncClient


async def a_partner(client: httpx.AsyncClient, **values: Any) -> Partner:
    """A program that has asked for its token."""
    made = await a_client(**{"scopes": (SCOPE,), **values})
    answer = await client.post(TOKEN, json=asked(made))
    assert answer.status_code == 200, answer.text
    token = answer.json()["data"]["accessToken"]
    http = httpx.AsyncClient(transport=client._transport, base_url=client.base_url, headers={"authorization": token})
    return Partner(made, token, http)


@pytest.fixture
async def partner(client: httpx.AsyncClient) -> AsyncIterator[Partner]:
    """A program of the partner's."""
    found = await a_partner(client, rate_per_s=10_000)
    async with found.http:
        yield found


async def course_code(row: Row | BatchRow) -> str:
    """The serial of a course, or of a batch's course."""
    id_ = row.course_id if isinstance(row, BatchRow) else row.id
    return str(await db.value("SELECT code FROM course WHERE id = $1", id_))


async def batch_code(row: BatchRow) -> str:
    """The serial of a batch."""
    return str(await db.value("SELECT code FROM batch WHERE id = $1", row.id))


def is_failure(answer: httpx.Response) -> bool:
    """Whether an answer is a failure as this contract has it, and nothing else."""
    try:
        body = answer.json()
    except ValueError:
        return False
    fits = isinstance(body, dict) and list(body) == KEYS and isinstance(body["errorCode"], int)
    texts = fits and all(isinstance(body[name], str) and body[name] for name in KEYS[1:])
    return texts and answer.headers["content-type"] == "application/json"
