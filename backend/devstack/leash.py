"""Run a command that cannot outlive the process which started it. Needs the standard library only.

    python -I -S leash.py PARENT_PID DEATH_SIGNAL IDENTITY GRACE -- command arguments...

The kernel's parent-death signal (prctl) is lost when a process changes who it is, so the order is: become
IDENTITY, ask for the signal, look whether the parent is still there, exec.

IDENTITY is `same`, `namespace` (nobody inside a user namespace, ourselves outside) or `nobody`. GRACE is `-`
for a plain exec; a number of seconds keeps this process in between as a keeper, which adopts orphaned
grandchildren, passes SIGTERM on once, and after GRACE kills whatever is left below it.
"""

import contextlib
import ctypes
import errno
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
PR_SET_CHILD_SUBREAPER = 36
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
SECBIT_NO_SETUID_FIXUP = 1 << 2
CAP_DAC_OVERRIDE = 1
CAP_VERSION_3 = 0x20080522
CLONE_NEWUSER = 0x10000000
NOBODY = 65534

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def _prctl(option: int, *values: int) -> None:
    padded = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    _checked(_libc.prctl(option, *padded), f"prctl({option})")


def die_with_parent(parent: int, number: int = signal.SIGTERM) -> None:
    """Have the kernel send `number` when the thread that started us ends; exit now if it is gone.

    Forks do not inherit it: every forked process asks for itself.
    """
    _prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        os._exit(0)


def _enter_namespace() -> None:
    """Be `nobody` inside a user namespace: outside we stay who we were, so no file needs another owner."""
    outer_user, outer_group = os.geteuid(), os.getegid()
    _checked(_libc.unshare(CLONE_NEWUSER), "unshare(CLONE_NEWUSER)")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {outer_group} 1")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {outer_user} 1")


def _keep_path_access() -> None:
    """Let root's right to walk through private directories survive the change of user.

    SECBIT_NO_SETUID_FIXUP is what makes access(2), which initdb asks, honour the capability too.
    """
    header = (ctypes.c_uint32 * 2)(CAP_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)()
    _checked(_libc.capget(header, data), "capget")
    data[2] |= 1 << CAP_DAC_OVERRIDE  # the inheritable set: what an ambient capability must be in
    _checked(_libc.capset(header, data), "capset")
    _prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)


def _become_nobody() -> None:
    with contextlib.suppress(OSError):  # without these rights the path has to be open to others
        _keep_path_access()
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    with contextlib.suppress(OSError):
        _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE)


def _parents() -> dict[int, int]:
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                found[int(entry.name)] = int(fields[1])
    return found


def descendants(root: int) -> list[int]:
    """Every process below `root`, children before grandchildren."""
    parents, found, front = _parents(), list[int](), {root}
    while front:
        front = {pid for pid, parent in parents.items() if parent in front}
        found.extend(front)
    return found


def kill_descendants() -> None:
    """SIGKILL all below this process until nothing is left; as a subreaper we inherit every orphan."""
    while below := descendants(os.getpid()):
        for pid in below:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        _reap(block=False)
        time.sleep(0.01)


def _reap(*, block: bool) -> dict[int, int]:
    """Collect children that ended, by pid; with `block` wait for one."""
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, 0 if block and not ended else os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended[pid] = os.waitstatus_to_exitcode(status)


class _Keeper:
    """Stands between the supervisor and one command, so that nothing below it is ever left behind."""

    def __init__(self, command: list[str], grace_s: float) -> None:
        self.grace_s = grace_s
        self.deadline: float | None = None
        me = os.getpid()
        _prctl(PR_SET_CHILD_SUBREAPER, 1)
        self.child = os.fork()
        if self.child == 0:
            die_with_parent(me)
            _execute(command)
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C in the terminal has reached the command as well
        signal.signal(signal.SIGQUIT, self._kill)
        signal.signal(signal.SIGALRM, self._kill)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        if self.deadline is None:  # the command hears SIGTERM once: a second one makes some servers hang
            self.deadline = time.monotonic() + self.grace_s
            os.kill(self.child, signal.SIGTERM)
            signal.setitimer(signal.ITIMER_REAL, max(self.grace_s, 0.01))

    def _kill(self, _number: int, _frame: FrameType | None) -> None:
        for pid in descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def run(self) -> int:
        """Wait for the command, clear up what it left, and return its exit code as a shell would."""
        code = None
        while code is None:
            code = _reap(block=True).get(self.child)
        kill_descendants()
        return 128 - code if code < 0 else code


def _execute(command: list[str]) -> NoReturn:
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(126 if error.errno == errno.EACCES else 127)


def main(arguments: list[str]) -> int:
    """Become who we should be, bind our life to the parent's, and run the command."""
    parent, number, identity, grace, separator, *command = arguments
    if separator != "--" or not command:
        raise SystemExit(__doc__)
    if identity == "namespace":
        _enter_namespace()
    elif identity == "nobody":
        _become_nobody()
    die_with_parent(int(parent), int(number))
    if grace == "-":
        _execute(command)
    return _Keeper(command, float(grace)).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
