"""What a request with ranges and validators gets: 200, 206, 304, 412 or 416, which headers, which bytes. Pure.

httprange parses and resolves; what it lacks is here: validators other than If-Range, ranges of an empty
file, and multipart bodies that are not in memory. Source: RFC 9110, sections 13 and 14.
"""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime

import httprange
import msgspec

MAX_RANGES = 10
CACHE_CONTROL = "private, no-transform, max-age=60"

_POLICY = httprange.RangePolicy(max_ranges=MAX_RANGES, max_overlapping=2, coalesce=True)
_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


class Span(msgspec.Struct, frozen=True):
    """Bytes from start up to, not including, end; None is the end of a file that still grows."""

    start: int
    end: int | None


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A stored file as HTTP sees it. etag is bare, without quotes; size_bytes None means that it still grows."""

    size_bytes: int | None
    etag: str
    modified_at: datetime
    content_type: str


class Decision(msgspec.Struct, frozen=True):
    """The answer but for its bytes. Headers are in lower case; body is what to send in order.

    Literal bytes are the seams of a multipart body; a HEAD has the headers of its GET and no body.
    """

    status: int
    headers: dict[str, str]
    body: tuple[bytes | Span, ...] = ()


def decide(method: str, headers: Mapping[str, str], resource: Resource) -> Decision:
    """Answer a GET or HEAD. The names of headers are asked in lower case."""
    validators = _validators(resource)
    stop = _precondition(headers, resource)
    if stop == 304:
        return Decision(stop, validators)
    if stop is not None:
        return Decision(stop, {"content-length": "0"})
    if resource.size_bytes is None:
        growing = {"accept-ranges": "none", "content-type": resource.content_type, "cache-control": "no-store"}
        return Decision(200, growing, () if method == "HEAD" else (Span(0, None),))
    return _ranged(method, headers, resource, resource.size_bytes, validators | {"accept-ranges": "bytes"})


def _ranged(method: str, headers: Mapping[str, str], resource: Resource, size: int, common: dict[str, str]) -> Decision:
    found = httprange.evaluate_range_request(
        method=method,
        range_header=headers.get("range"),
        length=max(size, 1),  # of nothing, no byte can be had: told apart below
        if_range=headers.get("if-range"),
        etag=f'"{resource.etag}"',
        last_modified=resource.modified_at,
        policy=_POLICY,
        on_excessive="ignore",
    )
    if found.status == 416 or (found.status == 206 and size == 0):
        return Decision(416, {"accept-ranges": "bytes", "content-range": f"bytes */{size}", "content-length": "0"})
    if found.is_multipart:
        return _multipart(found.ranges, resource.content_type, size, common)
    whole = common | {"content-type": resource.content_type, "content-length": str(size)}
    if found.status == 206:
        (one,) = found.ranges
        part = {"content-range": one.content_range(size), "content-length": str(one.length)}
        return Decision(206, whole | part, (Span(one.first, one.last + 1),))
    return Decision(200, whole, () if method == "HEAD" or size == 0 else (Span(0, size),))


def _multipart(
    ranges: tuple[httprange.ByteRange, ...], content_type: str, size: int, common: dict[str, str]
) -> Decision:
    """RFC 9110, 14.6. The boundary is random and long enough not to occur in a file."""
    boundary = secrets.token_hex(24)
    body: list[bytes | Span] = []
    length = 0
    for one in ranges:
        seam_begin = "\r\n" if body else ""
        seam = (
            f"{seam_begin}--{boundary}\r\n"
            f"Content-Type: {content_type}\r\nContent-Range: {one.content_range(size)}\r\n\r\n"
        ).encode()
        body += [seam, Span(one.first, one.last + 1)]
        length += len(seam) + one.length
    last = f"\r\n--{boundary}--\r\n".encode()
    own = {
        "content-type": f"multipart/byteranges; boundary={boundary}",
        "content-length": str(length + len(last)),
    }
    return Decision(206, common | own, (*body, last))


def _validators(resource: Resource) -> dict[str, str]:
    return {
        "etag": f'"{resource.etag}"',
        "last-modified": httprange.format_http_date(resource.modified_at),
        "cache-control": CACHE_CONTROL,
    }


def _precondition(headers: Mapping[str, str], resource: Resource) -> int | None:
    """The status that a precondition demands, in the order of RFC 9110, 13.2.2, or None to go on."""
    modified_at = resource.modified_at.replace(microsecond=0)
    if (wanted := headers.get("if-match")) is not None:
        if not names(wanted, resource.etag, strongly=True):
            return 412
    elif (limit := _date(headers.get("if-unmodified-since"))) is not None and modified_at > limit:
        return 412
    if (known := headers.get("if-none-match")) is not None:
        return 304 if names(known, resource.etag, strongly=False) else None
    since = _date(headers.get("if-modified-since"))
    return 304 if since is not None and modified_at <= since else None


def names(header: str, etag: str, *, strongly: bool) -> bool:
    """Whether a list of entity tags names this one (bare, without quotes). A malformed list names nothing."""
    if header.strip() == "*":
        return True
    if not _is_list(header):
        return False
    return any(tag == etag and not (weak and strongly) for weak, tag in _TAG.findall(header))


def _is_list(header: str) -> bool:
    """Whether only commas and spaces are left without the tags; linear in the header's length."""
    return not _TAG.sub("", header).strip(", \t")


def _date(header: str | None) -> datetime | None:
    """An HTTP date; a malformed one counts as not sent."""
    if header is None:
        return None
    try:
        return httprange.parse_http_date(header)
    except httprange.MalformedDate:
        return None
