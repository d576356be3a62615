"""Requests against every route there is: their addresses, bodies that fit, and what a request left behind."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, get_origin

import asyncpg
import httpx
import msgspec
from litestar.handlers import HTTPRouteHandler

from backend.core import db
from tests.architecture.test_routes import handlers, lms
from tests.dialects.lms.world import Half

UNCOUNTED = ("migration", "throttle", "certificate_check", "idempotency_key", "api_use")
"""Tables that a refused request may write to."""

ROUTES: dict[str, HTTPRouteHandler] = {
    route: handler for route, handler in sorted(handlers(lms()), key=lambda found: found[0]) if "/docs" not in route
}
"""`METHOD /path/{}` and its handler, for every route of the dialect."""

PERSONAL = ("submissions", "attempts", "certificates", "purchases", "jobs", "sessions", "files", "uploads")
"""What belongs to one person, and not to a batch."""


def roles_of(handler: HTTPRouteHandler) -> list[str]:
    """Who may call a handler, in words."""
    if handler.opt.get("public"):
        return ["public"]
    return sorted(str(role) for role in handler.opt["roles"])


def body_type(handler: HTTPRouteHandler) -> Any:
    """The struct that a handler takes as its body, or None."""
    field = handler.parsed_data_field
    return field.annotation if field else None


def has_listing(handler: HTTPRouteHandler) -> bool:
    """Whether a handler answers with a part of a list."""
    return "listing" in handler.parsed_fn_signature.parameters


def answers_a_list(handler: HTTPRouteHandler) -> bool:
    """Whether a handler's `data` is an array, or a panel around one called `data`."""
    return has_listing(handler) or _is_list(handler.parsed_fn_signature.return_type.annotation)


def _is_list(type_: Any) -> bool:
    kind = get_origin(type_) or type_
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return any(_is_list(field.type) for field in msgspec.structs.fields(type_) if field.encode_name == "data")
    return kind is list


def kinds(path: str) -> list[str]:
    """What each id of a path names, by the word before it."""
    parts = path.split("/")
    if "uploads" in parts:
        return ["uploads"]
    return [parts[index - 1] for index, part in enumerate(parts) if part == "{}"]


def address(route: str, half: Half, **other: str) -> str:
    """A route's path with the ids of one half's objects in it; `other` replaces some by kind."""
    method, path = route.split(" ")
    if path.startswith("/uploads/"):
        return half.address
    objects = half.objects | other
    if method == "GET" and _SLUGGED.search(path):
        objects = objects | {"batches": half.batch.slug, "courses": half.course_slug} | other
    if path.endswith("/result"):
        objects = objects | {"attempts": str(half.graded_attempt)}
    for kind in kinds(path):
        path = path.replace("{}", objects[kind], 1)
    return path


_SLUGGED = re.compile(r"^/api/v1/(courses/{}|batches/{})(?!/certificate)")
"""Reading, courses and batches go by their slugs."""

SAMPLES: dict[str, Any] = {
    "email": "somebody.new@example.test",
    "phone": "081299887766",
    "password": "kuda-laut-27-ungu",
    "confirm_password": "kuda-laut-27-ungu",
    "old_password": "kuda-laut-28-ungu",
    "code": "123456",
    "token": "a.b.c",
    "nim": "50420001",
    "nik": "3276010101010001",
    "buyer_bank_account_number": "1234567890",
    "refunded_at": "2026-01-01T00:00:00Z",
    "birth_date": "2000-01-02T00:00:00Z",
    "registration_start_at": "2026-01-01T00:00:00Z",
    "registration_end_at": "2030-01-02T00:00:00Z",
    "start_at": "2030-01-03T00:00:00Z",
    "end_at": "2030-01-04T00:00:00Z",
    "start_time": "08:00",
    "end_time": "10:00",
    "post_end_at": "2030-01-05T00:00:00Z",
    "language": "en",
    "company": "somebody",
    "scopes": "ruangkerja:read",
    "addresses": "192.0.2.0/24",
}
_ADDRESSED = re.compile(r"url|avatar|proof|files|image|thumbnail|address$")
_NAMES = {
    "batch_id": "batches",
    "user_id": "students",
    "meeting_id": "meetings",
    "item_id": "meetings",
    "question_id": "questions",
    "question_ids": "questions",
    "teacher_ids": "teachers",
    "required_course_ids": "courses",
}

_WITHOUT = ("background", "image")
"""Pictures of certificates, which are files of ours and may be left out; where a text is asked for, one is given."""


ALONE = {"file_id", "key", "answer", "section_id", "id", "attachments", "levels"}
"""Fields that exclude another, or name something that is not there."""


def sample(type_: Any, name: str, half: Half) -> Any:
    """A value that fits a field, on the wire."""
    if hasattr(type_, "__metadata__"):
        return _limited(type_, name, half)
    if get_origin(type_) is dict or (name in _WITHOUT and type_ is not str):
        return {} if get_origin(type_) is dict else None
    members = [one for one in getattr(type_, "__args__", ()) if one not in (type(None), msgspec.UnsetType)]
    if get_origin(type_) in (list, tuple, set):
        return [sample(members[0], name, half)]
    if members:
        return sample(members[0], name, half)
    return _plain(type_, name, half)


def _limited(type_: Any, name: str, half: Half) -> Any:
    """A value for a type with limits."""
    value = sample(type_.__origin__, name, half)
    for meta in type_.__metadata__:
        low = getattr(meta, "ge", None)
        if low is not None and isinstance(value, int | float) and not isinstance(value, bool):
            value = max(value, low)
        high = getattr(meta, "le", None)
        if high is not None and isinstance(value, int | float) and not isinstance(value, bool):
            value = min(value, high)
    return value


def _plain(type_: Any, name: str, half: Half) -> Any:
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return body(type_, half)
    if name == "file_id":
        return half.objects["files"]
    if name == "selected_option_id":
        return str(half.quiz.questions[0].options[0].uuid)
    if name == "file_path":
        return half.address
    if name in _NAMES:
        return half.objects[_NAMES[name]]
    kind = getattr(type_, "__name__", "")
    if kind == "datetime":
        return SAMPLES.get(name, "2030-01-03T00:00:00Z") if "time" not in name else None
    if kind == "str":
        return _text(name)
    return {"bool": True, "int": 10, "float": 10.0}.get(kind) or next(iter(type_)).value


def _text(name: str) -> str:
    if name in SAMPLES:
        return str(SAMPLES[name])
    return "https://example.test/a.png" if _ADDRESSED.search(name) and name != "address" else f"Some {name}"


def body(type_: Any, half: Half) -> dict[str, Any]:
    """A body that fits a struct, with every field that may be sent."""
    fields = msgspec.structs.fields(type_)
    fits = [field for field in fields if field.encode_name not in ALONE]
    found = {field.encode_name: sample(field.type, field.encode_name, half) for field in fits}
    return {name: value for name, value in found.items() if value is not None}


class Seen(msgspec.Struct):
    """An answer, and the tables that were different after a refusal."""

    status: int
    text: str
    headers: httpx.Headers
    changed: dict[str, tuple[str, str]]

    @property
    def is_envelope(self) -> bool:
        """Whether this is a refusal as the contract has it."""
        try:
            said = msgspec.json.decode(self.text)
        except msgspec.DecodeError:
            return False
        return isinstance(said, dict) and set(said) == {"success", "message", "error"} and said["success"] is False

    def __str__(self) -> str:
        changed = f", changed {sorted(self.changed)}" if self.changed else ""
        return f"{self.status} {self.text[:200]}{changed}"

    @property
    def is_refusal(self) -> bool:
        """A clear 4xx that changed nothing."""
        return 400 <= self.status < 500 and self.is_envelope and not self.changed


class Probe:
    """Sends requests and takes back what each did, so that every one meets the same school."""

    def __init__(self) -> None:
        self.sent = 0

    async def __call__(self, http: httpx.AsyncClient, method: str, path: str, **given: Any) -> Seen:
        """Send a request, take back what it did, and say what it would have changed although it was refused."""
        self.sent += 1
        async with taken_back():
            written = await writes()
            answer = await http.request(method, path, **given)
            is_suspect = answer.status_code >= 400 and await _has_written(written)
            after = await digest() if is_suspect else {}
        before = await digest() if is_suspect else {}
        changed = {name: (before[name], value) for name, value in after.items() if before[name] != value}
        return Seen(answer.status_code, answer.text, answer.headers, changed)


async def _has_written(before: int) -> bool:
    """Whether rows were written; not if a statement failed, because the test's transaction was lost with it."""
    try:
        return await writes() != before
    except asyncpg.InFailedSQLTransactionError:
        return False


@asynccontextmanager
async def taken_back() -> AsyncIterator[None]:
    """Undo what the block did."""
    held = db.ENGINE.current_transaction.get()
    assert held is not None
    part = held.connection.transaction()
    await part.start()
    try:
        yield
    finally:
        await part.rollback()


async def tables() -> list[str]:
    """The tables that a refused request must leave alone."""
    rows = await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    return [row["tablename"] for row in rows if row["tablename"] not in UNCOUNTED]


async def digest() -> dict[str, str]:
    """What is in each table, as a number. A session's last use does not count."""
    parts = [
        f"SELECT '{name}' AS name, count(*) || ':' || coalesce(sum(hashtextextended("
        f"(to_jsonb(t) - 'last_used_at')::text, 0)::numeric), 0) AS value FROM \"{name}\" t"
        for name in await tables()
    ]
    return {row["name"]: row["value"] for row in await db.fetch(" UNION ALL ".join(parts))}


async def writes() -> int:
    """How many rows this transaction wrote so far, also those that were taken back."""
    return int(
        await db.value(
            "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_xact_user_tables"
        )
    )


def with_body() -> Iterator[tuple[str, HTTPRouteHandler]]:
    """The routes that take a JSON body."""
    yield from ((route, handler) for route, handler in ROUTES.items() if body_type(handler))


def with_ids() -> Iterator[tuple[str, HTTPRouteHandler]]:
    """The routes with an id in their path."""
    yield from ((route, handler) for route, handler in ROUTES.items() if "{}" in route)


def with_listing() -> Iterator[tuple[str, HTTPRouteHandler]]:
    """The routes that answer with a part of a list."""
    yield from ((route, handler) for route, handler in ROUTES.items() if has_listing(handler))
