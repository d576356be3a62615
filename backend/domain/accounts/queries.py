"""What can be asked about people."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from backend.core import db, tokens
from backend.core.actor import Actor, Role
from backend.core.errors import Unauthenticated
from backend.core.ids import Ref
from backend.core.listing import Lens, boolean, page
from backend.core.paging import Listing, Paged
from backend.core.settings import settings
from backend.core.together import Together
from backend.domain.accounts import rules
from backend.domain.accounts.errors import AdminOnly, PersonNotFound
from backend.domain.accounts.terms import GroupType

ACCESS_AUDIENCE = "lulus:access"


class SessionOver(Unauthenticated):
    """The session of the token was ended, or its account is gone."""

    code = "accounts.session_over"


class ProfileView(msgspec.Struct, frozen=True, kw_only=True):
    """What the school asks of a person: `nim` is the student number, `nik` the national id, `origin` the region."""

    group_type: GroupType | None
    group_verified: bool
    nim: str | None
    nim_proof: str | None
    nik: str | None
    institution: str
    origin: str
    birth_date: date | None
    address: str
    created_at: datetime
    updated_at: datetime


class PersonView(msgspec.Struct, frozen=True, kw_only=True):
    """A person, also one who was removed (then without a name of theirs)."""

    id: int
    uuid: UUID
    name: str
    email: str
    phone: str
    avatar: str | None
    role: Role
    is_verified: bool
    created_at: datetime
    updated_at: datetime
    profile: ProfileView | None


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """A login that is not over. `address` is where it began."""

    uuid: UUID
    user_agent: str
    address: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    is_current: bool


class _PersonRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    uuid: UUID
    name: str
    email: str
    phone: str
    avatar: str | None
    role: Role
    is_verified: bool
    created_at: datetime
    updated_at: datetime
    profile: str | None

    def view(self) -> PersonView:
        values = msgspec.structs.asdict(self)
        values["profile"] = msgspec.json.decode(self.profile, type=ProfileView) if self.profile else None
        return PersonView(**values)


_COLUMNS = (
    "a.id, a.uuid, a.name, a.email, a.phone, a.avatar, a.role, a.verified_at IS NOT NULL AS is_verified,"
    " a.created_at, a.updated_at, row_to_json(p)::text AS profile"
)
_SOURCE = "account a LEFT JOIN profile p ON p.account_id = a.id"

PERSON_JSON = f"""(SELECT row_to_json(x) FROM (SELECT a.id, a.uuid, a.name, a.email, a.phone, a.avatar, a.role,
    a.verified_at IS NOT NULL AS is_verified, a.created_at, a.updated_at, row_to_json(p) AS profile
    FROM {_SOURCE} WHERE a.id = {{id}}) AS x)"""  # noqa: S608 - our names
"""SQL that gives a PersonView as JSON, for statements that show more than a person; `id` names the column."""

_LENS = Lens(
    key="a.id",
    sorts={
        "name": "a.name",
        "email": "a.email",
        "phone": "a.phone",
        "role": "a.role",
        "created_at": "a.created_at",
        "updated_at": "a.updated_at",
    },
    filters={
        "role": ("a.role", lambda text: str(Role(text))),
        "is_verified": ("(a.verified_at IS NOT NULL)", boolean),
        "group_type": ("p.group_type", lambda text: str(GroupType(text))),
        "group_verified": ("p.group_verified", boolean),
        "email": ("a.email", str.lower),
        "phone": ("a.phone", str),
        "id": ("a.uuid", UUID),
        "name": ("a.name", str),
        **{name: (f"p.{name}", str) for name in ("nim", "institution", "origin")},
    },
    search=("a.name",),
)


async def _live_sessions(sessions: Sequence[UUID]) -> list[Actor | None]:
    """Who speaks in each of some sessions; None where a session is over, or its account is gone. One statement."""
    rows = await db.fetch(
        "SELECT s.uuid, s.id, s.account_id, a.role FROM session s JOIN account a ON a.id = s.account_id"
        " WHERE s.uuid = ANY($1) AND s.revoked_at IS NULL AND s.expires_at > now() AND a.removed_at IS NULL",
        sessions,
    )
    found = {
        row["uuid"]: Actor(account_id=row["account_id"], role=Role(row["role"]), session_id=row["id"]) for row in rows
    }
    return [found.get(session) for session in sessions]


_SESSIONS = Together(_live_sessions, most=100)


async def actor_of_token(token: str) -> Actor:
    """Who an access token speaks for; its session is looked up, so that logging out works at once.

    One statement, for all who ask in the same moment. The role is the account's present one, not the token's.

    Raises: TokenRefused, SessionOver.
    """
    claims = tokens.read(settings().jwt_secret, token, audience=ACCESS_AUDIENCE)
    try:
        session = UUID(str(claims.get("sid", "")))
    except ValueError:
        raise tokens.TokenRefused(reason="no session") from None
    actor = await _SESSIONS.ask(session)
    if actor is None:
        raise SessionOver
    return actor


async def actor_of_session(session_id: int) -> Actor:
    """Who speaks in a session, as it is now (behind a ticket, and while an event stream is open). One statement.

    Raises: SessionOver.
    """
    found = await db.row(
        "SELECT s.account_id, a.role FROM session s JOIN account a ON a.id = s.account_id"
        " WHERE s.id = $1 AND s.revoked_at IS NULL AND s.expires_at > now() AND a.removed_at IS NULL",
        session_id,
    )
    if found is None:
        raise SessionOver
    return Actor(account_id=found["account_id"], role=Role(found["role"]), session_id=session_id)


async def people(ids: Sequence[int]) -> dict[int, PersonView]:
    """People by their ids, removed ones too, for lists that show who did something. One statement."""
    rows = await db.fetch(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE a.id = ANY($1)", list(set(ids)))  # noqa: S608 - our names
    return {row.id: row.view() for row in db.views(_PersonRow, rows)}


async def person(ref: Ref) -> PersonView:
    """A person who was not removed. Whether the asker may see them is for the caller to know.

    Raises: PersonNotFound.
    """
    found = await db.row(
        f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE a.{db.column_of(ref)} = $1 AND a.removed_at IS NULL",  # noqa: S608 - our names
        ref,
    )
    if found is None:
        raise PersonNotFound(ref=str(ref))
    return db.view(_PersonRow, found).view()


async def people_listed(actor: Actor, listing: Listing) -> Paged[PersonView]:
    """The school's people, for admins. Filters: role, is_verified, group_type, group_verified, email, phone.

    Raises: AdminOnly.
    """
    if not rules.may_administer(actor):
        raise AdminOnly
    found = await page(_PersonRow, _LENS, listing, select=_COLUMNS, source=_SOURCE, where="a.removed_at IS NULL")
    return Paged([row.view() for row in found.items], found.total)


async def sessions(actor: Actor) -> list[SessionView]:
    """The actor's own sessions that are not over, the latest used first; at most the last 100."""
    rows = await db.fetch(
        "SELECT uuid, user_agent, address, created_at, last_used_at, expires_at, coalesce(id = $2, false) AS is_current"
        " FROM session WHERE account_id = $1 AND revoked_at IS NULL AND expires_at > now()"
        " ORDER BY last_used_at DESC, id DESC LIMIT 100",
        actor.person_id,
        actor.session_id,
    )
    return db.views(SessionView, rows)
