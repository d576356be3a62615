"""What is kept about files. The bytes lie in object storage under `object_key`."""

from piccolo.columns import (
    BigInt,
    BigSerial,
    DoublePrecision,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from backend.core.columns import row_uuid
from backend.domain.files.terms import FileKind, FileState, OwnerKind


class File(Table, tablename="file"):
    """An upload. `owner_id` is None for one made without a login (a student card at registration)."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    owner_id = BigInt(null=True, default=None)
    kind = Varchar(length=16, choices=FileKind)
    state = Varchar(length=16, choices=FileState, default=FileState.BEGUN)
    location = Varchar(length=64, default="")
    original_name = Varchar(length=255, default="")
    extension = Varchar(length=8, default="")
    object_key = Varchar(length=200, default="")
    content_type = Varchar(length=100, default="")
    size_bytes = BigInt(default=0)
    sha256 = Varchar(length=64, default="")
    duration_s = DoublePrecision(null=True, default=None)
    width = Integer(null=True, default=None)
    height = Integer(null=True, default=None)
    audio_codec = Varchar(length=40, null=True, default=None)
    video_codec = Varchar(length=40, null=True, default=None)
    poster_key = Varchar(length=200, null=True, default=None)
    failure = Text(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())
    removed_at = Timestamptz(null=True, default=None)


class Attachment(Table, tablename="attachment"):
    """A file belongs to a row of another feature; unique on file, kind and row."""

    id = BigSerial(primary_key=True, index=False)
    file_id = ForeignKey(File, on_delete=OnDelete.restrict, null=False)
    owner_kind = Varchar(length=20, choices=OwnerKind)
    owner_id = BigInt()
    created_at = Timestamptz(default=TimestamptzNow())


class Discarded(Table, tablename="discarded_object"):
    """An object whose row is gone or replaced; deleted from storage after `delete_after` (seven days)."""

    object_key = Varchar(length=200, primary_key=True)
    delete_after = Timestamptz()
    created_at = Timestamptz(default=TimestamptzNow())
