"""Blogs through the front door. Source of shapes and texts: contract sections 2.4 and 3."""

import asyncio

import httpx
import pytest

from tests.people import Person

KEYS = {
    *("id", "slug", "title", "description", "content", "image"),
    *("author", "published_at", "created_at", "updated_at"),  # the contract's corrections
}
NOWHERE = "00000000-0000-7000-8000-000000000000"
URL = "/api/v1/blogs"


def a_body(**values) -> dict:
    return {
        "title": "Lapor Pajak & SPT",
        "description": "Ringkas",
        "content": "<p>Isi <strong>artikel</strong></p>",
        "image": "https://img.example/a.png",
        **values,
    }


async def test_an_admin_writes_and_everybody_reads(admin: Person, client: httpx.AsyncClient):
    made = await admin.http.post(URL, json=a_body())
    assert (made.status_code, made.json()["message"]) == (201, "Sukses membuat blog")
    blog = made.json()["data"]
    assert set(blog) == KEYS
    assert (blog["slug"], blog["author"]) == ("lapor-pajak-spt", {"name": admin.name, "avatar": None})
    shown = await client.get(f"{URL}/lapor-pajak-spt")
    assert (shown.status_code, shown.json()["message"], shown.json()["data"]) == (200, "Blog fetched", blog)
    assert (await client.get(URL, params={"q": "pajak"})).json() == {
        "success": True,
        "message": "Blogs fetched",
        "data": [blog],
        "meta": {"page": 1, "limit": 10, "total": 1, "total_pages": 1},
    }
    assert (await client.get(URL, params={"q": "artikel"})).json()["data"] == []


async def test_an_article_is_changed_in_part(admin: Person):
    blog = (await admin.http.post(URL, json=a_body())).json()["data"]
    answer = await admin.http.put(f"{URL}/{blog['id']}", json={"title": "Lain", "content": "<p onclick=x>y</p>"})
    assert (answer.status_code, answer.json()["message"]) == (200, "Blog updated successfully")
    changed = answer.json()["data"]
    assert (changed["title"], changed["content"]) == ("Lain", "<p>y</p>")
    for name in ("slug", "image", "description", "created_at", "published_at", "author"):
        assert changed[name] == blog[name]
    assert changed["updated_at"] >= blog["updated_at"]


async def test_an_article_is_deleted(admin: Person, client: httpx.AsyncClient):
    blog = (await admin.http.post(URL, json=a_body())).json()["data"]
    answer = await admin.http.delete(f"{URL}/{blog['id']}")
    assert (answer.status_code, answer.json()) == (
        200,
        {"success": True, "message": "Blog deleted successfully", "data": None},
    )
    gone = await client.get(f"{URL}/{blog['slug']}")
    assert (gone.status_code, gone.json()) == (
        404,
        {"success": False, "message": "Blog Doesn't Exist", "error": "Blog not found"},
    )


async def test_titles_alike_get_slugs_of_their_own(admin: Person):
    slugs = [(await admin.http.post(URL, json=a_body(title="Sama"))).json()["data"]["slug"] for _ in range(3)]
    assert slugs == ["sama", "sama-1", "sama-2"]


@pytest.mark.commits
async def test_articles_made_at_once_get_slugs_of_their_own(admin: Person):
    answers = await asyncio.gather(*(admin.http.post(URL, json=a_body(title="Sama")) for _ in range(4)))
    assert sorted(answer.json()["data"]["slug"] for answer in answers) == ["sama", "sama-1", "sama-2", "sama-3"]


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("title", "", "title wajib diisi"),
        ("description", None, "description wajib diisi"),
        ("content", "   ", "content tidak valid"),
        ("content", "<script>alert(1)</script>", "content tidak valid"),
        ("image", "javascript:alert(1)", "image tidak valid"),
        ("image", "", "image wajib diisi"),
    ],
)
async def test_what_does_not_fit_is_refused(admin: Person, field, value, text):
    answer = await admin.http.post(URL, json=a_body(**{field: value}))
    assert (answer.status_code, answer.json()["message"]) == (400, "Validasi gagal")
    assert answer.json()["error"] == {field: text}


async def test_a_blog_that_is_not_there(admin: Person):
    for method, message in (("PUT", "Failed to update blog"), ("DELETE", "Failed to delete blog")):
        answer = await admin.http.request(method, f"{URL}/{NOWHERE}", json={})
        assert (answer.status_code, answer.json()["message"]) == (404, message)
        assert (await admin.http.request(method, f"{URL}/17", json={})).status_code == 400
