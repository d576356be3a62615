"""Batches with everything that hangs on them, for who reads all of them: page by page, one statement each."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

import msgspec
from asyncpg import Record

from backend.core import db
from backend.domain.accounts.terms import GroupType
from backend.domain.batches.errors import BatchNotFound

PAGE = 500


class Hour(msgspec.Struct, frozen=True):
    """A meeting of a batch. One with a join address is held over the net."""

    id: int
    is_online: bool


class Member(msgspec.Struct, frozen=True):
    """Somebody who is in a batch."""

    id: int
    email: str


class WholeBatch(msgspec.Struct, frozen=True, kw_only=True):
    """A batch, its course, and all that hangs on both.

    `author_email` is None when nobody knows who made it, or that person was removed. Teachers' addresses come in
    alphabetical order, meetings in time, members as they came; `custom_fields` are (id of the field, value).
    """

    id: int
    code: str
    title: str
    description: str | None
    course_id: int
    course_code: str
    course_info: str
    author_email: str | None
    language: str
    start_at: datetime
    end_at: datetime
    duration_h: float | None
    additional_info: str
    has_reminders: bool
    quota: int
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime
    teacher_emails: list[str]
    meetings: list[Hour]
    groups: list[GroupType]
    members: list[Member]
    custom_fields: list[tuple[int, str]]
    required_course_ids: list[int]


_WHOLE = """
SELECT b.id, b.code, b.title, b.description, b.course_id, c.code AS course_code, c.additional_info AS course_info,
    w.email AS author_email, b.language, b.start_at, b.end_at, b.duration_h, b.additional_info, b.has_reminders,
    b.quota, b.archived_at, b.created_at, b.updated_at,
    ARRAY(
        SELECT DISTINCT a.email FROM meeting m JOIN meeting_teacher t ON t.meeting_id = m.id
        JOIN account a ON a.id = t.account_id AND a.removed_at IS NULL WHERE m.batch_id = b.id ORDER BY a.email
    ) AS teacher_emails,
    h.ids AS meeting_ids, h.online AS meetings_online,
    ARRAY(SELECT g.group_type FROM batch_group g WHERE g.batch_id = b.id ORDER BY g.id) AS groups,
    p.ids AS member_ids, p.emails AS member_emails,
    f.ids AS field_ids, f.texts AS field_texts,
    ARRAY(SELECT r.course_id FROM batch_requirement r WHERE r.batch_id = b.id ORDER BY r.course_id) AS requirements
FROM ({which}) b
JOIN course c ON c.id = b.course_id
LEFT JOIN account w ON w.id = b.created_by AND w.removed_at IS NULL
LEFT JOIN LATERAL (
    SELECT array_agg(m.id ORDER BY m.start_at, m.id) AS ids,
           array_agg(coalesce(m.join_url, '') <> '' ORDER BY m.start_at, m.id) AS online
    FROM meeting m WHERE m.batch_id = b.id
) h ON true
LEFT JOIN LATERAL (
    SELECT array_agg(a.id ORDER BY e.id) AS ids, array_agg(a.email ORDER BY e.id) AS emails
    FROM enrolment e JOIN account a ON a.id = e.account_id AND a.removed_at IS NULL
    WHERE e.batch_id = b.id AND e.state = 'active'
) p ON true
LEFT JOIN LATERAL (
    SELECT array_agg(v.field_id ORDER BY v.field_id) AS ids, array_agg(v.value ORDER BY v.field_id) AS texts
    FROM batch_field v WHERE v.batch_id = b.id
) f ON true
ORDER BY b.id
"""

WHOLE_PAGE = _WHOLE.format(
    which="SELECT * FROM batch WHERE id > $1 AND archived_at IS NULL ORDER BY id LIMIT $2",
)
"""The statement behind a page. Shape: $1 is the last id of the page before, $2 the most rows."""

_WHOLE_ONE = _WHOLE.format(which="SELECT * FROM batch WHERE id = $1")

# what is hashed is what a reader would see changed: a count alone misses an exchange, and the newest change alone
# misses one that began earlier and was committed later
_MARK = """
SELECT concat_ws('-',
    (SELECT count(*) || ':' || coalesce(sum(hash_record_extended(ROW(b.id, b.updated_at, w.email), 0)), 0)
     FROM batch b LEFT JOIN account w ON w.id = b.created_by AND w.removed_at IS NULL WHERE b.archived_at IS NULL),
    (SELECT count(*) || ':' || coalesce(sum(hash_record_extended(ROW(c.id, c.updated_at), 0)), 0) FROM course c),
    (SELECT count(*) || ':' || coalesce(sum(hash_record_extended(ROW(m.id, m.batch_id, m.updated_at), 0)), 0)
     FROM meeting m),
    (SELECT count(*) || ':' || coalesce(sum(hash_record_extended(ROW(t.meeting_id, a.id, a.email), 0)), 0)
     FROM meeting_teacher t JOIN account a ON a.id = t.account_id AND a.removed_at IS NULL),
    (SELECT count(*) || ':' || coalesce(sum(hash_record_extended(ROW(e.id, e.batch_id, a.id, a.email), 0)), 0)
     FROM enrolment e JOIN account a ON a.id = e.account_id AND a.removed_at IS NULL WHERE e.state = 'active')
)
"""


async def whole_batches(*, after: int = 0, limit: int = PAGE) -> list[WholeBatch]:
    """The next batches by their ids, archived ones left out. One statement, and nothing is held between two pages."""
    return [_whole(row) for row in await db.fetch(WHOLE_PAGE, after, limit)]


async def every_whole_batch() -> AsyncGenerator[list[WholeBatch], None]:
    """All batches, page by page. A slow reader holds no connection: each page is a statement of its own."""
    page = await whole_batches()
    while page:
        yield page
        page = await whole_batches(after=page[-1].id) if len(page) == PAGE else []


async def whole_batch(batch_id: int) -> WholeBatch:
    """One batch, also when it is archived. One statement.

    Raises: BatchNotFound.
    """
    found = await db.row(_WHOLE_ONE, batch_id)
    if found is None:
        raise BatchNotFound(ref=str(batch_id))
    return _whole(found)


async def mark_of_whole_batches() -> str:
    """A text that is another one as soon as anything has changed that `whole_batches` shows. One statement.

    It is made of counts and of sums of hashes of each row's last change; ask for it before the first page.
    """
    found: str = await db.value(_MARK)
    return found


def _whole(row: Record) -> WholeBatch:
    values: dict[str, Any] = dict(row)
    meetings = zip(values.pop("meeting_ids") or (), values.pop("meetings_online") or (), strict=True)
    members = zip(values.pop("member_ids") or (), values.pop("member_emails") or (), strict=True)
    fields = zip(values.pop("field_ids") or (), values.pop("field_texts") or (), strict=True)
    return WholeBatch(
        meetings=[Hour(id_, is_online) for id_, is_online in meetings],
        groups=[GroupType(text) for text in values.pop("groups")],
        members=[Member(id_, email) for id_, email in members],
        custom_fields=list(fields),
        required_course_ids=values.pop("requirements"),
        **values,
    )
