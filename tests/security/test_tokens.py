"""Each kind of token opens its own door; tricks with the header of a JWT open none."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import jwt

from backend.core import db, tokens
from backend.core.actor import Role
from backend.core.settings import settings
from backend.domain.accounts.queries import ACCESS_AUDIENCE
from backend.domain.accounts.terms import CodePurpose
from backend.http import tickets
from tests.dialects.lms.signing_in import AUTH, NEW, an_account, letter_to, log_in, refresh_of, with_cookie
from tests.dialects.lms.world import World, a_world
from tests.people import MakePerson, Person


class Listener:
    """A server of somebody else's; nobody has business there."""

    def __init__(self) -> None:
        self.connections = 0
        self.port = 0

    def met(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.close()


@contextlib.asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    listener = Listener()
    server = await asyncio.start_server(listener.met, "127.0.0.1", 0)
    listener.port = server.sockets[0].getsockname()[1]
    async with server:
        yield listener


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def bearing(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def test_no_trick_with_a_header_opens_anything(client: httpx.AsyncClient, student: Person):
    claims = jwt.decode(student.token, options={"verify_signature": False})
    own = "attacker" * 8
    async with listening() as away:
        url = f"http://127.0.0.1:{away.port}/keys.json"
        key = {"kty": "oct", "k": part(own.encode())}
        tricks = {
            "jku": {"jku": url},
            "x5u": {"x5u": url},
            "jwk": {"jwk": key},
            "kid of a file": {"kid": "/dev/null"},
            "kid of sql": {"kid": "x' UNION SELECT 'attackerattacker"},
            "kid of an address": {"kid": url},
            "crit": {"crit": ["b64"], "b64": False},
            "x5c": {"x5c": ["MIIB"]},
        }
        refused = {name: jwt.encode(claims, own, "HS256", headers=head) for name, head in tricks.items()}
        body, signature = student.token.split(".")[1:]
        for algorithm in ("none", "None", "NONE", "nOnE", "", "hs256", "RS256", "ES256", "EdDSA", "HS384"):
            head = part({"alg": algorithm, "typ": "JWT"})
            refused[f"alg {algorithm}"] = f"{head}.{body}.{signature}"
            refused[f"alg {algorithm}, unsigned"] = f"{head}.{body}."
        refused["alg in a list"] = f"{part({'alg': ['HS256']})}.{body}.{signature}"
        refused["header of a list"] = f"{part([])}.{body}.{signature}"
        refused["five parts"] = f"{student.token}.a.b"
        refused["signed with nothing"] = jwt.encode({**claims, "exp": 1 << 40}, None, "none")
        refused["the same claims anew"] = f"{part({'alg': 'HS256'})}.{part(claims | {'exp': 1 << 40})}.{signature}"
        for name, token in refused.items():
            answer = await client.get("/api/v1/me", headers=bearing(token))
            assert answer.status_code == 401, name
        await asyncio.sleep(0)
        assert away.connections == 0
    assert (await client.get("/api/v1/me", headers=bearing(student.token))).status_code == 200


async def test_a_role_in_a_token_or_a_body_makes_nobody_anything(client: httpx.AsyncClient, a_person: MakePerson):
    person = await a_person(Role.STUDENT)
    claims = jwt.decode(person.token, options={"verify_signature": False})
    token = tokens.sign(  # even one that we had signed ourselves
        settings().jwt_secret,
        audience=ACCESS_AUDIENCE,
        subject=claims["sub"],
        lifetime=timedelta(minutes=5),
        claims={"sid": claims["sid"], "role": "admin", "roles": ["admin"], "is_admin": True, "scope": "*"},
    )
    assert (await client.get("/api/v1/users", headers=bearing(token))).status_code == 403
    sent = {"name": "Another Name", "role": "admin", "role_type": "admin", "is_admin": True}
    for method, path in (("PATCH", "/api/v1/me"), ("PUT", "/api/v1/users/me")):
        await client.request(method, path, json=sent, headers=bearing(token))
        assert await db.value("SELECT role FROM account WHERE id = $1", person.id) == "student"
    assert (await client.get("/api/v1/users", headers=bearing(token))).status_code == 403


async def test_a_token_for_one_thing_is_none_for_another(client: httpx.AsyncClient, a_person: MakePerson):
    world: World = await a_world(a_person)
    student, objects = world.here.student, world.here.objects
    login = await log_in(client, (await an_account()).email)
    verify = await letter_to(student.email, CodePurpose.RESET_PASSWORD)  # its account is verified
    newcomer = (await client.post(f"{AUTH}/register", json=_newcomer())).json()["data"]
    made = {
        "access": student.token,
        "refresh": refresh_of(login),
        "file ticket": tickets.make(student.actor.session_id or 0, "file", objects["files"])[0],  # type: ignore[arg-type]
        "job ticket": tickets.make(student.actor.session_id or 0, "job", objects["jobs"])[0],  # type: ignore[arg-type]
        "reset": verify.token,
        "verify": (await letter_to(newcomer["email"])).token,
    }
    doors = {
        "access": lambda token: client.get("/api/v1/me", headers=bearing(token)),
        "refresh": lambda token: client.post(f"{AUTH}/refresh-token", headers=with_cookie(token)),
        "file ticket": lambda token: client.get(f"/api/v1/files/{objects['files']}/poster", params={"ticket": token}),
        "job ticket": lambda token: client.get(f"/api/v1/jobs/{objects['jobs']}/events", params={"ticket": token}),
        "reset": lambda token: client.post(
            f"{AUTH}/reset-password", json={"token": token, "password": NEW, "confirm_password": NEW}
        ),
        "verify": lambda token: client.post(f"{AUTH}/resend-verification", json={"token": token}),
    }
    for door, knock in doors.items():
        for kind, token in made.items():
            answer = await knock(token)
            if kind != door:
                assert answer.status_code in (400, 401), (kind, door, answer.text)
            elif kind == "file ticket":
                assert answer.status_code == 404, answer.text  # seen, and there is no poster
            else:
                assert answer.status_code in (200, 429), (kind, answer.text)


def _newcomer() -> dict[str, Any]:
    from tests.dialects.lms.signing_in import a_body

    return a_body()
