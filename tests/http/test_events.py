"""What a stream says, to whom, and when it ends."""

from uuid import UUID

import msgspec
import pytest

from backend.core.errors import Forbidden
from backend.core.ids import new_uuid
from backend.http import events
from backend.http.events import Event, follow
from backend.http.watch import Watch


class Thing(msgspec.Struct, frozen=True):
    version: int
    uuid: UUID = new_uuid()


def shown(thing):
    return Event(str(thing.version), "progress", b"{}", is_last=thing.version == 9)


async def yes():
    pass


async def said(stream, most=20):
    pieces = []
    async for piece in stream:
        pieces.append(piece.decode())
        if len(pieces) == most:
            await stream.aclose()
    return pieces


async def test_a_newcomer_is_told_the_state_at_once():
    assert (await said(follow(Watch(1), first=Thing(1), shown=shown, allowed=yes), most=2))[1] == (
        "id: 1\nevent: progress\ndata: {}\n\n"
    )


async def test_one_who_knows_the_state_hears_of_changes_only():
    watch = Watch(1)
    watch.tell(Thing(1))
    watch.tell(Thing(9))
    pieces = await said(follow(watch, first=None, shown=shown, allowed=yes))
    assert [piece.split("\n")[0] for piece in pieces] == ["retry: 2000", "id: 9"]


async def test_a_slow_reader_gets_the_latest_state_only():
    watch = Watch(0)
    for version in (1, 2, 3, 9):
        watch.tell(Thing(version))
    pieces = await said(follow(watch, first=None, shown=shown, allowed=yes))
    assert len(pieces) == 2


async def test_silence_is_filled(monkeypatch):
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.01)
    pieces = await said(follow(Watch(1), first=None, shown=shown, allowed=yes), most=3)
    assert pieces[1:] == [": still here\n\n"] * 2


async def test_ends_for_one_who_may_look_no_longer(monkeypatch):
    monkeypatch.setattr(events, "RECHECK_S", 0.01)
    asked = []

    async def once():
        asked.append(1)
        if len(asked) > 1:
            raise Forbidden

    assert len(await said(follow(Watch(1), first=Thing(1), shown=shown, allowed=once))) == 2
    assert len(asked) == 2


async def test_a_database_that_is_away_ends_nothing(monkeypatch):
    monkeypatch.setattr(events, "RECHECK_S", 0.01)
    watch = Watch(1)

    async def away():
        watch.tell(Thing(9))
        raise ConnectionRefusedError

    pieces = await said(follow(watch, first=None, shown=shown, allowed=away))
    assert pieces[-1].startswith("id: 9\n")


async def test_a_bug_is_no_reason_to_go_on(monkeypatch):
    monkeypatch.setattr(events, "RECHECK_S", 0.01)

    async def broken():
        raise KeyError

    with pytest.raises(KeyError):
        await said(follow(Watch(1), first=None, shown=shown, allowed=broken))


async def test_ends_when_the_watch_does():
    watch = Watch(1)
    watch.end()
    assert len(await said(follow(watch, first=Thing(1), shown=shown, allowed=yes))) == 2
