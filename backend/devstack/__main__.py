"""Lulus on one machine, with the services it needs: what `make up` and `make test` call."""

import argparse
import sys
from pathlib import Path

from backend.devstack.checks import faults, test
from backend.devstack.leash import die_with_parent
from backend.devstack.run import run
from backend.devstack.up import SEED, Options, up


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m backend.devstack", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    around = commands.add_parser("run", help="run a command with services around it: run [options] -- command ...")
    around.add_argument("--data", type=Path, help="keep the data here (otherwise it is thrown away)")
    around.add_argument("--fresh", action="store_true", help="empty --data first")
    around.add_argument("argv", nargs="+", metavar="command")
    full = commands.add_parser("up", help="start everything and keep it running")
    full.add_argument("--procfile", type=Path, default=Path("Procfile"), help="the list of processes")
    full.add_argument("--seed", default=SEED, help="the command that makes the demo school")
    commands.add_parser("test", help="run every check and test on throw-away services")
    broken = commands.add_parser("faults", help="run the fault suite on throw-away services")
    broken.add_argument("--seed", type=int, dest="fault_seed", help="repeat the faults that this seed gave")
    broken.add_argument("--soak", type=float, default=10, metavar="MINUTES", help="the length of the soak; 0: none")
    broken.add_argument("--only", default="", metavar="EXPRESSION", help="the tests to run, as for pytest -k")
    parser.add_argument("--parent", type=int, metavar="PID", help="stop when this calling process ends")
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    """Run one command and return the exit code."""
    chosen = _arguments(argv)
    if chosen.parent:
        die_with_parent(chosen.parent)
    if chosen.command == "up":
        return up(Options(chosen.procfile, chosen.seed))
    if chosen.command == "test":
        return test()
    if chosen.command == "faults":
        return faults(chosen.fault_seed, chosen.soak, chosen.only)
    return run(chosen.argv, chosen.data, fresh=chosen.fresh)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
