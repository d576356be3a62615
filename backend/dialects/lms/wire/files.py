"""Files on the wire."""

from typing import Annotated, Any
from uuid import UUID

import msgspec

from backend.domain.files.commands import Received
from backend.domain.files.queries import FileView
from backend.domain.files.terms import FileKind, FileState


class RemoveFileIn(msgspec.Struct):
    """Which file to delete, by its address or its path."""

    file_path: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class MediaOut(msgspec.Struct):
    """A recording that has arrived, and the job that looks at it. `url` is the job's address, as for every job."""

    job_id: UUID | None
    url: str | None
    file_id: UUID
    file_url: str
    status: FileState

    @classmethod
    def of(cls, received: Received) -> "MediaOut":
        """Of what was received."""
        file, job = received.file, received.job
        return cls(
            job_id=job.uuid if job else None,
            url=f"/api/v1/jobs/{job.uuid}" if job else None,
            file_id=file.uuid,
            file_url=file.address,
            status=file.state,
        )


class FileOut(msgspec.Struct):
    """A file: what it is, and whether it can be had. `failure` says why a recording was refused."""

    id: UUID
    kind: FileKind
    status: FileState
    name: str
    url: str
    poster_url: str | None
    content_type: str
    size_bytes: int
    sha256: str
    duration_s: float | None
    width: int | None
    height: int | None
    audio_codec: str | None
    video_codec: str | None
    failure: str | None
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, view: FileView) -> "FileOut":
        """Of a file."""
        told: dict[str, Any] = {
            name: getattr(view, name)
            for name in ("kind", "content_type", "size_bytes", "sha256", "duration_s", "width", "height")
        }
        return cls(
            id=view.uuid,
            status=view.state,
            name=view.original_name,
            url=view.address,
            poster_url=f"/api/v1/files/{view.uuid}/poster" if view.poster_key else None,
            audio_codec=view.audio_codec,
            video_codec=view.video_codec,
            failure=view.failure,
            created_at=view.created_at.isoformat(),
            updated_at=view.updated_at.isoformat(),
            **told,
        )


class TicketOut(msgspec.Struct):
    """What to put into `<video src>` or `<img src>`: good for one file, in one session, for ten minutes."""

    ticket: str
    url: str
    expires_at: str
