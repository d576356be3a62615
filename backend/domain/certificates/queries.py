"""What can be asked about certificates."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from asyncpg import Record

from backend.core import db
from backend.core.actor import Actor
from backend.core.clock import school_date
from backend.core.ids import Ref
from backend.core.paging import MAX_WHOLE
from backend.domain.batches import queries as batches
from backend.domain.certificates import rules
from backend.domain.certificates.errors import (
    CertificateNotFound,
    NotEnrolled,
    NotYours,
    Revoked,
    StillGenerating,
)
from backend.domain.certificates.rules import Facts, Reason
from backend.domain.certificates.terms import CertificatePaper, CertificateState, Design, Fact, Topic
from backend.domain.enrolments import queries as enrolments
from backend.domain.enrolments.errors import EnrolmentNotFound
from backend.domain.enrolments.queries import Missing


class CertificateView(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate. `paper` is what is printed on it; without `object_key` the file is not made yet.

    `is_expired` is told by the database's clock. `replaced_by` and `replaces` are numbers.
    """

    id: int
    uuid: UUID
    batch_id: int
    batch_uuid: UUID
    account_id: int
    account_uuid: UUID
    number: str
    state: CertificateState
    holder_name: str
    paper: CertificatePaper
    issued_at: datetime
    object_key: str | None
    sha256: str | None
    size_bytes: int | None
    revoked_at: datetime | None
    revoked_reason: str | None
    expires_at: datetime | None
    is_expired: bool
    template_id: int | None
    replaced_by: str | None
    replaces: str | None
    created_at: datetime
    updated_at: datetime


class StoredPaper(msgspec.Struct, frozen=True):
    """The file of a certificate."""

    object_key: str
    sha256: str
    size_bytes: int
    stored_at: datetime
    number: str


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a batch, and what decides about a certificate for them."""

    enrolment_id: int
    account_id: int
    account_uuid: UUID
    name: str
    facts: Facts

    @property
    def reasons(self) -> list[Reason]:
        """Why not."""
        return rules.why_not(self.facts)


class EligibilityView(msgspec.Struct, frozen=True, kw_only=True):
    """Whether somebody may have a certificate, why not, from when, and what is still to be done."""

    reasons: Sequence[Reason]
    opens_at: datetime
    missing: Sequence[Missing]


class BatchPaper(msgspec.Struct, frozen=True, kw_only=True):
    """What the certificates of a batch have in common. `at` is the database's present."""

    course_code: str
    course_title: str
    batch_code: str
    batch_title: str
    start_at: datetime
    end_at: datetime
    at: datetime
    valid_months: int | None = None
    template_id: int | None = None
    design: Design = Design()
    topics: list[Topic] = []


_SELECT = (
    "SELECT c.id, c.uuid, c.batch_id, b.uuid AS batch_uuid, c.account_id, a.uuid AS account_uuid, c.number, c.state,"
    " c.holder_name, c.paper::text AS paper, c.issued_at, c.object_key, c.sha256, c.size_bytes, c.revoked_at,"
    " c.revoked_reason, c.expires_at, coalesce(c.expires_at <= now(), false) AS is_expired, c.template_id,"
    " n.number AS replaced_by, o.number AS replaces, c.created_at, c.updated_at"
    " FROM certificate c JOIN batch b ON b.id = c.batch_id JOIN account a ON a.id = c.account_id"
    " LEFT JOIN certificate n ON n.id = c.replaced_by LEFT JOIN certificate o ON o.replaced_by = c.id"
)
_OPENS_AT = "b.end_at + make_interval(hours => b.certificate_after_h)"
_CANDIDATES = f"""
SELECT e.id AS enrolment_id, e.account_id, a.uuid AS account_uuid, a.name, b.end_at, b.certificate_after_h AS after_h,
       e.state = 'active' AND a.removed_at IS NULL AS is_enrolled, {_OPENS_AT} <= now() AS is_open,
       coalesce(bool_or(c.state <> 'revoked'), false) AS has_one,
       coalesce(bool_or(c.state = 'revoked'), false) AS was_revoked
FROM enrolment e JOIN account a ON a.id = e.account_id JOIN batch b ON b.id = e.batch_id
LEFT JOIN certificate c ON c.batch_id = e.batch_id AND c.account_id = e.account_id
WHERE e.id = ANY($1) GROUP BY e.id, a.id, b.id ORDER BY e.id
"""  # noqa: S608 - our own text
_AUTOMATIC = f"""
SELECT e.batch_id, array_agg(e.id ORDER BY e.id) AS enrolment_ids
FROM enrolment e JOIN batch b ON b.id = e.batch_id
WHERE b.auto_issue AND b.archived_at IS NULL AND e.state = 'active' AND {_OPENS_AT} <= now()
AND NOT EXISTS (SELECT FROM certificate c WHERE c.batch_id = e.batch_id AND c.account_id = e.account_id)
GROUP BY e.batch_id ORDER BY e.batch_id
"""  # noqa: S608 - our own text

_BATCH_PAPER = """
SELECT c.code AS course_code, c.title AS course_title, b.code AS batch_code, b.title AS batch_title,
       b.start_at, b.end_at, now() AS at, t.id AS template_id, t.design::text AS design,
       CASE WHEN v.batch_id IS NOT NULL THEN v.valid_months ELSE t.valid_months END AS valid_months
FROM batch b JOIN course c ON c.id = b.course_id
LEFT JOIN certificate_validity v ON v.batch_id = b.id
LEFT JOIN LATERAL (SELECT * FROM certificate_template WHERE course_id = c.id ORDER BY version DESC LIMIT 1) t ON true
WHERE b.id = $1
"""


def _view(found: Record) -> CertificateView:
    values = dict(found)
    values["paper"] = msgspec.json.decode(values["paper"])
    return msgspec.convert(values, CertificateView, strict=False)


async def certificate_by_id(certificate_id: int) -> CertificateView:
    """A certificate, for jobs.

    Raises: CertificateNotFound.
    """
    found = await db.row(f"{_SELECT} WHERE c.id = $1", certificate_id)
    if found is None:
        raise CertificateNotFound(ref=str(certificate_id))
    return _view(found)


async def certificates_by_id(certificate_ids: Sequence[int]) -> list[CertificateView]:
    """Some certificates, for jobs; those that are there, in order of their ids. One statement."""
    return [_view(found) for found in await db.fetch(f"{_SELECT} WHERE c.id = ANY($1) ORDER BY c.id", certificate_ids)]


async def certificate(actor: Actor, ref: Ref) -> CertificateView:
    """A certificate that the actor may see.

    Raises: CertificateNotFound, NotYours.
    """
    found = await db.row(f"{_SELECT} WHERE c.{db.column_of(ref)} = $1", ref)
    if found is None:
        raise CertificateNotFound(ref=str(ref))
    view = _view(found)
    teaches = actor.is_teacher and await batches.teaches_batch(actor.account_id, view.batch_id)
    if not rules.may_see(actor, view.account_id, teaches=teaches):
        raise NotYours
    return view


async def certificate_of(account_id: int, batch_id: int) -> CertificateView | None:
    """A person's certificate of a batch that holds, or else the last one that was revoked."""
    found = await db.row(
        f"{_SELECT} WHERE c.account_id = $1 AND c.batch_id = $2 ORDER BY c.state = 'revoked', c.id DESC LIMIT 1",
        account_id,
        batch_id,
    )
    return _view(found) if found else None


async def my_certificate(actor: Actor, batch_ref: Ref) -> CertificateView:
    """The actor's own certificate of a batch; who has one sees it also after leaving the batch.

    Raises: BatchNotFound, NotEnrolled, CertificateNotFound.
    """
    batch = await batches.batch(batch_ref)
    view = await certificate_of(actor.person_id, batch.id)
    if view is not None:
        return view
    if await enrolments.enrolment(actor.person_id, batch.id) is None:
        raise NotEnrolled
    raise CertificateNotFound(ref=str(batch_ref))


async def certificates_of_batch(actor: Actor, batch_ref: Ref, offset: int = 0) -> list[CertificateView]:
    """The certificates of a batch, revoked ones too, in order of their numbers' counter; a thousand at most.

    Raises: BatchNotFound, NotYours.
    """
    batch = await batches.batch(batch_ref)
    teaches = actor.is_teacher and await batches.teaches_batch(actor.account_id, batch.id)
    if not rules.may_issue_all(actor, teaches=teaches):
        raise NotYours
    rows = await db.fetch(
        f"{_SELECT} WHERE c.batch_id = $1 ORDER BY c.id LIMIT $2 OFFSET $3", batch.id, MAX_WHOLE, offset
    )
    return [_view(row) for row in rows]


async def certificate_known_by(reference: UUID | str) -> CertificateView | None:
    """A certificate that was handed out, by uuid or by its number in our spelling. For checks by strangers."""
    column = "uuid" if isinstance(reference, UUID) else "number"
    found = await db.row(f"{_SELECT} WHERE c.{column} = $1 AND c.object_key IS NOT NULL", reference)
    return _view(found) if found else None


async def certificate_with_file(sha256: str) -> CertificateView | None:
    """The certificate whose file this is, to the last byte; also one that was revoked."""
    found = await db.row(f"{_SELECT} WHERE c.sha256 = $1 LIMIT 1", sha256)
    return _view(found) if found else None


async def stored_paper(actor: Actor, ref: Ref) -> StoredPaper:
    """The file of a certificate that the actor may see; of a revoked one only for those who run the batch.

    Raises: CertificateNotFound, NotYours, StillGenerating, Revoked.
    """
    view = await certificate(actor, ref)
    if view.state is CertificateState.REVOKED and view.account_id == actor.account_id:
        raise Revoked
    return stored(view)


def stored(view: CertificateView) -> StoredPaper:
    """Where the file of a certificate is.

    Raises: StillGenerating.
    """
    if view.object_key is None or view.sha256 is None or view.size_bytes is None:
        raise StillGenerating
    return StoredPaper(view.object_key, view.sha256, view.size_bytes, view.updated_at, view.number)


async def candidates(enrolment_ids: Sequence[int], *, is_asked_for: bool) -> list[Candidate]:
    """What decides about certificates for some people, in order of entry. Two statements for any number."""
    rows = await db.fetch(_CANDIDATES, list(enrolment_ids))
    standings = await enrolments.standings(enrolment_ids)
    return [_candidate(found, standings, is_asked_for=is_asked_for) for found in rows]


def _candidate(found: Record, standings: dict[int, enrolments.Standing], *, is_asked_for: bool) -> Candidate:
    nothing = enrolments.Standing(enrolment_id=0, done=0, total=0, attended=0, meetings=0)
    standing = standings.get(found["enrolment_id"], nothing)
    facts = Facts(
        is_enrolled=found["is_enrolled"],
        done=standing.done,
        total=standing.total,
        attended=standing.attended,
        meetings=standing.meetings,
        ends_on=school_date(found["end_at"]),
        after_h=found["after_h"],
        is_open=found["is_open"],
        has_one=found["has_one"],
        was_revoked=found["was_revoked"],
        is_asked_for=is_asked_for,
    )
    return Candidate(
        enrolment_id=found["enrolment_id"],
        account_id=found["account_id"],
        account_uuid=found["account_uuid"],
        name=found["name"],
        facts=facts,
    )


async def eligibility(actor: Actor, batch_ref: Ref) -> EligibilityView:
    """Whether the actor may have a certificate of a batch, and why not.

    Raises: BatchNotFound.
    """
    batch = await batches.batch(batch_ref)
    enrolment = await enrolments.enrolment(actor.person_id, batch.id)
    opens_at = batch.end_at + timedelta(hours=batch.certificate_after_h)
    if enrolment is None:
        return EligibilityView(reasons=[Reason(Fact.NOT_ENROLLED)], opens_at=opens_at, missing=[])
    found = await candidates([enrolment.id], is_asked_for=True)
    progress = await enrolments.progress(enrolment.id)
    return EligibilityView(reasons=found[0].reasons, opens_at=opens_at, missing=progress.missing)


async def members(batch_id: int) -> list[int]:
    """The enrolments of everybody who is in a batch now, in order of entry."""
    return [enrolment.id for enrolment in await enrolments.enrolments_of(batch_id)]


async def automatic() -> dict[int, list[int]]:
    """Batch → enrolments that never had a certificate, where certificates come by themselves and it is time.

    They may still be ineligible.
    """
    return {found["batch_id"]: found["enrolment_ids"] for found in await db.fetch(_AUTOMATIC)}


async def unasked(enrolment_ids: Collection[int]) -> dict[int, list[int]]:
    """Those of some enrolments whose batch gives certificates by itself: batch → enrolments. One statement.

    Raises: EnrolmentNotFound, when one of them is not there.
    """
    rows = await db.fetch(
        "SELECT e.id, e.batch_id, b.auto_issue FROM enrolment e JOIN batch b ON b.id = e.batch_id"
        " WHERE e.id = ANY($1) ORDER BY e.batch_id, e.id",
        list(enrolment_ids),
    )
    for unknown in set(enrolment_ids) - {row["id"] for row in rows}:
        raise EnrolmentNotFound(enrolment=unknown)
    found: dict[int, list[int]] = {}
    for row in rows:
        if row["auto_issue"]:
            found.setdefault(row["batch_id"], []).append(row["id"])
    return found


async def unfinished(batch_id: int | None = None) -> list[int]:
    """Certificates without a file: of a batch, or of all when they have waited for an hour."""
    rows = await db.fetch(
        "SELECT id FROM certificate WHERE state = 'generating' AND (batch_id = $1"
        " OR ($1::bigint IS NULL AND created_at < now() - interval '1 hour')) ORDER BY id",
        batch_id,
    )
    return [found["id"] for found in rows]


async def named_objects(object_keys: Sequence[str]) -> set[str]:
    """Those of some objects that are the file of a certificate (for the sweep of storage)."""
    rows = await db.fetch("SELECT object_key FROM certificate WHERE object_key = ANY($1)", list(object_keys))
    return {found["object_key"] for found in rows}


async def issued_by(job_id: int) -> int:
    """How many certificates a job has issued, in whatever attempt of it."""
    return int(await db.value("SELECT count(*) FROM certificate WHERE issued_by_job = $1", job_id))


async def batch_paper(batch_id: int) -> BatchPaper:
    """What is printed on every certificate of a batch, and how it looks now. Two statements."""
    found = await db.row(_BATCH_PAPER, batch_id)
    if found is None:
        raise LookupError(batch_id)
    rows = await db.fetch(
        "SELECT title, start_at, extract(epoch FROM end_at - start_at)::float8 / 3600 AS hours"
        " FROM meeting WHERE batch_id = $1 ORDER BY start_at, id",
        batch_id,
    )
    topics = [Topic(row["title"], school_date(row["start_at"]), max(0.0, round(row["hours"], 2))) for row in rows]
    design = msgspec.json.decode(found["design"] or b"{}", type=Design)
    values = {**dict(found), "topics": topics, "design": design}
    return BatchPaper(**values)
