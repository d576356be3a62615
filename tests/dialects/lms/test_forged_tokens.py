import httpx
import jwt
import pytest

from backend.core import clock, tokens
from backend.core.settings import settings
from backend.domain.accounts.queries import ACCESS_AUDIENCE
from tests.dialects.lms.signing_in import an_account, log_in, refresh_of
from tests.people import Person

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
