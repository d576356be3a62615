"""The pages in a real browser: nothing runs over the edge, nothing comes from elsewhere, nothing breaks the CSP."""

import asyncio

import httpx
import pytest

from backend.dialects.site.app import build
from tests.dialects.site.chromium import PROGRAM, a_tab
from tests.dialects.site.samples import EXPIRED, REPLACED, REVOKED, VALID, WIDE, find

HERE = "http://lulus.example"
NUMBERS = (*(view.number for view in (VALID, REVOKED, EXPIRED, REPLACED, WIDE)), "X-1")
PATHS = ("/", "/certificates", *(f"/certificates/{number}" for number in NUMBERS))
pytestmark = [pytest.mark.browser, pytest.mark.skipif(PROGRAM is None, reason="Chromium is missing")]


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    app = build(find)

    async def get(url):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            return await client.get(url)

    with a_tab(tmp_path_factory.mktemp("profile"), lambda url: asyncio.run(get(url))) as tab:
        yield tab


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("path", PATHS)
def test_fits_the_window(tab, path, width):
    tab.open(HERE + path, width)
    assert tab.value("innerWidth") == width
    assert tab.value("document.documentElement.scrollWidth") <= width
    assert tab.value("document.styleSheets.length") == 1
    assert len(tab.picture()) > 5000
    assert all(url.startswith(HERE) for url in tab.asked)


def test_fingers_find_what_can_be_touched(tab):
    tab.open(HERE + "/certificates", 360)
    heights = tab.value(
        "[...document.querySelectorAll('nav a, button, input:not([type=hidden]), .brand')]"
        ".map(e => e.getBoundingClientRect().height)"
    )
    assert len(heights) == 7
    assert min(heights) >= 44


def test_paper_shows_the_verdict_without_the_controls(tab):
    tab.open(f"{HERE}/certificates/{VALID.number}", 800, media="print")
    assert tab.value("getComputedStyle(document.querySelector('nav')).display") == "none"
    assert tab.value("getComputedStyle(document.querySelector('.actions')).display") == "none"
    assert tab.value("document.querySelector('h1').offsetHeight") > 0
