"""New rows of certificates: the number, and the words and looks that are printed, frozen."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from backend.core import db, patterns
from backend.core.clock import school_date
from backend.core.ids import new_code, new_uuid
from backend.core.settings import settings
from backend.domain.certificates import queries, rules
from backend.domain.certificates.queries import BatchPaper, Candidate, CertificateView
from backend.domain.certificates.terms import CertificatePaper


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    """What is inserted."""

    uuid: UUID
    account_id: int
    sequence: int
    paper: CertificatePaper
    expires_at: datetime | None
    template_id: int | None


async def insert(batch_id: int, people: Sequence[Candidate], *, job_id: int | None) -> list[int]:
    """Number certificates of a batch, as its course wants them to look now; who has one is passed over.

    The caller holds the people's enrolments locked, and tells of the new ones.
    """
    batch = await queries.batch_paper(batch_id)
    last = await _count(batch, len(people))
    expires_on = rules.months_later(school_date(batch.at), batch.valid_months)
    rows = []
    for one, sequence in zip(people, range(last - len(people) + 1, last + 1), strict=True):
        uuid = new_uuid()
        paper = _paper(batch, one.name, uuid, _written_out(batch, sequence), expires_on)
        rows.append(
            _Row(
                uuid=uuid,
                account_id=one.account_id,
                sequence=sequence,
                paper=paper,
                expires_at=rules.end_of(expires_on),
                template_id=batch.template_id,
            )
        )
    return await _insert(batch_id, job_id, rows)


async def insert_again(view: CertificateView, holder_name: str) -> int:
    """Number what stands in a certificate anew, with another name; its id.

    It looks as the old one did and holds for as long. The caller has taken the old one back.
    """
    batch = await queries.batch_paper(view.batch_id)
    uuid, sequence = new_uuid(), await _count(batch, 1)
    paper = msgspec.structs.replace(
        view.paper,
        number=_written_out(batch, sequence),
        holder_name=holder_name,
        issued_on=school_date(batch.at),
        verify_url=_address(uuid),
    )
    row = _Row(
        uuid=uuid,
        account_id=view.account_id,
        sequence=sequence,
        paper=paper,
        expires_at=view.expires_at,
        template_id=view.template_id,
    )
    (certificate_id,) = await _insert(view.batch_id, None, [row])
    return certificate_id


async def _insert(batch_id: int, job_id: int | None, rows: Sequence[_Row]) -> list[int]:
    found = await db.fetch(
        "INSERT INTO certificate (uuid, batch_id, account_id, number, sequence, state, holder_name, paper,"
        " expires_at, template_id, issued_by_job, issued_at, created_at, updated_at)"
        " SELECT uuid, $1, account_id, number, sequence, 'generating', holder_name, paper::jsonb,"
        " expires_at, template_id, $2, now(), now(), now()"
        " FROM unnest($3::uuid[], $4::bigint[], $5::text[], $6::int[], $7::text[], $8::text[],"
        " $9::timestamptz[], $10::bigint[])"
        " AS p (uuid, account_id, number, sequence, holder_name, paper, expires_at, template_id)"
        " ON CONFLICT (batch_id, account_id) WHERE state <> 'revoked' DO NOTHING RETURNING id",
        batch_id,
        job_id,
        [row.uuid for row in rows],
        [row.account_id for row in rows],
        [row.paper.number for row in rows],
        [row.sequence for row in rows],
        [row.paper.holder_name for row in rows],
        [msgspec.json.encode(row.paper).decode() for row in rows],
        [row.expires_at for row in rows],
        [row.template_id for row in rows],
    )
    return [row["id"] for row in found]


def _values(batch: BatchPaper) -> patterns.Values:
    return patterns.Values(course=batch.course_code, year=school_date(batch.at).year, batch=batch.batch_code)


async def _count(batch: BatchPaper, how_many: int) -> int:
    """Take the next numbers of a batch's counter and say the last of them; others wait for our commit."""
    last: int = await db.value(
        "INSERT INTO certificate_counter AS c (scope, last) VALUES ($1, $2)"
        " ON CONFLICT (scope) DO UPDATE SET last = c.last + $2 RETURNING last",
        patterns.scope(settings().certificate_pattern, _values(batch)),
        how_many,
    )
    return last


def _written_out(batch: BatchPaper, sequence: int) -> str:
    return patterns.fill(settings().certificate_pattern, _values(batch), seq=sequence, random=new_code(6))


def _address(uuid: UUID) -> str:
    return f"{settings().frontend_url}/sertifikat/{uuid}"


def _paper(batch: BatchPaper, holder_name: str, uuid: UUID, number: str, expires_on: date | None) -> CertificatePaper:
    return CertificatePaper(
        number=number,
        holder_name=holder_name,
        course_title=batch.course_title,
        batch_title=batch.batch_title,
        start_on=school_date(batch.start_at),
        end_on=school_date(batch.end_at),
        issued_on=school_date(batch.at),
        place=settings().school_place,
        school_name=settings().school_name,
        signatory_name=settings().signatory_name,
        signatory_title=settings().signatory_title,
        verify_url=_address(uuid),
        topics=batch.topics,
        expires_on=expires_on,
        design=batch.design,
    )
