"""What can be done with files: each refusal once, what goes when nothing refers to it, and two at once."""

import asyncio

import pytest

from backend.core import db
from backend.core.actor import SYSTEM
from backend.core.errors import DomainError
from backend.core.ids import new_uuid
from backend.core.settings import settings
from backend.domain.files import commands as files
from backend.domain.files import queries
from backend.domain.files.commands import Arrived
from backend.domain.files.errors import (
    FileInUse,
    FileNotFound,
    FileNotReady,
    LocationInvalid,
    PathInvalid,
    TooManyUploads,
)
from backend.domain.files.terms import FileKind, OwnerKind

SUBMISSION = OwnerKind.SUBMISSION


def arrived(name="", ext="pdf"):
    return Arrived(
        object_key=f"documents/{name or new_uuid()}.{ext}",
        extension=ext,
        content_type="application/pdf",
        size_bytes=3,
        sha256="0" * 64,
    )


async def a_file(actor, kind=FileKind.DOCUMENT):
    begun = await files.begin(actor, kind, "a.pdf", "")
    return (await files.record(begun.id, "docs", arrived())).file


async def state(file):
    return await db.value("SELECT state FROM file WHERE id = $1", file.id)


async def discarded():
    return {row["object_key"] for row in await db.fetch("SELECT object_key FROM discarded_object")}


async def test_a_file_is_known_once_its_bytes_are_there(student):
    begun = await files.begin(student.actor, FileKind.DOCUMENT, "a.pdf", "")
    with pytest.raises(FileNotFound):
        await queries.file(begun.id)
    with pytest.raises(LocationInvalid):
        await files.record(begun.id, "a/b", arrived())
    kept = await files.record(begun.id, "docs", arrived())
    assert kept.job is None
    assert await queries.file(begun.uuid) == kept.file
    with pytest.raises(FileNotFound):  # twice
        await files.record(begun.id, "docs", arrived())
    await files.abort(begun.id)  # too late: kept is kept
    assert await state(kept.file) == "stored"


async def test_what_did_not_come_is_forgotten(student):
    begun = await files.begin(student.actor, FileKind.DOCUMENT, "a.pdf", "")
    await files.abort(begun.id)
    await files.abort(begun.id)
    assert await db.value("SELECT count(*) FROM file") == 0
    with pytest.raises(FileNotFound):
        await files.record(begun.id, "docs", arrived())


async def test_too_many_uploads_are_refused(student):
    await db.statement(
        "INSERT INTO throttle (key, hits, window_started_at) VALUES ($1, 1000, now())", f"upload:account:{student.id}"
    )
    with pytest.raises(TooManyUploads) as caught:
        await files.begin(student.actor, FileKind.DOCUMENT, "a.pdf", "")
    assert 3590 <= caught.value.data["retry_after_s"] <= 3601


async def test_only_ones_own_files_are_attached(student, teacher):
    file = await a_file(student.actor)
    for name in (file.uuid, file.address, new_uuid(), "/uploads/docs/nothing"):
        with pytest.raises(FileNotFound):
            await files.attach(teacher.actor, name, SUBMISSION, 1)
    assert await files.attach(student.actor, "https://elsewhere.example/a.pdf", SUBMISSION, 1) is None
    assert await files.attach(student.actor, settings().public_url + file.address, SUBMISSION, 1) == file.id
    assert await files.attach(student.actor, file.uuid, SUBMISSION, 1) == file.id
    assert await files.attach(SYSTEM, file.uuid, SUBMISSION, 2) == file.id
    assert await db.value("SELECT count(*) FROM attachment") == 2


async def test_a_refused_recording_is_not_attached(student):
    file = await a_file(student.actor, FileKind.MEDIA)
    await files.attach(student.actor, file.uuid, OwnerKind.MATERIAL, 1)
    await files.mark_failed(file.id, "unreadable")
    with pytest.raises(FileNotReady):
        await files.attach(student.actor, file.uuid, OwnerKind.MATERIAL, 2)
    await files.attach(SYSTEM, (await a_file(student.actor)).uuid, OwnerKind.MATERIAL, 2)


async def test_replacing_lets_go_of_the_rest(student, teacher):
    first, second, third = [await a_file(student.actor) for _ in range(3)]
    await files.replace(student.actor, [first.address, second.address, "https://x.example/y"], SUBMISSION, 1)
    await files.attach(student.actor, second.uuid, SUBMISSION, 2)
    # somebody else's files may stay, but none may come
    await files.replace(teacher.actor, [first.address, second.address], SUBMISSION, 1)
    with pytest.raises(FileNotFound):
        await files.replace(teacher.actor, [third.address], SUBMISSION, 1)
    await files.replace(student.actor, [third.address], SUBMISSION, 1)
    assert [await state(file) for file in (first, second, third)] == ["removed", "stored", "stored"]
    assert await discarded() == {first.object_key}
    with pytest.raises(FileNotFound):
        await files.attach(student.actor, first.uuid, SUBMISSION, 1)
    await files.detach(SUBMISSION, 1)
    await files.detach(SUBMISSION, 1)
    await files.detach(SUBMISSION, 2)
    assert [await state(file) for file in (first, second, third)] == ["removed"] * 3
    assert await discarded() == {file.object_key for file in (first, second, third)}


async def test_letting_go_keeps_what_a_profile_shows(student):
    avatar, card, other = [await a_file(student.actor) for _ in range(3)]
    await files.replace(student.actor, [avatar.address, card.address, other.address], SUBMISSION, 1)
    await db.statement("UPDATE account SET avatar = $2 WHERE id = $1", student.id, avatar.address)
    await db.statement(
        "UPDATE profile SET nim_proof = $2 WHERE account_id = $1", student.id, settings().public_url + card.address
    )
    await files.detach(SUBMISSION, 1)
    assert [await state(file) for file in (avatar, card, other)] == ["stored", "stored", "removed"]
    assert await discarded() == {other.object_key}


async def test_removing_refuses_what_is_used(student, teacher):
    file = await a_file(student.actor)
    with pytest.raises(PathInvalid):
        await files.remove(student.actor, "docs/a.pdf")
    with pytest.raises(FileNotFound):
        await files.remove(teacher.actor, file.address)
    for sql in (
        "UPDATE account SET avatar = $1 WHERE id = $2",
        "UPDATE profile SET nim_proof = $1 WHERE account_id = $2",
    ):
        await db.statement(sql, file.address, student.id)
        with pytest.raises(FileInUse):
            await files.remove(student.actor, file.address)
        await db.statement(sql, None, student.id)
    await files.remove(SYSTEM, file.address)
    assert await discarded() == {file.object_key}


async def test_who_may_see_what_is_asked_in_few_statements(student, teacher, statements):
    file = await a_file(student.actor)
    await files.attach(student.actor, file.uuid, SUBMISSION, 1)
    statements.clear()
    await queries.readable(student.actor, file.uuid)
    assert len(statements) == 1
    statements.clear()
    with pytest.raises(FileNotFound):
        await queries.readable(teacher.actor, file.uuid)
    assert len(statements) == 3


async def test_an_avatar_is_public_only_if_it_is_ones_own(student, teacher):
    file = await a_file(student.actor)
    await db.statement("UPDATE account SET avatar = $1 WHERE id = $2", file.address, teacher.id)
    with pytest.raises(FileNotFound):
        await queries.readable(None, file.uuid)
    await db.statement("UPDATE account SET avatar = $1 WHERE id = $2", file.address, student.id)
    assert await queries.readable(None, file.uuid) == file


@pytest.mark.commits
@pytest.mark.parametrize("_", range(3))
async def test_of_removing_and_attaching_at_once_one_wins(student, _):
    file = await a_file(student.actor)

    async def tried(work):
        try:
            await work
        except DomainError as error:
            return error.code
        return None

    await db.statement("UPDATE file SET owner_id = owner_id")
    outcomes = await asyncio.gather(
        tried(files.remove(student.actor, file.address)),
        *(tried(files.attach(student.actor, file.uuid, SUBMISSION, number)) for number in range(4)),
    )
    attached = await db.value("SELECT count(*) FROM attachment")
    if await state(file) == "removed":
        assert outcomes[0] is None
        assert attached == 0
        assert set(outcomes[1:]) == {"files.not_found"}
    else:
        assert outcomes == ["files.in_use", None, None, None, None]
        assert attached == 4


@pytest.mark.commits
async def test_two_who_let_go_at_once_leave_nothing(student):
    file = await a_file(student.actor)
    for number in range(4):
        await files.attach(student.actor, file.uuid, SUBMISSION, number)
    await asyncio.gather(*(files.detach(SUBMISSION, number) for number in range(4)))
    assert (await state(file), await discarded()) == ("removed", {file.object_key})
