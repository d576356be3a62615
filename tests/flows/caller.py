"""A person with an HTTP client, as a web client of the school would be; and what lies in their mailbox."""

import asyncio
import email
import email.policy
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx


class Caller:
    """One person's client: remembers the token, and says what went wrong."""

    def __init__(self, url: str) -> None:
        self.http = httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=60)

    async def __aenter__(self) -> "Caller":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def ask(self, method: str, path: str, expect: int, **options: Any) -> Any:
        """Call an endpoint, and give its data. Raises: AssertionError for any other status."""
        answer = await self.http.request(method, path, **options)
        assert answer.status_code == expect, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json().get("data") if answer.headers["content-type"].startswith("application/json") else answer

    async def get(self, path: str, expect: int = 200, **options: Any) -> Any:
        return await self.ask("GET", path, expect, **options)

    async def post(self, path: str, body: Any = None, expect: int = 201, **options: Any) -> Any:
        return await self.ask("POST", path, expect, json=body, **options)

    async def put(self, path: str, body: Any = None, expect: int = 200, **options: Any) -> Any:
        return await self.ask("PUT", path, expect, json=body, **options)

    async def patch(self, path: str, body: Any = None, expect: int = 200, **options: Any) -> Any:
        return await self.ask("PATCH", path, expect, json=body, **options)

    async def login(self, address: str, password: str) -> Any:
        """Sign in; later calls carry the token."""
        data = await self.post("/auth/login", {"email": address, "password": password}, 200)
        self.http.headers["authorization"] = f"Bearer {data['access_token']}"
        return data["user"]

    async def job(self, url: str, seconds: float = 60) -> Any:
        """Wait for a job to end, and give it."""
        path = url.removeprefix("/api/v1")
        deadline = time.monotonic() + seconds
        while True:
            found = await self.get(path)
            if found["state"] in ("done", "failed", "parked", "cancelled"):
                return found
            assert time.monotonic() < deadline, found
            await asyncio.sleep(0.05)

    async def eventually(self, path: str, check: Any, seconds: float = 30) -> Any:
        """Ask until the data is as wanted."""
        deadline = time.monotonic() + seconds
        while True:
            answer = await self.http.get(path)
            data = answer.json()["data"] if answer.status_code == 200 else None
            if data is not None and check(data):
                return data
            assert time.monotonic() < deadline, f"{path}: {answer.status_code} {answer.text[:500]}"
            await asyncio.sleep(0.05)


async def verification(mail_dir: Path, address: str, seconds: float = 20) -> dict[str, str]:
    """The token and the code out of the mail to an address."""
    deadline = time.monotonic() + seconds
    while True:
        for path in sorted(mail_dir.glob("*.eml")):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if message["to"] != address:
                continue
            body = message.get_body(("plain",))
            text = body.get_content() if body else ""
            link = re.search(r"https?://\S+/auth/verify\S+", text)
            code = re.search(r"\b(\d{6})\b", text)
            if link and code:
                return {"token": parse_qs(urlsplit(link.group()).query)["token"][0], "code": code.group(1)}
        assert time.monotonic() < deadline, f"no mail to {address}"
        await asyncio.sleep(0.05)
