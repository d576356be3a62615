"""The operations page in a real browser, on a phone and on a desk: logging in, looking live, retrying, logging out."""

import asyncio

import pytest

from backend.core import db
from backend.core.actor import Role
from backend.domain.jobs import commands
from tests.dialects.site.chromium import HERE, PROGRAM
from tests.dialects.site.operating import PASSWORD, somebody

LONG = "StorageDown: HeadObject " + "x" * 400
pytestmark = [pytest.mark.browser, pytest.mark.skipif(PROGRAM is None, reason="Chromium is missing")]


async def a_school():
    owner = await db.value("SELECT id FROM account LIMIT 1")
    jobs = {}
    for state in ("parked", "failed", "running", "queued", "done"):
        made = await commands.enqueue("import_grade_sheet", {}, owner_id=owner)
        await db.statement(
            "UPDATE job SET state = $2, error = $3, progress_done = 40, progress_total = 120, attempt = 5,"
            ' report = \'{"rows": 120, "changed": [1, 2, 3]}\' WHERE id = $1',
            made.id,
            state,
            LONG if state in ("parked", "failed") else None,
        )
        jobs[state] = made.id
    await db.statement(
        "INSERT INTO outbox (name, body, request_id, is_activity)"
        " SELECT 'grading.attempt.graded.v1', '{\"attempt_id\": 7}', '-', true"
        " FROM generate_series(1, 40)"
    )
    await db.statement(
        "INSERT INTO file (kind, state, size_bytes, object_key) VALUES ('media', 'ready', 734003200, 'a'),"
        " ('document', 'stored', 1234567, 'b')"
    )
    return jobs


def fits(tab, width):
    assert tab.value("innerWidth") == width
    assert tab.value("document.documentElement.scrollWidth") <= width, tab.value("location.href")
    heights = (
        "[...document.querySelectorAll('button, nav a, input:not([type=hidden]), select')].map(e => e.offsetHeight)"
    )
    assert min(tab.value(heights)) >= 44
    assert tab.value("document.styleSheets.length") == 1


@pytest.mark.commits  # health asks on several connections at once
@pytest.mark.parametrize("width", [360, 1280])
async def test_an_operator_at_work(database, storage, shop, width):
    email = await somebody(Role.ADMIN, "Ratna Kusumaningrum")
    jobs = await a_school()

    def work(tab, folder):
        tab.open(f"{HERE}/ops", width)
        assert tab.value("location.pathname") == "/ops/login"
        fits(tab, width)
        (folder / "login.png").write_bytes(tab.picture())
        tab.value(f"document.querySelector('#email').value = {email!r}")
        tab.value(f"document.querySelector('#password').value = {PASSWORD!r}")
        tab.press(".login button")
        assert tab.value("location.pathname") == "/ops"
        for name in ("", "/jobs", f"/jobs/{jobs['parked']}", "/activity", "/storage"):
            tab.open(f"{HERE}/ops{name}?lang=id", width)
            fits(tab, width)
            (folder / f"ops{name.replace('/', '-')}.png").write_bytes(tab.picture())
        tab.open(f"{HERE}/ops/jobs/{jobs['parked']}?lang=en", width)
        tab.press("form[action*=retry] button")
        assert tab.value("document.querySelector('[role=status]').textContent") == "The job is queued again."
        tab.value("document.querySelector('h1 .state').textContent = 'stale'")
        tab.until("document.querySelector('h1 .state').textContent == 'queued'")  # it looks again by itself
        assert tab.requests[-1]["headers"].get("x-live")
        tab.press("form[action*=cancel] button")
        tab.press("form[action*=logout] button")
        assert tab.value("location.pathname") == "/ops/login"
        assert all(url.startswith(HERE) for url in tab.asked)

    await asyncio.to_thread(shop, work)
    assert await db.value("SELECT state FROM job WHERE id = $1", jobs["parked"]) == "cancelled"
