"""Analyses of quizzes: made by a job, kept one per quiz and choice of attempts, shown while nothing has changed."""

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from html import unescape

import msgspec
from msgspec import Struct, field

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.domain.assessments import paper_queries as papers
from backend.domain.assessments import queries as assessments
from backend.domain.assessments.answers import MultipleResponseAnswer, SingleChoiceAnswer, TrueFalseAnswer
from backend.domain.assessments.keys import options_of
from backend.domain.assessments.paper_queries import QuizKeys
from backend.domain.assessments.queries import QuizView
from backend.domain.assessments.terms import Counts, TextFormat
from backend.domain.attempts import queries as attempts
from backend.domain.attempts.queries import FinalAnswers
from backend.domain.grading import item_analysis, regrade_queries
from backend.domain.grading.commands import item_of
from backend.domain.grading.errors import AnalysisMissing
from backend.domain.grading.item_analysis import Analysis, Asked, Sittings
from backend.domain.grading.marking import Verdict
from backend.domain.grading.scoring import Item, score
from backend.domain.grading.terms import AnalysedAttempts
from backend.domain.jobs import commands as jobs
from backend.domain.jobs.commands import Queued

KIND = "analyse_items"
PAGE = 500
_TAG = re.compile(r"<[^<>]*>")


class AnalysisOrder(Struct, frozen=True):
    """The body of an analysis' job."""

    assessment_id: int
    which: AnalysedAttempts


class _Mark(Struct, frozen=True):
    question_id: int = field(name="q")
    points: Decimal = field(name="p")
    verdict: str = field(name="v")


_marks: msgspec.json.Decoder[list[_Mark]] = msgspec.json.Decoder(list[_Mark])

_STAMP = (
    "SELECT concat_ws(':', a.key_version, a.counts, count(r.id), max(r.id), sum(r.revision)) FROM assessment a"
    " LEFT JOIN attempt t ON t.assessment_id = a.id LEFT JOIN result r ON r.attempt_id = t.id WHERE a.id = $1"
    " GROUP BY a.id"
)
_ORDER = {
    Counts.BEST: "r.score_percent DESC, t.attempt_no",
    Counts.FIRST: "t.attempt_no",
    Counts.LAST: "t.attempt_no DESC",
}


async def analysis(actor: Actor, quiz_ref: Ref, which: AnalysedAttempts) -> Analysis:
    """The analysis of a quiz as it stands, for those who teach there; `order_analysis` has it made.

    Raises: QuizNotFound, NotYourQuiz, AnalysisMissing.
    """
    quiz = await regrade_queries.quiz_to_regrade(actor, quiz_ref)
    stamp = await db.value(_STAMP, quiz.id)
    found: str | None = await db.value(
        "SELECT found::text FROM item_analysis WHERE assessment_id = $1 AND attempts = $2 AND stamp = $3",
        quiz.id,
        str(which),
        stamp,
    )
    if found is None:
        raise AnalysisMissing(attempts=str(which))
    return item_analysis.from_json(found)


async def order_analysis(actor: Actor, quiz_ref: Ref, which: AnalysedAttempts) -> Queued:
    """Have a job analyse a quiz as it is now, for those who teach there. Asked for twice, it is the same job.

    Raises: QuizNotFound, NotYourQuiz.
    """
    async with transaction():
        quiz = await regrade_queries.quiz_to_regrade(actor, quiz_ref)
        key = f"{KIND}:{quiz.id}:{which}:{await db.value(_STAMP, quiz.id)}"
        order = AnalysisOrder(quiz.id, which)
        queued = await jobs.enqueue(KIND, order, owner_id=actor.account_id, unique_key=key)
        if not queued.is_new:  # somebody's who cancelled it, or made while the quiz was still being taken
            await jobs.bring_back(queued.id)
        return queued


async def analyse(order: AnalysisOrder) -> int:
    """Make the analysis of a quiz and keep it; says of how many attempts. Safe to repeat.

    Reads in pages: of each mark and each choice some ten bytes stay.
    """
    quiz = await assessments.quiz_by_id(order.assessment_id)
    stamp = await db.value(_STAMP, quiz.id)
    keys = (await papers.answer_keys([quiz.id]))[quiz.id]
    sittings = await _sittings(quiz, order.which, keys)
    asked = await _asked(quiz.id, keys)
    whole, questions = await asyncio.to_thread(item_analysis.analysed, asked, sittings)
    found = Analysis(
        quiz_id=quiz.uuid,
        title=quiz.title,
        key_version=keys.version,
        which=order.which,
        quiz=whole,
        questions=questions,
    )
    async with transaction():
        await db.statement(
            "INSERT INTO item_analysis AS i (assessment_id, attempts, stamp, found) VALUES ($1, $2, $3, $4::jsonb)"
            " ON CONFLICT (assessment_id, attempts) DO UPDATE SET stamp = excluded.stamp, found = excluded.found,"
            " created_at = now()",
            quiz.id,
            str(order.which),
            stamp,
            item_analysis.to_json(found),
        )
    return whole.attempts


async def _asked(assessment_id: int, keys: QuizKeys) -> list[Asked]:
    rows = await db.fetch("SELECT id, text, text_format FROM question WHERE assessment_id = $1", assessment_id)
    texts = {row["id"]: _plain(row["text"], TextFormat(row["text_format"])) for row in rows}
    return [
        Asked(
            id=entry.question_id,
            uuid=entry.question_uuid,
            number=number,
            text=texts[entry.question_id],
            key=entry.key,
            points=entry.points,
        )
        for number, entry in enumerate(keys.questions, 1)
    ]


def _plain(text: str, text_format: TextFormat) -> str:
    """What a question says, to be known by in a table."""
    return unescape(_TAG.sub(" ", text)) if text_format is TextFormat.HTML else text


async def _sittings(quiz: QuizView, which: AnalysedAttempts, keys: QuizKeys) -> Sittings:
    sittings = Sittings()
    ids = await _chosen(quiz, which)
    items = [item_of(entry) for entry in keys.questions]
    with_options = {entry.question_id: entry.options for entry in keys.questions if options_of(entry.key)}
    for start in range(0, len(ids), PAGE):
        page = ids[start : start + PAGE]
        answered = {one.id: one for one in await attempts.settled_answers(page)}
        rows = await db.fetch(
            "SELECT attempt_id, score_percent, marks::text AS marks FROM result WHERE attempt_id = ANY($1)", page
        )
        for row in rows:
            answers = answered[row["attempt_id"]]
            marks = _marks.decode(row["marks"]) if row["marks"] else _scored(items, answers)
            place = sittings.add(
                row["score_percent"],
                {mark.question_id: mark.points for mark in marks},
                [mark.question_id for mark in marks if mark.verdict == Verdict.UNANSWERED],
            )
            _choose(sittings, place, answers, with_options)
    return sittings


async def _chosen(quiz: QuizView, which: AnalysedAttempts) -> list[int]:
    """The attempts that are looked at, of those that have a result."""
    counts = {AnalysedAttempts.COUNTED: quiz.counts, AnalysedAttempts.FIRST: Counts.FIRST}.get(which, Counts.AVERAGE)
    one_each = "DISTINCT ON (t.account_id)" if counts in _ORDER else ""
    order = f"ORDER BY t.account_id, {_ORDER[counts]}" if counts in _ORDER else ""
    rows = await db.fetch(
        f"SELECT {one_each} t.id FROM attempt t JOIN result r ON r.attempt_id = t.id"  # noqa: S608 - our names
        f" WHERE t.assessment_id = $1 AND t.state = 'graded' {order}",
        quiz.id,
    )
    return sorted(row["id"] for row in rows)


def _scored(items: Sequence[Item], answers: FinalAnswers) -> list[_Mark]:
    """The marks of a result of before there were marks."""
    made = score(items, answers.answers, asked=answers.question_ids).marks
    return [_Mark(question_id, mark.points, str(mark.verdict)) for question_id, mark in made.items()]


def _choose(
    sittings: Sittings, place: int, answers: FinalAnswers, with_options: Mapping[int, Mapping[int, str]]
) -> None:
    for question_id, answer in answers.answers.items():
        options = with_options.get(question_id)
        if options is None:
            continue
        for option in _options(answer, options):
            sittings.choose(place, question_id, option)


def _options(answer: object, options: Mapping[int, str]) -> Collection[str]:
    if isinstance(answer, int):
        return [options[answer]] if answer in options else []
    if isinstance(answer, MultipleResponseAnswer):
        return {str(option) for option in answer.options}
    if isinstance(answer, SingleChoiceAnswer | TrueFalseAnswer):
        return [str(answer.option)]
    return []
