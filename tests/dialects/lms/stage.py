"""Where golden pairs are played: the world, who is in it, and by which names a pair speaks of both."""

from typing import Any

import httpx
import msgspec

from backend.core.settings import settings
from tests.dialects.lms.world import Half, World
from tests.people import Person

PEOPLE = ("student", "classmate", "teacher")


class Stage(msgspec.Struct):
    """The world and the names in it.

    `values`: the id of each object of `here` by its kind (`{batches}`), of each person by their part (`{student}`,
    `{student.name}`, `{student.email}`), `{batch_slug}`, `{course_slug}`, `{graded_attempt}`, `{option}` (the first of
    `{questions}`), `{second_option}` of the same, `{other_option}` of another question, `{file_url}`; those of the
    other half with `there.` before them; `{site}`, where the school is. Scenes add to these, and may put somebody else
    in a part.
    """

    world: World
    parts: dict[str, httpx.AsyncClient]
    values: dict[str, Any]


def a_stage(world: World, stranger: httpx.AsyncClient) -> Stage:
    """The stage as it is before any scene."""
    people = {name: getattr(world.here, name) for name in PEOPLE}
    people |= {f"there.{name}": getattr(world.there, name) for name in PEOPLE}
    people["admin"] = world.admin
    values = {
        "site": settings().public_url,
        **_named(world.here),
        **{f"there.{name}": value for name, value in _named(world.there).items()},
    }
    for name, person in people.items():
        values |= _of(name, person)
    return Stage(world, {"nobody": stranger} | {name: person.http for name, person in people.items()}, values)


def _named(half: Half) -> dict[str, Any]:
    return half.objects | {
        "batch_slug": half.batch.slug,
        "course_slug": half.course_slug,
        "graded_attempt": str(half.graded_attempt),
        "option": str(half.quiz.questions[0].options[0].uuid),
        "second_option": str(half.quiz.questions[0].options[1].uuid),
        "other_option": str(half.quiz.questions[1].options[0].uuid),
        "file_url": half.address,
    }


def _of(name: str, person: Person) -> dict[str, Any]:
    return {name: str(person.uuid), f"{name}.name": person.name, f"{name}.email": person.email}
