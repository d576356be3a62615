"""Every word of this contract in both languages, and the wording of section 1 for each rule of a field."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator

import httpx
import pytest

import backend.domain
import backend.http
from backend.core.errors import KINDS, DomainError
from backend.dialects.lms import app
from backend.dialects.lms.words import all_words
from backend.dialects.lms.words.core import RULES
from backend.dialects.lms.words.endpoints import AT, DONE, ENGLISH
from backend.dialects.lms.words.word import Word
from tests import school
from tests.architecture.source import modules
from tests.dialects.lms.signing_in import a_body
from tests.people import Person

EVERY = {**all_words(), **{f"rule {name}": word for name, word in RULES.items()}, **{str(at): AT[at] for at in AT}}
INDONESIAN = re.compile(
    r"\b(tidak|sudah|belum|bukan|harus|wajib|berhasil|gagal|anda|akses|kuota|soal|guru|tugas|berkas|sertifikat)\b",
    re.IGNORECASE,
)
UUID_V4 = "2ed35a29-08bc-445f-b95d-e8613ba5df03"


def every_error() -> Iterator[type[DomainError]]:
    for package in (backend.domain, backend.http):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(info.name)
    waiting = list(DomainError.__subclasses__())
    while waiting:
        found = waiting.pop()
        waiting.extend(found.__subclasses__())
        if found not in KINDS and found.__module__.startswith(("backend.core", "backend.domain", "backend.http")):
            yield found


def failures() -> set[str]:
    routes = (handler for route in app.build().routes for handler in getattr(route, "route_handlers", ()))
    return {str(handler.opt["failure"]) for handler in routes if "failure" in handler.opt}


def places(text: str) -> list[str]:
    return sorted(re.findall(r"{(\w+)}", text))


@pytest.mark.parametrize("name", EVERY)
def test_both_languages_say_the_same(name: str):
    word: Word = EVERY[name]
    assert word.id.strip()
    assert word.en.strip()
    assert places(word.id) == places(word.en)
    assert not INDONESIAN.search(re.sub(r"Missing .*", "", word.en))


def test_every_error_has_words():
    assert {error.code for error in every_error()} - set(all_words()) == set()


def test_every_message_of_an_endpoint_is_known_in_english():
    said = failures() | {word.message for word in EVERY.values() if word.message}
    assert {message for message in said if INDONESIAN.search(message)} <= set(ENGLISH) <= said
    assert {message for message, _ in AT} <= failures()
    assert {code for _, code in AT} <= set(all_words())


def test_every_message_of_what_was_done_is_known_in_english():
    trees = [tree for path, tree in modules().items() if path.startswith("backend/dialects/lms/routes/")]
    texts = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    messages = [text for text in texts if isinstance(text, str) and not text.endswith(".")]
    said = {text for text in messages if re.search(rf"^(Sukses|Jika) |{INDONESIAN.pattern}", text, re.IGNORECASE)}
    assert said - failures() == set(DONE)
    assert not [text for text in DONE.values() if INDONESIAN.search(text)]


async def test_what_was_done_is_told_in_the_language_of_the_request(student: Person):
    told = []
    for language in ("en-GB,en;q=0.9", "id", "en", None):
        headers = {"accept-language": language} if language else {}
        answer = await student.http.patch("/api/v1/me", json={"name": "Sari Baru"}, headers=headers)
        batches = await student.http.get("/api/v1/me/batches", headers=headers)
        told.append((answer.json()["message"], batches.json()["message"]))
    english, indonesian = (
        ("Profile updated", "Batches fetched"),
        ("Profil berhasil diperbarui", "Batch berhasil diambil"),
    )
    assert told == [english, indonesian, english, indonesian]


async def test_a_refusal_is_english_throughout_for_who_asks(client: httpx.AsyncClient):
    body = {"email": "nobody@b.test", "password": "not it at all"}
    answer = await client.post("/api/v1/auth/login", json=body, headers={"accept-language": "en-GB,en;q=0.9"})
    assert answer.json() == {
        "success": False,
        "message": "Login failed",
        "error": "The e-mail or the password is wrong",
    }
    answer = await client.post("/api/v1/auth/login", json={}, headers={"accept-language": "en"})
    assert answer.json() == {
        "success": False,
        "message": "Validation failed",
        "error": {"email": "email is required", "password": "password is required"},
    }


GROUPS = "mahasiswa_gunadarma, mahasiswa_non_gunadarma, umum"
STATES = "pending, waiting_confirmation, paid, rejected, expired, cancelled"


@pytest.mark.parametrize(
    ("method", "path", "sent", "told"),
    [
        ("POST", "users", {"role_type": "x"}, "role_type harus salah satu dari: siswa, guru, admin"),
        ("PUT", "users/{id}", {"role": "x"}, "role harus salah satu dari: siswa, guru, admin"),
        ("POST", "users", {"group_type": "x"}, f"group_type harus salah satu dari: {GROUPS}"),
        ("POST", "users", {"email": "x"}, "email harus berupa email yang valid"),
        ("POST", "users", {"phone": "x"}, "phone harus berupa angka"),
        ("POST", "users", {"name": ""}, "name wajib diisi"),
        ("POST", "users", {"name": "ab"}, "name tidak valid"),
        ("POST", "auth/register", {"confirm_password": "another"}, "confirm_password tidak valid"),
        ("PUT", "batches/{id}", {"course_type": "x"}, "course_type harus salah satu dari: online, offline"),
        ("POST", "batches/{id}/meetings", {"type": "x"}, "type harus salah satu dari: basic, exam"),
        ("POST", "meetings/{id}/assignments", {"type": "x"}, "type harus salah satu dari: file, essay"),
        ("POST", "meetings/{id}/quizzes", {"quiz_type": "x"}, "quiz_type harus salah satu dari: mc, tf"),
        (
            "PATCH",
            "purchases/{id}/status",
            {"payment_status": "x"},
            f"payment_status harus salah satu dari: {STATES}",
        ),
    ],
)
async def test_fields_are_told_as_in_section_one(admin: Person, method: str, path: str, sent: dict, told: str):
    answer = await admin.http.request(method, f"/api/v1/{path.format(id=UUID_V4)}", json={**a_body(), **sent})
    assert (answer.status_code, answer.json()["message"], answer.json()["success"]) == (400, "Validasi gagal", False)
    [field] = sent
    assert answer.json()["error"][field] == told


async def test_a_member_of_a_list_is_named(admin: Person):
    batch = await school.a_batch()
    sent = {"days": ["monday", "funday"], "group_types": ["umum", "x"]}
    answer = await admin.http.put(f"/api/v1/batches/{batch.uuid}", json=sent)
    assert answer.json()["error"] == {
        "days[1]": "days[1] harus salah satu dari: monday, tuesday, ..., sunday",
        "group_types[1]": f"group_types[1] harus salah satu dari: {GROUPS}",
    }
    answer = await admin.http.put(f"/api/v1/batches/{batch.uuid}", json=sent, headers={"accept-language": "en"})
    assert answer.json()["error"]["days[1]"].endswith("tuesday, wednesday, thursday, friday, saturday, sunday")
