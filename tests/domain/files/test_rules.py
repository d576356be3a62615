"""Addresses of files, made and taken apart."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from backend.app import READERS
from backend.domain.files import rules
from backend.domain.files.terms import OwnerKind

ID = "0192f3a4-0000-7000-8000-00000000000a"


def test_an_address_names_place_day_and_file():
    late = datetime(2026, 1, 31, 23, 30, tzinfo=UTC).astimezone(timezone(timedelta(hours=7)))
    assert rules.address("docs", late, UUID(ID), "pdf") == f"/uploads/docs/2026/01/31/{ID}.pdf"


def test_an_address_is_taken_apart_again():
    found = rules.parse_address(f"/uploads/a-b_C/2026/02/28/{ID}.docx")
    assert found is not None
    assert (found.location, str(found.day), str(found.uuid), found.extension) == ("a-b_C", "2026-02-28", ID, "docx")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        f"https://elsewhere.example/uploads/docs/2026/02/28/{ID}.pdf",
        f"/uploads/docs/2026/02/30/{ID}.pdf",
        f"/uploads/docs/2026/02/28/{ID}",
        f"/uploads/docs/2026/02/28/{ID}.PDF",
        f"/uploads/docs/2026/02/28/{ID.upper()}.pdf",
        f"/uploads/docs/2026/02/28/{ID}.pdf\n",
        f"/uploads/docs/2026/02/28/{ID}.pdf\0",
        f"/uploads/../2026/02/28/{ID}.pdf",
        f"/uploads/docs/2026/02/28/../{ID}.pdf",
        f"/uploads/docs//2026/02/28/{ID}.pdf",
        f"/uploads/d%2fs/2026/02/28/{ID}.pdf",
        f"/uploads/{'a' * 65}/2026/02/28/{ID}.pdf",
        f"/uploads/docs/٢٠٢٦/02/28/{ID}.pdf",
    ],
)
def test_anything_else_is_no_address(text):
    assert rules.parse_address(text) is None


def test_every_owner_is_public_or_asked_or_the_person():
    of_the_sender = {OwnerKind.CARD_PROOF, OwnerKind.CERTIFICATE_TEMPLATE, OwnerKind.QUESTION_FILE}
    assert READERS.keys() | rules.PUBLIC | of_the_sender == set(OwnerKind)
