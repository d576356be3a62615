"""Addresses, queries and headers that mean harm: the pages answer in plain words, never with a failure of ours."""

import httpx

PLACES = (
    "/certificates/",
    "/sertifikat/",
    "/docs/",
    "/docs/assets/",
    "/site/",
    "/",
    "/ops/",
    "/check-in/",
    "/.well-known/",
)
BAD = (
    *("%00", "..%2f..%2fpyproject.toml", "%2e%2e/%2e%2e/etc/passwd", "..%5c..%5c", "%ff", "%ed%a0%80", "a" * 5000),
    *("<script>alert(1)</script>", "%3Cscript%3Ealert(1)%3C/script%3E", "{{7*7}}", "'--", "x/openapi.json", "x/pdf"),
)


async def test_no_address_breaks_a_page(client: httpx.AsyncClient):
    wrong = []
    for place in PLACES:
        for bad in BAD:
            answer = await client.get(place + bad)
            if answer.status_code not in (400, 404, 429) or "<script>alert" in answer.text or answer.text == "49":
                wrong.append(f"{place}{bad[:30]}: {answer.status_code} {answer.text[:100]}")
    assert not wrong, "\n".join(wrong)


async def test_no_query_breaks_the_search(client: httpx.AsyncClient):
    wrong = []
    for place in ("/certificates", "/sertifikat", "/", "/healthz", "/docs"):
        for query in (
            "number=%00",
            "number=%3Cscript%3Ealert(1)%3C/script%3E",
            "q=%00",
            "&" * 500,
            "lang=%00",
            "%00=%00",
        ):
            answer = await client.get(f"{place}?{query}")
            if answer.status_code >= 500 or "<script>alert" in answer.text:
                wrong.append(f"{place}?{query[:40]}: {answer.status_code} {answer.text[:100]}")
    assert not wrong, "\n".join(wrong)


async def test_no_method_breaks_a_page(client: httpx.AsyncClient):
    wrong = []
    for path in ("/", "/certificates", "/certificates/X-1", "/docs", "/metrics", "/healthz", "/nothing"):
        for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY"):
            answer = await client.request(method, path, content=b"x" * 100_000)
            if answer.status_code not in (403, 404, 405):
                wrong.append(f"{method} {path}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
