"""The documentation is true: what it allows is sent to every operation in every role, and each answer is one it names.

Cases come from the document alone, the same ones each time; the ids of real things stand in their addresses. Each
request is taken back, so that all meet the same school.
"""

import random
import warnings
from collections.abc import Iterator
from typing import Any

import httpx
import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from backend.core import db
from storage import s3
from tests.dialects.lms.probing import kinds
from tests.dialects.lms.world import World, a_world
from tests.people import MakePerson

DOCUMENT = "/api/v1/docs/openapi.json"
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
PARTS = 4
GOOD, BAD = 4, 4
"""How many cases an operation gets that fit the document, and, if it takes a body, that do not; each role sends some.

What is wrong with addresses and queries, the hostile tests send; here it would cost more than all else.
"""

KNOWN = 0.8
"""The share of cases whose addresses name what there is."""

ENDLESS = {"GET /api/v1/jobs/{job_id}/events"}
"""Streams, which have tests of their own."""


@pytest.fixture
async def world(a_person: MakePerson, storage: s3.Storage) -> World:
    """A school of two halves, whose files lie in storage."""
    made = await a_world(a_person)
    for table in ("file", "certificate"):
        for row in await db.fetch(f"SELECT object_key, size_bytes FROM {table} WHERE object_key IS NOT NULL"):
            await storage.put(row["object_key"], b"x" * (row["size_bytes"] or 0), "application/pdf")
    return made


def cases(operation: Any, mode: GenerationMode, number: int) -> list[Any]:
    """The same cases each time; fewer where the schema has not so many."""
    made: list[Any] = []

    @hypothesis.seed(1)
    @hypothesis.settings(
        max_examples=number,
        database=None,
        derandomize=False,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def collect(case: Any) -> None:
        made.append(case)

    try:
        collect()
    except hypothesis.errors.Unsatisfiable:  # nothing can be wrong here
        return made
    return made


async def operations(client: httpx.AsyncClient, part: int) -> Iterator[Any]:
    """A part of the operations, so that two processes share the work."""
    document = (await client.get(DOCUMENT)).json()
    found = sorted(schemathesis.openapi.from_dict(document).get_all_operations(), key=lambda one: one.ok().label)
    return (one.ok() for one in found[part::PARTS] if one.ok().label not in ENDLESS)


def with_ids(case: Any, world: World) -> None:
    """Put ids of this school into the address of a case, for most of its cases."""
    names = list(case.path_parameters or {})
    path = case.operation.path
    for name in names:
        path = path.replace("{" + name + "}", "{}", 1)
    for name, kind in zip(names, kinds(path), strict=False):
        found = world.here.objects.get(kind)
        if found:
            case.path_parameters[name] = found


def in_form(value: Any) -> Any:
    """What a form can hold: numbers in a tuple become texts."""
    if isinstance(value, tuple):
        name, content, *rest = value
        return (name, content if isinstance(content, bytes | str) else str(content), *rest)
    return value if isinstance(value, bytes | str) else str(value)


async def send(client: httpx.AsyncClient, case: Any, token: str | None) -> httpx.Response:
    """Send a case, and take back what it did."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    given = case.as_transport_kwargs(base_url="http://lulus.test", headers=headers)
    cookies = "; ".join(f"{name}={value}" for name, value in (given.get("cookies") or {}).items())
    if cookies:
        given["headers"]["cookie"] = cookies
    held = db.ENGINE.current_transaction.get()
    part = held.connection.transaction()
    await part.start()
    try:
        answer = await client.request(
            given["method"],
            given["url"],
            params=given.get("params"),
            headers=dict(given.get("headers") or {}),
            json=given.get("json"),
            content=given["data"] if isinstance(given.get("data"), bytes) else None,
            files=[(name, in_form(value)) for name, value in given.get("files") or ()] or None,
        )
        await answer.request.aread()  # a form is a stream, and the checks look at what was sent
        return answer
    finally:
        await part.rollback()


def all_cases(operation: Any) -> list[Any]:
    """What is sent to an operation."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of how it is generated, not of Lulus
        good = cases(operation, GenerationMode.POSITIVE, GOOD)
        return good + (cases(operation, GenerationMode.NEGATIVE, BAD) if operation.body else [])


@pytest.mark.parametrize("part", range(PARTS))
async def test_every_answer_is_one_that_the_document_names(client: httpx.AsyncClient, world: World, part: int):
    tokens = [world.admin.token, world.here.teacher.token, world.here.student.token, None]
    chance, wrong = random.Random(1), list[str]()
    for operation in await operations(client, part):
        for turn, case in enumerate(all_cases(operation)):
            if chance.random() < KNOWN:
                with_ids(case, world)
            answer = await send(client, case, tokens[turn % len(tokens)])
            try:
                case.validate_response(answer, checks=CHECKS)
            except FailureGroup as failed:
                found = "; ".join(str(one) for one in failed.exceptions)
                body = answer.request.content[:300]
                wrong.append(f"{operation.label} {answer.request.url} {body!r}\n{answer.text[:300]}\n{found[:600]}")
    assert not wrong, f"{len(wrong)} wrong answers\n\n" + "\n\n".join(wrong)
