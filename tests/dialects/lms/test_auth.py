import asyncio
import itertools
import time
from datetime import timedelta
from uuid import UUID

import httpx
import jwt
import msgspec
import pytest

from backend.core import db, tokens
from backend.core.settings import settings
from backend.dialects.lms import cookies
from backend.domain.accounts import codes
from backend.domain.accounts.terms import CodePurpose
from tests.dialects.lms.signing_in import (
    AUTH,
    NEW,
    a_body,
    an_account,
    bearer,
    letter_to,
    log_in,
    refresh_of,
    with_cookie,
)


@pytest.fixture(autouse=True)
def _stateless(client: httpx.AsyncClient):
    """Cookies go where a test puts them, and nowhere else."""

    class Nothing(httpx.Cookies):
        def extract_cookies(self, response):
            return None

    client._cookies = Nothing()


async def test_logging_in_answers_as_the_contract_says(client: httpx.AsyncClient):
    person = await an_account()
    answer = await log_in(client, person.email.upper())
    assert answer.status_code == 200
    body = answer.json()
    assert body["message"] == "Login successful"
    assert list(body["data"]) == ["access_token", "user"]
    assert body["data"]["user"]["id"] == str(person.uuid)
    claims = jwt.decode(body["data"]["access_token"], options={"verify_signature": False})
    assert {"user_id", "email", "role", "name", "exp", "iat", "nbf", "sid"} <= set(claims)
    assert (claims["user_id"], claims["role"]) == (str(person.uuid), "siswa")
    assert claims["exp"] - claims["iat"] == settings().access_token_minutes * 60
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/api/v1/auth" in cookie
    assert "domain" not in cookie


def test_the_cookie_is_secure_wherever_it_travels(monkeypatch: pytest.MonkeyPatch):
    for changed, secure in (({"public_url": "https://x.test"}, True), ({"lulus_env": "production"}, True), ({}, False)):
        with monkeypatch.context() as patch:
            known = msgspec.structs.replace(settings(), **changed)
            patch.setattr(cookies, "settings", lambda known=known: known)
            assert cookies.refresh_cookie("x").secure is secure


async def test_no_answer_tells_whether_an_account_exists(client: httpx.AsyncClient):
    known = (await an_account()).email
    unverified = a_body()
    await client.post(f"{AUTH}/register", json=unverified)
    answers = [await log_in(client, email, "not it at all") for email in (known, "nobody@b.test", unverified["email"])]
    assert {answer.status_code for answer in answers} == {401}
    assert answers[0].json() == {"success": False, "message": "Login gagal", "error": "Email atau password salah"}
    assert len({answer.content for answer in answers}) == 1
    answers = [await client.post(f"{AUTH}/forgot-password", json={"email": e}) for e in (known, "nobody@b.test")]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1


async def test_an_unknown_address_takes_the_work_of_a_known_one(client: httpx.AsyncClient, statements: list[str]):
    known = (await an_account()).email
    took: dict[str, list[float]] = {known: [], "nobody@b.test": []}
    seen: dict[str, list[str]] = {}
    for _, email in itertools.product(range(6), took):
        statements.clear()
        begun = time.process_time()
        await log_in(client, email, "not it at all")
        took[email].append(time.process_time() - begun)
        seen[email] = list(statements)
    assert seen[known] == seen["nobody@b.test"]
    fastest = sorted(min(times) for times in took.values())
    assert fastest[1] < 2 * fastest[0]


async def test_unverified_people_are_told_after_the_right_password(client: httpx.AsyncClient):
    body = a_body()
    await client.post(f"{AUTH}/register", json=body)
    answer = await log_in(client, body["email"])
    assert answer.status_code == 401
    assert answer.json()["error"] == "Email belum diverifikasi"


async def test_guessing_is_slowed_down(client: httpx.AsyncClient):
    person = await an_account()
    answers = [await log_in(client, person.email, "not it at all") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 300


@pytest.mark.commits
async def test_many_guesses_at_once_are_no_way_round(client: httpx.AsyncClient):
    person = await an_account()
    answers = await asyncio.gather(*(log_in(client, person.email, "not it at all") for _ in range(30)))
    assert sum(answer.status_code == 401 for answer in answers) == 10


@pytest.mark.commits
async def test_a_hall_behind_one_address_gets_in(client: httpx.AsyncClient):
    people = [await an_account() for _ in range(20)]
    await db.statement(  # the rest of the hall, who mistyped
        "INSERT INTO throttle (key, hits, window_started_at) VALUES ('login-failed:127.0.0.1', 1000, now())"
    )
    answers = await asyncio.gather(*(log_in(client, person.email) for person in people))
    assert {answer.status_code for answer in answers} == {200}


async def test_verifying_by_code(client: httpx.AsyncClient):
    body = a_body()
    await client.post(f"{AUTH}/register", json=body)
    letter = await letter_to(body["email"])
    wrong = f"{(int(letter.code) + 1) % 1_000_000:06}"
    answer = await client.post(f"{AUTH}/verify", json={"token": letter.token, "code": wrong})
    assert answer.status_code == 400
    assert answer.json() == {
        "success": False,
        "message": "Verifikasi gagal",
        "error": "kode verifikasi salah atau kadaluarsa",
    }
    answer = await client.post(f"{AUTH}/verify", json={"token": letter.token, "code": letter.code})
    assert answer.json() == {"success": True, "message": "Email verified successfully", "data": None}
    answer = await client.post(f"{AUTH}/verify", json={"token": letter.token, "code": letter.code})
    assert answer.json()["error"] == "email sudah diverifikasi"
    assert (await log_in(client, body["email"])).status_code == 200


async def test_an_expired_token_still_verifies(client: httpx.AsyncClient):
    body = a_body()
    person = (await client.post(f"{AUTH}/register", json=body)).json()["data"]
    letter = await letter_to(body["email"])
    expired = tokens.sign(
        settings().jwt_secret,
        audience=codes.AUDIENCES[CodePurpose.VERIFY_EMAIL],
        subject=person["id"],
        lifetime=timedelta(hours=-1),
        claims={"email": person["email"].upper()},
    )
    answer = await client.post(f"{AUTH}/verify", json={"token": expired, "code": letter.code})
    assert answer.status_code == 200


async def test_resending_waits(client: httpx.AsyncClient):
    body = a_body()
    await client.post(f"{AUTH}/register", json=body)
    letter = await letter_to(body["email"])
    answer = await client.post(f"{AUTH}/resend-verification", json={"token": letter.token})
    assert answer.status_code == 429
    assert answer.json()["message"] == "Gagal kirim ulang kode verifikasi"
    seconds = int(answer.headers["retry-after"])
    assert answer.json()["error"] == f"tunggu {seconds} detik untuk mengirim ulang"
    await db.statement("UPDATE throttle SET window_started_at = now() - interval '121 seconds'")
    answer = await client.post(f"{AUTH}/resend-verification", json={"token": letter.token})
    assert answer.json() == {"success": True, "message": "Verification code resent successfully", "data": None}
    answer = await client.post(f"{AUTH}/resend-verification", json={"token": "a.b.c"})
    assert answer.status_code == 400
    assert answer.json()["error"] == "token tidak valid"


async def test_refreshing_rotates_and_re_use_ends_the_session(client: httpx.AsyncClient):
    first = await log_in(client, (await an_account()).email)
    second = await client.post(f"{AUTH}/refresh-token", headers=with_cookie(refresh_of(first)))
    assert second.status_code == 200
    assert second.json()["message"] == "Token refreshed"
    assert list(second.json()["data"]) == ["access_token"]
    assert (await client.get("/api/v1/me", headers=bearer(second))).status_code == 200
    await db.statement("UPDATE session SET rotated_at = now() - interval '11 seconds'")
    for token in (refresh_of(first), refresh_of(second)):
        answer = await client.post(f"{AUTH}/refresh-token", headers=with_cookie(token))
        assert answer.status_code == 401
        assert answer.json()["message"] == "Invalid or expired refresh token"
    assert (await client.get("/api/v1/me", headers=bearer(second))).status_code == 401


@pytest.mark.commits
async def test_two_tabs_refresh_at_once(client: httpx.AsyncClient):
    first = await log_in(client, (await an_account()).email)
    again = (client.post(f"{AUTH}/refresh-token", headers=with_cookie(refresh_of(first))) for _ in range(2))
    one, two = await asyncio.gather(*again)
    assert one.status_code == two.status_code == 200
    assert refresh_of(one) == refresh_of(two)
    answer = await client.post(f"{AUTH}/refresh-token", headers=with_cookie(refresh_of(one)))
    assert answer.status_code == 200


async def test_no_refresh_token_no_refresh(client: httpx.AsyncClient):
    answer = await client.post(f"{AUTH}/refresh-token")
    assert answer.status_code == 401
    assert answer.json()["message"] == "Refresh token missing"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("http://lulus.test", 200),
        ("http://evil.test", 403),
        ("http://lulus.test.evil.test", 403),
        ("http://evillulus.test", 403),
        ("null", 403),
        ("", 403),
    ],
)
async def test_only_our_own_pages_may_refresh(client: httpx.AsyncClient, origin, status):
    first = await log_in(client, (await an_account()).email)
    headers = with_cookie(refresh_of(first)) | ({} if origin is None else {"origin": origin})
    assert (await client.post(f"{AUTH}/refresh-token", headers=headers)).status_code == status


async def test_logging_out_works_at_once(client: httpx.AsyncClient):
    first = await log_in(client, (await an_account()).email)
    headers = bearer(first) | with_cookie(refresh_of(first))
    answer = await client.request("DELETE", f"{AUTH}/logout", headers=headers)
    assert answer.json() == {"success": True, "message": "Logout successful", "data": None}
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    answer = await client.get("/api/v1/me", headers=bearer(first))
    assert answer.status_code == 401
    assert answer.json()["message"] == "Token tidak berlaku"
    answer = await client.post(f"{AUTH}/refresh-token", headers=with_cookie(refresh_of(first)))
    assert answer.status_code == 401


async def test_logging_out_without_the_cookie_ends_the_session_too(client: httpx.AsyncClient):
    first = await log_in(client, (await an_account()).email)
    answer = await client.delete(f"{AUTH}/logout", headers=bearer(first))
    assert answer.status_code == 400
    assert answer.json()["message"] == "Refresh token missing"
    assert (await client.get("/api/v1/me", headers=bearer(first))).status_code == 401


async def test_a_forgotten_password(client: httpx.AsyncClient):
    person = await an_account()
    before = await log_in(client, person.email)
    letter = await letter_to(person.email, CodePurpose.RESET_PASSWORD)
    body = {"token": letter.token, "password": NEW, "confirm_password": NEW}
    assert (await client.post(f"{AUTH}/reset-password", json=body)).status_code == 200
    assert (await client.get("/api/v1/me", headers=bearer(before))).status_code == 401
    answer = await client.post(f"{AUTH}/reset-password", json=body)
    assert answer.status_code == 400
    assert answer.json()["message"] == "Gagal mengatur ulang kata sandi"
    assert (await log_in(client, person.email, NEW)).status_code == 200


async def test_english_for_who_asks(client: httpx.AsyncClient):
    answer = await client.post(
        f"{AUTH}/login",
        json={"email": "nobody@b.test", "password": "not it at all"},
        headers={"accept-language": "en-GB,en;q=0.9"},
    )
    assert answer.json()["error"] == "The e-mail or the password is wrong"


async def test_ids_of_sessions_are_uuids(client: httpx.AsyncClient):
    first = await log_in(client, (await an_account()).email)
    listed = (await client.get("/api/v1/users/me/sessions", headers=bearer(first))).json()["data"]
    assert UUID(listed[0]["id"])
