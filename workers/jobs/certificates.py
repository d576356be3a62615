"""Certificates in the background: draw, issue to a whole batch, consider one person, reconsider all."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import msgspec

from backend.core.ids import new_uuid
from backend.domain.certificates import commands, pdf, queries
from backend.domain.certificates.commands import Drawn
from backend.domain.certificates.queries import Candidate
from backend.domain.certificates.terms import CertificatePaper, CertificateState, Fact
from backend.domain.enrolments.events import ProgressMade
from backend.domain.jobs import running
from backend.domain.jobs.running import Claim
from storage import keys
from workers import resources, signing
from workers.registry import Queue, job
from workers.schedule import Empty

CHUNK = 25
TOGETHER = 5
"""How many drawings are noted in one transaction; as many are drawn again after a crash."""


class Certificate(msgspec.Struct, frozen=True):
    """Which certificate."""

    certificate_id: int


class Batch(msgspec.Struct, frozen=True):
    """Which batch."""

    batch_id: int


class Reason(msgspec.Struct, frozen=True):
    """Why somebody got no certificate: a code, and values for its words."""

    code: str
    data: dict[str, Any]


class Refusal(msgspec.Struct, frozen=True):
    """Somebody who got no certificate."""

    user_id: str
    name: str
    reasons: list[Reason]

    @classmethod
    def of(cls, person: Candidate) -> "Refusal":
        """For a candidate."""
        return cls(
            str(person.account_uuid),
            person.name,
            [Reason(reason.code, dict(reason.data)) for reason in person.reasons],
        )


class Report(msgspec.Struct, frozen=True):
    """What came of a batch: `issued` by this job, in whatever attempt; `already` had one before."""

    issued: int
    already: int
    refused: list[Refusal]


@job(phases=True, time_limit_s=60)
async def render_certificate(body: Certificate) -> None:
    """Draw a certificate from its stored words, sign it, and keep the file.

    Safe to repeat: one that has its file, or was revoked, is left alone.
    """
    await _draw([body.certificate_id])


@job(queue=Queue.HEAVY, phases=True, time_limit_s=3600)
async def issue_batch(body: Batch, held: Claim) -> Report:
    """Give certificates to everybody in a batch who may have one, and say who may not, and why.

    Safe to repeat: numbers are committed by the chunk, and whoever has one is passed over.
    """
    members = await queries.members(body.batch_id)
    refused: list[Refusal] = []
    done = 0
    await running.progress(held, 0, len(members))
    for start in range(0, len(members), CHUNK):
        chunk = members[start : start + CHUNK]
        numbered = await commands.issue_to(body.batch_id, chunk, job_id=held.id)
        refused += [Refusal.of(person) for person in numbered.refused if not _has_one(person)]
        done += len(chunk) - len(numbered.issued)
        done = await _draw_all(held, numbered.issued, done, len(members))
    # numbered by a run that was cut short, or by a job of their own that was parked
    for some in _by_few(await queries.unfinished(body.batch_id)):
        await _draw(some)
    issued = await queries.issued_by(held.id)
    refused.sort(key=lambda one: one.name)
    return Report(issued, max(0, len(members) - issued - len(refused)), refused)


@job(together=250)
async def consider_certificate(events: Sequence[ProgressMade]) -> None:
    """Give certificates to those who have just done the last thing, where certificates come by themselves.

    Safe to repeat: there is one certificate per person and batch.
    """
    await commands.consider([event.enrolment_id for event in events])


@job(queue=Queue.HEAVY, phases=True, time_limit_s=3600)
async def reconsider_certificates(slot: Empty) -> dict[str, int]:
    """Give certificates for which it has become time, and see that none stays without its file.

    Safe to repeat, for the same reason.
    """
    issued = 0
    for batch_id, members in (await queries.automatic()).items():
        for start in range(0, len(members), CHUNK):
            issued += await commands.reconsider(batch_id, members[start : start + CHUNK])
    await commands.draw_again(await queries.unfinished())
    return {"issued": issued}


async def _draw_all(held: Claim, certificate_ids: Sequence[int], done: int, total: int) -> int:
    for some in _by_few(certificate_ids):
        await _draw(some)
        done += len(some)
        await running.progress(held, done, total)
    if not certificate_ids:
        await running.progress(held, done, total)
    return done


def _by_few(certificate_ids: Sequence[int]) -> list[Sequence[int]]:
    return [certificate_ids[start : start + TOGETHER] for start in range(0, len(certificate_ids), TOGETHER)]


def _has_one(person: Candidate) -> bool:
    return any(reason.fact is Fact.HAS_ONE for reason in person.reasons)


async def _draw(certificate_ids: Sequence[int]) -> None:
    """Draw, sign and store each, then record all.

    A crash in between leaves objects that no row names, for the sweep. What was recorded once is never drawn anew.
    """
    drawn, pictures = [], dict[str, bytes]()
    for view in await queries.certificates_by_id(certificate_ids):
        if view.state is not CertificateState.GENERATING:
            continue
        for picture in view.paper.design.pictures:
            if picture.object_key not in pictures:
                pictures[picture.object_key] = await _bytes_of(picture.object_key)
        signed = await asyncio.to_thread(_made, view.paper, pictures)
        key = keys.certificate(new_uuid())
        stored = await resources.storage().put(key, signed, "application/pdf")
        drawn.append(Drawn(view.id, key, stored.sha256_hex, stored.size_bytes))
    if drawn:
        await commands.record_files(drawn, signing.check())


def _made(paper: CertificatePaper, pictures: dict[str, bytes]) -> bytes:
    return signing.sign(pdf.render(paper, pictures), paper)


async def _bytes_of(object_key: str) -> bytes:
    async with contextlib.aclosing(resources.storage().open(object_key)) as pieces:
        return b"".join([piece async for piece in pieces])
