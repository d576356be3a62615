"""Who is to be told, and of what."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.domain.notifications import rules
from backend.domain.notifications.terms import Language, NoticeKind


class ChoicesView(msgspec.Struct, frozen=True):
    """What somebody wants to be told by mail; without a language: in both."""

    language: Language | None
    wanted: dict[NoticeKind, bool]


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody to write to."""

    id: int
    uuid: UUID
    name: str
    email: str
    language: Language | None


async def choices(actor: Actor) -> ChoicesView:
    """What the actor has chosen; all kinds are wanted until somebody says otherwise."""
    found = await db.row("SELECT language, muted FROM notice_choice WHERE account_id = $1", actor.person_id)
    muted: Sequence[str] = found["muted"] if found else ()
    language = found["language"] if found else None
    return ChoicesView(language and Language(language), {kind: kind not in muted for kind in NoticeKind})


async def recipient(account_id: int, kind: NoticeKind, fact: str) -> Recipient | None:
    """Who is to be told of a fact; None for who was told, does not want to hear of such, or is not here any more."""
    found = await db.row(
        "SELECT a.id, a.uuid, a.name, a.email, c.language FROM account a"
        " LEFT JOIN notice_choice c ON c.account_id = a.id"
        " WHERE a.id = $1 AND a.removed_at IS NULL AND NOT EXISTS (SELECT FROM notice WHERE fact = $3)"
        " AND ($4 OR c.account_id IS NULL OR $2 <> ALL(c.muted))",
        account_id,
        str(kind),
        fact,
        not rules.may_mute(kind),
    )
    return db.view(Recipient, found) if found else None
