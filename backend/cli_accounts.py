"""`admin-create`: the first admin, whom no other admin can make."""

import argparse
import getpass
import secrets
import sys
from collections.abc import Callable

from backend.core.actor import SYSTEM, Role
from backend.core.errors import Invalid
from backend.domain.accounts import commands
from backend.domain.accounts.errors import Taken
from backend.domain.accounts.terms import Newcomer

Say = Callable[[str], None]


def add(commands_: "argparse._SubParsersAction[argparse.ArgumentParser]", say: Say) -> None:
    """Add the command to the operator's."""
    parser = commands_.add_parser(
        "admin-create",
        help="make an account for an admin, verified at once",
        description="Make an account for an admin, verified at once. You are asked for the password; where there is no "
        "terminal, or nothing is typed, one is made up and printed.",
    )
    parser.add_argument("--email", required=True, type=_email, help="what the admin logs in with")
    parser.add_argument("--name", required=True, help="the name that others see")
    parser.add_argument("--phone", default="", help="digits only; without it, a made-up number")
    parser.set_defaults(run=lambda given: create_admin(given, say))


def _email(text: str) -> str:
    local, _, host = text.partition("@")
    if not local or "." not in host or any(letter.isspace() or not letter.isprintable() for letter in text):
        raise argparse.ArgumentTypeError("this is no e-mail address")
    return text


async def create_admin(given: argparse.Namespace, say: Say) -> int:
    """A terminal is asked for the password; without one, or when nothing is typed, it is made up and printed."""
    typed = getpass.getpass("Password (empty: a random one): ") if sys.stdin.isatty() else ""
    password = typed or secrets.token_urlsafe(15)
    phone = given.phone or f"0{secrets.randbelow(10**14):014}"
    newcomer = Newcomer(name=given.name, email=given.email, phone=phone, password=password)
    try:
        person = await commands.create_account(SYSTEM, newcomer, Role.ADMIN)
    except Taken:
        say("Somebody has this e-mail or phone number.")
        return 1
    except Invalid:
        say("This password is too short, too long, or too easy to guess.")
        return 1
    say(f"{person.email} is an admin." + ("" if typed else f" Password: {password}"))
    return 0
