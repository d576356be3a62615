"""Whether a PDF that somebody holds is one of ours, as it was made, and how that certificate stands now."""

import hashlib
from enum import StrEnum

import msgspec

from backend.core import confined, db
from backend.core.log import logger
from backend.domain.certificates import commands, file_queries, queries, rules, seals
from backend.domain.certificates.errors import TooManyAtOnce
from backend.domain.certificates.queries import CertificateView
from backend.domain.certificates.seals import Condition, Seal
from backend.domain.certificates.terms import CertificateState, Outcome

_AT_ONCE = 2
"""Children of one process, each with as much memory as a hostile file can make it take."""

_log = logger(__name__)


class Verdict(StrEnum):
    """What a PDF is."""

    GENUINE = "genuine"
    """Ours, not a byte of it changed. Whether the certificate still holds is another question."""
    CHANGED = "changed"
    """Ours once; somebody changed it, or wrote something behind it."""
    FOREIGN = "foreign"
    """Not signed by us."""
    UNREADABLE = "unreadable"


class Checked(msgspec.Struct, frozen=True):
    """The verdict, and of what is or was ours the certificate as it stands now (None: it names none that we know)."""

    verdict: Verdict
    certificate: CertificateView | None = None


class _Reading:
    """How many files are being read by children of this process."""

    number = 0


async def may_drop(address: str) -> None:
    """Count one more file of a stranger, before it is received.

    Raises: TooManyChecks.
    """
    await commands.slow_down("certificate-drop", rules.caller(address), rules.DROPS_PER_WINDOW)


async def check_file(pdf: bytes) -> Checked:
    """Say what a PDF is, and note that it was asked. The very bytes that we stored need no reading.

    Raises: TooManyAtOnce.
    """
    digest = hashlib.sha256(pdf).hexdigest()
    checked = await _stored(digest) or await _read(pdf)
    view = checked.certificate
    await db.statement(
        "INSERT INTO certificate_check (certificate_id, reference, outcome) VALUES ($1, $2, $3)",
        view.id if view else None,
        f"pdf:{digest}",
        str(_outcome(checked)),
    )
    return checked


def _outcome(checked: Checked) -> Outcome:
    view = checked.certificate
    if checked.verdict is not Verdict.GENUINE or view is None:
        return Outcome.NOT_FOUND
    if view.state is CertificateState.REVOKED:
        return Outcome.REVOKED
    return Outcome.EXPIRED if view.is_expired else Outcome.VALID


async def _stored(digest: str) -> Checked | None:
    view = await queries.certificate_with_file(digest)
    return Checked(Verdict.GENUINE, view) if view else None


async def _read(pdf: bytes) -> Checked:
    known = await file_queries.signers()
    seal = await _seal(pdf, known)
    if seal.condition is Condition.UNREADABLE:
        return Checked(Verdict.UNREADABLE)
    if seal.fingerprint not in known:
        return Checked(Verdict.FOREIGN)
    number = rules.number_typed(seal.number)
    view = await queries.certificate_known_by(number) if number else None
    return Checked(Verdict.GENUINE if seal.condition is Condition.INTACT else Verdict.CHANGED, view)


async def _seal(pdf: bytes, known: list[str]) -> Seal:
    if _Reading.number >= _AT_ONCE:
        raise TooManyAtOnce(retry_after_s=5)
    _Reading.number += 1
    try:
        return await confined.run(
            "backend.domain.certificates.seals:inspect",
            pdf,
            known,
            returns=Seal,
            memory_bytes=seals.MEMORY_BYTES,
            wall_s=seals.WALL_S,
        )
    except (confined.Died, confined.TimedOut) as broken:
        _log.warning("dropped file not read", reason=getattr(broken, "reason", "too slow"))
        return Seal(Condition.UNREADABLE)
    finally:
        _Reading.number -= 1
