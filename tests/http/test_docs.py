"""The documentation: every operation, what it can answer, an example, and a page that needs no network."""

import asyncio

import httpx
import msgspec
import pytest

from backend.app import app
from backend.http.docs import FILES
from backend.http.docs_examples import example
from tests.dialects.site.chromium import PROGRAM, a_tab

HERE = "http://lulus.example"
DOCS = "/api/v1/docs"


@pytest.fixture(scope="module")
def document():
    async def get():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE) as http:
            return await http.get(f"{DOCS}/openapi.json")

    answer = asyncio.run(get())
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content)


def operations(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def test_every_operation_has_an_id_of_its_own_a_tag_and_words(document):
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids)) > 20
    for method, path, operation in operations(document):
        assert len(operation["tags"]) == 1, (method, path)
        assert operation["description"], (method, path)


def test_every_operation_says_what_it_can_answer(document):
    for method, path, operation in operations(document):
        answers = set(operation["responses"])
        assert "503" in answers
        is_checked = operation.get("security") != [] or "/auth/" in path
        assert ("401" in answers) == is_checked, (method, path)
        if "{" in path:
            assert {"400", "404"} <= answers, (method, path)
        if method in ("post", "put", "patch", "delete"):
            assert {"400", "409", "422"} <= answers, (method, path)
        for status in answers - {"200", "201", "202", "204", "206", "304", "412", "416"} if method != "head" else ():
            (content,) = operation["responses"][status]["content"].values()
            assert content["schema"]["$ref"].endswith("/Failure")
            (shown,) = content["examples"].values()
            assert {"success", "message"} <= set(shown["value"]) <= {"success", "message", "error"}
            assert shown["value"]["success"] is False


def test_every_json_answer_says_its_shape(document):
    for method, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            told = (answer.get("content") or {}).get("application/json")
            assert told is None or told["schema"], (method, path, status)


def test_bodies_and_answers_have_examples(document):
    for _, path, operation in operations(document):
        parts = [operation.get("requestBody"), *(operation["responses"].get(status) for status in ("200", "201"))]
        for part in filter(None, parts):
            for media_type, content in (part.get("content") or {}).items():
                if media_type == "application/json" and content.get("schema"):
                    assert "example" in content, path


def test_unsafe_operations_take_a_key(document):
    def names(method, path):
        return [one["name"] for one in document["paths"][path][method].get("parameters", [])]

    assert "Idempotency-Key" in names("delete", "/api/v1/jobs/{job_id}")
    assert "Idempotency-Key" not in names("get", "/api/v1/jobs/{job_id}")
    assert "Idempotency-Key" not in names("post", "/api/v1/jobs/{job_id}/ticket")


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "string", "format": "uuid"}, "0198c0de-0000-7000-8000-000000000001"),
        ({"enum": ["a", "b"]}, "a"),
        ({"oneOf": [{"type": "null"}, {"type": "integer", "minimum": 3}]}, 3),
        ({"type": ["null", "boolean"]}, True),
        ({"type": "array", "items": {"$ref": "#/components/schemas/T"}}, [{"name": "Siti Rahma"}]),
        ({"$ref": "#/components/schemas/Loop"}, None),
    ],
)
def test_examples_follow_the_schema(schema, said):
    schemas = {
        "T": {"type": "object", "properties": {"name": {"type": "string"}}},
        "Loop": {"$ref": "#/components/schemas/Loop"},
    }
    assert example(schema, schemas) == said


async def test_the_page_is_strict_and_its_files_are_ours(client):
    page = await client.get(DOCS)
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "<script>" not in page.text
    assert "//" not in page.text.replace("<!DOCTYPE", "")
    for name in FILES:
        answer = await client.get(f"/docs/assets/{name}")
        assert (answer.status_code, len(answer.content) > 100) == (200, True)
    assert (await client.get("/docs/assets/setup.py")).status_code == 404
    led = await client.get("/docs")
    assert (led.status_code, led.headers["location"]) == (303, DOCS)


@pytest.mark.browser
@pytest.mark.skipif(PROGRAM is None, reason="Chromium is missing")
def test_the_page_shows_operations_without_a_network(tmp_path, document):
    async def get(url):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
            return await http.get(url)

    with a_tab(tmp_path, lambda url: asyncio.run(get(url))) as tab:
        tab.open(HERE + DOCS, 1280)
        for _ in range(200):
            tags = tab.value("document.querySelectorAll('.opblock-tag').length")
            if tags:
                break
            tab.call("Runtime.evaluate", expression="new Promise(r => setTimeout(r, 50))", awaitPromise=True)
        assert tags == len({operation["tags"][0] for _, _, operation in operations(document)})
        tab.value("document.querySelector('.opblock-tag').click()")
        shown = "document.querySelectorAll('.opblock').length"
        assert tab.value(shown) >= 1
        assert "Lulus" in tab.value("document.querySelector('.info .title').textContent")
        assert all(url.startswith((HERE, "data:")) for url in tab.asked)
        assert len(tab.picture()) > 5000
