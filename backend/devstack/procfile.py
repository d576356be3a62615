"""The Procfile: the one list of Lulus's processes."""

import re
from pathlib import Path

_LINE = re.compile(r"^(?P<name>[A-Za-z0-9_-]+):\s*(?P<command>.+)$")


def read_procfile(path: Path) -> dict[str, str]:
    """The commands by name, in the order of the file.

    Raises: ValueError for a line that is none.
    """
    processes = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if (match := _LINE.match(text)) is None:
            raise ValueError(f"{path}, line {number}: expected 'name: command'.")
        processes[match["name"]] = match["command"]
    return processes


def shell(command: str) -> list[str]:
    """The argument list of a line: the shell fills in variables and is then replaced by the command."""
    return ["/bin/sh", "-c", f"exec {command}"]
