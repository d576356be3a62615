"""`keys`: the keys of badges."""

import argparse
from collections.abc import Callable

from backend.core.settings import SettingsError, settings
from backend.domain.certificates import badge_keys

Say = Callable[[str], None]


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", say: Say) -> None:
    """Add the commands to the operator's."""
    keys = commands.add_parser("keys", help="look after the keys that sign Open Badges: rotate, list")
    acts = keys.add_subparsers(dest="act", required=True, metavar="ACTION")
    rotate = acts.add_parser(
        "rotate",
        help="sign with a new key from now on; what older keys signed can still be verified",
        description="Puts a new key first in BADGE_KEYS_FILE (and makes the file if it is not there), and takes the "
        "private part from the others. Processes on this machine notice by themselves; copy the file to the others.",
    )
    rotate.set_defaults(run=lambda given: _rotate(given, say), needs_no_database=True)
    shown = acts.add_parser("list", help="list the names of the keys; the one that signs comes first")
    shown.set_defaults(run=lambda given: _list(given, say), needs_no_database=True)


async def _rotate(given: argparse.Namespace, say: Say) -> int:
    path = settings().badge_keys_file
    try:
        kid = badge_keys.rotate(path)
    except (OSError, ValueError) as error:
        say(f"{path} was left as it is: {error}")
        return 1
    say(f"{kid} signs from now on; {path} has {len(badge_keys.keys().keys)} keys.")
    return 0


async def _list(given: argparse.Namespace, say: Say) -> int:
    try:
        found = badge_keys.keys()
    except SettingsError as error:
        say(str(error))
        return 1
    for one in found.keys:
        say(f"{one.kid} {'signs' if one is found.signing else 'verifies'}")
    return 0
