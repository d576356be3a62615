"""What can go wrong with object storage, and which of the client's many errors is which."""

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
from botocore.exceptions import BotoCoreError, ClientError

_MISSING = {"NoSuchKey", "404", "NotFound", "NoSuchUpload"}
_BAD_BODY = {"BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"}
_PASSING = {"SlowDown", "RequestTimeout", "RequestTimeTooSkewed", "InternalError", "NoSuchBucket", "429"}
_BROKEN = 500


class StorageError(Exception):
    """Storage said no for a reason that trying again does not mend (rights, a bad request)."""


class ObjectMissing(StorageError):
    """There is no object of that name."""


class ObjectTooLarge(StorageError):
    """More bytes than `limit` were offered, or are stored."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


class BadChecksum(StorageError):
    """The bytes that arrived are not those whose checksum was announced."""


class RangeOutside(StorageError):
    """The range asked for lies behind the object's end."""


class StorageDown(Exception):
    """Storage does not answer, answers 5xx or breaks off. Transient: worth another try later."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn the client's errors into ours. Wrap the client's calls only: others have their OSError, too.

    Raises: ObjectMissing, BadChecksum, RangeOutside, StorageError, StorageDown.
    """
    try:
        yield
    except ClientError as refused:
        raise _kind(refused)(_summary(refused)) from refused
    except (BotoCoreError, aiohttp.ClientError, TimeoutError, OSError) as broken:
        raise StorageDown(f"{type(broken).__name__}: {broken}") from broken


def refusal(operation: str, code: str, status: int) -> ClientError:
    """What the library would raise, for an answer that it has not seen."""
    told = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(told, operation)  # type: ignore[arg-type]


def _kind(refused: ClientError) -> type[Exception]:
    code = refused.response.get("Error", {}).get("Code", "")
    status = refused.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _MISSING:
        return ObjectMissing
    if code in _BAD_BODY:
        return BadChecksum
    if code == "InvalidRange":
        return RangeOutside
    return StorageDown if code in _PASSING or status >= _BROKEN else StorageError


def _summary(refused: ClientError) -> str:
    return f"{refused.operation_name}: {refused.response.get('Error', {}).get('Code', 'unknown')}"
