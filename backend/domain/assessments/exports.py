"""The questions of a quiz as a file."""

import asyncio
from collections.abc import Sequence

import msgspec

from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.domain.assessments import queries
from backend.domain.assessments.errors import NotSayable
from backend.domain.assessments.formats.findings import Asked, Finding, Findings, Format, Part, Severity
from backend.domain.assessments.formats.writing import written
from backend.domain.assessments.queries import QuestionView, SectionView


class Exported(msgspec.Struct, frozen=True):
    """A file, and what it leaves out."""

    content: bytes
    left_out: Sequence[Finding]


async def export_questions(actor: Actor, ref: Ref, format_: Format, *, skip_unsupported: bool) -> Exported:
    """All questions of a quiz in a format. What the format cannot say refuses it, unless that is to be left out.

    Raises: QuizNotFound, QuestionsHidden, NotSayable.
    """
    view = await queries.questions(actor, ref)
    sections = {section.uuid: section for section in await queries.sections_of(view.quiz.id)}
    found = Findings()
    for section in sections.values():
        if section.draw is not None:
            found.note(0, Part.DRAW, section.title)
    asked = [_asked(question, sections, number) for number, question in enumerate(view.questions, 1)]
    content = await asyncio.to_thread(written, format_, asked, found)
    unsaid = found.counts[Severity.UNSUPPORTED]
    if unsaid and not skip_unsupported:
        raise NotSayable(format=str(format_), count=unsaid, errors=found.kept)
    return Exported(content, found.kept)


def _asked(view: QuestionView, sections: dict[object, SectionView], number: int) -> Asked:
    return Asked(
        line=number,
        text=view.text,
        key=view.key,
        text_format=view.text_format,
        points=view.points,
        penalty=view.penalty,
        floor=view.floor,
        explanation=view.explanation,
        feedback_right=view.feedback_right,
        feedback_wrong=view.feedback_wrong,
        category=sections[view.section_uuid].title,
        files=len(view.files),
    )
