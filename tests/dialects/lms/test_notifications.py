"""What somebody wants to be told by mail, over HTTP; and the link that ends it."""

import pytest

from backend.core import db
from backend.core.settings import settings
from backend.domain.notifications import links
from backend.domain.notifications.terms import NoticeKind
from tests.dialects.lms.probing import digest

PATH = "/api/v1/users/me/notifications"
ALL = {
    "payment",
    "payment_decided",
    "security",
    "work_graded",
    "quiz_graded",
    "certificate",
    "deadline",
    "seat_offered",
}
BROWSER = {"accept": "text/html", "accept-language": "en"}


async def test_all_is_told_until_somebody_says_otherwise(student, teacher, admin):
    for person in (student, teacher, admin):
        answer = await person.http.get(PATH)
        assert (answer.status_code, answer.json()["message"]) == (200, "Notifications fetched")
        assert answer.json()["data"] == {
            "language": None,
            **dict.fromkeys(ALL, True),
            "mandatory": ["payment", "security"],
        }


async def test_what_is_not_sent_stays(student):
    answer = await student.http.patch(PATH, json={"work_graded": False, "language": "en"})
    assert (answer.status_code, answer.json()["data"]["work_graded"], answer.json()["data"]["language"]) == (
        200,
        False,
        "en",
    )
    answer = await student.http.patch(PATH, json={"deadline": False})
    found = answer.json()["data"]
    assert (found["work_graded"], found["deadline"], found["language"]) == (False, False, "en")
    answer = await student.http.patch(PATH, json={"work_graded": True, "language": None})
    found = answer.json()["data"]
    assert (found["work_graded"], found["deadline"], found["language"]) == (True, False, None)
    assert (await student.http.get(PATH)).json()["data"] == found


async def test_money_and_security_cannot_be_done_without(student):
    for kind in ("payment", "security"):
        answer = await student.http.patch(PATH, json={kind: False, "work_graded": False})
        assert answer.status_code == 422
        assert (await student.http.patch(PATH, json={kind: True})).status_code == 200
    assert (await student.http.get(PATH)).json()["data"]["work_graded"] is True
    answer = await student.http.patch(PATH, json={"language": "fr"})
    assert answer.json()["error"] == {"language": "language harus salah satu dari: id, en"}


def path_of(person, kind: NoticeKind) -> str:
    return links.address(person.uuid, kind).removeprefix(settings().public_url)


async def test_looking_at_a_link_changes_nothing_and_one_click_does(student, client):
    path = path_of(student, NoticeKind.DEADLINE)
    before = await digest()
    page = await client.get(path, headers=BROWSER)
    assert page.status_code == 200
    assert "what is due tomorrow" in page.text
    assert '<form method="post">' in page.text
    assert (page.headers["cache-control"], page.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert await digest() == before
    for _ in range(2):  # as a mail program sends it: RFC 8058, section 3.2
        done = await client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert done.status_code == 200
    assert "set-cookie" not in done.headers
    found = (await student.http.get(PATH)).json()["data"]
    assert [kind for kind in ALL if not found[kind]] == ["deadline"]


@pytest.mark.parametrize("kind", [NoticeKind.PAYMENT, NoticeKind.SECURITY])
async def test_no_link_ends_what_cannot_be_done_without(student, client, kind):
    assert (await client.post(path_of(student, kind))).status_code == 404


async def test_links_that_are_not_ours(student, client):
    good = path_of(student, NoticeKind.WORK_GRADED)
    for wrong in ("/unsubscribe/x", f"{good[:-3]}abc", f"/unsubscribe/{student.token}"):
        for method in ("GET", "POST"):
            answer = await client.request(method, wrong, headers=BROWSER)
            assert (answer.status_code, "not valid" in answer.text) == (404, True)
    await db.statement("UPDATE account SET removed_at = now() WHERE id = $1", student.id)
    assert (await client.post(good)).status_code == 404
    assert await db.value("SELECT count(*) FROM notice_choice") == 0
