"""`Idempotency-Key`: the answer to an unsafe request is stored in the transaction of its effects.

With the header, everything the handler commits joins one outer transaction, and the answer is stored in it: both are
kept or neither is. An advisory lock marks a request that is under way; it ends with the transaction, so a crash leaves
nothing behind. Without the header nothing changes.

A refusal (4xx) is stored too, and what the handler did before it is taken back; a failure (5xx) and "slow down" (429)
are never stored, so the client may try again. The key is ignored under /auth, by handlers whose bodies have no limit
(streams), by those that say `no_idempotency` (a handler that counts failures must: its counts would be taken back),
and for strangers.

A multipart body is compared without its boundary, which clients choose anew each time.
"""

import hashlib
from collections.abc import Callable
from email.message import Message as Headers
from typing import Any

import msgspec
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.utils.scope.state import ScopeState
from piccolo.columns import Bytea, Integer, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from backend.core import db
from backend.core.errors import Conflict, Invalid, TooLarge, Unmet

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
LONGEST_KEY = 200
KEPT_H = 24
TOO_MANY = 429
KEPT_HEADERS = frozenset({"location", "retry-after", "content-language"})


class IdempotencyKey(Table, tablename="idempotency_key"):
    """An answer kept for 24 hours. `scope` stands for principal, method, path and key."""

    scope = Varchar(length=500, primary_key=True)
    fingerprint = Varchar(length=64)
    status = Integer(default=0)
    media_type = Varchar(length=100, default="")
    body = Bytea(default=b"")
    headers = Text(default="{}")
    created_at = Timestamptz(default=TimestamptzNow())


class KeyMalformed(Invalid):
    """The key is empty, too long, or not printable ASCII."""

    code = "http.idempotency_key_malformed"


class KeyBusy(Conflict):
    """The first request with this key has not been answered yet."""

    code = "http.idempotency_key_busy"


class KeyReused(Unmet):
    """The key belongs to another request."""

    code = "http.idempotency_key_reused"


class Answer(msgspec.Struct, frozen=True):
    """What is stored of an answer. The names of headers are in lower case."""

    status: int
    media_type: str
    body: bytes
    headers: dict[str, str]


class _Undo(Exception):
    """Takes the effects of a refused request back."""


class Idempotency(ASGIMiddleware):
    """Stands after authentication. `principal` names who asks, or says None for a stranger."""

    def __init__(self, principal: Callable[[Scope], str | None]) -> None:
        self._principal = principal

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Answer once, and the same again. Raises: KeyMalformed, KeyBusy, KeyReused, TooLarge."""
        given = [value for name, value in scope["headers"] if name == b"idempotency-key"]
        who = self._principal(scope) if given and _takes_part(scope) else None
        if who is None:
            await next_app(scope, receive, send)
            return
        name = _scope_name(who, scope, _key(given))
        body = await _body(scope, receive)
        try:
            messages = await _once(scope, body, name, next_app)
        except Exception:
            ScopeState.from_scope(scope).response_started = False  # the answer was held back, and is void
            raise
        for message in messages:
            await send(message)


async def _once(scope: Scope, body: bytes, name: str, next_app: ASGIApp) -> list[Any]:
    """The messages of the answer, after the commit. Raises: KeyBusy, KeyReused, and what a commit may."""
    fingerprint = _fingerprint(scope, body)
    async with db.transaction():
        answer = await _known(name, fingerprint)
        if answer is not None:
            return _replayed(answer)
        messages = await _execute(scope, body, next_app)
        answer = _answer(messages)
        if answer.status < 500 and answer.status != TOO_MANY:
            await _store(name, fingerprint, answer)
    return messages


def _takes_part(scope: Scope) -> bool:
    handler: Any = scope.get("route_handler")
    return (
        scope.get("method") in UNSAFE
        and not handler.opt.get("no_idempotency")
        and "/auth/" not in scope["path"]
        and handler.resolve_request_max_body_size() is not None
    )


def _key(given: list[bytes]) -> str:
    key = given[0].decode("latin-1").strip()
    if len(given) > 1 or not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise KeyMalformed
    return key


def _scope_name(who: str, scope: Scope, key: str) -> str:
    whole = f"{scope.get('method')} {scope['path']}\n{key}"
    return f"{who}:{hashlib.sha256(whole.encode()).hexdigest()}"


async def _body(scope: Scope, receive: Receive) -> bytes:
    """The whole body, within the handler's limit."""
    handler: Any = scope.get("route_handler")
    limit: int = handler.resolve_request_max_body_size()
    parts, size, more = list[bytes](), 0, True
    while more:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the client left")
        parts.append(message.get("body", b""))
        size, more = size + len(parts[-1]), message.get("more_body", False)
        if size > limit:
            raise TooLarge(limit=f"{limit >> 10} KB")
    return b"".join(parts)


def _fingerprint(scope: Scope, body: bytes) -> str:
    content_type = dict(scope["headers"]).get(b"content-type", b"").decode("latin-1")
    headers = Headers()
    headers["content-type"] = content_type
    if headers.get_content_maintype() == "multipart" and (boundary := headers.get_boundary()):
        body = body.replace(boundary.encode("latin-1"), b"")
        content_type = headers.get_content_type()
    digest = hashlib.sha256()
    for part in (scope.get("query_string", b""), content_type.encode("latin-1"), body):
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.hexdigest()


async def _known(name: str, fingerprint: str) -> Answer | None:
    """The stored answer; None after taking the lock, when this is the first. Raises: KeyBusy, KeyReused."""
    lock = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    if not await db.value("SELECT pg_try_advisory_xact_lock($1)", lock):
        raise KeyBusy(retry_after_s=1)
    found = await db.row(
        "SELECT fingerprint, status, media_type, body, headers FROM idempotency_key"
        " WHERE scope = $1 AND created_at > now() - make_interval(hours => $2)",
        name,
        KEPT_H,
    )
    if found is None:
        return None
    if found["fingerprint"] != fingerprint:
        raise KeyReused
    return Answer(found["status"], found["media_type"], found["body"], msgspec.json.decode(found["headers"]))


async def _execute(scope: Scope, body: bytes, next_app: ASGIApp) -> list[Any]:
    """Run the handler with its answer held back; a refusal takes its effects back."""
    held: list[Any] = []

    async def hold(message: Message) -> None:
        held.append(message)

    try:
        async with db.savepoint():
            await next_app(scope, _replay(body), hold)
            _undo_refused(held[0]["status"])
    except _Undo:
        pass
    return held


def _undo_refused(status: int) -> None:
    if status >= 400:
        raise _Undo


def _replay(body: bytes) -> Receive:
    waiting: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:  # noqa: ANN401 - an ASGI message
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    return receive


def _answer(messages: list[Any]) -> Answer:
    start, *rest = messages
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start["headers"]}
    body = b"".join(message.get("body", b"") for message in rest)
    kept = {name: value for name, value in headers.items() if name in KEPT_HEADERS}
    return Answer(start["status"], headers.get("content-type", ""), body, kept)


async def _store(name: str, fingerprint: str, answer: Answer) -> None:
    await db.statement(
        "INSERT INTO idempotency_key (scope, fingerprint, status, media_type, body, headers, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, now()) ON CONFLICT (scope) DO UPDATE SET fingerprint = $2, status = $3,"
        " media_type = $4, body = $5, headers = $6, created_at = now()",
        name,
        fingerprint,
        answer.status,
        answer.media_type,
        answer.body,
        msgspec.json.encode(answer.headers).decode(),
    )


def _replayed(answer: Answer) -> list[Any]:
    own = {"content-length": str(len(answer.body)), "idempotency-replayed": "true"}
    if answer.media_type:
        own["content-type"] = answer.media_type
    headers = [(name.encode(), value.encode("latin-1")) for name, value in (own | answer.headers).items()]
    return [
        {"type": "http.response.start", "status": answer.status, "headers": headers},
        {"type": "http.response.body", "body": answer.body, "more_body": False},
    ]
