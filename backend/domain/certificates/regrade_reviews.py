"""Certificates after a regrade: who may have one by now gets it, and whose basis fell away is named to staff.

No certificate is taken back here: that is an admin's decision, with a reason.
"""

from uuid import UUID

import msgspec

from backend.core import db
from backend.core.db import transaction
from backend.domain.certificates import commands
from backend.domain.grading import regrades
from backend.domain.grading.counting import counting_score


class Doubtful(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that holds, of somebody who had the pass mark of a quiz before a regrade, and has it no more."""

    certificate_id: UUID
    number: str
    user_id: UUID
    name: str
    old_percent: float
    new_percent: float


class Review(msgspec.Struct, frozen=True):
    """What came of it."""

    issued: int
    doubtful: list[Doubtful]


_ENROLMENTS = """
SELECT DISTINCT e.id FROM regrade_entry x JOIN attempt t ON t.id = x.attempt_id
JOIN enrolment e ON e.id = t.enrolment_id AND e.state = 'active'
WHERE x.regrade_id = $1 AND x.percent_after <> x.percent_before ORDER BY e.id
"""

_DOUBTFUL = f"""
WITH person AS (
    SELECT DISTINCT t.account_id, g.assessment_id FROM regrade g JOIN regrade_entry x ON x.regrade_id = g.id
    JOIN attempt t ON t.id = x.attempt_id WHERE g.id = $1 AND x.percent_after < x.percent_before
)
SELECT c.uuid AS certificate_id, c.number, p.uuid AS user_id, p.name, old.score::float8 AS old_percent,
    new.score::float8 AS new_percent
FROM person JOIN assessment a ON a.id = person.assessment_id JOIN meeting m ON m.id = a.meeting_id
JOIN account p ON p.id = person.account_id
JOIN certificate c ON c.account_id = p.id AND c.batch_id = m.batch_id AND c.state <> 'revoked'
CROSS JOIN LATERAL (SELECT {counting_score("a")} AS score FROM attempt t JOIN (
        SELECT n.attempt_id, coalesce(x.percent_before, n.score_percent) AS score_percent FROM result n
        LEFT JOIN regrade_entry x ON x.attempt_id = n.attempt_id AND x.regrade_id = $1) AS r ON r.attempt_id = t.id
    WHERE t.assessment_id = a.id AND t.account_id = p.id) AS old
CROSS JOIN LATERAL (SELECT {counting_score("a")} AS score FROM attempt t JOIN result r ON r.attempt_id = t.id
    WHERE t.assessment_id = a.id AND t.account_id = p.id) AS new
WHERE old.score >= a.pass_percent AND new.score < a.pass_percent ORDER BY p.name, c.id
"""  # noqa: S608 - our names


async def review(regrade_id: int) -> Review:
    """Reconsider the certificates of those whose results a regrade has changed. Safe to repeat."""
    async with transaction():
        enrolments = [row["id"] for row in await db.fetch(_ENROLMENTS, regrade_id)]
        issued = await commands.consider(enrolments)
        doubtful = db.views(Doubtful, await db.fetch(_DOUBTFUL, regrade_id))
        await regrades.note_certificates(regrade_id, doubtful)
        return Review(issued, doubtful)
