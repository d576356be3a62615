"""How tests register and sign in over HTTP."""

import itertools

import httpx

from backend.core import db
from backend.core.actor import SYSTEM, Role
from backend.dialects.lms import cookies
from backend.domain.accounts import codes, commands
from backend.domain.accounts.codes import Letter
from backend.domain.accounts.queries import PersonView
from backend.domain.accounts.terms import CodePurpose
from tests.domain.accounts.test_commands import PASSWORD, a_newcomer

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
