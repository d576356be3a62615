"""Requests whose shape is the attack: they cost little, break nothing, and mean one thing only."""

import asyncio
import json
import time

import httpx
import pytest

from tests.people import Person
from tests.processes import Processes, answers, free_port, web

JSON = {"content-type": "application/json"}
MOST_S = 5.0
"""Far more than any of these takes (some 10 ms), far less than a quadratic one would."""

BODIES = {
    "a number of 900,000 digits": b'{"name": "Sari", "phone": ' + b"9" * 900_000 + b"}",
    "a float of 900,000 digits": b'{"name": 0.' + b"1" * 900_000 + b"}",
    "an exponent without end": b'{"name": 1e' + b"9" * 900_000 + b"}",
    "the same key 50,000 times": b"{" + b",".join(b'"name": "Sari"' for _ in range(50_000)) + b"}",
    "50,000 keys": json.dumps({f"k{number}": number for number in range(50_000)}).encode(),
    "escapes": b'{"name": "' + b"\\u0041" * 150_000 + b'"}',
    "nested 200,000 deep": b"[" * 200_000 + b"]" * 200_000,
    "nested inside a field": b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b', "name": "Sari"}',
    "white space": b" " * 900_000 + b"{}",
    "a text that a pattern could try forever": b'{"avatar": "https://' + b"a" * 400_000 + b'!"}',
    "spaces before an end": json.dumps({"avatar": "https://a" + " " * 400_000 + "x"}).encode(),
    "an address of a million signs": json.dumps({"email": "@" * 400_000, "name": "-" * 400_000}).encode(),
}


@pytest.mark.parametrize("name", BODIES)
async def test_no_body_costs_more_than_its_size(student: Person, name: str):
    begun = time.process_time()
    for method, path in (("PATCH", "/api/v1/me"), ("POST", "/api/v1/auth/register"), ("POST", "/api/v1/auth/login")):
        answer = await student.http.request(method, path, content=BODIES[name], headers=JSON)
        assert answer.status_code < 500, answer.text[:300]
    assert time.process_time() - begun < MOST_S


async def test_no_query_or_cookie_costs_more_than_its_size(client: httpx.AsyncClient, student: Person):
    begun = time.process_time()
    many = "&".join(f"a{number}={number}" for number in range(6_000))
    cookies = "; ".join(f"c{number}=x" for number in range(50_000))
    for path in ("/api/v1/courses", "/api/v1/me/purchases", "/certificates"):
        for query, headers in ((many, {}), ("q=" + "%25" * 20_000, {}), ("", {"cookie": cookies})):
            answer = await student.http.get(f"{path}?{query}", headers=headers)
            assert answer.status_code < 500
    for header in ("accept-language", "x-forwarded-for", "accept", "if-none-match", "range"):
        answer = await client.get("/certificates", headers={header: ",".join(["a;q=0.1"] * 20_000)})
        assert answer.status_code < 500
    assert time.process_time() - begun < 2 * MOST_S


async def test_a_search_is_for_its_text_alone(admin: Person, student: Person):
    """Wildcards of the database are letters like any other."""
    for odd in ("%", "_", "\\", "%%", "a%b", "' OR '1'='1", "*", ".*"):
        found = (await admin.http.get("/api/v1/users", params={"q": odd})).json()
        assert found["data"] == [], odd
    found = (await admin.http.get("/api/v1/users", params={"q": student.name[:6]})).json()
    assert student.email in [person["email"] for person in found["data"]]


RAW = {
    "two lengths": b"POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    "a length and chunks": b"POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: a\r\n\r\n",
    "a length that is none": b"POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nabcde",
    "a negative length": b"POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "odd chunks": b"POST /hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a folded header": b"GET /hello HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n",
    "a space before the colon": b"GET /hello HTTP/1.1\r\nHost : a\r\n\r\n",
    "a NUL in a header": b"GET /hello HTTP/1.1\r\nHost: a\r\nX-A: b\0c\r\n\r\n",
    "a NUL in the path": b"GET /hel\0lo HTTP/1.1\r\nHost: a\r\n\r\n",
    "two thousand headers": b"GET /hello HTTP/1.1\r\nHost: a\r\n"
    + b"".join(b"X-%d: a\r\n" % number for number in range(2000))
    + b"\r\n",
    "a header of a megabyte": b"GET /hello HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * (1 << 20) + b"\r\n\r\n",
    "a path of a megabyte": b"GET /" + b"a" * (1 << 20) + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "no version": b"GET /hello\r\n\r\n",
    "no request": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + b"\r\n\r\n",
    "climbing": b"GET /uploads/../../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
    "climbing, encoded twice": b"GET /uploads/%252e%252e/%252e%252e/etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
    "a whole address": b"GET http://evil.test/hello HTTP/1.1\r\nHost: a\r\n\r\n",
    "a tunnel": b"CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n",
}


async def knock(port: int, raw: bytes) -> bytes:
    """What a server says to these bytes before it falls silent or hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = b""
    try:
        writer.write(raw)
        await writer.drain()
        async with asyncio.timeout(1.0):
            while piece := await reader.read(1 << 16):
                said += piece
                if b"\r\n\r\n" in said and len(said) > 100:
                    break
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.close()
    return said


@pytest.mark.processes
async def test_a_real_server_takes_no_request_for_two(database: None, storage: object, processes: Processes, tmp_path):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    web(processes, port, PUBLIC_URL=url, VAR_DIR=str(tmp_path / "var"))
    await answers(url, processes)
    told = dict(zip(RAW, await asyncio.gather(*(knock(port, raw) for raw in RAW.values())), strict=True))
    for name, said in told.items():
        assert b"root:" not in said, name
        assert b"HTTP/1.1 5" not in said, (name, said[:300])
        assert said.count(b"HTTP/1.1 ") <= 1, name
        assert b"lulus_" not in said, name  # the numbers of /metrics, asked for inside another request
    slow = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(200)))
    for _, writer in slow:
        writer.write(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
    async with httpx.AsyncClient(base_url=url, timeout=10) as http:  # who sends slowly keeps nobody waiting
        assert (await http.get("/hello")).status_code == 200
    for _, writer in slow:
        writer.close()
    assert "Traceback" not in processes.logs()
