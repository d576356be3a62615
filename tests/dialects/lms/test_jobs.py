"""Work that a caller waits for, over HTTP."""

import asyncio
import contextlib

import msgspec
import pytest

from backend.app import job_hub
from backend.core import db
from backend.core.ids import new_uuid
from backend.domain.jobs import commands, queries, running
from backend.http import shared, tickets, watch


@pytest.fixture
async def job(student):
    return await commands.enqueue("import_grades", {}, owner_id=student.id)


async def hold(job):
    claim = await running.claim(job.id, "test")
    assert claim is not None
    return claim


def events(text):
    """The messages of a stream, as (id, name, data)."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "event" in fields:
            found.append((fields["id"], fields["event"], msgspec.json.decode(fields["data"])))
    return found


async def test_shows_a_job(student, job):
    answer = await student.http.get(f"/api/v1/jobs/{job.uuid}")
    assert answer.status_code == 200
    data = answer.json()["data"]
    assert set(data) == {
        *("id", "kind", "state", "attempt", "max_attempts", "progress", "report", "error", "version"),
        *("created_at", "started_at", "finished_at"),
    }
    assert (data["id"], data["kind"], data["state"]) == (str(job.uuid), "import_grades", "queued")
    assert data["progress"] == {"done": 0, "total": 0, "percent": None}


async def test_shows_progress_and_report(student, job):
    claim = await hold(job)
    await running.progress(claim, 1, 3)
    seen = (await student.http.get(f"/api/v1/jobs/{job.uuid}")).json()["data"]
    assert (seen["state"], seen["attempt"]) == ("running", 1)
    assert seen["progress"] == {"done": 1, "total": 3, "percent": 33}
    await running.finish(claim, {"changed": 2})
    seen = (await student.http.get(f"/api/v1/jobs/{job.uuid}")).json()["data"]
    assert (seen["state"], seen["report"]) == ("done", {"changed": 2})
    assert seen["progress"] == {"done": 3, "total": 3, "percent": 100}


async def test_says_the_rule_that_refused_but_not_what_broke(student, job):
    claim = await hold(job)
    await running.give_back(claim, "ConnectionError: secret.host refused")
    assert (await student.http.get(f"/api/v1/jobs/{job.uuid}")).json()["data"]["error"] is None
    await db.statement("UPDATE job SET state = 'parked', error = 'ConnectionError: host' WHERE id = $1", job.id)
    assert (await student.http.get(f"/api/v1/jobs/{job.uuid}")).json()["data"]["error"] == "core.unavailable"
    await db.statement("UPDATE job SET state = 'failed', error = 'grading.stale' WHERE id = $1", job.id)
    assert (await student.http.get(f"/api/v1/jobs/{job.uuid}")).json()["data"]["error"] == "grading.stale"


@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("DELETE", ""), ("POST", "/ticket"), ("GET", "/events")])
async def test_exists_for_its_owner_and_admins_only(a_person, client, admin, job, method, rest):
    stranger = await a_person()
    path = f"/api/v1/jobs/{job.uuid}{rest}"
    refused = await stranger.http.request(method, path)
    unknown = await stranger.http.request(method, path.replace(str(job.uuid), str(new_uuid())))
    assert (refused.status_code, unknown.status_code) == (404, 404)
    assert refused.json() == unknown.json()
    assert (await stranger.http.request(method, f"/api/v1/jobs/12{rest}")).status_code == 400
    assert (await client.request(method, path)).status_code == 401
    if rest != "/events":
        assert (await admin.http.request(method, path)).status_code < 300


async def test_cancels_once(student, job):
    answer = await student.http.delete(f"/api/v1/jobs/{job.uuid}")
    assert (answer.status_code, answer.json()["data"]["state"]) == (200, "cancelled")
    again = await student.http.delete(f"/api/v1/jobs/{job.uuid}")
    assert again.status_code == 409
    assert "cancelled" in again.json()["message"]


async def test_the_stream_of_a_job_that_is_over_is_one_event(student, job):
    await student.http.delete(f"/api/v1/jobs/{job.uuid}")
    answer = await student.http.get(f"/api/v1/jobs/{job.uuid}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    ((id_, name, data),) = events(answer.text)
    assert (name, data["state"]) == ("cancelled", "cancelled")
    assert data == (await student.http.get(f"/api/v1/jobs/{job.uuid}")).json()["data"]
    seen = await student.http.get(f"/api/v1/jobs/{job.uuid}/events", headers={"last-event-id": id_})
    assert (seen.status_code, seen.content) == (204, b"")


async def test_a_ticket_opens_the_stream_without_a_header(client, student, a_person, job):
    await student.http.delete(f"/api/v1/jobs/{job.uuid}")
    data = (await student.http.post(f"/api/v1/jobs/{job.uuid}/ticket")).json()["data"]
    assert set(data) == {"ticket", "url", "expires_at"}
    opened = await client.get(data["url"])
    assert (opened.status_code, len(events(opened.text))) == (200, 1)
    other = await commands.enqueue("import_grades", {}, owner_id=student.id)
    assert (await client.get(data["url"].replace(str(job.uuid), str(other.uuid)))).status_code == 401
    assert (await client.get(f"/api/v1/jobs/{job.uuid}/events?ticket=x")).status_code == 401
    stranger = await a_person()
    theirs, _ = tickets.make(stranger.actor.session_id, "job", job.uuid)
    assert (await client.get(f"/api/v1/jobs/{job.uuid}/events?ticket={theirs}")).status_code == 404


async def test_a_ticket_ends_with_its_session(client, student, job):
    data = (await student.http.post(f"/api/v1/jobs/{job.uuid}/ticket")).json()["data"]
    await db.statement("UPDATE session SET revoked_at = now() WHERE id = $1", student.actor.session_id)
    assert (await client.get(data["url"])).status_code == 401


@pytest.mark.commits
async def test_the_stream_follows_to_the_end(student, job):
    following = asyncio.create_task(student.http.get(f"/api/v1/jobs/{job.uuid}/events"))
    async with asyncio.timeout(10):
        while not job_hub.watchers:
            await asyncio.sleep(0)
        claim = await hold(job)
        await running.progress(claim, 5, 10)
        await running.finish(claim, {"changed": 1})
        found = events((await following).text)
    assert (found[0][1], found[0][2]["state"]) == ("progress", "queued")
    assert (found[-1][1], found[-1][2]["report"]) == ("done", {"changed": 1})
    versions = [int(id_) for id_, _, _ in found]
    assert versions == sorted(set(versions))
    assert not job_hub.watchers


@pytest.mark.commits
async def test_one_statement_serves_all_watchers(student, job):
    other = await commands.enqueue("import_grades", {}, owner_id=student.id)
    asked = []

    async def look(uuids):
        asked.append(list(uuids))
        return await queries.jobs_watched(uuids)

    hub = type(job_hub)(look, "lulus_job")
    async with asyncio.timeout(5):
        with (
            hub.watching(job.uuid, seen=0) as one,
            hub.watching(job.uuid, seen=0) as two,
            hub.watching(other.uuid, seen=0) as three,
        ):
            states = [await watch.next(5) for watch in (one, two, three)]
    assert [state.uuid for state in states] == [job.uuid, job.uuid, other.uuid]
    assert len(asked) == 1


@pytest.mark.commits
async def test_a_watch_ends_when_the_job_is_gone_or_the_process_stops(student, job):
    hub = type(job_hub)(queries.jobs_watched, "lulus_job")
    async with asyncio.timeout(5):
        with hub.watching(new_uuid(), seen=0) as gone:
            assert await gone.next(5) is None
            assert gone.is_over
        with hub.watching(job.uuid, seen=1) as open_:
            hub.close()
            assert await open_.next(5) is None
            assert open_.is_over
        with hub.watching(job.uuid, seen=1) as late:
            assert late.is_over


async def test_one_person_opens_a_limited_number_of_streams(student, a_person, job):
    hub = shared.job_hub()
    with contextlib.ExitStack() as stack:
        for _ in range(watch.MOST_EACH):
            stack.enter_context(hub.watching(job.uuid, seen=99, who=student.id))
        answer = await student.http.get(f"/api/v1/jobs/{job.uuid}/events")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, str(watch.RETRY_S))
        hub.room_for((await a_person()).id)
    hub.room_for(student.id)
