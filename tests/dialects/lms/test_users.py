import httpx
import pytest

from backend.core import db
from backend.core.actor import SYSTEM, Role
from backend.domain.accounts import commands, sessions
from tests.dialects.lms.signing_in import NEW, PROFILE_KEYS, a_body, bearer, log_in
from tests.domain.accounts.test_commands import HERE, PASSWORD, a_newcomer
from tests.people import MakePerson, Person
from tests.school import a_batch

USERS = "/api/v1/users"
KEYS = [
    "id",
    "name",
    "email",
    "phone",
    "avatar",
    "role_type",
    "is_verified",
    "profile",
    "created_at",
    "updated_at",
    "attendances",
]


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/users/me"])
async def test_who_am_i(student: Person, path: str):
    answer = await student.http.get(path)
    assert answer.status_code == 200
    body = answer.json()
    assert body["message"] == "Profile fetched"
    assert list(body["data"]) == KEYS
    assert list(body["data"]["profile"]) == PROFILE_KEYS
    assert body["data"]["id"] == str(student.uuid)
    assert body["data"]["created_at"].endswith("Z")


@pytest.mark.parametrize(("method", "path"), [("PUT", "/api/v1/users/me"), ("PATCH", "/api/v1/me")])
async def test_changing_my_profile(student: Person, method: str, path: str):
    body = {
        "name": "Sari Baru",
        "phone": "081199990000",
        "nik": "",
        "birth_date": "1999-12-31T17:00:00Z",
        "address": None,
        "role": "admin",
        "role_type": "admin",
        "is_verified": False,
        "group_verified": True,
        "email": "other@example.test",
        "password": "x",
    }
    answer = await student.http.request(method, path, json=body)
    assert answer.status_code == 200
    assert answer.json()["message"] == "Profil berhasil diperbarui"
    data = answer.json()["data"]
    assert (data["name"], data["phone"], data["role_type"], data["email"], data["is_verified"]) == (
        "Sari Baru",
        "081199990000",
        "siswa",
        student.email,
        True,
    )
    assert data["profile"]["birth_date"] == "2000-01-01T00:00:00Z"
    assert data["profile"]["address"] == "Address"


async def test_a_cheaper_group_has_to_be_approved(student: Person, admin: Person):
    body = {"group_type": "mahasiswa_gunadarma", "nim": "50123", "nim_proof": "/uploads/profile/2026/01/01/x.png"}
    answer = await student.http.put("/api/v1/users/me", json=body | {"group_verified": True})
    assert answer.json()["data"]["profile"]["group_verified"] is False
    answer = await admin.http.put(f"{USERS}/{student.uuid}", json={"group_verified": True})
    assert answer.json()["message"] == "User berhasil diperbarui"
    assert answer.json()["data"]["profile"]["group_verified"] is True
    answer = await student.http.put("/api/v1/users/me", json={"nim": "50124"})
    assert answer.json()["data"]["profile"]["group_verified"] is False


async def test_a_group_stays_while_a_purchase_is_open(student: Person):
    batch = await a_batch()
    await db.statement("INSERT INTO price_group (group_type, name, price) VALUES ('public', 'Umum', 2300000)")
    answer = await student.http.post("/api/v1/me/purchases", json={"batch_id": str(batch.uuid)})
    assert answer.status_code == 201
    answer = await student.http.patch("/api/v1/me", json={"nim": "50123", "nim_proof": "/uploads/x/2026/01/01/x.png"})
    assert (answer.status_code, answer.json()["message"]) == (409, "Gagal update profil")
    assert (await student.http.patch("/api/v1/me", json={"name": "Sari Baru"})).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", USERS), ("POST", USERS), ("GET", f"{USERS}/x"), ("PUT", f"{USERS}/x"), ("DELETE", f"{USERS}/x")],
)
async def test_administering_is_for_admins(client: httpx.AsyncClient, student: Person, teacher: Person, method, path):
    for person in (student, teacher):
        answer = await person.http.request(method, path)
        assert answer.status_code == 403
        assert answer.json()["message"] == "Forbidden: insufficient role access"
    answer = await client.request(method, path)
    assert answer.status_code == 401
    assert answer.json()["message"] == "Missing or invalid Authorization header"


async def test_people_are_listed_searched_and_filtered(admin: Person, a_person: MakePerson, statements: list[str]):
    await a_person(Role.TEACHER, name="Pak Budi")
    for number in range(3):
        await a_person(Role.STUDENT, name=f"Ani {number}", group="own_student")
    await db.statement("UPDATE profile SET group_verified = false WHERE group_type = 'own_student'")

    async def names(query: str) -> list[str]:
        answer = await admin.http.get(f"{USERS}?{query}")
        assert answer.status_code == 200
        return [user["name"] for user in answer.json()["data"]]

    statements.clear()
    answer = await admin.http.get(f"{USERS}?limit=2&page=2")
    assert len(statements) == 3
    assert answer.json()["message"] == "Users fetched"
    assert answer.json()["meta"] == {"page": 2, "limit": 2, "total": 5, "total_pages": 3}
    assert list(answer.json()["data"][0]) == KEYS
    assert await names("role_type=guru") == ["Pak Budi"]
    assert await names("role_type=admin&limit=10000") == [admin.name]
    assert await names("role_type=dosen") == []
    assert await names("q=ani&sort=name&order=desc") == ["Ani 2", "Ani 1", "Ani 0"]
    assert await names("q=%25") == []
    assert len(await names("profile.group_type=mahasiswa_gunadarma")) == 3
    assert len(await names("profile.group_verified=false")) == 3
    assert len(await names("is_verified=true&password_hash=x&sort=password_hash")) == 5
    assert (await admin.http.get(f"{USERS}?limit=1000000000")).status_code == 400
    assert (await admin.http.get(f"{USERS}?q=%00")).status_code == 400


async def test_an_admin_makes_an_account_that_works_at_once(client: httpx.AsyncClient, admin: Person):
    body = a_body(role_type="guru")
    del body["confirm_password"], body["group_type"]
    answer = await admin.http.post(USERS, json=body)
    assert answer.status_code == 201
    assert answer.json()["message"] == "User berhasil dibuat"
    assert (answer.json()["data"]["role_type"], answer.json()["data"]["is_verified"]) == ("guru", True)
    assert (await log_in(client, body["email"])).status_code == 200
    again = await admin.http.post(USERS, json=body)
    assert (again.status_code, again.json()) == (
        409,
        {"success": False, "message": "Gagal membuat user", "error": "email atau nomor telepon sudah digunakan"},
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"role_type": "siswa", "nik": None}, "Mahasiswa wajib mengisi NIK"),
        ({"role_type": "guru", "nim": "1"}, "NIM dan bukti NIM harus diisi bersamaan"),
        ({"role_type": "dosen"}, "Validasi gagal"),
    ],
)
async def test_making_an_account_has_its_rules(admin: Person, values, message):
    answer = await admin.http.post(USERS, json=a_body(**values))
    assert answer.status_code == 400
    assert answer.json()["message"] == message


async def test_one_person(admin: Person, student: Person):
    answer = await admin.http.get(f"{USERS}/{student.uuid}")
    assert (answer.status_code, answer.json()["message"]) == (200, "User fetched")
    answer = await admin.http.get(f"{USERS}/{admin.uuid}".replace("-", "0"))
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid UUID format")
    unknown = "00000000-0000-7000-8000-000000000000"
    answer = await admin.http.get(f"{USERS}/{unknown}")
    assert (answer.status_code, answer.json()["message"]) == (404, "User not found")
    for answer in (await admin.http.put(f"{USERS}/{unknown}", json={}), await admin.http.delete(f"{USERS}/{unknown}")):
        assert (answer.status_code, answer.json()["message"]) == (404, "User tidak ditemukan")


async def test_an_admin_puts_an_address_right(client: httpx.AsyncClient, admin: Person, student: Person):
    body = a_body()
    assert (await client.post("/api/v1/auth/register", json=body)).status_code == 201
    users = (await admin.http.get(USERS, params={"email": body["email"]})).json()["data"]
    path = f"{USERS}/{users[0]['id']}"
    for wrong, status in (("x", 400), (student.email, 409), (student.email.upper(), 409)):
        assert (await admin.http.put(path, json={"email": wrong})).status_code == status
    assert (await admin.http.put(path, json={"name": "Sari Baru", "email": None})).status_code == 200
    assert (await log_in(client, body["email"])).status_code == 401, "what was not sent is not verified"
    answer = await admin.http.put(path, json={"email": "Sari.Benar@Example.test"})
    data = answer.json()["data"]
    assert (answer.status_code, data["email"], data["is_verified"]) == (200, "sari.benar@example.test", True)
    assert (await log_in(client, body["email"])).status_code == 401
    assert (await log_in(client, "sari.benar@example.test")).status_code == 200


@pytest.mark.parametrize("key", ["role", "role_type"])
async def test_a_role_counts_at_once(admin: Person, teacher: Person, a_person: MakePerson, key: str):
    other = await a_person(Role.ADMIN)
    assert (await other.http.get(USERS)).status_code == 200
    answer = await admin.http.put(f"{USERS}/{other.uuid}", json={key: "siswa"})
    assert answer.json()["data"]["role_type"] == "siswa"
    assert (await other.http.get(USERS)).status_code == 403
    answer = await admin.http.put(f"{USERS}/{admin.uuid}", json={key: "guru"})
    assert answer.status_code == 409


async def test_a_removed_person_is_out_at_once(admin: Person, student: Person):
    answer = await admin.http.delete(f"{USERS}/{student.uuid}")
    assert answer.json() == {"success": True, "message": "User berhasil dihapus", "data": None}
    assert (await student.http.get("/api/v1/me")).status_code == 401
    assert (await admin.http.get(f"{USERS}/{student.uuid}")).status_code == 404
    assert (await admin.http.get(f"{USERS}?q={student.name}")).json()["data"] == []
    answer = await admin.http.delete(f"{USERS}/{admin.uuid}")
    assert answer.status_code == 409


async def test_another_password(client: httpx.AsyncClient):
    person = await commands.create_account(SYSTEM, a_newcomer(), Role.STUDENT)
    first, second = await log_in(client, person.email), await log_in(client, person.email)
    body = {"old_password": PASSWORD, "password": NEW, "confirm_password": NEW}
    wrong = await client.put(f"{USERS}/me/password", json=body | {"old_password": "no"}, headers=bearer(second))
    assert wrong.status_code == 400
    assert wrong.json()["error"] == {"old_password": "old_password tidak valid"}
    wrong = await client.put(f"{USERS}/me/password", json=body | {"confirm_password": PASSWORD}, headers=bearer(second))
    assert wrong.json()["error"] == {"confirm_password": "confirm_password tidak valid"}
    answer = await client.put(f"{USERS}/me/password", json=body, headers=bearer(second))
    assert answer.status_code == 200
    assert (await client.get("/api/v1/me", headers=bearer(first))).status_code == 401
    assert (await client.get("/api/v1/me", headers=bearer(second))).status_code == 200


async def test_my_sessions(client: httpx.AsyncClient, student: Person):
    person = await commands.create_account(SYSTEM, a_newcomer(), Role.STUDENT)
    elsewhere = await sessions.log_in(HERE, person.email, PASSWORD)
    here = await log_in(client, person.email)
    listed = (await client.get(f"{USERS}/me/sessions", headers=bearer(here))).json()["data"]
    assert list(listed[0]) == [
        "id",
        "user_agent",
        "ip_address",
        "created_at",
        "last_used_at",
        "expires_at",
        "is_current",
    ]
    assert {view["id"]: view["is_current"] for view in listed}[str(elsewhere.session)] is False
    path = f"{USERS}/me/sessions/{elsewhere.session}"
    assert (await student.http.delete(path)).status_code == 404
    assert (await client.delete(path, headers=bearer(here))).status_code == 200
    assert (await client.delete(path, headers=bearer(here))).status_code == 404
    assert (await client.delete(f"{USERS}/me/sessions/x", headers=bearer(here))).status_code == 400
    assert (await client.delete(f"{USERS}/me/sessions", headers=bearer(here))).status_code == 200
    assert len((await client.get(f"{USERS}/me/sessions", headers=bearer(here))).json()["data"]) == 1
