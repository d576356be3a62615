"""Which attempt counts, said once: everything that shows one score for a quiz asks here.

Source: contract 2.18 (the best attempt); the other ways are ours.
"""

from backend.domain.assessments.terms import Counts

COUNTING_SCORE = f"""(CASE {{assessment}}.counts
    WHEN '{Counts.LAST}' THEN (array_agg(r.score_percent ORDER BY t.attempt_no DESC)
        FILTER (WHERE r.score_percent IS NOT NULL))[1]
    WHEN '{Counts.FIRST}' THEN (array_agg(r.score_percent ORDER BY t.attempt_no)
        FILTER (WHERE r.score_percent IS NOT NULL))[1]
    WHEN '{Counts.AVERAGE}' THEN round(avg(r.score_percent), 2)
    ELSE max(r.score_percent) END)"""
"""The score that counts, as an aggregate over one person's attempts `t` with their results `r` at one assessment.

`assessment` is the name under which the statement has the assessment, which it groups by (by its id).
"""


def counting_score(assessment: str) -> str:
    """The aggregate for a statement that calls the assessment so."""
    return COUNTING_SCORE.format(assessment=assessment)
