"""What can be done with files of questions: ask for an import, carry it out, commit what was previewed."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref, new_uuid
from backend.domain.accounts import queries as accounts
from backend.domain.accounts.errors import PersonNotFound
from backend.domain.assessments import bulk, question_files, rules
from backend.domain.assessments.commands import editable, locked
from backend.domain.assessments.errors import (
    FormatUnknown,
    NotYourQuiz,
    QuestionPreviewIsStale,
    QuestionPreviewNotFound,
    QuestionsRefused,
    QuizTaken,
    TooManyQuestions,
)
from backend.domain.assessments.formats.detecting import EXTENSIONS, detected, may_be
from backend.domain.assessments.formats.findings import Asked, Finding, Format, ReadFile, Severity
from backend.domain.assessments.formats.pictures import renamed
from backend.domain.assessments.queries import QuizView
from backend.domain.assessments.question_files import ImportMode, QuestionFileView
from backend.domain.assessments.terms import QuizType
from backend.domain.files import commands as files
from backend.domain.files.intake import Intake
from backend.domain.files.terms import OwnerKind
from backend.domain.jobs import commands as jobs
from backend.domain.jobs import queries as job_queries
from backend.domain.jobs.commands import Queued
from storage import keys

KIND = "import_questions"
NAMES = ", ".join(Format)


class QuestionOrder(msgspec.Struct, frozen=True, kw_only=True):
    """The body of an import's job."""

    assessment_id: int
    actor_id: int
    object_key: str
    format: Format
    quiz_type: QuizType
    mode: ImportMode = ImportMode.REPLACE
    dry_run: bool = False
    skip_unsupported: bool = False


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a file of questions came to, or, of a dry run, would come to.

    `skipped` are questions that were left out because the engine cannot say them, `replaced` those that went. The
    lists hold the first findings, the counts are of all.
    """

    dry_run: bool = False
    mode: ImportMode = ImportMode.REPLACE
    format: Format = Format.XLSX
    imported: int = 0
    replaced: int = 0
    skipped: int = 0
    error_count: int = 0
    unsupported_count: int = 0
    errors: Sequence[Finding] = ()
    notes: Sequence[Finding] = ()


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How an import is to be done."""

    mode: ImportMode = ImportMode.REPLACE
    dry_run: bool = False
    skip_unsupported: bool = False


class PictureHome(msgspec.Struct, frozen=True):
    """Whose pictures are to be kept, and the row of the file of questions in which they came."""

    actor: Actor
    file_id: int


async def announce_file(actor: Actor, ref: Ref, wanted: Format | None, head: bytes) -> str:
    """Say under which key a file that begins so is to be stored, once its row is written.

    Raises: QuizNotFound, NotYourQuiz, QuizTaken, FormatUnknown.
    """
    format_ = wanted if wanted and may_be(wanted, head) else (None if wanted else detected(head))
    async with transaction():
        quiz = await editable(actor, ref)
        if format_ is None:
            raise FormatUnknown(found="", expected=wanted or NAMES)
        key = keys.questions(new_uuid(), EXTENSIONS[format_])
        await question_files.announce(quiz.id, key, format_, actor.account_id)
        return key


async def order_import(actor: Actor, ref: Ref, object_key: str, sha256: str, options: Options) -> Queued:
    """Have a stored file taken, or with `dry_run` only looked at, by a job of the actor's.

    Raises: QuizNotFound, NotYourQuiz, QuizTaken.
    """
    async with transaction():
        quiz = await editable(actor, ref)
        extension = object_key.rpartition(".")[2]
        format_ = next(each for each, ext in EXTENSIONS.items() if ext == extension)
        order = QuestionOrder(
            assessment_id=quiz.id,
            actor_id=actor.person_id,
            object_key=object_key,
            format=format_,
            quiz_type=quiz.quiz_type,
            mode=options.mode,
            dry_run=options.dry_run,
            skip_unsupported=options.skip_unsupported,
        )
        job = await jobs.enqueue(KIND, order, owner_id=actor.account_id)
        await question_files.arrived(object_key, sha256, options.mode, job.id)
        return job


async def picture_home(order: QuestionOrder, read: ReadFile, job_id: int) -> PictureHome | None:
    """Where the pictures of a file are to be kept until its questions are there; None: they are not wanted.

    Nothing is kept of a file that is refused anyway. What an earlier run of the job has kept goes. Safe to repeat.

    Raises: QuizNotFound, NotYourQuiz, QuizTaken, QuestionPreviewNotFound, TooManyQuestions.
    """
    if not read.pictures or _is_refused(order, read):
        return None
    async with transaction():
        actor = await _actor_now(order)
        quiz = await editable(actor, order.assessment_id)
        file = await question_files.of_job(job_id, quiz.id)
        if file is None:
            raise QuestionPreviewNotFound(job=job_id)
        if file.is_applied:
            return None
        there = 0 if order.mode is ImportMode.REPLACE else quiz.question_count
        if there + len(read.questions) > rules.MAX_QUESTIONS:
            raise TooManyQuestions(limit=rules.MAX_QUESTIONS)
        await files.detach(OwnerKind.QUESTION_FILE, file.id)
        return PictureHome(actor, file.id)


async def keep_picture(home: PictureHome, intake: Intake, object_key: str, size_bytes: int, sha256: str) -> str:
    """Keep a picture that lies in storage, as the actor's and with the file of questions; says its address.

    Raises: FileNotFound, LocationInvalid.
    """
    async with transaction():
        received = await intake.record(object_key, size_bytes, sha256)
        await files.share(OwnerKind.QUESTION_FILE, [(received.file.address, home.file_id)])
        return received.file.address


async def let_pictures_go(home: PictureHome) -> None:
    """Let what was kept of a file's pictures go, because not all can be kept. Safe to repeat."""
    async with transaction():
        await files.detach(OwnerKind.QUESTION_FILE, home.file_id)


async def take_questions(order: QuestionOrder, read: ReadFile, names: Mapping[str, str], job_id: int) -> ImportReport:
    """Put the questions of a file into its quiz, all or none; a dry run keeps a preview.

    `names` are the addresses of pictures that came along, by their tokens. Safe to repeat: what this job has written
    is told again, not written again. Whether the actor still teaches is asked anew: between asking for the import and
    its run there may be hours.

    Raises: QuizNotFound, NotYourQuiz, QuizTaken, QuestionsRefused, QuestionPreviewNotFound, TooManyQuestions,
        KeyUnfit, FileNotFound.
    """
    async with transaction():
        actor = await _actor_now(order)
        quiz = await locked(actor, order.assessment_id)
        file = await question_files.of_job(job_id, quiz.id)
        if file is None:
            raise QuestionPreviewNotFound(job=job_id)
        if file.is_applied:
            told = _report(order, read, quiz)
            return msgspec.structs.replace(told, imported=file.imported or 0, replaced=file.replaced or 0)
        if quiz.taken_at is not None:
            raise QuizTaken(quiz=quiz.id)
        questions = [renamed(asked, names) if asked.files and names else asked for asked in read.questions]
        if not _is_refused(order, read):
            read = await _without_foreign(read, questions, quiz, actor)
        told = _report(order, read, quiz)
        if order.dry_run:
            if not _is_refused(order, read):
                await question_files.keep_preview(file.id, questions, quiz.key_version)
            return told
        if _is_refused(order, read):
            raise QuestionsRefused(**_as_data(told))
        gone = await _put(quiz, file, questions, order.actor_id)
        await question_files.applied(file.id, len(questions), gone)
        return told


def _is_refused(order: QuestionOrder, read: ReadFile) -> bool:
    return bool(read.errors) or (bool(read.unsupported) and not order.skip_unsupported)


async def _without_foreign(read: ReadFile, questions: Sequence[Asked], quiz: QuizView, actor: Actor) -> ReadFile:
    """What was read, and the files in it that are not the actor's to give."""
    foreign = await question_files.foreign(questions, quiz.id, None if actor.is_admin else actor.account_id)
    return msgspec.structs.replace(read, findings=[*read.findings, *foreign], errors=read.errors + len(foreign))


async def _put(quiz: QuizView, file: QuestionFileView, questions: Sequence[Asked], actor_id: int | None) -> int:
    replaces = file.mode is ImportMode.REPLACE
    return await bulk.put_questions(quiz, questions, file.id, actor_id, replaces=replaces)


async def commit_preview(actor: Actor, ref: Ref, job: Ref, *, skip_stale: bool) -> ImportReport:
    """Write exactly what a preview has shown, at most once; the second time the same answer is given.

    A quiz whose questions have changed since refuses it, unless that is to be overlooked.

    Raises: QuizNotFound, NotYourQuiz, QuizTaken, JobNotFound, QuestionPreviewNotFound, QuestionPreviewIsStale,
        TooManyQuestions, KeyUnfit, FileNotFound.
    """
    async with transaction():
        quiz = await locked(actor, ref)
        shown = await job_queries.job(actor, job)
        file = await question_files.of_job(shown.id, quiz.id)
        if file is None or not (file.has_preview or file.is_applied):
            raise QuestionPreviewNotFound(job=shown.id)
        dry = msgspec.convert(shown.report, ImportReport, strict=False)
        if file.is_applied:
            return _committed(dry, file.imported or 0, file.replaced or 0)
        if quiz.taken_at is not None:
            raise QuizTaken(quiz=quiz.id)
        if file.key_version != quiz.key_version and not skip_stale:
            raise QuestionPreviewIsStale(questions=quiz.question_count)
        return await _commit(actor, quiz, file, dry)


async def _commit(actor: Actor, quiz: QuizView, file: QuestionFileView, dry: ImportReport) -> ImportReport:
    questions = await question_files.preview(file.id)
    gone = await _put(quiz, file, questions, actor.account_id)
    await question_files.applied(file.id, len(questions), gone)
    return _committed(dry, len(questions), gone)


def _committed(dry: ImportReport, imported: int, replaced: int) -> ImportReport:
    return msgspec.structs.replace(dry, dry_run=False, imported=imported, replaced=replaced)


async def _actor_now(order: QuestionOrder) -> Actor:
    """Who asked for it, as they are now."""
    try:
        person = await accounts.person(order.actor_id)
    except PersonNotFound:
        raise NotYourQuiz(quiz=order.assessment_id) from None
    return Actor(person.id, person.role)


def _report(order: QuestionOrder, read: ReadFile, quiz: QuizView) -> ImportReport:
    return ImportReport(
        dry_run=order.dry_run,
        mode=order.mode,
        format=read.format,
        imported=len(read.questions),
        replaced=quiz.question_count if order.mode is ImportMode.REPLACE else 0,
        skipped=read.left_out,
        error_count=read.errors,
        unsupported_count=read.unsupported,
        errors=[finding for finding in read.findings if finding.severity is not Severity.NOTE],
        notes=[finding for finding in read.findings if finding.severity is Severity.NOTE],
    )


def _as_data(told: ImportReport) -> dict[str, Any]:
    nothing = msgspec.structs.replace(told, imported=0, replaced=0)
    return {name: getattr(nothing, name) for name in nothing.__struct_fields__}
