"""A picture that goes public does not say where its owner lives."""

import httpx
import pytest

from tests.dialects.lms.test_uploads import picture as plain
from tests.domain.files.test_strip import CANARY, picture
from tests.people import Person


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
async def test_where_a_picture_was_taken_is_not_kept(client: httpx.AsyncClient, student: Person, storage, kind: str):
    body = picture(kind)
    assert CANARY in body
    sent = await student.http.post(
        "/api/v1/upload/images", files={"file": ("me.jpg", body)}, data={"location": "avatars"}
    )
    assert sent.status_code == 200, sent.text
    address = sent.json()["data"]
    assert (await student.http.patch("/api/v1/me", json={"avatar": address})).status_code == 200
    shown = await client.get(address)
    assert (shown.status_code, CANARY in shown.content, len(shown.content) < len(body)) == (200, False, True)
    assert int(shown.headers["content-length"]) == len(shown.content)


async def test_a_strangers_card_is_stripped_too(client: httpx.AsyncClient, storage):
    body = picture("JPEG")
    sent = await client.post("/api/v1/upload/images", files={"file": ("ktm.jpg", body)}, data={"location": "cards"})
    assert sent.status_code == 200, sent.text
    objects = [entry.key async for entry in storage.list()]
    kept = [b"".join([piece async for piece in storage.open(key, 0, None)]) for key in objects]
    assert not [key for key, content in zip(objects, kept, strict=True) if CANARY in content]


async def test_a_picture_whose_parts_lie_is_refused(student: Person):
    body = bytearray(plain(kind="JPEG"))
    body[4:6] = b"\xff\xff"
    sent = await student.http.post(
        "/api/v1/upload/images", files={"file": ("a.jpg", bytes(body))}, data={"location": "x"}
    )
    assert sent.status_code in (400, 422), sent.text
