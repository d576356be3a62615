"""What comes from elsewhere: new enough for the holes that are known, and exactly what was locked."""

import re

import pytest

from tests.architecture.source import ROOT

LOCKED = (ROOT / "requirements.txt").read_text()
FLOORS = {
    "litestar": "2.25.0",  # CORS and host patterns, limits on forms, keys of caches
    "pyjwt": "2.13.0",  # CVE-2026-48526, CVE-2022-29217: a public key taken for a secret
    "msgspec": "0.22.0",
    "aiohttp": "3.13.3",  # request smuggling, unpacking without limit
    "multidict": "6.4.4",
    "argon2-cffi": "25.1.0",
    "pillow": "12.1.1",  # writing out of bounds while reading PSD
    "jinja2": "3.1.6",  # CVE-2025-27516: out of the sandbox
    "markupsafe": "3.0.0",
    "urllib3": "2.6.3",  # unpacking without limit
    "redis": "8.1.0",
    "dramatiq": "2.2.1",
    "aioboto3": "15.0.0",
    "python-calamine": "0.9.1",
    "xlsxwriter": "3.3.0",
    "defusedxml": "0.7.1",
    "av": "18.1.0",  # carries FFmpeg
    "typst": "0.15.0",
    "granian": "2.8.0",
    "uvloop": "0.23.0",
    "asyncpg": "0.31.0",
    "aiosmtplib": "5.1.0",
    "h11": "0.16.0",  # CVE-2025-43859: chunks
    "certifi": "2024.7.4",
}


def version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text.split("+", maxsplit=1)[0])[:4])


def pins() -> dict[str, str]:
    return {
        name.lower(): text for name, text in re.findall(r"^([A-Za-z0-9_.-]+)(?:\[\S+\])?==([^ \\;]+)", LOCKED, re.M)
    }


@pytest.mark.parametrize("name", FLOORS)
def test_what_is_locked_is_new_enough(name: str):
    found = pins().get(name)
    if name in ("h11", "certifi", "aiohttp", "multidict", "urllib3", "markupsafe") and found is None:
        return  # came with another package, and is gone
    assert found is not None, f"{name} is not in the lock any more: take it from this table"
    assert version(found) >= version(FLOORS[name])


def test_everything_is_pinned_with_its_hash():
    blocks = [block for block in re.split(r"\n(?=\S)", LOCKED) if block.strip() and not block.startswith("#")]
    assert len(blocks) > 50
    assert [block.split()[0] for block in blocks if "==" not in block or "--hash=sha256:" not in block] == []
    assert not re.search(r"git\+|https?://|file:|--extra-index-url|--trusted-host", LOCKED)
