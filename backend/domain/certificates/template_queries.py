"""How certificates of a course look: what was chosen, in which version, and a paper to show it on."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from asyncpg import Record

from backend.core import db
from backend.core.actor import Actor
from backend.core.clock import now, school_date
from backend.core.ids import Ref
from backend.core.settings import settings
from backend.domain.batches import queries as batches
from backend.domain.certificates import rules
from backend.domain.certificates.errors import DesignUnfit, NotYours, PictureUnfit, TemplateNotFound
from backend.domain.certificates.terms import CertificatePaper, Design, Look, Picture, Signatory, Topic
from backend.domain.courses import queries as courses
from backend.domain.courses.queries import CourseView
from backend.domain.files import queries as files
from backend.domain.files.errors import FileNotFound

_SELECT = (
    "SELECT id, uuid, course_id, version, design::text AS design, valid_months, created_at FROM certificate_template"
)
_MOST_VERSIONS = 200
_SAMPLE_NUMBER = "CONTOH-0000-000000"
_SAMPLE_HOLDER = "Nama Lengkap Peserta"


class TemplateView(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a course's template. Version 0 is the look of the house: nothing was ever chosen."""

    course_id: int
    version: int = 0
    design: Design = Design()
    valid_months: int | None = None
    created_at: datetime | None = None


class ValidityView(msgspec.Struct, frozen=True, kw_only=True):
    """For how many months certificates of a batch hold, None for good; and whether the batch has its own rule."""

    batch_uuid: UUID
    valid_months: int | None
    is_own: bool


async def template(actor: Actor, course_ref: Ref, version: int | None = None) -> TemplateView:
    """A course's template as it is now, or one of its versions.

    Raises: NotYours, CourseNotFound, TemplateNotFound.
    """
    _must_be_admin(actor)
    course = await courses.course(course_ref)
    found = await db.row(
        f"{_SELECT} WHERE course_id = $1 AND ($2::int IS NULL OR version = $2) ORDER BY version DESC LIMIT 1",
        course.id,
        version or None,
    )
    if found is None and version:
        raise TemplateNotFound(version=version)
    return _view(found) if found else TemplateView(course_id=course.id)


async def versions(actor: Actor, course_ref: Ref) -> list[TemplateView]:
    """The versions of a course's template, the newest first, 200 at most.

    Raises: NotYours, CourseNotFound.
    """
    _must_be_admin(actor)
    course = await courses.course(course_ref)
    rows = await db.fetch(f"{_SELECT} WHERE course_id = $1 ORDER BY version DESC LIMIT $2", course.id, _MOST_VERSIONS)
    return [_view(row) for row in rows]


async def validity(actor: Actor, batch_ref: Ref) -> ValidityView:
    """For how long certificates of a batch will hold.

    Raises: NotYours, BatchNotFound.
    """
    _must_be_admin(actor)
    batch = await batches.batch(batch_ref)
    found = await db.row(
        "SELECT v.batch_id IS NOT NULL AS is_own,"
        " CASE WHEN v.batch_id IS NOT NULL THEN v.valid_months ELSE t.valid_months END AS valid_months"
        " FROM batch b LEFT JOIN certificate_validity v ON v.batch_id = b.id"
        " LEFT JOIN LATERAL (SELECT valid_months FROM certificate_template WHERE course_id = b.course_id"
        "  ORDER BY version DESC LIMIT 1) t ON true WHERE b.id = $1",
        batch.id,
    )
    if found is None:
        raise LookupError(batch.id)
    return ValidityView(batch_uuid=batch.uuid, valid_months=found["valid_months"], is_own=found["is_own"])


async def design_of(look: Look) -> Design:
    """A design with its pictures looked up. One statement for each picture.

    Raises: PictureUnfit, DesignUnfit.
    """
    if len(look.signatories) > rules.MOST_SIGNATORIES:
        raise DesignUnfit(reason="signatories")
    found = {uuid: await _picture(uuid) for uuid in sorted(look.pictures)}
    return Design(
        background=found[look.background] if look.background else None,
        fields=look.fields,
        texts=look.texts,
        signatories=[
            Signatory(name=one.name, title=one.title, image=found[one.image] if one.image else None)
            for one in look.signatories
        ],
    )


async def sample(actor: Actor, course_ref: Ref, look: Look | None, version: int | None = None) -> CertificatePaper:
    """A paper of nobody that shows a look, or what was chosen for a course: no number is used, nothing is kept.

    Raises: NotYours, CourseNotFound, TemplateNotFound, PictureUnfit, DesignUnfit.
    """
    _must_be_admin(actor)
    if look is None:
        chosen = await template(actor, course_ref, version)
        return _sample(await courses.course(course_ref), chosen.design, chosen.valid_months)
    return _sample(await courses.course(course_ref), await design_of(look), look.valid_months)


def _sample(course: CourseView, design: Design, valid_months: int | None) -> CertificatePaper:
    today = school_date(now())
    return CertificatePaper(
        number=_SAMPLE_NUMBER,
        holder_name=_SAMPLE_HOLDER,
        course_title=course.title,
        batch_title="Angkatan 1",
        start_on=today - timedelta(days=60),
        end_on=today - timedelta(days=3),
        issued_on=today,
        place=settings().school_place,
        school_name=settings().school_name,
        signatory_name=settings().signatory_name,
        signatory_title=settings().signatory_title,
        verify_url=f"{settings().frontend_url}/sertifikat/{_SAMPLE_NUMBER}",
        topics=[Topic(f"Pertemuan {at}", today - timedelta(days=60 - at), 2.0) for at in range(1, 9)],
        expires_on=rules.months_later(today, valid_months),
        design=design,
    )


async def _picture(uuid: UUID) -> Picture:
    try:
        found = await files.file(uuid)
    except FileNotFound:
        raise PictureUnfit(name=str(uuid), reason="unknown") from None
    fault = rules.picture_fault(found.content_type, found.size_bytes, found.width, found.height)
    if fault is not None:
        raise PictureUnfit(name=str(uuid), reason=fault)
    return Picture(
        address=found.address,
        object_key=found.object_key,
        content_type=found.content_type,
        width=found.width or 1,
        height=found.height or 1,
    )


def _must_be_admin(actor: Actor) -> None:
    if not actor.is_admin:
        raise NotYours


def _view(found: Record) -> TemplateView:
    return TemplateView(
        course_id=found["course_id"],
        version=found["version"],
        design=msgspec.json.decode(found["design"], type=Design),
        valid_months=found["valid_months"],
        created_at=found["created_at"],
    )
