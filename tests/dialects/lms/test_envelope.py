import httpx
import pytest


async def test_hello(client: httpx.AsyncClient):
    answer = await client.get("/hello")
    assert answer.status_code == 200
    assert answer.json() == {"success": True, "message": "Backend Brevet API is running", "data": None}


async def test_an_unknown_route_speaks_the_contract(client: httpx.AsyncClient):
    answer = await client.get("/api/v1/nothing")
    assert answer.status_code == 404
    assert answer.json() == {"success": False, "message": "Route not found", "error": None}


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null"])
async def test_a_body_that_cannot_be_read(client: httpx.AsyncClient, raw: bytes):
    answer = await client.post("/api/v1/auth/login", content=raw, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    body = answer.json()
    assert (body["success"], body["message"]) == (False, "Gagal parsing body")
    assert isinstance(body["error"], str)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (None, "Missing or invalid Authorization header"),
        ("Basic x", "Missing or invalid Authorization header"),
        ("Bearer undefined", "Token tidak valid"),
        ("Bearer a.b", "Token tidak valid atau kadaluarsa"),
    ],
)
async def test_who_is_not_known_is_told_why(client: httpx.AsyncClient, header: str | None, message: str):
    answer = await client.get("/api/v1/me", headers={"authorization": header} if header else {})
    assert (answer.status_code, answer.json()) == (401, {"success": False, "message": message, "error": None})
