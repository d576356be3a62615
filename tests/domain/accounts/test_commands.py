import asyncio
import itertools
from datetime import date, timedelta

import pytest

from backend.core import clock, db
from backend.core.actor import SYSTEM, Role
from backend.core.errors import Invalid
from backend.domain.accounts import commands, queries
from backend.domain.accounts.errors import (
    AdminOnly,
    LastAdmin,
    NikMissing,
    NimHalf,
    NimMissing,
    OwnAccount,
    PersonNotFound,
    StudentNikMissing,
    Taken,
)
from backend.domain.accounts.terms import Caller, GroupType, Newcomer, Particulars
from tests.people import Person

pytestmark = pytest.mark.usefixtures("database")

_numbers = itertools.count(1)
HERE = Caller("192.0.2.1", "tests")
PASSWORD = "kuda terbang biru"


def a_newcomer(**values) -> Newcomer:
    number = next(_numbers)
    told = {"group_type": GroupType.PUBLIC, "nik": "3276000000000001", **values.pop("told", {})}
    return Newcomer(
        **{
            "name": "Sari",
            "email": f"Sari{number}@Example.test",
            "phone": f"0811{number:07}",
            "password": PASSWORD,
            "particulars": Particulars(**told),
            **values,
        }
    )


async def events() -> list[str]:
    return [row["name"] for row in await db.fetch("SELECT name FROM outbox ORDER BY id")]


async def test_registering_makes_an_unverified_student_and_tells():
    person = await commands.register(HERE, a_newcomer(email="Sari.W@Example.test"))
    assert (person.role, person.is_verified, person.email) == (Role.STUDENT, False, "sari.w@example.test")
    assert person.profile is not None
    assert person.profile.group_verified
    assert await events() == ["accounts.account.registered.v1"]


async def test_a_password_is_kept_as_argon2id():
    person = await commands.register(HERE, a_newcomer())
    kept = await db.value("SELECT password_hash FROM account WHERE id = $1", person.id)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("same", [{"email": "SARI@example.TEST"}, {"phone": "0899"}])
async def test_a_taken_address_is_refused(same):
    await commands.register(HERE, a_newcomer(email="sari@example.test", phone="0899"))
    with pytest.raises(Taken):
        await commands.register(HERE, a_newcomer(**same))


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"nik": None}, NikMissing),
        ({"group_type": GroupType.OWN_STUDENT}, NimMissing),
        ({"group_type": GroupType.OTHER_STUDENT, "nim": "1"}, NimMissing),
    ],
)
async def test_a_group_needs_its_proof(told, error):
    with pytest.raises(error):
        await commands.register(HERE, a_newcomer(told=told))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"password": "12345"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"password": "Password123!"}, "password"),
        ({"told": {"birth_date": date(2999, 1, 1)}}, "birth_date"),
    ],
)
async def test_what_cannot_be_is_refused(values, field):
    with pytest.raises(Invalid) as error:
        await commands.register(HERE, a_newcomer(**values))
    assert list(error.value.data["fields"]) == [field]


async def test_an_admin_makes_verified_accounts(admin: Person):
    person = await commands.create_account(admin.actor, a_newcomer(), Role.TEACHER)
    assert (person.role, person.is_verified) == (Role.TEACHER, True)
    assert await events() == ["accounts.account.changed.v1"]


async def test_making_accounts_has_its_rules(admin: Person, teacher: Person):
    with pytest.raises(AdminOnly):
        await commands.create_account(teacher.actor, a_newcomer(), Role.STUDENT)
    with pytest.raises(StudentNikMissing):
        await commands.create_account(admin.actor, a_newcomer(told={"nik": None}), Role.STUDENT)
    with pytest.raises(NimHalf):
        await commands.create_account(admin.actor, a_newcomer(told={"nim": "1"}), Role.STUDENT)
    with pytest.raises(Taken):
        await commands.create_account(SYSTEM, a_newcomer(email=admin.email), Role.ADMIN)


async def test_people_are_found_by_ids_in_one_statement(admin: Person, student: Person, statements: list[str]):
    found = await queries.people([admin.id, student.id, admin.id, 999])
    assert {id_: person.name for id_, person in found.items()} == {admin.id: admin.name, student.id: student.name}
    assert len(statements) == 1


async def test_another_group_has_to_be_looked_at_anew(a_person):
    student = await a_person(Role.STUDENT, group="other_student")
    told = Particulars(group_type=GroupType.OWN_STUDENT, nim="50123", nim_proof="/uploads/x.png")
    person = await commands.update_profile(student.actor, told)
    assert person.profile is not None
    assert not person.profile.group_verified


async def test_the_same_group_again_changes_nothing(a_person):
    student = await a_person(Role.STUDENT, group="other_student")
    person = await commands.update_profile(student.actor, Particulars(group_type=GroupType.OTHER_STUDENT), name="Sari")
    assert person.name == "Sari"
    assert person.profile is not None
    assert person.profile.group_verified


async def test_a_profile_has_its_rules(student: Person, admin: Person):
    with pytest.raises(NimMissing):
        await commands.update_profile(student.actor, Particulars(group_type=GroupType.OWN_STUDENT))
    phone = (await queries.person(admin.id)).phone
    with pytest.raises(Taken):
        await commands.update_profile(student.actor, Particulars(), phone=phone)
    tomorrow = clock.school_date(clock.now()) + timedelta(days=1)
    with pytest.raises(Invalid):
        await commands.update_profile(student.actor, Particulars(birth_date=tomorrow))
    await commands.remove_account(admin.actor, student.id)
    with pytest.raises(PersonNotFound):
        await commands.update_profile(student.actor, Particulars())


async def test_going_public_needs_a_nik(a_person):
    student = await a_person(Role.STUDENT, group="own_student")
    with pytest.raises(NikMissing):
        await commands.update_profile(student.actor, Particulars(group_type=GroupType.PUBLIC))


async def test_an_admin_approves_a_card_and_gives_a_role(admin: Person, student: Person):
    person = await commands.update_account(
        admin.actor, student.uuid, Particulars(nim="50123"), role=Role.TEACHER, group_verified=True
    )
    assert person.role is Role.TEACHER
    assert person.profile is not None
    assert person.profile.group_verified


async def test_administering_is_for_admins(teacher: Person, student: Person):
    with pytest.raises(AdminOnly):
        await commands.update_account(teacher.actor, student.uuid, Particulars())
    with pytest.raises(AdminOnly):
        await commands.remove_account(teacher.actor, student.uuid)


async def test_the_last_admin_stays(admin: Person, student: Person):
    with pytest.raises(LastAdmin):
        await commands.update_account(admin.actor, admin.id, Particulars(), role=Role.STUDENT)
    with pytest.raises(OwnAccount):
        await commands.remove_account(admin.actor, admin.id)
    with pytest.raises(LastAdmin):
        await commands.remove_account(SYSTEM, admin.id)


async def test_removing_takes_the_name_and_leaves_the_row(admin: Person, student: Person):
    await commands.remove_account(admin.actor, student.uuid)
    with pytest.raises(PersonNotFound):
        await queries.person(student.uuid)
    with pytest.raises(PersonNotFound):
        await commands.remove_account(admin.actor, student.uuid)
    left = (await queries.people([student.id]))[student.id]
    assert student.name not in (left.name, left.email)
    assert await events() == ["accounts.account.removed.v1"]
    # the address is free again
    await commands.register(HERE, a_newcomer(email=student.email))


@pytest.mark.commits
async def test_two_admins_who_remove_each_other_leave_one(a_person):
    one, two = await a_person(Role.ADMIN), await a_person(Role.ADMIN)
    removing = (commands.remove_account(one.actor, two.id), commands.remove_account(two.actor, one.id))
    outcomes = await asyncio.gather(*removing, return_exceptions=True)
    assert sorted(str(type(outcome).__name__) for outcome in outcomes) == ["LastAdmin", "NoneType"]
    assert await db.value("SELECT count(*) FROM account WHERE role = 'admin' AND removed_at IS NULL") == 1
