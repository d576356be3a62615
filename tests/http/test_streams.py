"""Streams of real web processes: told by a worker in another process, without the broker, and to the end."""

import asyncio
import signal
import time
from contextlib import AsyncExitStack

import httpx
import msgspec
import pytest

from backend.core import db
from backend.devstack.services import throw_away
from backend.domain.jobs import commands
from tests.processes import STARTS_S, answers, free_port, web
from tests.workers.extra_jobs import Slow

pytestmark = pytest.mark.processes
STREAMS = 50


async def events(answer):
    """The messages of an open stream, as they come: (id, name, data)."""
    fields = {}
    async for line in answer.aiter_lines():
        name, _, said = line.partition(": ")
        if line and name:
            fields[name] = said
        elif "event" in fields:
            yield int(fields["id"]), fields["event"], msgspec.json.decode(fields["data"])
            fields = {}


async def a_slow_job(student, *, seconds=2.0):
    return await commands.enqueue("test_steps", Slow("streams", seconds), owner_id=student.id)


def headers(student, **others):
    return {"authorization": f"Bearer {student.token}"} | others


async def a_web(processes, **environment):
    """A web process that answers, and its address."""
    port = free_port()
    process = web(processes, port, **environment)
    await answers(f"http://127.0.0.1:{port}", processes)
    return process, f"http://127.0.0.1:{port}"


async def test_two_web_processes_tell_of_a_worker_although_the_broker_dies(student, processes):
    with throw_away({"valkey"}) as services:
        env = services.environment()
        processes.start("-m", "workers.relay", **env)
        processes.start("-m", "workers.run", "--also", "tests.workers.extra_jobs", **env)
        urls = [(await a_web(processes, **env))[1] for _ in range(2)]
        job = await a_slow_job(student)
        path = f"/api/v1/jobs/{job.uuid}/events"
        seen = ([], [])

        async def follow(url, into):
            async with (
                httpx.AsyncClient(timeout=30, headers=headers(student)) as http,
                http.stream("GET", url + path) as answer,
            ):
                async for event in events(answer):
                    into.append(event)

        async with asyncio.timeout(STARTS_S):
            following = [asyncio.create_task(follow(*pair)) for pair in zip(urls, seen, strict=True)]
            while min(map(len, seen)) < 5:
                await asyncio.sleep(0.01)
            assert all(into[-1][1] == "progress" for into in seen)
            services.processes["valkey"].send_signal(signal.SIGKILL)
            for task in following:
                await task
        for into in seen:
            ids = [id_ for id_, _, _ in into]
            assert ids == sorted(set(ids))
            assert {name for _, name, _ in into[:-1]} == {"progress"}
            assert (into[-1][1], into[-1][2]["report"]) == ("done", "ten steps")
            assert into[-1][2]["progress"] == {"done": 10, "total": 10, "percent": 100}
        assert seen[0][-1] == seen[1][-1]
        await resumes(student, urls[1] + path, seen[0])
        async with httpx.AsyncClient() as http:
            ready = (await http.get(f"{urls[0]}/readyz")).json()
        assert (ready["status"], ready["parts"]["broker"]["ok"]) == ("degraded", False)


async def resumes(student, url, seen):
    """One who comes back is told what is new, and nothing when there is nothing."""
    async with httpx.AsyncClient() as http:
        later = await http.get(url, headers=headers(student, **{"last-event-id": str(seen[2][0])}))
        assert later.text.count("event:") == 1
        nothing = await http.get(url, headers=headers(student, **{"last-event-id": str(seen[-1][0])}))
        assert nothing.status_code == 204


async def test_a_web_process_stops_although_streams_are_open(student, processes):
    job = await a_slow_job(student)
    path = f"/api/v1/jobs/{job.uuid}/events"
    process, url = await a_web(processes)
    limits = httpx.Limits(max_connections=None)
    async with AsyncExitStack() as stack, asyncio.timeout(STARTS_S):
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=url, timeout=30, headers=headers(student), limits=limits)
        )
        streams = []
        for _ in range(STREAMS):
            answer = await stack.enter_async_context(http.stream("GET", path))
            lines = answer.aiter_lines()
            while not (await anext(lines)).startswith("data:"):
                pass
            streams.append(lines)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        for lines in streams:  # each ends as a whole response does, which a killed process cannot do, or this raises
            assert [line async for line in lines if line.startswith("event:")] == []
        code = await asyncio.to_thread(process.wait, 30)
        took_s = time.monotonic() - began
    print(f"stopped within {took_s:.1f} s")
    assert code == 0, processes.logs()
    assert took_s < 15
    assert processes.left() == []
    assert await db.value("SELECT state FROM job WHERE id = $1", job.id) == "queued"
