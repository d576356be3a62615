"""Keeping grading and marking still while something is written for a whole quiz."""

from backend.core import db


async def wait_for_graders(assessment_id: int) -> None:
    """Let every grading and marking that has begun come to its end, and none begin until the commit.

    One that is under way may have read what held before: keys that were mended, a pass mark that was changed.
    """
    await db.value(
        "SELECT count(*) FROM (SELECT id FROM attempt WHERE assessment_id = $1 AND state <> 'open' ORDER BY id"
        " FOR SHARE) AS held",
        assessment_id,
    )
