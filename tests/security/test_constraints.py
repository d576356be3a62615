"""Where a row runs into a constraint that no rule had asked about, the answer is a plain 409 that quotes nothing."""

import pytest

from backend.core import db
from tests.people import Person

CANARY = "canary-in-a-row"
BODY = {"group_type": "umum", "name": CANARY, "price": 4242}


@pytest.mark.parametrize(
    ("constraint", "language"),
    [
        ("CHECK (price <> 4242)", "id"),
        ("CHECK (price <> 4242)", "en"),
        ("EXCLUDE USING btree (name WITH =)", "id"),
    ],
)
async def test_a_constraint_that_nobody_thought_of(
    admin: Person, caplog: pytest.LogCaptureFixture, constraint: str, language: str
):
    await db.statement(
        "INSERT INTO price_group (group_type, name, price, created_at, updated_at)"
        " VALUES ('own_student', $1, 1, now(), now())",
        CANARY,
    )
    await db.statement(f"ALTER TABLE price_group ADD CONSTRAINT unforeseen {constraint}")
    answer = await admin.http.post("/api/v1/groups", json=BODY, headers={"accept-language": language})
    assert answer.status_code == 409, answer.text
    body = answer.json()
    assert (set(body), body["success"], body["error"]) == ({"success", "message", "error"}, False, None)
    assert body["message"]
    assert not {"unforeseen", CANARY, "price_group"} & set(answer.text.split('"'))
    assert await db.value("SELECT count(*) FROM price_group") == 1
    log = caplog.text
    assert "constraint met without a rule" in log
    assert "'constraint': 'unforeseen'" in log
    assert CANARY not in log
