"""Dashboards through the front door. Source of shapes and texts: contract section 2.19."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.core import db
from backend.core.actor import Role
from backend.core.outbox import EVENTS, Deed, emit
from backend.dialects.lms.wire.activities import ago, type_of
from backend.dialects.lms.words.dashboards import ACTIVITIES
from backend.domain.purchases.events import SeatOffered
from tests import school
from tests.dialects.lms.world import a_world
from tests.people import MakePerson, Person
from tests.tasks import a_class, hand_in

URL = "/api/v1/dashboard"
PANELS = {
    "admin": {
        *("total_revenue", "active_participants", "active_batches", "new_purchases", "completion_rate"),
        *("total_certificates", "period"),
    },
    "admin/revenue-chart": {"period", "data"},
    "admin/pending-payments": {"total", "data"},
    "admin/batch-progress": {"total", "data"},
    "admin/teacher-workload": {"period", "total", "data"},
    "admin/certificate-stats": {"period", "issued_count", "publicVerifications", "latestChecks"},
    "admin/recent-activities": {"period", "total", "data"},
}
ROWS = {
    "admin/revenue-chart": {"date", "revenue"},
    "admin/pending-payments": {
        *("purchase_id", "invoice_number", "user_name", "user_email", "batch_slug", "batch_title", "amount"),
        *("payment_status", "payment_proof", "transfer_amount", "bank_account_name", "bank_account_number"),
        "created_at",
    },
    "admin/batch-progress": {
        *("batch_slug", "batch_title", "course_title", "quota", "enrolled", "avg_progress"),
        *("next_activity_type", "next_activity_title", "next_activity_date"),
    },
    "admin/teacher-workload": {
        *("teacher_id", "teacher_name", "meeting_count", "total_hours", "pending_grading_count"),
    },
    "admin/recent-activities": {
        *("id", "type", "title", "description", "actor_name", "related_to", "amount", "status", "created_at"),
        "relative_time",
    },
}


async def test_every_panel_of_an_admin_has_its_shape(a_person: MakePerson):
    world = await a_world(a_person)
    await db.statement("UPDATE purchase SET state = 'waiting_confirmation'")
    title = {"title": "Meeting"}
    assert (await world.admin.http.patch(f"/api/v1/meetings/{world.here.meeting.uuid}", json=title)).status_code == 200
    for panel, keys in PANELS.items():
        answer = (await world.admin.http.get(f"{URL}/{panel}")).json()
        assert answer["success"], panel
        assert set(answer["data"]) == keys, panel
        for row in answer["data"].get("data", ()):
            assert set(row) == ROWS[panel], panel
        assert answer["data"].get("data", True), panel
        assert answer["data"].get("period", "30d") == ("week" if "teacher" in panel else "30d")


async def test_what_a_teacher_and_a_student_see(a_person: MakePerson):
    world = await a_world(a_person)
    here = world.here
    await school.teach(await school.a_meeting(here.batch, begins=timedelta(days=1)), here.teacher.id)
    taught = (await here.teacher.http.get(f"{URL}/teacher")).json()["data"]
    assert set(taught) == {
        *("total_courses", "active_courses", "active_students", "ongoing_tasks", "pending_grading"),
        *("total_upcoming", "upcoming_schedules"),
    }
    (shown,) = taught["upcoming_schedules"]
    assert set(shown) == {
        *("meeting_id", "meeting_title", "batch_slug", "batch_title", "course_title", "start_at", "end_at"),
        *("location", "meeting_link"),
    }
    assert shown["location"] == "Room 1"
    learned = (await here.student.http.get(f"{URL}/student")).json()["data"]
    mine = (await here.student.http.get(f"/api/v1/me/batches/{here.batch.uuid}/progress")).json()["data"]
    assert learned == {
        "total_courses": 1, "active_courses": 1, "avg_progress": mine["progress_percent"], "total_certificates": 1,
        "upcoming_tasks": 0,
    }  # fmt: skip
    scores = (await here.student.http.get(f"{URL}/student/score-progress?batch_slug={here.batch.slug}")).json()["data"]
    assert set(scores) == {"batch_slug", "batch_title", "data"}
    assert {**scores["data"][0], "meeting_date": ""} == {
        "meeting_id": str(here.meeting.uuid), "meeting_title": scores["data"][0]["meeting_title"], "meeting_date": "",
        "assignment_avg": 88.0, "quiz_avg": 33.0,
    }  # fmt: skip


async def test_an_activity_says_whose_it_is_and_keeps_the_grade_of_then(a_person: MakePerson, admin: Person):
    group = await a_class(a_person)
    work = await hand_in(group)
    for grade in (50, 60):
        await group.teacher.http.put(f"/api/v1/submissions/{work}/grade", json={"grade": grade})
    batch = group.task.batch
    place, _ = await school._insert("wait_place", batch_id=batch.id, account_id=group.student.id)
    async with db.transaction():
        await emit(SeatOffered(place))
    told = (await admin.http.get(f"{URL}/admin/recent-activities")).json()["data"]["data"]
    batch_title = await db.value("SELECT title FROM batch WHERE id = $1", batch.id)
    (offered,) = [one for one in told if one["type"] == "seat_offered"]
    assert offered["description"] == f"{group.student.name} · {batch_title}"
    graded = [one["description"].rpartition(" · ")[2] for one in told if one["type"] == "assignment_graded"]
    assert graded == ["60.00", "50.00"]


@pytest.mark.parametrize("panel", ["", "/revenue-chart", "/certificate-stats", "/recent-activities"])
async def test_there_are_three_periods(admin: Person, panel: str):
    for period, days in (("7d", 7), ("30d", 30), ("90d", 90)):
        data = (await admin.http.get(f"{URL}/admin{panel}", params={"period": period})).json()["data"]
        assert data["period"] == period
        if panel == "/revenue-chart":
            assert len(data["data"]) == days
    for wrong in ("1y", "", "7D", "-1d", "7d "):
        answer = await admin.http.get(f"{URL}/admin{panel}", params={"period": wrong})
        assert (answer.status_code, answer.json()["message"]) == (400, "Invalid period. Must be 7d, 30d, or 90d")


async def test_any_other_workload_is_of_a_week(admin: Person):
    for asked, meant in (("month", "month"), ("week", "week"), ("decade", "week")):
        answer = await admin.http.get(f"{URL}/admin/teacher-workload", params={"period": asked})
        assert answer.json()["data"]["period"] == meant


@pytest.mark.parametrize("panel", ["pending-payments", "batch-progress", "recent-activities"])
async def test_limits_are_those_of_lists(admin: Person, panel: str):
    for limit, status in (("1", 200), ("201", 200), ("10000", 200), ("10001", 400), ("0", 400), ("x", 400)):
        assert (await admin.http.get(f"{URL}/admin/{panel}", params={"limit": limit})).status_code == status, limit


async def test_scores_are_asked_for_by_batch(student: Person):
    url = f"{URL}/student/score-progress"
    missing = await student.http.get(url)
    assert (missing.status_code, missing.json()["message"]) == (400, "batch_slug is required")
    assert (await student.http.get(url, params={"batch_slug": "nothing"})).status_code == 404
    batch = await school.a_batch()
    assert (await student.http.get(url, params={"batch_slug": batch.slug})).status_code == 403


async def test_activities_say_who_did_what(admin: Person, a_person: MakePerson):
    group = await a_class(a_person)
    work = await hand_in(group)
    await group.teacher.http.put(f"/api/v1/submissions/{work}/grade", json={"grade": 80})
    batch = {"title": "Angkatan Baru"}
    await admin.http.put(f"/api/v1/batches/{group.task.batch.uuid}", json=batch)
    answer = (await admin.http.get(f"{URL}/admin/recent-activities")).json()["data"]
    shown = [(row["type"], row["actor_name"], row["related_to"], row["status"]) for row in answer["data"]]
    assert shown == [
        ("batch_updated", admin.name, "Angkatan Baru", None),
        ("assignment_graded", group.teacher.name, "Task", "graded"),
        ("assignment_submitted", group.student.name, "Task", None),
    ]
    first = answer["data"][1]
    assert (first["title"], first["relative_time"]) == ("Tugas dinilai", "baru saja")
    assert first["description"] == f"{group.student.name} · Task · Angkatan Baru · 80.00"
    assert answer["total"] == 3
    english = {"accept-language": "en"}
    answer = (await admin.http.get(f"{URL}/admin/recent-activities?limit=1", headers=english)).json()["data"]
    assert (answer["total"], len(answer["data"])) == (3, 1)
    assert (answer["data"][0]["title"], answer["data"][0]["relative_time"]) == ("Batch changed", "just now")


async def test_a_purchase_tells_its_amount_and_what_is_gone_still_has_a_title(admin: Person, a_person: MakePerson):
    world = await a_world(a_person)
    await db.statement(
        "INSERT INTO outbox (name, body, request_id, is_activity, created_at) SELECT 'purchases.purchase.expired.v1',"
        " jsonb_build_object('purchase_id', id), '-', true, now() - interval '58 minutes' FROM purchase"
        " WHERE account_id = $1",
        world.here.student.id,
    )
    course = await school.a_course("Akuntansi")
    await admin.http.delete(f"/api/v1/courses/{course.uuid}")
    rows = (await admin.http.get(f"{URL}/admin/recent-activities?period=7d")).json()["data"]["data"]
    deleted, expired = rows[0], next(row for row in rows if row["type"] == "purchase_expired")
    assert (deleted["type"], deleted["related_to"], deleted["actor_name"]) == (
        "course_removed",
        "Akuntansi",
        admin.name,
    )
    assert (expired["amount"], expired["status"]) == (1000, "expired")
    assert (expired["actor_name"], expired["relative_time"]) == ("Sistem", "58 menit lalu")


async def test_who_registers_does_it_themselves(admin: Person, a_person: MakePerson):
    newcomer = await a_person(Role.STUDENT)
    await db.statement(
        "INSERT INTO outbox (name, body, request_id, is_activity)"
        " VALUES ('accounts.account.registered.v1', jsonb_build_object('account_id', $1::bigint), '-', true)",
        newcomer.id,
    )
    (row,) = (await admin.http.get(f"{URL}/admin/recent-activities")).json()["data"]["data"]
    assert (row["type"], row["actor_name"]) == ("user_registered", newcomer.name)


@pytest.mark.parametrize(
    ("seconds", "indonesian", "english"),
    [
        (-5, "baru saja", "just now"),
        (59, "baru saja", "just now"),
        (60, "1 menit lalu", "1 minute ago"),
        (58 * 60 + 59, "58 menit lalu", "58 minutes ago"),
        (3600, "1 jam lalu", "1 hour ago"),
        (86_399, "23 jam lalu", "23 hours ago"),
        (86_400, "1 hari lalu", "1 day ago"),
        (90 * 86_400, "90 hari lalu", "90 days ago"),
    ],
)
def test_how_long_ago(seconds: int, indonesian: str, english: str):
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    present = at + timedelta(seconds=seconds)
    assert ago(at, present, english=False) == indonesian
    assert ago(at, present, english=True) == english


def test_every_activity_has_a_title_in_both_languages():
    shown = [event for event in EVENTS.values() if event.is_activity and event.__module__.startswith("backend.")]
    assert len(shown) > 30
    for event in shown:
        deeds = tuple(Deed) if "deed" in event.__struct_fields__ else (None,)
        assert any(type_of(event.name, deed) in ACTIVITIES for deed in deeds), event.name
    assert all(word.id and word.en for word in ACTIVITIES.values())
