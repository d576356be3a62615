"""Every row of the contract answers as the contract says: golden pairs, written from its text."""

import re

import httpx
import msgspec
import pytest

from tests.architecture.test_routes import listed
from tests.dialects.lms import golden
from tests.dialects.lms.golden import ask, compare, differences
from tests.dialects.lms.probing import taken_back
from tests.dialects.lms.scenes import SCENES
from tests.dialects.lms.stage import a_stage
from tests.dialects.lms.world import World, a_world
from tests.people import MakePerson

SECTIONS = (
    *("01-auth", "02-upload", "03-user", "04-blog", "05-course", "06-batch", "07-group", "08-testimonial"),
    *("09-purchase", "10-me", "11-meeting", "12-assignments", "13-materials", "14-attendance", "15-certificate"),
    *("16-quiz", "17-submission", "18-score", "19-dashboard"),
)

PAIRS = {route: pairs for section in golden.sections().values() for route, pairs in section.items()}
README = (golden.HOME.parents[3] / "backend/dialects/lms/README.md").read_text()


@pytest.fixture
async def world(a_person: MakePerson) -> World:
    """A school of two halves."""
    return await a_world(a_person)


@pytest.mark.parametrize("route", PAIRS)
async def test_the_answer_is_what_the_contract_says(client: httpx.AsyncClient, world: World, route: str):
    method = route.split(" ", maxsplit=1)[0]
    wrong = []
    for number, pair in enumerate(PAIRS[route], 1):
        client.cookies.clear()
        async with taken_back():
            stage = a_stage(world, client)
            for scene in pair.before:
                await SCENES[scene](stage)
            answer = await ask(pair, method, stage.values, stage.parts[pair.person])
            found = list(differences(pair, stage.values, answer))
        wrong += [f"{route}, pair {number} as {pair.person}: {told}" for told in found]
    assert not wrong, "\n".join(wrong)


def test_every_row_of_the_contract_has_a_pair_that_succeeds():
    rows = set(listed("lms")["contract"])
    granted = {route for route, pairs in PAIRS.items() if any(pair.is_success for pair in pairs)}
    assert set(golden.sections()) == set(SECTIONS)
    assert granted == rows


def test_each_row_is_written_down_once():
    assert len(PAIRS) == sum(len(section) for section in golden.sections().values())


def test_what_succeeds_has_an_answer():
    silent = [
        route
        for route, pairs in PAIRS.items()
        for pair in pairs
        if pair.is_success and pair.answer is msgspec.UNSET and pair.answer_sheet is None
    ]
    assert silent == []


@pytest.mark.parametrize("route", PAIRS)
def test_a_pair_asks_its_route(route: str):
    path = route.split(" ")[1]
    for pair in PAIRS[route]:
        parts = [re.escape(part) for part in path.split("{}")]
        assert re.fullmatch("[^/]+".join(parts) + "/?", pair.path), pair.path


def test_what_is_ours_is_not_the_contracts_and_is_told():
    for name, keys in golden.ours().items():
        theirs = {key.removesuffix("?") for key in golden.objects()[name]}
        assert theirs & set(keys) == set(), name
        assert [key for key in keys if f"`{key}`" not in README] == [], name


def test_every_object_of_the_contract_is_met():
    inside = {name: _named(msgspec.json.encode(parts).decode()) for name, parts in golden.objects().items()}
    waiting = [name for path in golden.HOME.glob("[0-9]*.json") for name in _named(path.read_text())]
    met: set[str] = set()
    while waiting:
        name = waiting.pop()
        waiting += inside[name] if name not in met else ()
        met.add(name)
    assert met == set(golden.objects())


def _named(text: str) -> set[str]:
    """The objects that a text of JSON speaks of."""
    found = re.findall(r"<(?:object|list):(\w+)\??>|\"<object>\":\s*\"(\w+)\"", text)
    return {name for names in found for name in names if name}


SOME_ID = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("expected", "found", "told"),
    [
        ("A", "A", []),
        ("A", "B", ['answer: expected "A", found "B"']),
        (1, True, ["answer: expected 1, found true"]),
        ("<p>x</p>", "<p>x</p>", []),
        ("<text>", " ", ['answer: expected "<text>", found " "']),
        ("<text?>", None, []),
        ("<text>", None, ['answer: expected "<text>", found null']),
        ("<int>", 1.0, ['answer: expected "<int>", found 1.0']),
        ("<int>", True, ['answer: expected "<int>", found true']),
        ("<uuid>", SOME_ID, []),
        ("<uuid>", "x", ['answer: expected "<uuid>", found "x"']),
        ("<time>", "2026-01-02T03:04:05Z", []),
        ("<time>", "2026-01-02T03:04:05", ['answer: expected "<time>", found "2026-01-02T03:04:05"']),
        ("<time>", "2026-01-02", ['answer: expected "<time>", found "2026-01-02"']),
        ("<clock>", "08:00:00", []),
        ("<clock>", "08:00", ['answer: expected "<clock>", found "08:00"']),
        ("<url>", "/uploads/docs/x.pdf", []),
        ("<url>", "x.pdf", ['answer: expected "<url>", found "x.pdf"']),
        ("<mc|tf>", "tf", []),
        ("<mc|tf>", "essay", ['answer: expected "<mc|tf>", found "essay"']),
        ("<~a{2}>", "aa", []),
        ("<~a{2}>", "aab", ['answer: expected "<~a{2}>", found "aab"']),
        ({"a": 1}, {"a": 1, "b": 2}, ["answer.b: neither the contract's nor declared as ours"]),
        ({"a": {"b": 1}}, {"a": {}}, ["answer.a.b: missing"]),
        ({"a?": 1}, {}, []),
        ({"a?": 1}, {"a": 2}, ["answer.a: expected 1, found 2"]),
        ([1, 2], [1], ["answer: expected 2 entries, found 1"]),
        (["<int>", "..."], [1, 2, 3], []),
        (["<int>", "..."], [], ["answer: expected 1 entries, found 0"]),
        (["<int>", "..."], [1, "b"], ['answer[1]: expected "<int>", found "b"']),
    ],
)
def test_matching(expected, found, told):
    assert list(compare(expected, found, "answer")) == told


def test_an_object_is_matched_by_its_name():
    found = {"id": SOME_ID, "slug": "a", "title": "A", "code": "ours"}
    assert list(compare("<object:CourseName>", found, "course")) == []
    assert list(compare("<list:CourseName>", [found], "courses")) == []
    assert list(compare({"<object>": "CourseName", "title": "B"}, found, "course")) == [
        'course.title: expected "B", found "A"'
    ]
    found["strange"] = 1
    assert list(compare("<object:CourseName?>", found, "course")) == [
        "course.strange: neither the contract's nor declared as ours"
    ]
    assert list(compare("<object:CourseName>", None, "course")) != []
