"""What can be done with the results of attempts. Marking by hand is in `hand_marking`."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

import msgspec

from backend.core import db
from backend.core.db import transaction
from backend.core.outbox import emit
from backend.domain.assessments import paper_queries as papers
from backend.domain.assessments.paper_queries import KeyView
from backend.domain.attempts import commands as attempts
from backend.domain.attempts import queries as attempt_queries
from backend.domain.attempts.queries import FinalAnswers
from backend.domain.attempts.terms import AttemptState
from backend.domain.grading import passing
from backend.domain.grading.errors import AttemptNotFinal
from backend.domain.grading.events import AttemptGraded
from backend.domain.grading.marking import Mark, Worth
from backend.domain.grading.scoring import Item, Score, score
from backend.domain.grading.terms import KeptMark


async def grade_attempts(attempt_ids: Collection[int]) -> int:
    """Score those of these attempts that are submitted, in five statements however many they are.

    Locks them; graded ones are left alone. What a person must mark leaves its attempt waiting for that. All or none.
    Says how many were looked at. `give_results` tells of the results.

    Raises: AttemptNotFinal, which names the first of them.
    """
    async with transaction():
        graded = await _grade(attempt_ids)
        if graded < len(set(attempt_ids)):
            states = await attempt_queries.states_of(attempt_ids)
            still_open = [attempt_id for attempt_id, state in states.items() if state is AttemptState.OPEN]
            if still_open:
                raise AttemptNotFinal(attempt=still_open[0])
        return graded


async def _grade(attempt_ids: Collection[int]) -> int:
    answered = await attempt_queries.final_answers(attempt_ids)
    await give_results(answered)
    return len(answered)


async def give_results(
    answered: Sequence[FinalAnswers],
    by_hand: Mapping[int, Mapping[int, Decimal]] | None = None,
    settled: Mapping[int, Score] | None = None,
) -> None:
    """Score attempts that the caller has locked: the one way to a result. Four statements for however many.

    Who took a quiz that has to be passed has done it with this, or not; that takes up to five more.

    `by_hand`: points that a person gave, by attempt and question. An attempt with something left to mark gets no
    result yet. `settled`: scores of attempts that a regrade has had a say in.

    Emits: AttemptGraded.
    """
    if not answered:
        return
    keys = await papers.answer_keys({attempt.assessment_id for attempt in answered})
    items = {assessment_id: [item_of(entry) for entry in key.questions] for assessment_id, key in keys.items()}
    scores = [
        (settled or {}).get(attempt.id)
        or score(
            items[attempt.assessment_id],
            attempt.answers,
            asked=attempt.question_ids,
            by_hand=(by_hand or {}).get(attempt.id),
        )
        for attempt in answered
    ]
    made = [(attempt, found) for attempt, found in zip(answered, scores, strict=True) if not found.waiting]
    waiting = [attempt.id for attempt, found in zip(answered, scores, strict=True) if found.waiting]
    if made:
        await _record(made, {assessment_id: key.version for assessment_id, key in keys.items()})
        to_pass = [attempt for attempt, _ in made if attempt.must_pass]
        if to_pass:
            await passing.settle_people({one.assessment_id for one in to_pass}, {one.account_id for one in to_pass})
    await attempts.mark_graded([attempt.id for attempt, _ in made], waiting)
    await emit(*[AttemptGraded(attempt.id) for attempt, _ in made])


def item_of(entry: KeyView) -> Item:
    """A question as scoring sees it."""
    return Item.of(entry.question_id, Worth(entry.points, entry.penalty, entry.floor), entry.key, entry.options)


def kept_marks(marks: Mapping[int, Mark]) -> str:
    """The marks of a result as they are kept."""
    return f"[{','.join([_kept(question_id, made) for question_id, made in marks.items()])}]"


@lru_cache(maxsize=10_000)
def _kept(question_id: int, made: Mark) -> str:
    """One mark as it is kept; those of a hall are few, and each is written down once."""
    kept = KeptMark(question_id, made.points, made.max_points, made.fraction, str(made.verdict))
    return msgspec.json.encode(kept).decode()


async def _record(made: Sequence[tuple[FinalAnswers, Score]], versions: Mapping[int, int]) -> None:
    scores = [found for _, found in made]
    await db.statement(
        "INSERT INTO result (attempt_id, key_version, total_questions, correct_answers, wrong_answers, points,"
        " max_points, score_percent, marks, created_at, updated_at)"
        " SELECT a, k, t, c, w, p, m, s, marks::jsonb, now(), now() FROM unnest($1::bigint[], $2::int[], $3::int[],"
        " $4::int[], $5::int[], $6::numeric[], $7::numeric[], $8::numeric[], $9::text[])"
        " AS e (a, k, t, c, w, p, m, s, marks)"
        " ON CONFLICT (attempt_id) DO UPDATE SET key_version = excluded.key_version,"
        " total_questions = excluded.total_questions, correct_answers = excluded.correct_answers,"
        " wrong_answers = excluded.wrong_answers, points = excluded.points, max_points = excluded.max_points,"
        " score_percent = excluded.score_percent, marks = excluded.marks, updated_at = now()",
        [attempt.id for attempt, _ in made],
        [versions[attempt.assessment_id] for attempt, _ in made],
        [found.total for found in scores],
        [found.correct for found in scores],
        [found.wrong for found in scores],
        [found.points for found in scores],
        [found.max_points for found in scores],
        [found.percent for found in scores],
        [kept_marks(found.marks) for found in scores],
    )
