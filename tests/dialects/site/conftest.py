"""A browser that works beside the application, in the same process."""

import asyncio

import httpx
import pytest

from tests.dialects.site.chromium import HERE, a_tab


@pytest.fixture
async def shop(client, tmp_path):
    """Run a function beside a browser whose requests are answered by the application."""
    loop = asyncio.get_running_loop()
    async with httpx.AsyncClient(transport=client._transport, base_url=HERE) as http:

        def beside(work):
            tabs = []

            def answer(url):
                asked = tabs[0].requests[-1]
                body = asked.get("postData", "").encode()
                http.cookies.clear()  # the browser keeps its own
                call = http.request(asked["method"], url, headers=asked["headers"], content=body)
                return asyncio.run_coroutine_threadsafe(call, loop).result(60)

            with a_tab(tmp_path / "profile", answer) as tab:
                tabs.append(tab)
                return work(tab, tmp_path)

        yield beside
