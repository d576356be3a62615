"""A confined function: its answer, its errors, and every way it can fail to give one."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import uvloop

from backend.core import confined
from tests.core.confined_jobs import Refusal

HERE = "tests.core.confined_jobs"


async def call(name, *args, returns=dict[str, int], wall_s=20.0, memory=300 << 20, passes=()):
    return await confined.run(
        f"{HERE}:{name}", *args, returns=returns, memory_bytes=memory, wall_s=wall_s, passes=passes
    )


async def test_the_result_comes_back_typed_and_prints_do_no_harm():
    assert await call("add", 2, 3) == {"sum": 5}


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_it_works_on_each_kind_of_loop_in_a_thread_of_its_own(new_loop, tmp_path):
    """A worker's loop is uvloop's, and runs in a thread."""

    async def everything():
        found = await call("add", 2, 3)
        with pytest.raises(confined.Died, match="signal 11"):
            await call("crash")
        assert gone(await out_of_time(tmp_path / "pids"))
        return found

    def work():
        with asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(everything())

    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(work).result() == {"sum": 5}


async def test_a_listed_exception_is_raised_here():
    with pytest.raises(Refusal) as caught:
        await call("refuse", "torn", passes=(Refusal,))
    assert caught.value.args == ("torn", 7)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("refuse", f"raised {HERE}:Refusal"),
        ("unlisted", "raised builtins:ValueError"),
        ("no_such", "raised builtins:AttributeError"),
        ("eat", "memory"),
        ("crash", f"signal {signal.SIGSEGV:d}"),
        ("leave", "exit 3"),
        ("add", "unreadable answer"),
    ],
)
async def test_each_other_end_is_a_death_with_its_reason(name, reason):
    args = {"refuse": ("x",), "add": ("a", "b")}.get(name, ())
    with pytest.raises(confined.Died) as caught:
        await call(name, *args)
    assert caught.value.reason == reason


async def test_an_answer_without_end_is_cut_off():
    with pytest.raises(confined.Died) as caught:
        await call("flood", returns=bytes, memory=600 << 20)
    assert caught.value.reason == "result too large"


async def test_the_child_is_told_nothing_of_our_environment():
    names = await call("environment", returns=dict[str, str])
    assert set(names) <= {"PYTHONPATH", "MALLOC_ARENA_MAX", "LC_CTYPE"}


async def out_of_time(path):
    """A child that slept too long, and what it had started; a machine that starts it late gets more time."""
    for wall_s in (1.5, 6, 30):
        with pytest.raises(confined.TimedOut):
            await call("sleep", str(path), wall_s=wall_s)
        if path.exists():
            break
    return await born(path)


async def born(path):
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        words = path.read_text().split() if path.exists() else []
        if len(words) == 2:
            return [int(word) for word in words]
        await asyncio.sleep(0.02)
    raise AssertionError("the child did not start")


def lives(pid):
    try:
        return psutil.Process(pid).status() != "zombie"
    except psutil.NoSuchProcess:
        return False


def gone(pids, within_s=30.0):
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if not any(lives(pid) for pid in pids):
            return True
        time.sleep(0.02)
    return False


async def test_a_child_that_never_ends_is_killed_with_what_it_started(tmp_path):
    assert gone(await out_of_time(tmp_path / "pids"))


async def test_a_cancelled_caller_takes_the_child_along(tmp_path):
    task = asyncio.create_task(call("sleep", str(tmp_path / "pids")))
    pids = await born(tmp_path / "pids")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert gone(pids)


async def test_the_child_dies_with_its_parent(tmp_path):
    code = (
        "import asyncio; from backend.core import confined;"
        f"asyncio.run(confined.run('{HERE}:sleep', {str(tmp_path / 'pids')!r},"
        " returns=int, memory_bytes=300 << 20, wall_s=600))"
    )
    root = Path(__file__).parents[2]
    parent = subprocess.Popen(  # noqa: ASYNC220 - our own code, started and gone at once
        [sys.executable, "-c", code], cwd=root, env={"PYTHONPATH": str(root)}
    )
    pid, grandchild = await born(tmp_path / "pids")
    parent.kill()
    parent.wait()
    assert gone([pid])
    with contextlib.suppress(ProcessLookupError):
        os.kill(grandchild, signal.SIGKILL)
