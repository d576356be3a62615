"""The operator's commands: `python -m backend.cli --help`."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable

import asyncpg

from backend import cli_jobs, migrate
from backend.core import db
from backend.core.settings import SettingsError, settings

Command = Callable[[argparse.Namespace], Awaitable[int]]


def say(text: str) -> None:
    """One line to the operator."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def _migrate(_: argparse.Namespace) -> int:
    try:
        done = await migrate.forward()
    except migrate.MigrationFailed as error:
        say(f"The migration failed, and nothing of it was kept: {error}")
        return 1
    say(f"Applied {len(done)} migrations." if done else "The database is up to date.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backend.cli", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the database up to date").set_defaults(run=_migrate)
    cli_jobs.add(commands, say)
    return parser


async def _with_pool(run: Command, arguments: argparse.Namespace) -> int:
    await db.open_pool(most=2)
    try:
        return await run(arguments)
    finally:
        await db.close_pool()


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit code says whether it did what was asked (2: it could not begin)."""
    arguments = _parser().parse_args(argv)
    try:
        settings()
        return asyncio.run(_with_pool(arguments.run, arguments))
    except SettingsError as error:
        say(str(error))
    except (OSError, asyncpg.PostgresError) as error:
        say(f"The database does not answer: {error}")
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
