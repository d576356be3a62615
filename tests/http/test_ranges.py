"""Ranges and validators: each row of the contract as a decision, and the same over HTTP with real bytes."""

import asyncio
import re
from datetime import UTC, datetime
from itertools import pairwise

import httprange
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import HttpMethod, Litestar, Request, Response, route
from litestar.exceptions import LitestarException

from backend.http.media import BodyBroken, content_disposition, media_response
from backend.http.ranges import Resource, Span, decide

AT = datetime(2026, 3, 4, 5, 6, 7, 890, tzinfo=UTC)
STAMP = "Wed, 04 Mar 2026 05:06:07 GMT"
EARLIER = "Wed, 04 Mar 2026 05:06:06 GMT"
SIZE = 1000
FILE = Resource(size_bytes=SIZE, etag="abc", modified_at=AT, content_type="video/webm")
EMPTY = Resource(size_bytes=0, etag="abc", modified_at=AT, content_type="video/webm")


def get(resource=FILE, method="GET", **headers):
    return decide(method, {name.replace("_", "-"): value for name, value in headers.items()}, resource)


def test_a_plain_get_tells_everything():
    answer = get()
    assert (answer.status, answer.body) == (200, (Span(0, SIZE),))
    assert answer.headers == {
        "accept-ranges": "bytes",
        "content-length": "1000",
        "content-type": "video/webm",
        "etag": '"abc"',
        "last-modified": STAMP,
        "cache-control": "private, no-transform, max-age=60",
    }


def test_head_has_the_same_headers_and_no_body_and_knows_no_ranges():
    answer = get(method="HEAD", range="bytes=0-9")
    assert (answer.status, answer.headers, answer.body) == (200, get().headers, ())


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, SIZE),
        ("bytes=-100", 900, SIZE),
        ("bytes=-5000", 0, SIZE),
        ("bytes=900-5000", 900, SIZE),
        ("bytes=0-0", 0, 1),
        ("bytes=999-", 999, SIZE),
        ("BYTES=0-99", 0, 100),
        ("bytes=0-99,100-199", 0, 200),
        ("bytes=0-99,50-149", 0, 150),
        ("bytes=0-99, 5000-", 0, 100),
    ],
)
def test_one_range(asked, start, end):
    answer = get(range=asked)
    assert (answer.status, answer.body) == (206, (Span(start, end),))
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert answer.headers["content-length"] == str(end - start)
    assert answer.headers["etag"] == '"abc"'


@pytest.mark.parametrize("asked", ["bytes=1000-", "bytes=-0", "bytes=5000-6000", "bytes=1000-,2000-"])
def test_a_range_behind_the_end(asked):
    answer = get(range=asked)
    assert (answer.status, answer.body) == (416, ())
    assert answer.headers["content-range"] == "bytes */1000"


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=a-b",
        "bytes=9-1",
        "bytes=-",
        "bytes 0-9",
        "items=0-9",
        "bytes=0x1-2",
        "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 22, 2)),  # eleven
        "bytes=0-999,0-999,0-999",
        "bytes=" + "0-," * 5000,
    ],
)
def test_a_malformed_or_abusive_range_is_ignored(asked):
    assert get(range=asked) == get()


def assembled(answer, body):
    return b"".join(part if isinstance(part, bytes) else body[part.start : part.end] for part in answer.body)


@pytest.mark.parametrize("asked", ["bytes=0-9,100-199,-1", "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 20, 2))])
def test_several_ranges_are_one_multipart_body(asked):
    body = bytes(n % 251 for n in range(SIZE))
    answer = get(range=asked)
    assert answer.status == 206
    assert "content-range" not in answer.headers
    sent = assembled(answer, body)
    assert len(sent) == int(answer.headers["content-length"])
    parts = httprange.parse_multipart_byteranges(sent, answer.headers["content-type"])
    assert len(parts) == asked.count(",") + 1
    for part in parts:
        assert part.content_type == "video/webm"
        first, last = re.fullmatch(r"bytes (\d+)-(\d+)/1000", str(part.content_range)).groups()
        assert part.data == body[int(first) : int(last) + 1]


@pytest.mark.parametrize(
    ("validator", "honoured"),
    [
        ('"abc"', True),
        ('"xyz"', False),
        ('W/"abc"', False),
        (STAMP, True),
        (EARLIER, False),
        ("abc", False),
        ("", False),
    ],
)
def test_if_range(validator, honoured):
    assert get(range="bytes=0-9", if_range=validator).status == (206 if honoured else 200)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"if_none_match": '"abc"'}, 304),
        ({"if_none_match": 'W/"abc"'}, 304),
        ({"if_none_match": '"x", "abc"'}, 304),
        ({"if_none_match": "*"}, 304),
        ({"if_none_match": '"a,b", "c"'}, 200),
        ({"if_none_match": "abc"}, 200),
        ({"if_none_match": '"x"', "if_modified_since": STAMP}, 200),
        ({"if_none_match": '"abc"', "range": "bytes=0-9"}, 304),
        ({"if_modified_since": STAMP}, 304),
        ({"if_modified_since": EARLIER}, 200),
        ({"if_modified_since": "yesterday"}, 200),
        ({"if_match": '"abc"'}, 200),
        ({"if_match": "*"}, 200),
        ({"if_match": '"x"'}, 412),
        ({"if_match": 'W/"abc"'}, 412),
        ({"if_match": "abc"}, 412),
        ({"if_match": '"abc"', "if_none_match": '"abc"'}, 304),
        ({"if_match": '"abc"', "if_unmodified_since": EARLIER}, 200),
        ({"if_unmodified_since": STAMP}, 200),
        ({"if_unmodified_since": EARLIER}, 412),
        ({"if_unmodified_since": "tomorrow"}, 200),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_preconditions(headers, status, method):
    answer = get(method=method, **headers)
    assert answer.status == status
    if status == 304:
        assert set(answer.headers) == {"etag", "last-modified", "cache-control"}


def test_an_empty_file():
    assert (get(EMPTY).status, get(EMPTY).body, get(EMPTY).headers["content-length"]) == (200, (), "0")
    for asked in ("bytes=0-", "bytes=0-0", "bytes=-1", "bytes=5-9", "bytes=-0"):
        answer = get(EMPTY, range=asked)
        assert (answer.status, answer.headers["content-range"]) == (416, "bytes */0")
    assert get(EMPTY, range="bytes=x").status == 200
    assert get(EMPTY, range="items=0-9").status == 200


def test_a_file_that_still_grows_has_no_length_and_no_ranges():
    growing = Resource(size_bytes=None, etag="", modified_at=AT, content_type="video/webm")
    answer = get(growing, range="bytes=0-9")
    assert (answer.status, answer.body) == (200, (Span(0, None),))
    assert answer.headers["accept-ranges"] == "none"
    assert "content-length" not in answer.headers


specs = st.one_of(
    st.tuples(st.integers(0, 1100), st.integers(0, 1100)).map(lambda pair: f"{pair[0]}-{pair[1]}"),
    st.integers(0, 1100).map(lambda n: f"{n}-"),
    st.integers(0, 1100).map(lambda n: f"-{n}"),
)


@given(st.lists(specs, min_size=1, max_size=12), st.integers(0, 1000))
def test_whatever_ranges_are_asked_the_length_is_exact_and_no_byte_lies_outside(asked, size):
    resource = Resource(size_bytes=size, etag="abc", modified_at=AT, content_type="audio/mpeg")
    answer = get(resource, range="bytes=" + ",".join(asked))
    body = bytes(n % 251 for n in range(size))
    assert answer.status in (200, 206, 416)
    assert len(assembled(answer, body)) == int(answer.headers["content-length"])
    for part in answer.body:
        assert isinstance(part, bytes) or 0 <= part.start < part.end <= size
    spans = sorted((part.start, part.end) for part in answer.body if isinstance(part, Span))
    assert all(before[1] < after[0] for before, after in pairwise(spans))


@given(st.text(), st.text(), st.text())
def test_any_header_can_be_sent(asked, validator, tags):
    assert get(range=asked, if_range=validator, if_none_match=tags, if_match=tags).status in (200, 206, 304, 412, 416)


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("plan.pdf", "inline; filename=\"plan.pdf\"; filename*=UTF-8''plan.pdf"),
        ("Tugas ke-1 é.pdf", "inline; filename=\"Tugas ke-1 _.pdf\"; filename*=UTF-8''Tugas%20ke-1%20%C3%A9.pdf"),
        ('a"b\\c\r\nX: y', "inline; filename=\"a_b_cX: y\"; filename*=UTF-8''a%22b%5CcX%3A%20y"),
        ("\r\n", "inline; filename=\"file\"; filename*=UTF-8''file"),
    ],
)
def test_the_name_cannot_break_out_of_its_header(name, header):
    assert content_disposition("inline", name) == header


# Over HTTP, with a body in pieces.

BODY = bytes(n % 251 for n in range(700_000))


class Source:
    """Bytes in pieces; knows how many were taken and whether it was closed."""

    def __init__(self, body=BODY, *, short_by=0, fails=False):
        self.body, self.short_by, self.fails = body, short_by, fails
        self.taken, self.opened, self.closed = 0, 0, 0
        self.released = asyncio.Event()

    async def open(self, start, end):
        self.opened += 1
        try:
            if self.fails:
                raise OSError("storage is down")
            end = (len(self.body) if end is None else end) - self.short_by
            for at in range(start, end, 65536):
                piece = self.body[at : min(at + 65536, end)]
                self.taken += len(piece)
                yield piece
        finally:
            self.closed += 1
            self.released.set()


def app_of(source, content_type="video/webm"):
    @route("/media", http_method=[HttpMethod.GET, HttpMethod.HEAD])
    async def media(request: Request) -> Response[None]:
        resource = Resource(size_bytes=len(BODY), etag="abc", modified_at=AT, content_type=content_type)
        return media_response(request, resource, source.open, filename="tari é.webm")

    return Litestar([media], openapi_config=None)


def client_of(source, **kwargs):
    transport = httpx.ASGITransport(app_of(source), **kwargs)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


@pytest.mark.parametrize(
    ("asked", "start", "end"), [(None, 0, None), ("bytes=5-400000", 5, 400001), ("bytes=-9", -9, None)]
)
async def test_bytes_over_http(asked, start, end):
    source = Source()
    async with client_of(source) as client:
        answer = await client.get("/media", headers={"Range": asked} if asked else {})
    assert answer.status_code == (206 if asked else 200)
    assert answer.content == BODY[start:end]
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["content-disposition"].endswith("filename*=UTF-8''tari%20%C3%A9.webm")
    assert answer.headers["content-type"] == "video/webm"
    assert (source.opened, source.closed) == (1, 1)


async def test_several_ranges_over_http():
    source = Source()
    async with client_of(source) as client:
        answer = await client.get("/media", headers={"Range": "bytes=0-9,600000-"})
    parts = httprange.parse_multipart_byteranges(answer.content, answer.headers["content-type"])
    assert [part.data for part in parts] == [BODY[:10], BODY[600000:]]
    assert source.opened == source.closed == 2


async def test_head_and_not_modified_and_416_open_nothing():
    source = Source()
    async with client_of(source) as client:
        head = await client.head("/media")
        known = await client.get("/media", headers={"If-None-Match": '"abc"'})
        outside = await client.get("/media", headers={"Range": "bytes=700000-"})
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "700000", b"")
    assert (known.status_code, known.headers["etag"], known.content) == (304, '"abc"', b"")
    assert "content-length" not in known.headers
    assert (outside.status_code, outside.headers["content-range"]) == (416, "bytes */700000")
    assert outside.headers["content-length"] == "0"
    assert source.opened == 0


async def test_storage_that_is_down_is_an_error_and_not_an_empty_200():
    async with client_of(Source(fails=True), raise_app_exceptions=False) as client:
        assert (await client.get("/media")).status_code == 500


async def test_a_body_that_ends_short_breaks_the_connection_off():
    async with client_of(Source(short_by=1)) as client:
        with pytest.raises(LitestarException) as caught:
            await client.get("/media")
    assert isinstance(caught.value.__cause__, BodyBroken)


@pytest.mark.parametrize("leaves", ["disconnect", "blocked"])
async def test_reading_stops_when_the_client_leaves(leaves):
    """Two servers: one that says so on `receive`, and one whose `send` waits for ever."""
    source = Source()
    first = asyncio.Event()
    sent = []

    async def receive():
        await first.wait()
        return {"type": "http.disconnect"}

    async def send(event):
        sent.append(event)
        if event["type"] == "http.response.body":
            first.set()
            await (asyncio.Event().wait() if leaves == "blocked" else asyncio.sleep(0))

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/media",
        "raw_path": b"/media",
        "query_string": b"",
        "headers": [],
        "http_version": "1.1",
        "scheme": "http",
        "client": ("127.0.0.1", 1),
        "server": ("test", 80),
        "root_path": "",
        "extensions": {},
    }
    async with asyncio.timeout(5):
        await app_of(source)(scope, receive, send)
        await source.released.wait()
    assert source.taken < len(BODY) / 2
    assert source.opened == source.closed == 1
