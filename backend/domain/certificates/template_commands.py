"""What can be done with the look of certificates and with how long they hold. What was issued stays as it is."""

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.core.outbox import emit
from backend.domain.batches import queries as batches
from backend.domain.certificates import template_queries
from backend.domain.certificates.errors import NotYours
from backend.domain.certificates.events import TemplateChosen, ValidityChosen
from backend.domain.certificates.template_queries import TemplateView, ValidityView
from backend.domain.certificates.terms import Look
from backend.domain.courses import queries as courses
from backend.domain.files import commands as files
from backend.domain.files.terms import OwnerKind


async def choose_template(actor: Actor, course_ref: Ref, look: Look) -> TemplateView:
    """Let certificates of a course look like this from now on: a new version; a look of nothing is the house's.

    The pictures belong to it from then on, so that nobody removes them.

    Raises: NotYours, CourseNotFound, PictureUnfit, DesignUnfit, FileNotFound, FileNotReady.
    Emits: TemplateChosen.
    """
    if not actor.is_admin:
        raise NotYours
    async with transaction():
        course = await courses.course(course_ref)
        await db.fetch("SELECT id FROM course WHERE id = $1 FOR NO KEY UPDATE", course.id)
        design = await template_queries.design_of(look)
        template_id = await db.value(
            "INSERT INTO certificate_template (course_id, version, design, valid_months, created_by)"
            " SELECT $1, coalesce(max(version), 0) + 1, $2::jsonb, $3, $4 FROM certificate_template"
            " WHERE course_id = $1 RETURNING id",
            course.id,
            msgspec.json.encode(design).decode(),
            look.valid_months,
            actor.account_id,
        )
        for picture in sorted(look.pictures):
            await files.attach(actor, picture, OwnerKind.CERTIFICATE_TEMPLATE, template_id)
        view = await template_queries.template(actor, course.id)
        await emit(TemplateChosen(course.id, view.version))
        return view


async def choose_validity(actor: Actor, batch_ref: Ref, valid_months: int | None) -> ValidityView:
    """Let certificates of a batch hold for so many months (None: for good), whatever the course says.

    Raises: NotYours, BatchNotFound.
    Emits: ValidityChosen.
    """
    if not actor.is_admin:
        raise NotYours
    async with transaction():
        batch = await batches.batch(batch_ref)
        await db.statement(
            "INSERT INTO certificate_validity (batch_id, valid_months) VALUES ($1, $2)"
            " ON CONFLICT (batch_id) DO UPDATE SET valid_months = excluded.valid_months",
            batch.id,
            valid_months,
        )
        await emit(ValidityChosen(batch.id))
        return await template_queries.validity(actor, batch.id)


async def follow_course(actor: Actor, batch_ref: Ref) -> ValidityView:
    """Let certificates of a batch hold for as long as the course says again. Safe to repeat.

    Raises: NotYours, BatchNotFound.
    Emits: ValidityChosen.
    """
    if not actor.is_admin:
        raise NotYours
    async with transaction():
        batch = await batches.batch(batch_ref)
        await db.statement("DELETE FROM certificate_validity WHERE batch_id = $1", batch.id)
        await emit(ValidityChosen(batch.id))
        return await template_queries.validity(actor, batch.id)
