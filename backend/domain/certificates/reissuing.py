"""Correcting a name: the wrong certificate is taken back, and a new one stands in its place."""

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.core.outbox import emit
from backend.domain.certificates import commands, numbering, queries
from backend.domain.certificates.commands import Issued
from backend.domain.certificates.errors import AlreadyRevoked, NotYours, StillGenerating
from backend.domain.certificates.events import CertificateNumbered, CertificateReplaced, CertificateRevoked
from backend.domain.certificates.terms import CertificateState


async def reissue(actor: Actor, ref: Ref, holder_name: str, reason: str) -> Issued:
    """Give the holder a certificate with the right name, in place of one with a wrong name.

    The old number leads to the new one, and its file is gone for the public; both rows stay. The new one looks as the
    old one did, and holds for as long. The account keeps its name.

    Raises: NotYours, CertificateNotFound, AlreadyRevoked, StillGenerating.
    Emits: CertificateRevoked, CertificateReplaced, CertificateNumbered.
    """
    if not actor.is_admin:
        raise NotYours
    async with transaction():
        old = await queries.certificate(actor, ref)
        await _take_back(actor, old.id, reason)
        new_id = await numbering.insert_again(old, holder_name)
        await db.statement("UPDATE certificate SET replaced_by = $2 WHERE id = $1", old.id, new_id)
        await emit(CertificateRevoked(old.id), CertificateReplaced(old.id, new_id), CertificateNumbered(new_id))
        job = await commands.draw(new_id, owner_id=actor.account_id)
        return Issued(await queries.certificate_by_id(new_id), job.uuid)


async def _take_back(actor: Actor, certificate_id: int, reason: str) -> None:
    state = await db.value("SELECT state FROM certificate WHERE id = $1 FOR UPDATE", certificate_id)
    if state == CertificateState.REVOKED:
        raise AlreadyRevoked
    if state == CertificateState.GENERATING:
        raise StillGenerating
    await db.statement(
        "UPDATE certificate SET state = 'revoked', revoked_at = now(), revoked_by = $2, revoked_reason = $3,"
        " updated_at = now() WHERE id = $1",
        certificate_id,
        actor.account_id,
        reason,
    )
