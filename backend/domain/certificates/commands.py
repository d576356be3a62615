"""What can be done with certificates."""

from collections.abc import Collection, Sequence
from typing import NoReturn
from uuid import UUID

import msgspec

from backend.core import db, throttle
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.core.outbox import emit
from backend.domain.batches import queries as batches
from backend.domain.certificates import numbering, queries, rules
from backend.domain.certificates.errors import (
    Absent,
    AlreadyRevoked,
    CertificateNotFound,
    HasOne,
    NotEnrolled,
    NotYours,
    ProgressIncomplete,
    TooEarly,
    TooManyChecks,
    WasRevoked,
)
from backend.domain.certificates.events import CertificateIssued, CertificateNumbered, CertificateRevoked
from backend.domain.certificates.queries import Candidate, CertificateView
from backend.domain.certificates.rules import Reason
from backend.domain.certificates.terms import CertificateState, Fact, Outcome
from backend.domain.enrolments import queries as enrolments
from backend.domain.jobs import commands as jobs
from backend.domain.jobs.commands import Queued


class Issued(msgspec.Struct, frozen=True):
    """The certificate, and the job that draws it when it is new."""

    certificate: CertificateView
    job: UUID | None


class Drawn(msgspec.Struct, frozen=True):
    """The stored file of a certificate."""

    certificate_id: int
    object_key: str
    sha256: str
    size_bytes: int


class Signer(msgspec.Struct, frozen=True):
    """By whom files were signed: an X.509 certificate, and the SHA-256 of its DER in hexadecimal."""

    fingerprint: str
    subject: str
    pem: str


class Numbering(msgspec.Struct, frozen=True):
    """What came of issuing: the new certificates by id, and who got none, with the reasons."""

    issued: Sequence[int]
    refused: Sequence[Candidate]


async def issue(actor: Actor, batch_ref: Ref) -> Issued:
    """Give the actor their certificate of a batch: the number at once, the file by a job that they can watch.

    Safe to repeat, also at the same moment: who has one is given that one, and no job.

    Raises: BatchNotFound, NotEnrolled, ProgressIncomplete, Absent, TooEarly, WasRevoked, HasOne.
    Emits: CertificateNumbered.
    """
    async with transaction():
        batch = await batches.batch(batch_ref)
        enrolment = await enrolments.enrolment(actor.person_id, batch.id)
        numbered = Numbering((), ())
        if enrolment is not None:
            numbered = await _number(batch.id, [enrolment.id], is_asked_for=True)
        view = await queries.certificate_of(actor.person_id, batch.id)
        if view is None or view.state is CertificateState.REVOKED:
            _refuse(numbered.refused[0].reasons[0] if numbered.refused else Reason(Fact.NOT_ENROLLED))
        job = await draw(view.id, owner_id=actor.person_id) if numbered.issued else None
        return Issued(view, job.uuid if job else None)


def _refuse(reason: Reason) -> NoReturn:
    match reason.fact:
        case Fact.NOT_ENROLLED:
            raise NotEnrolled
        case Fact.PROGRESS:
            raise ProgressIncomplete(**reason.data)
        case Fact.ABSENT:
            raise Absent(**reason.data)
        case Fact.TOO_EARLY:
            raise TooEarly(**reason.data)
        case Fact.WAS_REVOKED:
            raise WasRevoked
        case Fact.HAS_ONE:
            raise HasOne


async def issue_to_batch(actor: Actor, batch_ref: Ref) -> Queued:
    """Have a job give certificates to everybody in a batch who may have one. Safe to repeat.

    Raises: BatchNotFound, NotYours.
    """
    async with transaction():
        batch = await batches.batch(batch_ref)
        teaches = actor.is_teacher and await batches.teaches_batch(actor.account_id, batch.id)
        if not rules.may_issue_all(actor, teaches=teaches):
            raise NotYours
        return await jobs.enqueue("issue_batch", {"batch_id": batch.id}, owner_id=actor.account_id)


async def issue_to(batch_id: int, enrolment_ids: Sequence[int], *, job_id: int) -> Numbering:
    """Number certificates for those of some people of a batch who may have one; the caller draws them.

    Safe to repeat: who has one is among the refused.

    Emits: CertificateNumbered.
    """
    async with transaction():
        return await _number(batch_id, enrolment_ids, is_asked_for=False, job_id=job_id)


async def consider(enrolment_ids: Collection[int]) -> int:
    """Give certificates to those whose batch gives them unasked, and who may have one; says how many. All or none.

    Safe to repeat. Nobody whose certificate was revoked gets one this way.

    Emits: CertificateNumbered.
    """
    async with transaction():
        unasked = await queries.unasked(enrolment_ids)
        if len(unasked) > 1:  # all of them before any counter
            everybody = sorted(id_ for members in unasked.values() for id_ in members)
            await db.fetch("SELECT id FROM enrolment WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE", everybody)
        return sum([await _issue_unasked(batch_id, members) for batch_id, members in unasked.items()])


async def reconsider(batch_id: int, enrolment_ids: Sequence[int]) -> int:
    """Give certificates unasked to those of some people of a batch who may have one by now; says how many.

    Safe to repeat.

    Emits: CertificateNumbered.
    """
    async with transaction():
        return await _issue_unasked(batch_id, enrolment_ids)


async def draw_again(certificate_ids: Sequence[int]) -> None:
    """See that each of these certificates has a job that draws it; one that has a job, also a parked one, keeps it.

    Of one whose job is over all the same (its owner cancelled it) the job is queued again.
    """
    async with transaction():
        for certificate_id in certificate_ids:
            job = await draw(certificate_id)
            if not job.is_new:
                await jobs.bring_back(job.id)


async def _issue_unasked(batch_id: int, enrolment_ids: Sequence[int]) -> int:
    numbered = await _number(batch_id, enrolment_ids, is_asked_for=False)
    for certificate_id in numbered.issued:
        await draw(certificate_id)
    return len(numbered.issued)


async def draw(certificate_id: int, *, owner_id: int | None = None) -> Queued:
    """Have a job draw and sign a certificate; one that has such a job keeps it. Safe to repeat."""
    body, key = {"certificate_id": certificate_id}, f"render_certificate:{certificate_id}"
    return await jobs.enqueue("render_certificate", body, owner_id=owner_id, unique_key=key)


async def _number(
    batch_id: int, enrolment_ids: Sequence[int], *, is_asked_for: bool, job_id: int | None = None
) -> Numbering:
    """Decide with the people's rows locked, then number those who may have one.

    Locks enrolments in order of id, then the counter: always in this order.
    """
    # NO KEY: the work that people do meanwhile refers to the row, and need not wait
    await db.fetch(
        "SELECT id FROM enrolment WHERE id = ANY($1) AND batch_id = $2 ORDER BY id FOR NO KEY UPDATE",
        list(enrolment_ids),
        batch_id,
    )
    found = await queries.candidates(enrolment_ids, is_asked_for=is_asked_for)
    eligible = [one for one in found if not one.reasons]
    ids = await numbering.insert(batch_id, eligible, job_id=job_id) if eligible else []
    await emit(*(CertificateNumbered(id_) for id_ in ids))
    return Numbering(ids, [one for one in found if one.reasons])


async def record_files(drawn: Sequence[Drawn], signer: Signer) -> int:
    """Note where the files of some certificates are; says of how many it was the first, which alone counts.

    Who signed them is known from then on. Safe to repeat.

    Emits: CertificateIssued.
    """
    if not drawn:
        return 0
    async with transaction():
        await db.statement(
            "INSERT INTO certificate_signer (fingerprint, subject, pem) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            signer.fingerprint,
            signer.subject,
            signer.pem,
        )
        changed = await db.fetch(
            "UPDATE certificate c SET state = 'issued', object_key = d.object_key, sha256 = d.sha256,"
            " size_bytes = d.size_bytes, updated_at = now()"
            " FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[])"
            " AS d (id, object_key, sha256, size_bytes)"
            " WHERE c.id = d.id AND c.state = 'generating' RETURNING c.id",
            [one.certificate_id for one in drawn],
            [one.object_key for one in drawn],
            [one.sha256 for one in drawn],
            [one.size_bytes for one in drawn],
        )
        await emit(*(CertificateIssued(found["id"]) for found in changed))
        return len(changed)


async def revoke(actor: Actor, ref: Ref, reason: str) -> CertificateView:
    """Take a certificate back, for good. The reason is shown to whoever checks it; the person may get a new one.

    Raises: NotYours, CertificateNotFound, AlreadyRevoked.
    Emits: CertificateRevoked.
    """
    if not actor.is_admin:
        raise NotYours
    async with transaction():
        view = await queries.certificate(actor, ref)
        changed = await db.statement(
            "UPDATE certificate SET state = 'revoked', revoked_at = now(), revoked_by = $2, revoked_reason = $3,"
            " updated_at = now() WHERE id = $1 AND state <> 'revoked'",
            view.id,
            actor.account_id,
            reason,
        )
        if not changed:
            raise AlreadyRevoked
        await emit(CertificateRevoked(view.id))
        return await queries.certificate_by_id(view.id)


async def verify(reference: UUID | str, *, address: str) -> CertificateView:
    """Whether a certificate is real, for a stranger at an address. Every check is noted, also a failed one.

    `reference` is a uuid or what was typed as a number. The caller shows of it what is printed, and nothing else.

    Raises: TooManyChecks, CertificateNotFound.
    """
    view = await _look_up(reference, address)
    outcome = Outcome.NOT_FOUND if view is None else _outcome(view)
    await db.statement(
        "INSERT INTO certificate_check (certificate_id, reference, outcome) VALUES ($1, $2, $3)",
        view.id if view else None,
        rules.noted(str(reference)),
        str(outcome),
    )
    if view is None:
        raise CertificateNotFound(ref=rules.noted(str(reference)))
    return view


async def public_file(reference: UUID | str, *, address: str) -> queries.StoredPaper:
    """The file of a certificate that was not revoked, for a stranger. It says no more than the check does.

    Raises: TooManyChecks, CertificateNotFound.
    """
    return queries.stored(await public_certificate(reference, address=address))


async def public_certificate(reference: UUID | str, *, address: str) -> CertificateView:
    """A certificate that was not revoked, for a stranger who wants more of it than the check; it is not noted.

    Raises: TooManyChecks, CertificateNotFound.
    """
    view = await _look_up(reference, address)
    if view is None or view.state is not CertificateState.ISSUED:
        raise CertificateNotFound(ref=rules.noted(str(reference)))
    return view


def _outcome(view: CertificateView) -> Outcome:
    if view.state is CertificateState.REVOKED:
        return Outcome.REVOKED
    return Outcome.EXPIRED if view.is_expired else Outcome.VALID


async def _look_up(reference: UUID | str, address: str) -> CertificateView | None:
    """Look one up within the limit of its caller.

    A certificate that was revoked before its file was made was never in anybody's hands: unknown.
    """
    await slow_down("certificate-check", rules.caller(address), rules.CHECKS_PER_WINDOW)
    known = rules.number_typed(reference) if isinstance(reference, str) else reference
    return await queries.certificate_known_by(known) if known is not None else None


async def slow_down(what: str, caller: str, limit: int) -> None:
    """Count one more of what a caller does, and refuse what is too much in `CHECK_WINDOW_S`.

    Raises: TooManyChecks.
    """
    key = f"{what}:{caller}"
    if await throttle.hit(key, window_s=rules.CHECK_WINDOW_S) > limit:
        wait = await throttle.wait_s(key, limit=limit, window_s=rules.CHECK_WINDOW_S)
        raise TooManyChecks(retry_after_s=max(1, wait))
