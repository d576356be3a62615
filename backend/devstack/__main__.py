"""The commands of `python -m backend.devstack`."""

import argparse
import sys
from pathlib import Path

from backend.devstack.run import run


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m backend.devstack", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    around = commands.add_parser("run", help="run a command with services around it: run [options] -- command ...")
    around.add_argument("--data", type=Path, help="keep the data here (otherwise it is thrown away)")
    around.add_argument("--fresh", action="store_true", help="empty --data first")
    around.add_argument("argv", nargs="+", metavar="command")
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    """Run one command and return the exit code."""
    chosen = _arguments(argv)
    return run(chosen.argv, chosen.data, fresh=chosen.fresh)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
