"""Recordings looked at, and storage swept."""

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

import msgspec

from backend.core.ids import new_uuid
from backend.core.log import logger
from backend.domain.assessments import question_files
from backend.domain.certificates import queries as certificates
from backend.domain.files import commands as files
from backend.domain.files import queries, sweeping
from backend.domain.files.commands import Probed, ProcessMedia
from backend.domain.files.errors import FileNotFound, RecordingRefused
from backend.domain.files.queries import FileView
from backend.domain.files.sweeping import Named, Swept
from backend.domain.files.terms import FileState
from backend.domain.jobs import running
from backend.domain.jobs.running import Claim
from backend.domain.purchases import receipts
from storage import keys
from storage.errors import ObjectMissing
from storage.keys import Kind
from storage.s3 import Storage
from workers import media, scratch
from workers.media import MediaRefused, Probe
from workers.registry import Queue, job
from workers.resources import storage
from workers.schedule import Empty

PHASES = 4
PATIENCE = timedelta(hours=24)
NAMED: Mapping[Kind, Named] = {
    Kind.CERTIFICATE: certificates.named_objects,
    Kind.RECEIPT: receipts.named_objects,
    Kind.QUESTIONS: question_files.named_objects,
}
"""The kinds of objects that features above `files` name, and who tells which of them are."""

_log = logger(__name__)


class MediaReport(msgspec.Struct, frozen=True):
    """How a recording came out. `is_kept` is False when the file was removed in the meantime."""

    file_id: str
    duration_s: float
    has_poster: bool
    is_remuxed: bool
    is_kept: bool


LastStep = Callable[[], Awaitable[MediaReport]]


@job(queue=Queue.MEDIA, time_limit_s=1800, phases=True)
async def process_media(body: ProcessMedia, held: Claim) -> LastStep | None:
    """Look at a recording, make its still picture, and a copy that seeks if it does not; then it is ready.

    Safe to repeat: what a broken run left in storage is named by no row, and swept.

    Raises: RecordingRefused when it cannot be played, for whatever reason; the file says so, too.
    """
    with contextlib.suppress(FileNotFound):
        file = await queries.file(body.file_id)
        if file.state is FileState.FAILED:
            raise RecordingRefused(reason=file.failure or "unreadable")
        if file.state is FileState.PROCESSING:
            return await _process(file, held)
    return None  # removed, or done before


async def _process(file: FileView, held: Claim) -> LastStep:
    try:
        async with scratch.folder() as folder:
            return await _look(file, held, folder)
    except (MediaRefused, ObjectMissing) as refused:
        reason = refused.reason if isinstance(refused, MediaRefused) else "missing"
        await files.mark_failed(file.id, reason)
        raise RecordingRefused(reason=reason) from refused


async def _look(file: FileView, held: Claim, folder: Path) -> LastStep:
    source = folder / "source"
    await running.progress(held, 0, PHASES)
    await storage().download(file.object_key, source, max_bytes=max(file.size_bytes, 1))
    await running.progress(held, 1, PHASES)
    probe = await media.probe(source)
    await running.progress(held, 2, PHASES)
    poster_key = await _poster(storage(), source, folder / "poster") if probe.video_codec else None
    await running.progress(held, 3, PHASES)
    served = await _remuxed(storage(), file, probe, source, folder / "remux")
    probed = Probed(
        object_key=served.object_key,
        content_type=probe.content_type,
        size_bytes=served.size_bytes,
        sha256=served.sha256,
        duration_s=probe.duration_s,
        width=probe.width,
        height=probe.height,
        audio_codec=probe.audio_codec,
        video_codec=probe.video_codec,
        poster_key=poster_key,
    )
    return partial(_ready, file, probed)


async def _ready(file: FileView, probed: Probed) -> MediaReport:
    is_kept = await files.mark_ready(file.id, probed)
    is_remuxed = probed.object_key != file.object_key
    return MediaReport(str(file.uuid), probed.duration_s, probed.poster_key is not None, is_remuxed, is_kept)


async def _poster(store: Storage, source: Path, out: Path) -> str | None:
    """The key of a still picture; None when no frame can be had (the recording may still be played)."""
    try:
        await media.poster(source, out)
    except MediaRefused as refused:
        _log.info("recording without a still picture", reason=refused.reason)
        return None
    key = keys.poster(new_uuid())
    await store.put_file(key, out, "image/jpeg")
    return key


async def _remuxed(store: Storage, file: FileView, probe: Probe, source: Path, out: Path) -> FileView:
    """The file as it is to be served: as it was sent, or a copy that seeks, under a name of its own."""
    if not media.needs_remux(probe):
        return file
    try:
        await media.remux(source, out)
    except MediaRefused as refused:
        _log.info("recording cannot be made to seek", reason=refused.reason)
        return file
    key = keys.remux(new_uuid(), file.extension)
    stored = await store.put_file(key, out, probe.content_type)
    return msgspec.structs.replace(file, object_key=key, size_bytes=stored.size_bytes, sha256=stored.sha256_hex)


@job(queue=Queue.HEAVY, time_limit_s=3600, phases=True)
async def sweep_files(body: Empty) -> Swept:
    """Delete what nothing refers to: rows without bytes, open uploads, objects without rows, discarded objects.

    Safe to repeat. Rows whose object is missing are reported, and nothing is done to them.
    """
    swept = await sweeping.sweep(storage(), PATIENCE, NAMED)
    if swept.missing:
        _log.error("files without their objects", files=swept.missing)
    return swept
