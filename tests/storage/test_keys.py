"""Names of objects: made of kinds and uuids only, and read back."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import keys
from storage.keys import Kind, Name

ID = UUID("01930000-0000-7000-8000-0000000000ab")


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (keys.upload(Kind.MEDIA, ID, "webm"), Name(Kind.MEDIA, ID, "webm")),
        (keys.upload(Kind.DOCUMENT, ID, "pdf"), Name(Kind.DOCUMENT, ID, "pdf")),
        (keys.poster(ID), Name(Kind.POSTER, ID, "jpg")),
        (keys.remux(ID, "webm"), Name(Kind.REMUX, ID, "webm")),
        (keys.certificate(ID), Name(Kind.CERTIFICATE, ID, "pdf")),
        (keys.receipt(ID), Name(Kind.RECEIPT, ID, "pdf")),
        (keys.sheet(ID, "csv"), Name(Kind.SHEET, ID, "csv")),
        (keys.sheet(ID), Name(Kind.SHEET, ID, "xlsx")),
        (keys.questions(ID, "gift"), Name(Kind.QUESTIONS, ID, "gift")),
        (keys.export(ID), Name(Kind.EXPORT, ID, "xlsx")),
    ],
)
def test_what_is_named_is_read_back(key, name):
    assert keys.parse(key) == name
    assert key == f"{name.kind}/{ID}.{name.ext}"


@pytest.mark.parametrize("ext", ["", "../x", "TOOLONG", "a.b", "a/b", "P", "é"])
def test_an_odd_extension_is_refused(ext):
    with pytest.raises(ValueError, match="extension"):
        keys.upload(Kind.IMAGE, ID, ext)


def test_people_do_not_send_certificates():
    with pytest.raises(ValueError, match="not sent"):
        keys.upload(Kind.CERTIFICATE, ID, "pdf")


@pytest.mark.parametrize(
    "key",
    ["", "media", f"media/{ID}", f"other/{ID}.mp4", f"media/{ID}.mp4/x", f"MEDIA/{ID}.mp4", "media/x.mp4"],
)
def test_what_we_did_not_name_is_nobodys(key):
    assert keys.parse(key) is None


@given(st.text())
def test_any_text_can_be_asked(text):
    assert keys.parse(text) is None
