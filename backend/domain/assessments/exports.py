"""The questions of a quiz as a file."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from enum import StrEnum
from uuid import UUID

import msgspec

from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.core.settings import settings
from backend.domain.assessments import queries
from backend.domain.assessments.errors import NotSayable, QuestionsHidden
from backend.domain.assessments.formats import excel_writer
from backend.domain.assessments.formats.findings import Asked, Finding, Findings, Format, Part, Picture, Severity
from backend.domain.assessments.formats.pictures import MOST_PICTURES, PICTURE_MAX, TAKEN, renamed
from backend.domain.assessments.formats.writing import written
from backend.domain.assessments.queries import QuestionView, SectionView
from backend.domain.assessments.terms import QuestionKind, QuizType
from backend.domain.files import queries as files

Fetch = Callable[[str], Awaitable[bytes]]
"""Reads an object of storage."""
_PICTURES = frozenset(kind.content_type for kind in TAKEN)


class TemplateType(StrEnum):
    """What a template is for: one of the two types of a quiz, a kind of question, or all of them."""

    MULTIPLE_CHOICE = "mc"
    TRUE_FALSE = "tf"
    MULTIPLE_RESPONSE = "multiple_response"
    SHORT_TEXT = "short_text"
    NUMERIC = "numeric"
    MATCHING = "matching"
    ORDERING = "ordering"
    BLANKS = "blanks"
    ESSAY = "essay"
    SPEAKING = "speaking"
    ALL = "all"


class Exported(msgspec.Struct, frozen=True):
    """A file, and what it leaves out."""

    content: bytes
    left_out: Sequence[Finding]


async def export_questions(
    actor: Actor, ref: Ref, format_: Format, fetch: Fetch, *, skip_unsupported: bool
) -> Exported:
    """All questions of a quiz in a format. What the format cannot say refuses it, unless that is to be left out.

    Moodle XML takes the questions' pictures in, as far as it can be imported again then.

    Raises: QuizNotFound, QuestionsHidden, NotSayable.
    """
    view = await queries.questions(actor, ref)
    sections = {section.uuid: section for section in await queries.sections_of(view.quiz.id)}
    found = Findings()
    for title in _told_twice(section.title for section in sections.values()):
        found.note(0, Part.SECTIONS, title)
    for section in sections.values():
        if section.draw is not None and format_ is not Format.XLSX:
            found.note(0, Part.DRAW, section.title)
    asked = [_asked(question, sections, number) for number, question in enumerate(view.questions, 1)]
    album = {}
    if format_ is Format.MOODLE_XML:
        album = await _album([address for one in asked for address in one.files], fetch)
        asked = [renamed(one, _short(one.files)) if one.files else one for one in asked]
    content = await asyncio.to_thread(written, format_, asked, found, album)
    unsaid = found.counts[Severity.UNSUPPORTED]
    if unsaid and not skip_unsupported:
        raise NotSayable(format=str(format_), count=unsaid, errors=found.kept)
    return Exported(content, found.kept)


async def template(actor: Actor, ref: Ref, wanted: TemplateType | None) -> bytes:
    """An empty spreadsheet for questions of a quiz; None: of the kind that the quiz's type says.

    Raises: QuizNotFound, QuestionsHidden.
    """
    quiz = await queries.quiz_by_id(ref)
    if not await queries.may_teach(actor, quiz.batch_id):
        raise QuestionsHidden(quiz=quiz.id)
    return await asyncio.to_thread(excel_writer.template, _kind(wanted or TemplateType(quiz.quiz_type)))


async def _album(addresses: Sequence[str], fetch: Fetch) -> dict[str, Picture]:
    """The pictures among some files, by their addresses; those with which the file would grow too large are not."""
    left = settings().max_sheet_bytes * 6 // 10  # in Base64 they take a third more
    album: dict[str, Picture] = {}
    for file in await files.files_at(addresses):
        if file.content_type in _PICTURES and file.size_bytes <= min(left, PICTURE_MAX) and len(album) < MOST_PICTURES:
            left -= file.size_bytes
            content = await fetch(file.object_key)
            album[file.address] = Picture(name=f"{file.uuid}.{file.extension}", content=content)
    return album


def _short(addresses: Sequence[str]) -> dict[str, str]:
    """Texts may name a file with the host before its address."""
    return {settings().public_url + address: address for address in addresses}


def _told_twice(titles: Iterable[str]) -> list[str]:
    """Titles that more than one section has: whoever reads the file sees one section."""
    return [title for title, count in Counter(titles).items() if count > 1]


def _kind(wanted: TemplateType) -> QuestionKind | QuizType | None:
    if wanted is TemplateType.ALL:
        return None
    return QuizType(wanted) if str(wanted) in set(QuizType) else QuestionKind(wanted)


def _asked(view: QuestionView, sections: dict[UUID, SectionView], number: int) -> Asked:
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
        draw=sections[view.section_uuid].draw,
        files=view.files,
    )
