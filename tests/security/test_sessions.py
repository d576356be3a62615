"""What ends a session ends all that speaks for it: the very next request is refused."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from backend.core import db
from backend.domain.accounts.terms import CodePurpose
from tests.dialects.lms.signing_in import AUTH, NEW, an_account, bearer, letter_to, log_in, refresh_of, with_cookie
from tests.domain.accounts.test_commands import PASSWORD
from tests.people import Person


class Inside(msgspec.Struct):
    """Somebody logged in, with everything that speaks for their session."""

    email: str
    uuid: UUID
    token: dict[str, str]
    refresh: str
    file: str
    ticket: str
    job: str
    job_ticket: str


async def inside(client: httpx.AsyncClient) -> Inside:
    person = await an_account()
    answer = await log_in(client, person.email)
    token = bearer(answer)
    sent = await client.post(
        "/api/v1/upload/documents", files={"file": ("a.txt", b"text\n")}, data={"location": "docs"}, headers=token
    )
    address = sent.json()["data"]
    file = address.rsplit("/", 1)[1].split(".")[0]
    job = await db.value(
        "INSERT INTO job (kind, body, owner_id, state, run_at, created_at, finished_at)"
        " VALUES ('import_grades', '{}', $1, 'done', now(), now(), now()) RETURNING uuid",
        person.id,
    )
    tickets = [await client.post(f"/api/v1/{what}/ticket", headers=token) for what in (f"files/{file}", f"jobs/{job}")]
    opened, followed = (answer.json()["data"]["ticket"] for answer in tickets)
    return Inside(person.email, person.uuid, token, refresh_of(answer), address, opened, str(job), followed)


async def doors(client: httpx.AsyncClient, who: Inside) -> dict[str, int]:
    """What each thing that speaks for the session opens now."""
    asked = {
        "access": client.get("/api/v1/me", headers=who.token),
        "file": client.get(who.file, headers=who.token),
        "ticket": client.get(who.file, params={"ticket": who.ticket}),
        "events": client.get(f"/api/v1/jobs/{who.job}/events", params={"ticket": who.job_ticket}),
        "refresh": client.post(f"{AUTH}/refresh-token", headers=with_cookie(who.refresh)),
    }
    return {name: (await answer).status_code for name, answer in asked.items()}


async def log_out(client: httpx.AsyncClient, who: Inside, admin: Person) -> Any:
    headers = who.token | with_cookie(who.refresh)
    return await client.request("DELETE", f"{AUTH}/logout", headers=headers)


async def end_from_elsewhere(client: httpx.AsyncClient, who: Inside, admin: Person) -> Any:
    return await client.delete("/api/v1/users/me/sessions", headers=bearer(await log_in(client, who.email)))


async def end_by_name(client: httpx.AsyncClient, who: Inside, admin: Person) -> Any:
    other = bearer(await log_in(client, who.email))
    listed = (await client.get("/api/v1/users/me/sessions", headers=other)).json()["data"]
    (first,) = [session for session in listed if not session["is_current"]]
    return await client.delete(f"/api/v1/users/me/sessions/{first['id']}", headers=other)


async def change_password(client: httpx.AsyncClient, who: Inside, admin: Person) -> Any:
    body = {"old_password": PASSWORD, "password": NEW, "confirm_password": NEW}
    return await client.put("/api/v1/users/me/password", json=body, headers=bearer(await log_in(client, who.email)))


async def reset_password(client: httpx.AsyncClient, who: Inside, admin: Person) -> Any:
    letter = await letter_to(who.email, CodePurpose.RESET_PASSWORD)
    body = {"token": letter.token, "password": NEW, "confirm_password": NEW}
    return await client.post(f"{AUTH}/reset-password", json=body)


async def remove(client: httpx.AsyncClient, who: Inside, admin: Person) -> Any:
    return await admin.http.delete(f"/api/v1/users/{who.uuid}")


async def steal(client: httpx.AsyncClient, who: Inside, admin: Person) -> Any:
    """A refresh token used again, after its successor was."""
    second = await client.post(f"{AUTH}/refresh-token", headers=with_cookie(who.refresh))
    third = await client.post(f"{AUTH}/refresh-token", headers=with_cookie(refresh_of(second)))
    again = await client.post(f"{AUTH}/refresh-token", headers=with_cookie(who.refresh))
    assert again.status_code == 401
    last = await client.post(f"{AUTH}/refresh-token", headers=with_cookie(refresh_of(third)))
    assert last.status_code == 401  # the whole family is dead
    return third


ENDS: dict[str, Callable[[httpx.AsyncClient, Inside, Person], Awaitable[Any]]] = {
    "logging out": log_out,
    "ending all others": end_from_elsewhere,
    "ending this one": end_by_name,
    "another password": change_password,
    "a forgotten password": reset_password,
    "removal by an admin": remove,
    "a stolen refresh token": steal,
}


@pytest.mark.parametrize("how", ENDS)
async def test_nothing_of_an_ended_session_opens_anything(client: httpx.AsyncClient, admin: Person, how: str):
    client._cookies = _Nothing()
    who = await inside(client)
    if how == "logging out":  # all of it works until then
        assert set((await doors(client, await inside(client))).values()) == {200}
    done = await ENDS[how](client, who, admin)
    assert done.status_code == 200, done.text
    assert set((await doors(client, who)).values()) == {401}


class _Nothing(httpx.Cookies):
    """Keeps no cookie: they go where a test puts them."""

    def extract_cookies(self, response: httpx.Response) -> None:
        return None


async def test_a_role_that_was_taken_opens_nothing_more(client: httpx.AsyncClient, admin: Person, teacher: Person):
    await db.statement("UPDATE account SET role = 'admin' WHERE id = $1", teacher.id)
    assert (await teacher.http.get("/api/v1/users")).status_code == 200
    answer = await admin.http.put(f"/api/v1/users/{teacher.uuid}", json={"role": "siswa"})
    assert answer.status_code == 200, answer.text
    for path in ("/api/v1/users", "/api/v1/assignments", "/api/v1/purchases"):
        assert (await teacher.http.get(path)).status_code == 403
    assert await db.value("SELECT role FROM account WHERE id = $1", teacher.id) == "student"
