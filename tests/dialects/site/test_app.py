"""The site over HTTP: addresses, statuses, headers."""

import httpx
import pytest

from backend.dialects.site.app import build, claims
from tests.dialects.site.samples import REVOKED, VALID, find

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
async def site():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(build(find)), base_url="http://lulus.example") as client:
        yield client


def test_claims_what_nobody_else_did():
    assert claims("any.example", "/any/path")


@pytest.mark.parametrize("path", ["/certificates", "/sertifikat"])
@pytest.mark.parametrize(
    ("reference", "status", "words"),
    [
        (VALID.number, 200, "sah"),
        (REVOKED.number, 200, "dicabut"),
        ("X-1", 404, "tidak ditemukan"),
        ("%00", 404, "tidak"),
    ],
)
async def test_answers_for_each_state(site, path, reference, status, words):
    answer = await site.get(f"{path}/{reference}")
    assert answer.status_code == status
    assert words in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


async def test_guards_the_page(site):
    for path in ("/", "/certificates", f"/certificates/{VALID.number}", "/certificates/X-1"):
        headers = (await site.get(path)).headers
        rules = headers["content-security-policy"].split("; ")
        assert "default-src 'none'" in rules
        assert "style-src 'self'" in rules
        assert "frame-ancestors 'none'" in rules
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "set-cookie" not in headers
        if path != "/":
            assert headers["x-robots-tag"] == "noindex, nofollow"
            assert headers["cache-control"] == "no-store"


async def test_speaks_the_visitors_language(site):
    path = f"/certificates/{VALID.number}"
    english = await site.get(path, headers={"accept-language": "en-GB,en;q=0.9"})
    assert 'lang="en"' in english.text
    assert english.headers["content-language"] == "en"
    chosen = await site.get(path, params={"lang": "id"}, headers={"accept-language": "en"})
    assert "Sertifikat ini sah" in chosen.text
    assert "accept-language" in chosen.headers["vary"].lower()


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ({"number": f"  {VALID.number} "}, f"/certificates/{VALID.number}"),
        ({"number": "A b?#é", "lang": "en"}, "/certificates/A%20b%3F%23%C3%A9?lang=en"),
        ({"number": "\r\nSet-Cookie: a=b"}, "/certificates/Set-Cookie%3A%20a%3Db"),
    ],
)
async def test_the_form_leads_to_the_certificates_own_address(site, asked, place):
    answer = await site.get("/certificates", params=asked)
    assert (answer.status_code, answer.headers["location"]) == (303, place)


@pytest.mark.parametrize("number", ["//evil.example", "a/b", "x" * 101, "../"])
async def test_the_form_says_unknown_to_what_cannot_be_a_number(site, number):
    answer = await site.get("/certificates", params={"number": number})
    assert answer.status_code == 404
    assert "tidak ditemukan" in answer.text


async def test_what_is_too_long_is_not_looked_up():
    async def never(reference, address):
        raise AssertionError(reference)

    transport = httpx.ASGITransport(build(never))
    async with httpx.AsyncClient(transport=transport, base_url="http://lulus.example") as client:
        answer = await client.get("/certificates/" + "x" * 3000)
    assert answer.status_code == 404
    assert len(answer.text) < 5000


async def test_no_such_path_is_said_to_programs_in_json_and_to_browsers_as_a_page(site):
    for path in ("/nothing", "/certificates/a/b", "/site/none.css", "/site/..%2fapp.py", "/%00"):
        program = await site.get(path)
        assert (program.status_code, program.json()) == (404, {"detail": "Not found"})
        browser = await site.get(path, headers=BROWSER)
        assert browser.status_code == 404
        assert "Halaman tidak ada" in browser.text
        assert "content-security-policy" in browser.headers


async def test_a_wrong_method_says_which_are_right(site):
    answer = await site.post("/")
    assert (answer.status_code, answer.json()) == (405, {"detail": "Method not allowed"})
    assert "GET" in answer.headers["allow"]


async def test_start_page_and_its_assets(site):
    home = await site.get("/", headers={"accept-language": "en"})
    assert home.status_code == 200
    assert "noindex" not in home.text
    style = await site.get(home.text.split('rel="stylesheet" href="')[1].split('"')[0])
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in style.headers["cache-control"]
    assert "http" not in style.text
    assert (await site.get("/site/icon.svg")).headers["content-type"].startswith("image/svg+xml")
