"""What is counted, by whom it may be read, and that processes that ended still count."""

import subprocess
import sys

import httpx
import pytest

from backend.app import app
from backend.http import metrics

COUNT = (
    "from backend.http.metrics import watch; import sys\n"
    "for _ in range(int(sys.argv[1])): watch('lms', 'GET', '/hello', 200, 0.01)"
)


def value(text, name, **labels):
    """The value of one sample; None when it is not there."""
    for line in text.splitlines():
        if line.startswith((f"{name}{{", f"{name} ")) and all(
            f'{key}="{said}"' in line for key, said in labels.items()
        ):
            return float(line.rsplit(" ", 1)[-1])
    return None


async def test_counts_requests_by_route_and_not_by_path(client, student):
    before = await client.get("/metrics")
    assert before.status_code == 200
    assert before.headers["content-type"].startswith("text/plain")
    for path in ("/api/v1/jobs/0", "/api/v1/jobs/1", "/api/v1/nothing-here", "/nothing/there"):
        await student.http.get(path)
    text = (await client.get("/metrics")).text
    labels = {"dialect": "lms", "route": "/api/v1/jobs/{job_id}", "method": "GET", "status": "400"}
    was = value(before.text, "lulus_http_request_seconds_count", **labels) or 0
    assert value(text, "lulus_http_request_seconds_count", **labels) == was + 2
    assert value(text, "lulus_http_request_seconds_count", dialect="lms", route="-", status="404")
    assert "nothing" not in text


async def test_tells_what_waits_and_the_pool(client):
    await client.get("/hello")
    text = (await client.get("/metrics")).text
    for name in ("outbox_events", "outbox_oldest_seconds", "jobs_due", "jobs_due_oldest_seconds", "database_up"):
        assert value(text, f"lulus_{name}") is not None
    assert value(text, "lulus_db_connections", process="web", state="most") == 12


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("203.0.113.7", {}, 401),
        ("127.0.0.1", {"x-forwarded-for": "203.0.113.7"}, 401),
        ("203.0.113.7", {"authorization": "Bearer "}, 401),
        ("203.0.113.7", {"authorization": "Bearer wrong"}, 401),
    ],
)
async def test_answers_this_machine_only(client, peer, headers, status):
    transport = httpx.ASGITransport(app, client=(peer, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as other:
        assert (await other.get("/metrics")).status_code == status


def test_the_token_opens_it_from_elsewhere(monkeypatch):
    class Some:
        metrics_token = "a-token"

    monkeypatch.setattr(metrics, "settings", Some)
    scope = {"client": ("203.0.113.7", 1), "headers": [(b"authorization", b"Bearer a-token")]}
    assert metrics.may_read(scope)
    assert not metrics.may_read(scope | {"headers": [(b"authorization", b"Bearer a-toke")]})


def count(folder, number):
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
    import os

    subprocess.run([sys.executable, "-c", COUNT, str(number)], check=True, env=os.environ | environment)


def test_adds_up_processes_also_those_that_ended(tmp_path):
    for number in (2, 3):
        count(tmp_path, number)
    assert len(list(tmp_path.glob("histogram_*.db"))) == 2
    for _ in range(2):
        text = metrics.exposition({}, tmp_path).decode()
        assert value(text, "lulus_http_request_seconds_count", route="/hello") == 5
        assert value(text, "lulus_http_request_seconds_bucket", route="/hello", le="0.025") == 5
        assert [path.name for path in tmp_path.glob("histogram_*.db")] == ["histogram_ended.db"]
        assert "lulus_db_connections{" not in text
    count(tmp_path, 4)
    text = metrics.exposition({}, tmp_path).decode()
    assert value(text, "lulus_http_request_seconds_count", route="/hello") == 9
