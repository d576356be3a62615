"""What can be done about notifications."""

from collections.abc import Mapping

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.domain.notifications import links, queries, rules
from backend.domain.notifications.errors import KindMandatory, LinkUnknown
from backend.domain.notifications.queries import ChoicesView
from backend.domain.notifications.terms import Language, NoticeKind

KEPT_DAYS = 90

_CHOOSE = """
INSERT INTO notice_choice AS c (account_id, language, muted) VALUES ($1, $2, $3::text[])
ON CONFLICT (account_id) DO UPDATE SET updated_at = now(),
    language = CASE WHEN $5 THEN excluded.language ELSE c.language END,
    muted = ARRAY(SELECT kind FROM (SELECT unnest(c.muted) UNION SELECT unnest($3::text[])) AS m (kind)
        WHERE kind <> ALL($4::text[]) ORDER BY kind)
"""


async def choose(
    actor: Actor,
    wanted: Mapping[NoticeKind, bool],
    *,
    language: Language | None = None,
    sets_language: bool = False,
) -> ChoicesView:
    """Say of some kinds of mails whether the actor wants them, and with `sets_language` in which language, or in both.

    Raises: KindMandatory, when one that may not be muted is to be.
    """
    for kind, is_wanted in wanted.items():
        if not is_wanted and not rules.may_mute(kind):
            raise KindMandatory(kind=kind)
    async with transaction():
        await db.statement(
            _CHOOSE,
            actor.person_id,
            language and str(language),
            sorted(str(kind) for kind, is_wanted in wanted.items() if not is_wanted),
            [str(kind) for kind, is_wanted in wanted.items() if is_wanted],
            sets_language,
        )
        return await queries.choices(actor)


async def unsubscribe(token: str) -> NoticeKind:
    """End mails of the kind that a link names, without a login; a second time changes nothing.

    Raises: LinkUnknown.
    """
    person, kind = links.read(token)
    if not rules.may_mute(kind):
        raise LinkUnknown
    async with transaction():
        account_id = await db.value("SELECT id FROM account WHERE uuid = $1 AND removed_at IS NULL", person)
        if account_id is None:
            raise LinkUnknown
        await db.statement(_CHOOSE, account_id, None, [str(kind)], [], False)  # noqa: FBT003 - an SQL parameter
        return kind


async def note_sent(fact: str, account_id: int, kind: NoticeKind) -> None:
    """Remember that somebody was told of a fact. Safe to repeat."""
    async with transaction():
        await db.statement(
            "INSERT INTO notice (fact, account_id, kind) VALUES ($1, $2, $3) ON CONFLICT (fact) DO NOTHING",
            fact,
            account_id,
            str(kind),
        )


async def purge(most: int) -> int:
    """Forget up to `most` facts that were told long ago: their jobs are gone, so nothing tells them again."""
    async with transaction():
        return await db.statement(
            "DELETE FROM notice WHERE id IN (SELECT id FROM notice WHERE sent_at < now() - make_interval(days => $1)"
            " LIMIT $2)",
            KEPT_DAYS,
            most,
        )
