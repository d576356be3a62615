import asyncio
import itertools
import time
from datetime import timedelta
from uuid import UUID

import httpx
import jwt
import msgspec
import pytest

from backend.core import clock, db, tokens
from backend.core.actor import SYSTEM, Role
from backend.core.settings import settings
from backend.dialects.lms import cookies
from backend.domain.accounts import codes, commands
from backend.domain.accounts.codes import Letter
from backend.domain.accounts.queries import ACCESS_AUDIENCE, PersonView
from backend.domain.accounts.terms import CodePurpose
from tests.domain.accounts.test_commands import PASSWORD, a_newcomer
from tests.people import Person

_numbers = itertools.count(1)
AUTH = "/api/v1/auth"
NEW = "gajah di pelupuk mata"
PROFILE_KEYS = [
    "group_type",
    "group_verified",
    "nim",
    "nim_proof",
    "nik",
    "institution",
    "origin",
    "birth_date",
    "address",
    "created_at",
    "updated_at",
]


def a_body(**values) -> dict:
    number = next(_numbers)
    body = {
        "name": "Sari Wulandari",
        "phone": f"0813{number:08}",
        "email": f"Daftar{number}@example.test",
        "password": PASSWORD,
        "confirm_password": PASSWORD,
        "group_type": "umum",
        "nik": "3276000000000001",
        "institution": "PT Contoh",
        "origin": "Depok",
        "birth_date": "2000-01-31T00:00:00Z",
        "address": "Jalan Contoh 1",
    }
    return {**body, **values}


async def an_account() -> PersonView:
    return await commands.create_account(SYSTEM, a_newcomer(), Role.STUDENT)


async def log_in(client: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    return await client.post(f"{AUTH}/login", json={"email": email, "password": password})


def bearer(answer: httpx.Response) -> dict[str, str]:
    return {"authorization": f"Bearer {answer.json()['data']['access_token']}"}


def refresh_of(answer: httpx.Response) -> str:
    return answer.cookies[cookies.REFRESH]


def with_cookie(token: str) -> dict[str, str]:
    return {"cookie": f"{cookies.REFRESH}={token}"}


async def letter_to(email: str, purpose: CodePurpose = CodePurpose.VERIFY_EMAIL) -> Letter:
    account_id = await db.value("SELECT id FROM account WHERE email = $1", email.lower())
    letter = await codes.new_letter(account_id, purpose)
    assert letter is not None
    return letter


@pytest.fixture(autouse=True)
def _stateless(client: httpx.AsyncClient):
    """Cookies go where a test puts them, and nowhere else."""

    class Nothing(httpx.Cookies):
        def extract_cookies(self, response):
            return None

    client._cookies = Nothing()


async def test_registering_answers_as_the_contract_says(client: httpx.AsyncClient):
    answer = await client.post(f"{AUTH}/register", json=a_body(email="SARI@example.test"))
    assert answer.status_code == 201
    body = answer.json()
    assert body["message"] == "Sukses Registrasi - Mohon cek email Anda"
    data = body["data"]
    assert list(data) == ["id", "name", "email", "phone", "avatar", "role_type", "profile"]
    assert (data["email"], data["role_type"]) == ("sari@example.test", "siswa")
    assert list(data["profile"]) == PROFILE_KEYS
    assert (data["profile"]["group_type"], data["profile"]["group_verified"]) == ("umum", True)
    assert data["profile"]["birth_date"] == "2000-01-31T00:00:00Z"


@pytest.mark.parametrize(
    ("values", "field", "told"),
    [
        ({"name": "Al"}, "name", "name tidak valid"),
        ({"name": None}, "name", "name wajib diisi"),
        ({"name": "Sari\r\nBcc: all@example.test"}, "name", "name tidak valid"),
        ({"phone": "0812-34"}, "phone", "phone harus berupa angka"),
        ({"email": "sari"}, "email", "email harus berupa email yang valid"),
        ({"email": "sari@example.test\n"}, "email", "email harus berupa email yang valid"),
        ({"email": ""}, "email", "email wajib diisi"),
        ({"password": "12345", "confirm_password": "12345"}, "password", "password tidak valid"),
        ({"password": "x" * 129, "confirm_password": "x" * 129}, "password", "password tidak valid"),
        ({"password": "password1", "confirm_password": "password1"}, "password", "password terlalu mudah ditebak"),
        ({"confirm_password": "another one"}, "confirm_password", "confirm_password tidak valid"),
        (
            {"group_type": "dosen"},
            "group_type",
            "group_type harus salah satu dari: mahasiswa_gunadarma, mahasiswa_non_gunadarma, umum",
        ),
        ({"birth_date": "2999-01-01T00:00:00Z"}, "birth_date", "birth_date tidak boleh di masa depan"),
        ({"birth_date": "9999-12-31T23:59:59Z"}, "birth_date", "birth_date tidak boleh di masa depan"),
        ({"birth_date": "kemarin"}, "birth_date", "birth_date harus berupa tanggal dan waktu RFC 3339"),
        ({"institution": ""}, "institution", "institution wajib diisi"),
        ({"avatar": "javascript:alert(1)"}, "avatar", "avatar tidak valid"),
        ({"nim_proof": "//evil.test/x.png"}, "nim_proof", "nim_proof tidak valid"),
    ],
)
async def test_registering_names_what_is_wrong(client: httpx.AsyncClient, values, field, told):
    answer = await client.post(f"{AUTH}/register", json=a_body(**values))
    assert answer.status_code == 400
    assert answer.json() == {"success": False, "message": "Validasi gagal", "error": {field: told}}


async def test_everything_that_is_missing_is_named_at_once(client: httpx.AsyncClient):
    answer = await client.post(f"{AUTH}/register", json={})
    assert answer.status_code == 400
    assert set(answer.json()["error"]) == set(a_body()) - {"nik"}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"nik": None}, "Grup umum wajib mengisi NIK"),
        ({"nik": ""}, "Grup umum wajib mengisi NIK"),
        ({"group_type": "mahasiswa_gunadarma"}, "Grup mahasiswa wajib mengisi NIM dan bukti NIM"),
        ({"group_type": "mahasiswa_non_gunadarma", "nim": "1"}, "Grup mahasiswa wajib mengisi NIM dan bukti NIM"),
    ],
)
async def test_a_group_needs_its_proof(client: httpx.AsyncClient, values, told):
    answer = await client.post(f"{AUTH}/register", json=a_body(**values))
    assert answer.status_code == 422
    assert answer.json() == {"success": False, "message": "Gagal registrasi", "error": told}


async def test_taken_addresses_are_told_a_few_times(client: httpx.AsyncClient):
    body = a_body()
    await client.post(f"{AUTH}/register", json=body)
    for same in ({"email": body["email"].upper()}, {"phone": body["phone"]}):
        answer = await client.post(f"{AUTH}/register", json=a_body(**same))
        assert answer.status_code == 409
        assert answer.json()["error"] == "Email atau nomor telephone sudah digunakan"
    for _ in range(commands.TAKEN_LIMIT - 2):
        await client.post(f"{AUTH}/register", json=a_body(email=body["email"]))
    answer = await client.post(f"{AUTH}/register", json=a_body())
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.commits
async def test_one_of_many_registers_an_address(client: httpx.AsyncClient):
    answers = await asyncio.gather(*(client.post(f"{AUTH}/register", json=a_body(email="a@b.test")) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert await db.value("SELECT count(*) FROM outbox") == 1


async def test_nobody_registers_as_more_than_a_student(client: httpx.AsyncClient):
    harmful = {
        "role": "admin",
        "role_type": "admin",
        "is_verified": True,
        "group_verified": True,
        "verified_at": "2020-01-01T00:00:00Z",
        "id": 1,
        "password_hash": "x",
        "group_type": "mahasiswa_gunadarma",
        "nim": "50123",
        "nim_proof": "/uploads/profile/2026/01/01/x.png",
    }
    answer = await client.post(f"{AUTH}/register", json=a_body(**harmful))
    assert answer.status_code == 201
    assert answer.json()["data"]["role_type"] == "siswa"
    assert answer.json()["data"]["profile"]["group_verified"] is False
    assert await db.value("SELECT verified_at FROM account") is None


@pytest.mark.parametrize(
    "field", ["name", "phone", "email", "password", "institution", "origin", "address", "nim", "nik"]
)
async def test_a_nul_is_refused_in_every_text(client: httpx.AsyncClient, student: Person, field: str):
    answer = await client.post(f"{AUTH}/register", json=a_body(**{field: "abc\x00def@example.test"}))
    assert answer.status_code == 400
    assert field in answer.json()["error"]
    answer = await student.http.put("/api/v1/users/me", json={field: "abc\x00def@example.test"})
    assert answer.status_code == (200 if field in ("email", "password") else 400)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("login", {"email": "a\x00@b.test", "password": "secret-one"}),
        ("login", {"email": "a@b.test", "password": "secret\x00one"}),
        ("verify", {"token": "a\x00", "code": "123456"}),
        ("verify", {"token": "a", "code": "12345\x00"}),
        ("resend-verification", {"token": "\x00"}),
        ("forgot-password", {"email": "a\x00@b.test"}),
        ("reset-password", {"token": "a", "password": "secret\x00one", "confirm_password": "secret\x00one"}),
        ("reset-password", {"password": "secret-one", "confirm_password": "secret-one"}),
        ("reset-password", {"token": "a", "password": "secret-one", "confirm_password": "secret-two"}),
    ],
)
async def test_unfit_bodies_are_refused(client: httpx.AsyncClient, path, body):
    answer = await client.post(f"{AUTH}/{path}", json=body)
    assert answer.status_code == 400
    assert answer.json()["message"] == "Validasi gagal"
    assert answer.json()["error"]


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"null", b'"x"', b'{"email":"\\ud800@b.test","password":"secret-one"}']
)
async def test_what_is_no_object_is_refused(client: httpx.AsyncClient, raw):
    answer = await client.post(f"{AUTH}/login", content=raw, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["success"] is False


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


KEY = settings().jwt_secret


def forged(key: str = KEY, algorithm: str = "HS256", without: tuple[str, ...] = (), **changed) -> str:
    at = int(clock.now().timestamp())
    claims = {
        "iss": tokens.ISSUER,
        "aud": ACCESS_AUDIENCE,
        "sub": "x",
        "jti": "x",
        "iat": at,
        "nbf": at,
        "exp": at + 600,
        "sid": "SESSION",
        **changed,
    }
    kept = {name: value for name, value in claims.items() if name not in without}
    return jwt.encode(kept, key, algorithm=algorithm, headers={"kid": "../../dev/null"})


LONG_KEY = "another key of somebody who would like to come in, padded to be long enough for sha512"
FORGED = {
    "none": lambda sid: forged(key="", algorithm="none", sid=sid),
    "another key": lambda sid: forged(key=LONG_KEY, sid=sid),
    "another algorithm": lambda sid: forged(key=KEY + LONG_KEY, algorithm="HS512", sid=sid),
    "another audience": lambda sid: forged(aud="lulus:verify-email", sid=sid),
    "another issuer": lambda sid: forged(iss="somebody", sid=sid),
    "expired": lambda sid: forged(exp=1, sid=sid),
    "not yet": lambda sid: forged(nbf=int(clock.now().timestamp()) + 900, sid=sid),
    "no end": lambda sid: forged(without=("exp",), sid=sid),
    "no audience": lambda sid: forged(without=("aud",), sid=sid),
    "no session": lambda sid: forged(without=("sid",)),
    "a session of the wrong form": lambda sid: forged(sid={"a": 1}),
    "a megabyte": lambda sid: "a" * (1 << 20),
    "two parts": lambda sid: "a.b",
    "one part": lambda sid: "garbage",
    "three empty parts": lambda sid: "..",
    "cut": lambda sid: forged(sid=sid)[:-3],
}


@pytest.mark.parametrize("kind", FORGED)
async def test_forged_tokens_open_nothing(client: httpx.AsyncClient, student: Person, kind: str):
    sid = jwt.decode(student.token, options={"verify_signature": False})["sid"]
    assert (await client.get("/api/v1/me", headers={"authorization": f"Bearer {forged(sid=sid)}"})).status_code == 200
    answer = await client.get("/api/v1/me", headers={"authorization": f"Bearer {FORGED[kind](sid)}"})
    assert answer.status_code == 401
    assert answer.json()["message"] == "Token tidak valid atau kadaluarsa"
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_refresh_token_is_no_access_token(client: httpx.AsyncClient):
    first = await log_in(client, (await an_account()).email)
    answer = await client.get("/api/v1/me", headers={"authorization": f"Bearer {refresh_of(first)}"})
    assert answer.status_code == 401


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
