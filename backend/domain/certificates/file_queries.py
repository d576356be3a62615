"""The files of a batch's certificates, and who signed them."""

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.domain.batches import queries as batches
from backend.domain.certificates import rules
from backend.domain.certificates.errors import NoCertificates, NotYours


class Packed(msgspec.Struct, frozen=True):
    """A file of a certificate, as it is packed for download."""

    number: str
    holder_name: str
    object_key: str
    size_bytes: int


async def packed(actor: Actor, batch_ref: Ref) -> list[Packed]:
    """The files of a batch's certificates that were not revoked, in order of their issue.

    Raises: BatchNotFound, NotYours, NoCertificates.
    """
    batch = await batches.batch(batch_ref)
    teaches = actor.is_teacher and await batches.teaches_batch(actor.account_id, batch.id)
    if not rules.may_issue_all(actor, teaches=teaches):
        raise NotYours
    rows = await db.fetch(
        "SELECT number, holder_name, object_key, size_bytes FROM certificate"
        " WHERE batch_id = $1 AND state = 'issued' ORDER BY id",
        batch.id,
    )
    if not rows:
        raise NoCertificates(ref=str(batch_ref))
    return db.views(Packed, rows)


async def signers() -> list[str]:
    """The fingerprints of all certificates with which we ever signed."""
    rows = await db.fetch("SELECT fingerprint FROM certificate_signer ORDER BY first_used_at DESC LIMIT 100")
    return [row["fingerprint"] for row in rows]
