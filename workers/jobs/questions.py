"""Jobs about questions."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from typing import BinaryIO, cast

from backend.core.errors import DomainError, TooLarge
from backend.core.settings import settings
from backend.domain.assessments import imports
from backend.domain.assessments.formats.findings import Picture, ReadFile
from backend.domain.assessments.formats.pictures import token
from backend.domain.assessments.formats.reading import read_questions
from backend.domain.assessments.imports import ImportReport, PictureHome, QuestionOrder
from backend.domain.files import sniff
from backend.domain.files.intake import Intake
from backend.domain.files.terms import FileKind
from backend.domain.jobs import running
from backend.domain.jobs.running import Claim
from workers import resources, scratch
from workers.registry import Queue, job

PHASES = 3
LOCATION = "questions"
"""The folder in the address of a picture that came in a file of questions."""


@job(queue=Queue.HEAVY, time_limit_s=240, phases=True)
async def import_questions(order: QuestionOrder, held: Claim) -> Callable[[], Awaitable[ImportReport]]:
    """Take the questions of a stored file, or look at what they would be.

    Safe to repeat: the file's row says what this job has written before.
    """
    read = await _read(order, held)
    await running.progress(held, 2, PHASES)
    names = await _stored(order, read, held)
    return partial(imports.take_questions, order, read, names, held.id)


async def _read(order: QuestionOrder, held: Claim) -> ReadFile:
    async with scratch.folder() as folder:
        path = folder / "questions"
        await resources.storage().download(order.object_key, path, max_bytes=settings().max_sheet_bytes)
        await running.progress(held, 1, PHASES)
        return await read_questions(path, order.format, order.quiz_type)


async def _stored(order: QuestionOrder, read: ReadFile, held: Claim) -> dict[str, str]:
    """Put the pictures of a file into storage, as if its sender had uploaded them; says their addresses by token."""
    home = await imports.picture_home(order, read, held.id)
    if home is None:
        return {}
    named = {each for asked in read.questions for each in asked.files}
    try:
        return {
            token(number): await _store(picture, home)
            for number, picture in enumerate(read.pictures)
            if token(number) in named
        }
    except DomainError:
        await imports.let_pictures_go(home)
        raise


async def _store(picture: Picture, home: PictureHome) -> str:
    """Row first, then bytes, then record or abort."""
    intake = Intake(home.actor, FileKind.IMAGE, location=LOCATION)
    if len(picture.content) > intake.max_bytes:
        raise TooLarge(limit=f"{intake.max_bytes >> 10} KB")
    await intake.begin(picture.name)
    try:
        key, content_type = intake.recognise(picture.content[: sniff.HEAD_BYTES], picture.content[-sniff.TAIL_BYTES :])
        with await asyncio.to_thread(_spooled, picture.content) as file:
            await intake.judge(file)
            content = await asyncio.to_thread(_whole, file)
        stored = await resources.storage().put(key, content, content_type)
        return await imports.keep_picture(home, intake, key, stored.size_bytes, stored.sha256_hex)
    except BaseException:
        await intake.abort()
        raise


def _whole(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()


def _spooled(content: bytes) -> BinaryIO:
    file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - the caller closes it
    file.write(content)
    file.seek(0)
    return file
