import asyncio

import httpx
import pytest

from backend.core import db
from backend.domain.accounts import commands
from tests.dialects.lms.signing_in import (
    AUTH,
    PROFILE_KEYS,
    a_body,
)
from tests.people import Person


async def test_registering_answers_as_the_contract_says(client: httpx.AsyncClient):
    answer = await client.post(f"{AUTH}/register", json=a_body(email="SARI@example.test"))
    assert answer.status_code == 201
    body = answer.json()
    assert body["message"] == "Sukses Registrasi - Mohon cek email Anda"
    data = body["data"]
    assert list(data) == [
        *("id", "name", "email", "phone", "avatar", "created_at", "updated_at", "role_type", "profile")
    ]
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
