import os
import signal
import sys
import time

import pytest

from tests.devstack.stack import ELSEWHERE, LITTLE_WEB, Stack, eventually

pytestmark = pytest.mark.processes


def supervise(folder, **processes):
    """`up` without embedded services, so that it is up in half a second."""
    (folder / "Procfile").write_text("".join(f"{name}: {line}\n" for name, line in processes.items()))
    port = str(20_000 + os.getpid() % 10_000)
    return Stack(folder, "up", "--procfile", folder / "Procfile", env={**ELSEWHERE, "WEB_PORT": port})


def python(folder, name, source):
    path = folder / f"{name}.py"
    path.write_text(source)
    return f"{sys.executable} -I -S {path}"


def test_what_dies_is_started_again(tmp_path):
    dies = python(tmp_path, "dies", "print('living', flush=True); raise SystemExit(7)")
    with supervise(tmp_path, web=LITTLE_WEB, dies=dies) as stack:
        stack.says("dies     | ended with exit code 7; starting again in 1 s")
        stack.says("starting again in 2 s")
        assert stack.output.count("dies     | living") == 2


def test_a_killed_process_takes_its_children_along_and_comes_back(tmp_path):
    source = (
        "import os, signal, sys\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    os.execl(sys.executable, 'detached', '-I', '-S', '-c', 'import signal; signal.pause()')\n"
        "print('parent', os.getpid(), flush=True)\n"
        "signal.pause()\n"
    )
    with supervise(tmp_path, web=LITTLE_WEB, forks=python(tmp_path, "forks", source)) as stack:
        stack.says("Lulus is up")
        (child,) = eventually(lambda: [pid for pid, line in stack.alive().items() if line.startswith("detached")])
        stack.says("parent ")
        os.kill(int(stack.output.split("parent ")[1].split()[0]), signal.SIGKILL)
        eventually(lambda: child not in stack.alive())
        stack.says("starting again in 1 s")
        eventually(lambda: stack.output.count("parent ") == 2)


def test_each_process_hears_sigterm_once(tmp_path):
    source = (
        "import signal, time\n"
        "def heard(*_):\n"
        "    print('heard SIGTERM', flush=True)\n"
        "    signal.setitimer(signal.ITIMER_REAL, 0.3)\n"
        "signal.signal(signal.SIGTERM, heard)\n"
        "signal.signal(signal.SIGALRM, lambda *_: exit(0))\n"
        "print('listening', flush=True)\n"
        "while True: signal.pause()\n"
    )
    with supervise(tmp_path, web=LITTLE_WEB, listens=python(tmp_path, "listens", source)) as stack:
        stack.says("listening")
        stack.says("Lulus is up")
        os.killpg(stack.process.pid, signal.SIGTERM)  # as a shell does, and make once more
        stack.signal(signal.SIGTERM)
        assert stack.ends() == 0
        assert stack.output.count("heard SIGTERM") == 1
        assert stack.all_gone()


def test_a_second_ctrl_c_does_not_wait_for_the_stubborn(tmp_path):
    source = (
        "import signal\n"
        "signal.signal(signal.SIGTERM, lambda *_: print('no', flush=True))\n"
        "print('deaf', flush=True)\n"
        "while True: signal.pause()\n"
    )
    with supervise(tmp_path, web=LITTLE_WEB, deaf=python(tmp_path, "deaf", source)) as stack:
        stack.says("deaf     | deaf")
        stack.says("Lulus is up")
        stack.signal(signal.SIGINT)
        stack.says("deaf     | no")
        time.sleep(1.1)  # what comes within a second is an echo of the first
        stack.signal(signal.SIGINT)
        stack.says("does not stop; killed", 4)
        assert stack.ends(4) == 0
        assert stack.all_gone()


def test_a_release_that_fails_stops_the_start(tmp_path):
    with supervise(tmp_path, web=LITTLE_WEB, release="false") as stack:
        assert stack.ends() == 1
        assert "release failed with exit code 1" in stack.output
        assert stack.all_gone()
        assert not (tmp_path / "var" / "up.json").exists()
