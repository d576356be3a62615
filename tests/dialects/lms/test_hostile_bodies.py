"""Bodies that mean harm, for every route that takes one: a clear 4xx, and nothing half-written."""

import json
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import msgspec
import pytest

from backend.core import db
from tests.dialects.lms.probing import ROUTES, Probe, Seen, address, body, body_type, roles_of, taken_back, with_body
from tests.dialects.lms.world import World, a_world
from tests.people import MakePerson, Person

JSON = {"content-type": "application/json"}
DEEP = 100_000
NUL, LONE = "\x00", "\ud800"
WRONG: tuple[Any, ...] = (
    {"a": 1},
    [[]],
    True,
    10**30,
    1e308,
    -0.5,
    "x" * 200_000,
    None,
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
)
"""Values of which each is wrong for most fields; what fits must be taken, and nothing may break."""

NOT_OBJECTS = (b"", b"{", b'{"a":', b"[]", b"[{}]", b"null", b"1", b'"text"', b"\xff\xfe{", b"{}{}", b"<a/>")


@pytest.fixture
async def world(a_person: MakePerson) -> World:
    """A school of two halves."""
    return await a_world(a_person)


def caller(world: World, handler: Any) -> Person:
    """Somebody whom the route lets do most."""
    roles = roles_of(handler)
    return world.here.student if roles == ["student"] else world.admin


def cases(handler: Any, world: World) -> tuple[Any, dict[str, Any]]:
    """The type of a route's body, and one that fits."""
    type_ = body_type(handler)
    return type_, body(type_, world.here)


def test_the_samples_fit():
    """Otherwise what follows would try less than it says."""
    assert len(list(with_body())) > 30


async def test_what_is_no_object_is_refused(world: World):
    probe, wrong = Probe(), []
    for route, handler in with_body():
        http, path = caller(world, handler).http, address(route, world.here)
        deep = b'{"a":' * DEEP + b"1" + b"}" * DEEP
        for raw in (*NOT_OBJECTS, b"[" * DEEP + b"]" * DEEP, deep, json.dumps(["a"] * 1000).encode()):
            seen = await probe(http, route.split(" ")[0], path, content=raw, headers=JSON)
            if seen.status != 400 or not seen.is_refusal:
                wrong.append(f"{route} {raw[:20]!r}: {seen}")
    assert not wrong, "\n".join(wrong)


async def test_what_is_too_large_is_refused(world: World):
    probe, wrong = Probe(), []

    async def pieces() -> Any:
        for _ in range(40):
            yield b" " * 100_000

    whole = b'{"a":"' + b"x" * 10_000_000 + b'"}'
    for route, handler in with_body():
        http, path = caller(world, handler).http, address(route, world.here)
        for content in (whole, pieces()):
            seen = await probe(http, route.split(" ")[0], path, content=content, headers=JSON)
            if seen.status != 413 or not seen.is_refusal:
                wrong.append(f"{route}: {seen}")
    assert not wrong, "\n".join(wrong)


async def test_only_json_is_taken(world: World):
    probe, wrong = Probe(), []
    types = (
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "a",
        "/",
        "\xe9",
    )
    for route, handler in with_body():
        http, path = caller(world, handler).http, address(route, world.here)
        raw = json.dumps(cases(handler, world)[1]).encode()
        for type_ in types:
            headers = [(b"content-type", type_.encode("latin-1"))]
            seen = await probe(http, route.split(" ")[0], path, content=raw, headers=headers)
            if seen.status != 415 or not seen.is_refusal:
                wrong.append(f"{route} {type_}: {seen}")
    assert not wrong, "\n".join(wrong)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside a body."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    for key, member in inner:
        yield (*path, key)
        yield from places(member, (*path, key))


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy of a body with one value replaced."""
    copy = json.loads(json.dumps(value))
    spot = copy
    for key in path[:-1]:
        spot = spot[key]
    spot[path[-1]] = new
    return copy


def at(value: Any, path: tuple[Any, ...]) -> Any:
    """The value at the end of a way."""
    for key in path:
        value = value[key]
    return value


def is_fault(seen: Seen) -> bool:
    """Whether an answer is neither a clear refusal nor a success."""
    return seen.status >= 300 and not seen.is_refusal


async def test_a_nul_or_half_a_character_is_refused_in_every_text(world: World):
    probe, wrong = Probe(), []
    for route, handler in with_body():
        http, path = caller(world, handler).http, address(route, world.here)
        _, fits = cases(handler, world)
        for place in places(fits):
            if not isinstance(at(fits, place), str):
                continue
            for bad in (NUL, f"{at(fits, place)}{NUL}", LONE, f"{at(fits, place)}{LONE}"):
                raw = json.dumps(put(fits, place, bad)).encode()
                seen = await probe(http, route.split(" ")[0], path, content=raw, headers=JSON)
                if not seen.is_refusal:
                    wrong.append(f"{route} {place} {bad!r}: {seen}")
    assert not wrong, "\n".join(wrong)


async def test_wrong_types_and_huge_values_are_refused(world: World):
    probe, wrong = Probe(), []
    for route, handler in with_body():
        http, path = caller(world, handler).http, address(route, world.here)
        _, fits = cases(handler, world)
        for place in places(fits):
            for bad in WRONG:
                raw = json.dumps(put(fits, place, bad)).encode()
                seen = await probe(http, route.split(" ")[0], path, content=raw, headers=JSON)
                if is_fault(seen):
                    wrong.append(f"{route} {place} {str(bad)[:30]!r}: {seen}")
    assert not wrong, "\n".join(wrong)


async def test_missing_fields_are_named(world: World):
    probe, wrong = Probe(), []
    for route, handler in with_body():
        http, path = caller(world, handler).http, address(route, world.here)
        type_, _ = cases(handler, world)
        required = {field.encode_name for field in msgspec.structs.fields(type_) if field.required}
        if not required:
            continue
        seen = await probe(http, route.split(" ")[0], path, json={})
        error = json.loads(seen.text).get("error")
        if not seen.is_refusal or not isinstance(error, dict) or not required <= set(error):
            wrong.append(f"{route}: {seen}")
    assert not wrong, "\n".join(wrong)


async def columns() -> dict[str, Any]:
    """Every column of every table, with a value that would show."""
    rows = await db.fetch(
        "SELECT DISTINCT column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
    )
    values = {"boolean": True, "bigint": 1, "integer": 99, "numeric": 99, "jsonb": {"a": 1}, "double precision": 99}
    extra = {"is_admin": True, "score": 100, "owner": 1, "verified": True, "role_type": "admin", "permissions": ["*"]}
    special = {"role": "admin", "state": "paid", "uuid": "00000000-0000-7000-8000-000000000001"}
    found = {row["column_name"]: values.get(row["data_type"], "2020-01-01T00:00:00Z") for row in rows}
    return found | extra | special


VOLATILE = {
    "id",
    "uuid",
    "created_at",
    "published_at",
    "updated_at",
    "changed_at",
    "code",
    "slug",
    "password_hash",
    "code_hash",
    "secret_hash",
    "body",
    "run_at",
}
GIVEN_BY_CHANCE = VOLATILE | {"unique_code", "transfer_amount", "request_id", "refresh_hash", "expires_at", "number"}


async def kept() -> dict[str, list[str]]:
    """The rows of all tables, without what is different each time."""
    names = await db.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        " AND tablename NOT IN ('migration', 'throttle', 'certificate_check', 'idempotency_key')"
    )
    parts = [
        f"SELECT '{row['tablename']}' AS name, (to_jsonb(t) - $1::text[])::text AS value FROM \"{row['tablename']}\" t"
        for row in names
    ]
    found: dict[str, list[str]] = {}
    rows = await db.fetch(" UNION ALL ".join(parts) + " ORDER BY 1, 2", sorted(GIVEN_BY_CHANCE | {"last_used_at"}))
    for row in rows:
        found.setdefault(row["name"], []).append(_without_links(row["value"]))
    return {name: sorted(values) for name, values in found.items()}


def _without_links(text: str) -> str:
    """Serial numbers go on although what they were drawn for was taken back."""
    value = json.loads(text)
    return json.dumps({key: None if _is_serial(key, one) else one for key, one in value.items()}, sort_keys=True)


def _is_serial(key: str, value: Any) -> bool:
    return key.endswith("_id") and isinstance(value, int) and value > 1


NUMBERED = {"POST /api/v1/certificates/{}/reissue"}
"""What it writes has a new number in its texts each time; its own test sends more fields."""


async def test_fields_that_nobody_asked_for_change_nothing(world: World):
    # so that no serial number is the 1 that is sent as a foreign id
    await db.fetch("SELECT setval(oid::regclass, 1000000) FROM pg_class WHERE relkind = 'S'")
    names, wrong, changed = await columns(), [], 0
    before = await kept()
    for route, handler in with_body():
        if route in NUMBERED:
            continue
        type_, fits = cases(handler, world)
        asked = {field.encode_name for field in msgspec.structs.fields(type_)}
        extra = {name: value for name, value in names.items() if name not in asked}
        http, path, found = caller(world, handler).http, address(route, world.here), []
        for sent in (fits, extra | fits):
            async with taken_back():
                answer = await http.request(route.split(" ")[0], path, json=sent)
                found.append((answer.status_code, await kept()))
        changed += found[0][1] != before
        if found[0] != found[1] and not _is_refused_whole(found[1], before):
            different = [name for name, rows in found[0][1].items() if rows != found[1][1].get(name)]
            wrong.append(f"{route}: {found[0][0]}, with more fields {found[1][0]}, other rows in {different}")
    assert not wrong, "\n".join(wrong)
    assert changed > 15


def _is_refused_whole(outcome: tuple[int, Any], before: Any) -> bool:
    """Whether a route refuses fields that it does not know."""
    return outcome[0] == 400 and outcome[1] == before


HARMFUL = {
    *("role", "role_type", "is_admin", "group_verified", "is_verified", "verified_at", "state", "status", "score"),
    *("price", "owner_id", "account_id", "user_id", "teacher_id", "started_at", "deadline_at", "is_late", "graded_by"),
    *(
        "points",
        "is_correct",
        "unique_code",
        "transfer_amount",
        "payment_status",
        "quota",
        "grade",
        "certificates_issued",
    ),
}


def names_in(type_: Any) -> Iterator[str]:
    """Every name of a struct's fields, and of those inside."""
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        for field in msgspec.structs.fields(type_):
            yield field.encode_name
            yield from names_in(field.type)
    elif get_origin(type_) is not None:
        for member in get_args(type_):
            yield from names_in(member)


def test_students_and_strangers_have_no_field_for_what_is_not_theirs():
    found = {
        f"{route}: {name}"
        for route, handler in ROUTES.items()
        if body_type(handler) and set(roles_of(handler)) & {"public", "student"}
        for name in names_in(body_type(handler))
        if name in HARMFUL
    }
    assert found == set()
