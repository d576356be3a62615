"""`python -m bench [--quick] [--workload NAME] [--keep FOLDER]`: what `make bench` calls."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from backend.devstack.leash import die_with_parent
from backend.devstack.processes import StartError
from bench import autosave, graded, growth, hall, prompt, quota, reads, report, spreadsheet
from bench.drive import LoadError
from bench.outcome import Outcome
from bench.scale import QUICK, WHOLE, Scale
from bench.stand import Stand, stand

WORKLOADS: Mapping[str, Callable[[Stand, Scale], Awaitable[Outcome]]] = {
    "autosave": autosave.measure,
    "prompt": prompt.measure,
    "graded": graded.measure,
    "hall": hall.measure,
    "quota": quota.measure,
    "spreadsheet": spreadsheet.measure,
    "reads": reads.measure,
    "growth": growth.measure,
}


async def run(names: list[str], scale: Scale, keep: Path | None) -> int:
    """Measure and show; a missed goal is a finding, a failed request voids the run."""
    facts = report.machine() | {"form": scale.name}
    outcomes = []
    async with stand(keep) as everything:
        control = await everything.connect()
        facts["postgres"] = await control.fetchval("SHOW server_version")
        await control.close()
        for name in names:
            print(f"[bench] {name} ...", file=sys.stderr, flush=True)
            outcomes.append(await WORKLOADS[name](everything, scale))
    print(report.text(outcomes, facts))
    print(f"\nWritten to {report.write(outcomes, facts)}")
    return 0


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
    except (LoadError, StartError) as error:
        print(f"The run is void: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
