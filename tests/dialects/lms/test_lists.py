"""Every list of the contract answers the same questions in the same way. Source: contract section 1, lists."""

import pytest

from tests.dialects.lms.probing import ROUTES, has_listing
from tests.dialects.lms.test_lists_ask_little import LISTS, a_school, grow, plain
from tests.school import _insert

IN_ORDER = {"/quizzes/attempts/{}/timeline", "/quizzes/{}/questions/{}/keys"}
"""Ours, which have one order."""


def paged() -> list[tuple[str, str]]:
    """(who asks, the path) of each list with pages."""
    known = {route.removeprefix("GET /api/v1"): handler for route, handler in ROUTES.items() if route[:4] == "GET "}
    found = []
    for who, paths in LISTS.items():
        for path in paths:
            handler = known.get(plain(path))
            if handler is not None and has_listing(handler):
                found.append((who, path))
    return found


async def read(http, path, **query):
    answer = await http.get(path, params=query)
    assert answer.status_code == 200, (path, query, answer.text)
    return answer.json()["data"], answer.json()["meta"]


def ids(rows):
    return [str(row.get("id") or row) for row in rows]


@pytest.fixture
async def school(a_person):
    """Who asks, and what for; every list has at least three rows."""
    people, names, group = await a_school(a_person)
    for group_type in ("own_student", "other_student"):
        await _insert("price_group", group_type=group_type, name=group_type, price=500)
    for _ in range(3):
        await grow(people, names, group)
    return {(who, path): (people[who].http, f"/api/v1{path.format(**names)}") for who, path in paged()}


def test_no_list_is_left_out():
    listed = {plain(path) for _, path in paged()}
    routes = {route.removeprefix("GET /api/v1") for route, handler in ROUTES.items() if has_listing(handler)}
    assert routes == listed


async def test_pages_follow_each_other(school):
    for name, (http, path) in school.items():
        whole, meta = await read(http, path, limit=200)
        assert (meta["page"], meta["limit"], meta["total_pages"]) == (1, 200, 1), name
        assert meta["total"] == len(whole) >= 2, name
        assert "id" not in whole[0] or len(set(ids(whole))) == len(whole), name
        pieces = [await read(http, path, limit=1, page=page) for page in (1, 2)]
        assert [ids(rows)[0] for rows, _ in pieces] == ids(whole)[:2], name
        assert pieces[1][1] == {**meta, "page": 2, "limit": 1, "total_pages": meta["total"]}, name
        beyond, meta = await read(http, path, page=1000)
        assert (beyond, meta["limit"], meta["total"]) == ([], 10, len(whole)), name


async def test_order_is_by_id_unless_said_otherwise(school):
    for name, (http, path) in school.items():
        by_id, _ = await read(http, path, limit=200, sort="id")
        assert ids((await read(http, path, limit=200, sort="nothing"))[0]) == ids(by_id), name
        backwards, _ = await read(http, path, limit=200, sort="nothing", order="desc")
        assert ids(backwards) == ids(by_id)[:: 1 if plain(name[1]) in IN_ORDER else -1], name
        for order in ("asc", "ASC", "sideways"):
            assert ids((await read(http, path, limit=200, sort="id", order=order))[0]) == ids(by_id), name


async def test_what_is_no_column_filters_nothing_and_ids_do(school):
    for name, (http, path) in school.items():
        whole, meta = await read(http, path, limit=200)
        same, _ = await read(http, path, limit=200, nothing="x", password_hash="x", select="id")
        assert ids(same) == ids(whole), name
        none, _ = await read(http, path, id="00000000-0000-7000-8000-000000000000")
        one, found = await read(http, path, id=ids(whole)[0])
        if none:  # a list that knows no id
            assert found["total"] == meta["total"], name
        else:
            assert (ids(one), found["total"]) == ([whole[0]["id"]], 1), name


async def test_a_search_finds_part_of_what_there_is(school):
    searchable = 0
    for name, (http, path) in school.items():
        whole, _ = await read(http, path, limit=200)
        assert whole, name
        nothing, meta = await read(http, path, limit=200, q="%_no such thing_%")
        assert len(nothing) == meta["total"], name
        assert nothing == [] or ids(nothing) == ids(whole), name
        searchable += not nothing
    assert searchable > 18


async def test_limits_are_bounded(school):
    for name, (http, path) in school.items():
        assert (await read(http, path, limit=10_000))[1]["limit"] == 200, name
        for wrong in ("0", "-1", "10001", "x", ""):
            assert (await http.get(path, params={"limit": wrong})).status_code == 400, (name, wrong)
