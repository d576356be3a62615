"""Real kinds of jobs whose first job kills its worker at its first try; loaded with `--also tests.faults.deadly_kinds`.

`LULUS_TEST_DEADLY` says which side of the last commit it dies on: "before commit" or "after commit".
"""

import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from backend.core import db
from backend.domain.jobs.running import Claim
from tests.faults.deadly_jobs import die
from workers import jobs
from workers.registry import KINDS, Kind

HOW = "LULUS_TEST_DEADLY"
DYING = (
    "make_receipt",
    "match_statement",
    "preview_regrade",
    "regrade_quiz",
    "import_questions",
    "import_grades",
    "issue_batch",
    "render_certificate",
)


def deadly(kind: Kind, how: str) -> Kind:
    """The same kind, but for its first job's first try."""

    async def function(body: Any, held: Claim) -> Callable[[], Awaitable[Any]]:
        last = await kind.function(*((body, held) if kind.takes_claim else (body,)))

        async def last_step() -> Any:
            report = await last() if callable(last) else last
            is_first = not await db.value(
                "SELECT EXISTS (SELECT FROM job WHERE kind = $1 AND id < $2)", kind.name, held.id
            )
            if is_first and held.attempt == 1:
                if how == "after commit":
                    db.after_commit(lambda: die(how))
                else:
                    die(how)
            return report

        return last_step

    return msgspec.structs.replace(kind, function=function, takes_claim=True)


def arm(names: Sequence[str], how: str) -> None:
    """Make these kinds deadly in this process."""
    jobs.load()
    for name in names:
        assert KINDS[name].phases, f"{name} has no last step of its own"
        KINDS[name] = deadly(KINDS[name], how)


if HOW in os.environ:
    arm(DYING, os.environ[HOW])
