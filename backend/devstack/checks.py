"""`make test`: every check and the whole suite, on services of their own, up to the first that fails. `make faults`."""

import os
import secrets
import signal
import sys
import time
from pathlib import Path

from backend.devstack.console import Console
from backend.devstack.processes import StartError
from backend.devstack.run import run_command, terminate
from backend.devstack.services import throw_away

_BIN = Path(sys.executable).parent
STEPS = (
    ("Format", ("ruff", "format", "--check", "--quiet", ".")),
    ("Lint", ("ruff", "check", "--quiet", ".")),
    ("Types", ("mypy",)),
    ("Import contracts", ("lint-imports",)),
    ("Tests", ("pytest", "-n", "2")),
)


def _step(console: Console, what: str, argv: tuple[str, ...], env: dict[str, str]) -> int:
    begun = time.monotonic()
    code = run_command([str(_BIN / argv[0]), *argv[1:]], env)
    console.took(begun, what, failed=code != 0)
    return code


def faults(seed: int | None, soak: float, only: str) -> int:
    """Run the fault suite, without the soak where that is 0 minutes long, and return its exit code."""
    signal.signal(signal.SIGTERM, terminate)
    seed = secrets.randbelow(10**6) if seed is None else seed
    Console().line(f"Seed {seed}: all that is left to chance comes from it")
    env = {"PATH": f"{_BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}", "LULUS_ENV": "test"}
    options = ["-m", "", "--durations", "10", "--soak", str(soak), "--fault-seed", str(seed)]
    options += ["--timeout", str(900 + 60 * soak)]
    options += ["-k", only] if only else ["-n", "2", "--dist", "worksteal"]  # some take a second, some minutes
    try:
        with throw_away() as services:
            return run_command([str(_BIN / "pytest"), "tests/faults", *options], env | services.environment())
    except StartError as error:
        Console().line(str(error))
        return 1


def test() -> int:
    """Run the steps in order and return the exit code of the first that fails."""
    signal.signal(signal.SIGTERM, terminate)
    console = Console()
    env = {"PATH": f"{_BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}", "LULUS_ENV": "test"}
    try:
        with throw_away() as services:
            env |= services.environment()
            *quick, (_, suite) = STEPS
            for what, argv in quick:
                if code := _step(console, what, argv, env):
                    return code
            return run_command([str(_BIN / suite[0]), *suite[1:]], env)  # pytest's own line stays the last one
    except StartError as error:
        console.line(str(error))
        return 1
