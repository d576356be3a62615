"""`python -m bench [--quick] [--workload NAME] [--keep FOLDER]`: what `make bench` calls."""

import argparse
import asyncio
import importlib
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from backend.devstack.leash import die_with_parent
from backend.devstack.processes import StartError
from bench import report, school
from bench.drive import LoadError
from bench.outcome import Outcome, void
from bench.scale import QUICK, WHOLE, Scale
from bench.stand import Stand, stand

WORKLOADS: Mapping[str, str] = {
    "autosave": "bench.autosave",
    "prompt": "bench.prompt",
    "graded": "bench.graded",
    "hall": "bench.hall",
    "quota": "bench.quota",
    "spreadsheet": "bench.spreadsheet",
    "certificates": "bench.certificates",
    "media": "bench.media",
    "reads": "bench.reads",
    "partners": "bench.partners",
    "growth": "bench.growth",
}
"""Modules with `async measure(stand, scale) -> Outcome`."""


async def one(name: str, everything: Stand, scale: Scale) -> Outcome:
    """Measure a workload; a failed request voids it."""
    print(f"[bench] {name} ...", file=sys.stderr, flush=True)
    begun = time.monotonic()
    try:
        made: Outcome = await importlib.import_module(WORKLOADS[name]).measure(everything, scale)
    except (LoadError, StartError, TimeoutError) as error:
        made = void(name, repr(error))
    print(f"[bench] {name}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    return made


async def _between(everything: Stand) -> None:
    control = await everything.connect()
    await school.drop_mails(control)
    await control.close()


async def run(names: list[str], scale: Scale, keep: Path | None) -> int:
    """Measure and show. A missed goal is a finding; a failed request voids the run, and so does a failed workload."""
    facts = report.machine() | {"form": scale.name}
    async with stand(keep) as everything:
        control = await everything.connect()
        facts["postgres"] = await control.fetchval("SHOW server_version")
        await control.close()
        outcomes = []
        for name in names:
            outcomes.append(await one(name, everything, scale))
            await _between(everything)
    print(report.text(outcomes, facts))
    print("\nWritten to", " and ".join(str(path) for path in report.write(outcomes, facts)))
    return report.verdict(outcomes)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller: all of it in a few minutes")
    parser.add_argument("--workload", action="append", choices=list(WORKLOADS), help="only this one (may be repeated)")
    parser.add_argument("--keep", type=Path, help="keep data and logs in this folder")
    parser.add_argument("--parent", type=int, metavar="PID", help="stop when this calling process ends")
    chosen = parser.parse_args()
    if chosen.parent:
        die_with_parent(chosen.parent)
    scale = QUICK if chosen.quick else WHOLE
    try:
        return asyncio.run(run(chosen.workload or list(WORKLOADS), scale, chosen.keep))
    except StartError as error:
        print(f"The run is void: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
