"""What an operator does by hand. Settings come from the environment, as for every process (README.md)."""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import msgspec

from backend import cli_accounts, cli_api, cli_backup, cli_clients, cli_jobs, cli_keys, migrate, seed_clients, seeds
from backend.core import db, wake
from backend.core.settings import SettingsError, settings
from backend.devstack import here

Command = Callable[[argparse.Namespace], Awaitable[int]]


_EPILOG = """`COMMAND --help` says more. In development, without DATABASE_URL, the commands use what `make up` runs."""
_MIGRATE = """Apply the migrations that the database lacks, one after the other. It takes a lock, so it may be started
anywhere and more than once; `release` in the Procfile is this."""
_SEED = """Make a school to try things out with: people, a batch that is over and one that runs, a quiz with questions
of many kinds, certificates, recordings. Never in production. The logins go to VAR_DIR/demo_logins.json."""


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


async def _seed(_: argparse.Namespace) -> int:
    if settings().is_production:
        say("Demo data never goes into a database of production.")
        return 2
    path, beside = settings().var_dir / "demo_logins.json", settings().var_dir / "demo_clients.json"
    logins, clients = await seeds.seed(), await seed_clients.seed()
    if clients:
        _keep(beside, clients)
    if logins is None:
        say(f"The demo school is there; its logins are in {path}.")
        return 0
    _keep(path, logins)
    say(f"Made the demo school; its logins are in {path}, and its partners' programs in {beside}.")
    return 0


def _keep(path: Path, told: object) -> None:
    """Write secrets into a file that nobody else can read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(told)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backend.cli", description=__doc__, epilog=_EPILOG)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    migrating = commands.add_parser("migrate", help="bring the database up to date", description=_MIGRATE)
    migrating.set_defaults(run=_migrate)
    cli_accounts.add(commands, say)
    cli_clients.add(commands, say)
    cli_jobs.add(commands, say)
    cli_keys.add(commands, say)
    cli_backup.add(commands, say)
    cli_api.add(commands, say)
    seed = commands.add_parser("seed", help="make the demo school; a second time changes nothing", description=_SEED)
    seed.add_argument("--demo", action="store_true", required=True, help="say that you mean it")
    seed.set_defaults(run=_seed)
    return parser


async def _with_pool(run: Command, arguments: argparse.Namespace) -> int:
    if getattr(arguments, "needs_no_database", False):
        return await run(arguments)
    await db.open_pool(most=2)
    try:
        return await run(arguments)
    finally:
        await wake.over()
        await db.close_pool()


def _use_what_runs_here(argv: list[str] | None) -> None:
    """In development, where no database is named: begin anew with the services that `make up` runs in VAR_DIR."""
    given = settings()
    if given.database_url or given.is_production:
        return
    found = here.environment(given.var_dir)
    if not found:
        raise SettingsError(f"DATABASE_URL is not set, and nothing was started in {given.var_dir}: run `make up`.")
    sys.stderr.write(f"DATABASE_URL is not set: using the services of `make up` in {given.var_dir}.\n")
    words = sys.argv[1:] if argv is None else argv
    os.execve(sys.executable, [sys.executable, "-m", "backend.cli", *words], {**os.environ, **found})  # noqa: S606,TID251


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit code says whether it did what was asked (2: it could not begin)."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if arguments.command is None:
        parser.print_help()
        return 2
    try:
        if not getattr(arguments, "needs_no_database", False):
            _use_what_runs_here(argv)
        return asyncio.run(_with_pool(arguments.run, arguments))
    except SettingsError as error:
        say(str(error))
    except (OSError, asyncpg.PostgresError) as error:
        say(f"The database does not answer: {error}. In development, `make up` starts one.")
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
