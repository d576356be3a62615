"""One key, one effect, one answer."""

import asyncio

import asyncpg
import httpx
import pytest
from litestar import Litestar, Request, Response, delete, get, patch, post, put
from litestar.exceptions import HTTPException

from backend.core import db
from backend.core.errors import Conflict, DomainError, TooMany
from backend.core.settings import settings
from backend.dialects.lms import envelope
from backend.domain.jobs import running
from backend.http.idempotency import Idempotency

HANDLER_LIMIT = 4096
INSERT = "INSERT INTO outbox (name, body, request_id, created_at) VALUES ($1, '{}', '-', now())"
HELD = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


async def effect(request):
    body = (await request.body()).decode("latin-1")
    async with db.transaction():
        await db.statement(
            "INSERT INTO outbox (name, body, request_id, created_at) VALUES ($1, '{}', '-', now())", body[:90]
        )
    return body


@post("/things", status_code=201)
async def make(request: Request) -> Response[dict]:
    body = await effect(request)
    return Response(
        {"made": body, "number": await db.value("SELECT count(*) FROM outbox")}, headers={"location": "/things/1"}
    )


@put("/things")
async def change(request: Request) -> dict:
    return {"changed": await effect(request)}


@patch("/things")
async def refuse(request: Request) -> dict:
    await effect(request)
    raise Conflict


@delete("/things", status_code=200)
async def crash(request: Request) -> dict:
    await effect(request)
    raise RuntimeError("a bug")


@post("/cut")
async def cut(request: Request) -> dict:
    body = await effect(request)
    own = await db.value("SELECT pg_backend_pid()")
    other = await asyncpg.connect(settings().database_url)
    await other.execute("SELECT pg_terminate_backend($1, 5000)", own)
    await other.close()
    return {"made": body}


@post("/slow-down")
async def slow_down(request: Request) -> dict:
    await effect(request)
    raise TooMany(retry_after_s=1)


@post("/open", opt={"no_idempotency": True})
async def open_(request: Request) -> dict:
    return {"made": await effect(request)}


@post("/stream", request_max_body_size=None)
async def stream(request: Request) -> dict:
    return {"made": await effect(request)}


@post("/auth/login")
async def login(request: Request) -> dict:
    return {"made": await effect(request)}


@post("/form")
async def form(request: Request) -> dict:
    sent = await request.form()
    async with db.transaction():
        await db.statement(INSERT, "form")
    return {"size": len(await sent["file"].read())}


@get("/things")
async def show() -> dict:
    return {"number": await db.value("SELECT count(*) FROM outbox")}


def who(scope):
    return dict(scope["headers"]).get(b"x-who", b"").decode() or None


APP = Litestar(
    [make, change, refuse, crash, cut, slow_down, open_, stream, login, form, show],
    middleware=[Idempotency(who)],
    exception_handlers={
        DomainError: envelope.on_domain_error,
        HTTPException: envelope.on_http_error,
        Exception: envelope.on_anything,
    },
    openapi_config=None,
    logging_config=None,
    request_max_body_size=HANDLER_LIMIT,
)


@pytest.fixture
async def http(database):
    transport = httpx.ASGITransport(APP)
    async with httpx.AsyncClient(transport=transport, base_url="http://x", headers={"x-who": "a:1"}) as client:
        yield client


async def effects():
    return await db.value("SELECT count(*) FROM outbox")


async def kept():
    return await db.value("SELECT count(*) FROM idempotency_key")


def key(value="key-1", **others):
    return {"idempotency-key": value, **others}


async def test_replays_the_first_answer(http):
    first = await http.post("/things", content=b"one", headers=key())
    again = await http.post("/things", content=b"one", headers=key())
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert first.headers["content-type"] == again.headers["content-type"]
    assert again.headers["location"] == "/things/1"
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert await effects() == 1


async def test_without_a_key_nothing_is_kept(http):
    for _ in range(2):
        assert (await http.post("/things", content=b"one")).status_code == 201
    assert (await effects(), await kept()) == (2, 0)


@pytest.mark.parametrize("other", [{"content": b"two"}, {"content": b"one", "params": {"x": "1"}}])
async def test_refuses_another_request(http, other):
    await http.post("/things", content=b"one", headers=key())
    answer = await http.post("/things", **other, headers=key())
    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json()["message"]
    assert await effects() == 1


async def test_keys_belong_to_principal_method_and_path(http):
    for method, path, person in (("POST", "/things", "a:1"), ("POST", "/things", "a:2"), ("PUT", "/things", "a:1")):
        answer = await http.request(method, path, content=b"one", headers=key(**{"x-who": person}))
        assert answer.is_success
        assert "idempotency-replayed" not in answer.headers
    assert await effects() == 3


async def test_a_refusal_is_kept_and_its_effects_are_not(http):
    first = await http.patch("/things", content=b"one", headers=key())
    again = await http.patch("/things", content=b"one", headers=key())
    assert first.status_code == again.status_code == 409
    assert again.headers["idempotency-replayed"] == "true"
    assert first.content == again.content
    assert (await effects(), await kept()) == (0, 1)


@pytest.mark.parametrize(("method", "path", "status"), [("DELETE", "/things", 500), ("POST", "/slow-down", 429)])
async def test_what_may_be_tried_again_is_not_kept(http, method, path, status):
    for _ in range(2):
        answer = await http.request(method, path, content=b"one", headers=key())
        assert answer.status_code == status
        assert "idempotency-replayed" not in answer.headers
    assert (await effects(), await kept()) == (0, 0)


@pytest.mark.parametrize("bad", ["", " ", "x" * 201, "sch\u00f6n".encode("latin-1"), "a\tb"])
async def test_refuses_a_malformed_key(http, bad):
    assert (await http.post("/things", content=b"one", headers={"idempotency-key": bad})).status_code == 400
    assert await effects() == 0


async def test_refuses_two_keys(http):
    headers = [("idempotency-key", "a"), ("idempotency-key", "b"), ("x-who", "a:1")]
    assert (await http.post("/things", content=b"one", headers=headers)).status_code == 400


@pytest.mark.parametrize("path", ["/open", "/stream", "/auth/login"])
async def test_ignores_keys_where_they_mean_nothing(http, path):
    for _ in range(2):
        assert (await http.post(path, content=b"one", headers=key())).status_code == 201
    assert (await effects(), await kept()) == (2, 0)


async def test_ignores_keys_of_strangers_and_of_reads(http):
    for _ in range(2):
        assert (await http.get("/things", headers=key())).status_code == 200
        assert (await http.post("/things", content=b"one", headers=key(**{"x-who": ""}))).status_code == 201
    assert await kept() == 0


async def test_limits_the_body(http):
    assert (await http.post("/things", content=b"x" * (HANDLER_LIMIT + 1), headers=key())).status_code == 413
    assert (await effects(), await kept()) == (0, 0)


async def test_a_form_is_the_same_with_another_boundary(http):
    answers = [await http.post("/form", files={"file": ("a.txt", b"12345")}, headers=key()) for _ in range(2)]
    assert [answer.json() for answer in answers] == [{"size": 5}] * 2
    assert answers[0].request.headers["content-type"] != answers[1].request.headers["content-type"]
    other = await http.post("/form", files={"file": ("a.txt", b"54321")}, headers=key())
    assert (other.status_code, await effects()) == (422, 1)


async def test_an_old_key_is_a_new_one(http):
    await http.post("/things", content=b"one", headers=key())
    await db.statement("UPDATE idempotency_key SET created_at = now() - interval '25 hours'")
    assert (await http.post("/things", content=b"two", headers=key())).status_code == 201
    assert (await effects(), await kept()) == (2, 1)
    await db.statement("UPDATE idempotency_key SET created_at = now() - interval '25 hours'")
    assert await running.purge(10) == 1
    assert await kept() == 0


@pytest.mark.commits
async def test_of_twenty_at_once_one_executes(http):
    sent = [http.post("/things", content=b"one", headers=key()) for _ in range(20)]
    answers = await asyncio.gather(*sent)
    statuses = {answer.status_code for answer in answers}
    assert statuses <= {201, 409}
    made = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in made}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in made) == 1
    assert await effects() == 1
    again = await http.post("/things", content=b"one", headers=key())
    assert again.content == made[0].content


@pytest.mark.commits
async def test_a_crash_leaves_nothing_behind(http):
    assert (await http.delete("/things", headers=key())).status_code == 500
    assert (await effects(), await kept()) == (0, 0)
    assert await db.value(HELD) == 0


@pytest.mark.commits
async def test_an_answer_that_could_not_be_committed_is_void_and_may_be_asked_for_again(http):
    for _ in range(2):
        answer = await http.post("/cut", content=b"one", headers=key())
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert (await effects(), await kept()) == (0, 0)
    assert (await http.post("/things", content=b"one", headers=key())).status_code == 201
