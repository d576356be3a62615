"""What a regrade gave stays when a person marks an answer afterwards, and reaches who waited for a mark meanwhile."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from backend.core import db
from backend.domain.assessments import paper_queries as papers
from backend.domain.attempts.queries import FinalAnswers
from backend.domain.grading import regrade_rules
from backend.domain.grading.commands import item_of
from backend.domain.grading.regrade_rules import Keys, Standing
from backend.domain.grading.scoring import Score
from backend.domain.grading.terms import KeptMark, RegradePolicy

_kept: msgspec.json.Decoder[list[KeptMark]] = msgspec.json.Decoder(list[KeptMark])

_SETTLED = """
SELECT t.key_version AS sat_version, a.key_version AS version,
    CASE WHEN r.key_version = a.key_version THEN r.marks END::text AS marks, g.policy, g.question_ids
FROM attempt t JOIN assessment a ON a.id = t.assessment_id LEFT JOIN result r ON r.attempt_id = t.id
LEFT JOIN LATERAL (SELECT policy, question_ids, applied_at FROM regrade WHERE assessment_id = a.id
    AND key_version = a.key_version AND state = 'applied' ORDER BY applied_at DESC, id DESC LIMIT 1) AS g
    ON g.applied_at >= t.submitted_at
WHERE t.id = $1
"""


async def after_mark(attempt: FinalAnswers, by_hand: Mapping[int, Decimal]) -> Score | None:
    """The score of an attempt in which a person has marked, where a regrade has a say in it; None where none has.

    A result that was made with the present keys keeps its other marks, whatever a regrade gave for them. One that
    is made for the first time is made by the policy of the last regrade, if the attempt was handed in before. One to
    three statements.
    """
    found = await db.row(_SETTLED, attempt.id)
    if found is None or found["policy"] is None:
        return None
    now = (await papers.answer_keys([attempt.assessment_id]))[attempt.assessment_id]
    policy = RegradePolicy(found["policy"])
    then = {}
    if policy is RegradePolicy.BETTER and not found["marks"] and found["sat_version"] < found["version"]:
        before = await papers.answer_keys_at(attempt.assessment_id, found["sat_version"])
        then = {found["sat_version"]: {entry.question_id: item_of(entry) for entry in before.questions}}
    standing = Standing(
        attempt_id=attempt.id,
        sat_version=found["sat_version"],
        answers=attempt.answers,
        asked=attempt.question_ids,
        by_hand=by_hand,
        marks=regrade_rules.from_kept(_kept.decode(found["marks"])) if found["marks"] else None,
    )
    keys = Keys({entry.question_id: item_of(entry) for entry in now.questions}, then)
    if standing.marks is None:
        return regrade_rules.regraded(policy, keys, found["question_ids"], standing)
    full = set(found["question_ids"]) if policy is RegradePolicy.FULL_CREDIT else set()
    return regrade_rules.regraded(RegradePolicy.NEW_KEY, keys, set(by_hand) - full, standing)
