import httpx


async def test_hello(client: httpx.AsyncClient):
    answer = await client.get("/hello")
    assert answer.status_code == 200
    assert answer.json() == {"success": True, "message": "Backend Brevet API is running", "data": None}


async def test_an_unknown_route_speaks_the_contract(client: httpx.AsyncClient):
    answer = await client.get("/api/v1/nothing")
    assert answer.status_code == 404
    assert answer.json() == {"success": False, "message": "Route not found", "error": None}
