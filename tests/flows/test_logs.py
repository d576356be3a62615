"""One request id from the request to the worker's line; and nothing that was planted is in any log."""

import asyncio
import re

import httpx
import pytest

from backend.core import db

pytestmark = pytest.mark.processes

PLANTED = "Xyzzy"
REQUEST = "request-followed-home"
EMAIL = f"siti.{PLANTED}@example.test".lower()
NEWCOMER = {
    "name": f"Siti {PLANTED}",
    "phone": "081234509876",
    "email": EMAIL,
    "password": f"{PLANTED}-battery-staple",
    "confirm_password": f"{PLANTED}-battery-staple",
    "group_type": "umum",
    "institution": f"Institute {PLANTED}",
    "origin": PLANTED,
    "address": f"{PLANTED} street",
    "nik": "3201019876543210",
    "birth_date": "1999-05-17T00:00:00Z",
}
SECRETS = (PLANTED, PLANTED.lower(), "3201019876543210", "081234509876")


async def knock(http):
    """Requests that go wrong in every way, with something planted in each part."""
    bearer = {"authorization": f"Bearer {PLANTED}.{PLANTED}.{PLANTED}", "cookie": f"refresh_token={PLANTED}"}
    statuses = [
        (await http.post("/api/v1/auth/login", json={"email": EMAIL, "password": PLANTED})).status_code,
        (await http.post("/api/v1/auth/login", content=f'{{"email": "{PLANTED}')).status_code,
        (await http.post("/api/v1/auth/register", json=NEWCOMER | {"name": f"{PLANTED}\0"})).status_code,
        (await http.post("/api/v1/auth/register", json=NEWCOMER | {"email": PLANTED})).status_code,
        (await http.get("/api/v1/users/me", headers=bearer, params={"token": PLANTED})).status_code,
        (await http.get(f"/api/v1/jobs/{PLANTED}/events", params={"ticket": PLANTED})).status_code,
        (await http.get(f"/{EMAIL}", params={"q": PLANTED}, headers={"user-agent": PLANTED})).status_code,
        (await http.get(f"/certificates/{PLANTED}")).status_code,
        (await http.get("/metrics", headers={"authorization": f"Bearer {PLANTED}", "forwarded": PLANTED})).status_code,
    ]
    assert all(400 <= status < 500 for status in statuses), statuses


async def test_an_id_runs_through_and_secrets_do_not(lulus):
    async with httpx.AsyncClient(base_url=lulus.url, timeout=20) as http:
        made = await http.post("/api/v1/auth/register", json=NEWCOMER, headers={"x-request-id": REQUEST})
        assert made.status_code == 201, made.text
        assert made.headers["x-request-id"] == REQUEST
        await knock(http)
    assert await db.fetch("SELECT 1 FROM outbox WHERE request_id = $1", REQUEST)
    async with asyncio.timeout(30):
        while not await db.value("SELECT 1 FROM job WHERE request_id = $1 AND state = 'done'", REQUEST):
            await asyncio.sleep(0.02)
        while not (lines := [line for line in lulus.processes.logs().splitlines() if REQUEST in line])[1:]:
            await asyncio.sleep(0.02)
    assert any("route=/api/v1/auth/register" in line and "status=201" in line for line in lines)
    assert any(re.search(r"kind=mail_verification", line) and "state=done" in line for line in lines)
    log = re.sub(r"^\S+Z ", "", lulus.processes.logs(), flags=re.MULTILINE)  # a time may look like a code
    assert log.count("status=4") >= 9
    (mail,) = lulus.mail_dir.glob("*.eml")
    code = re.search(r"\b\d{6}\b", mail.read_text())
    assert code is not None
    found = [secret for secret in (*SECRETS, code.group()) if re.search(rf"(?<!\d){re.escape(secret)}(?!\d)", log)]
    assert found == [], [line for line in log.splitlines() if any(secret in line for secret in found)]
