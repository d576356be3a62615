"""Open Badges 3.0: each certificate as a verifiable credential (VC-JWT, EdDSA), and the list of revoked ones.

Pure but for the keys and the settings. Source: Open Badges 3.0 section 8.2 (JWT proof format), Verifiable Credentials
2.0, Bitstring Status List 1.0, did:web. Nothing about the holder is in a badge but a salted hash of the address.
"""

import base64
import gzip
import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

import jwt
import msgspec

from backend.core.settings import settings
from backend.domain.certificates import badge_keys
from backend.domain.certificates.badge_keys import Jwk
from backend.domain.certificates.queries import CertificateView

BITS = 131_072
"""Entries of one list: the least that the standard allows, so that nobody is known by asking for a list."""
LIST_KEPT_S = 300
_LIST_HOLDS = timedelta(days=1)
_SPREAD = 61_681  # odd, so that each certificate of a list has a bit of its own
_CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
_SCHEMA = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
_DID = "https://www.w3.org/ns/did/v1"
_BAKED = "https://purl.imsglobal.org/ob/v3p0"


class Facts(msgspec.Struct, frozen=True):
    """What a badge says that is not printed on the certificate. `email` is None for somebody who was removed."""

    course_uuid: UUID
    email: str | None


def badge(view: CertificateView, facts: Facts) -> str:
    """The credential of a certificate as a compact JWS. The same until certificate, settings or keys change."""
    base = settings().public_url
    subject = f"urn:uuid:{uuid5(NAMESPACE_URL, f'{base}/certificates/{view.uuid}#holder')}"
    achieved = {
        "id": f"urn:uuid:{facts.course_uuid}",
        "type": ["Achievement"],
        "achievementType": "Certificate",
        "name": view.paper.course_title,
        "description": f"{view.paper.course_title}, {view.paper.batch_title}",
        "criteria": {"narrative": "Every meeting attended, every assignment handed in and every quiz taken."},
    }
    holder: dict[str, Any] = {"id": subject, "type": ["AchievementSubject"], "achievement": achieved}
    if facts.email:
        holder["identifier"] = [_identity(facts.email, str(view.uuid))]
    credential = {
        "@context": [_CREDENTIALS, _BADGES],
        "id": f"{base}/certificates/{view.uuid}/badge",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": f"{view.paper.course_title} ({view.number})",
        "issuer": issuer(),
        "validFrom": _stamp(view.issued_at),
        "credentialSubject": holder,
        "credentialStatus": _status(view.id),
        "credentialSchema": [{"id": _SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
    }
    return _signed(credential, subject, since=view.issued_at, until=view.expires_at, kind="JWT")


def baked(token: str, title: str) -> str:
    """The badge as a picture (SVG) with the credential in it."""
    petals = "".join(f'<ellipse rx="82" ry="30" transform="rotate({at * 15})"/>' for at in range(12))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="{_BAKED}" viewBox="-100 -100 200 200">'
        f'<openbadges:credential verify="{escape(token)}"/><title>{escape(title)}</title>'
        f'<circle r="96" fill="#fff" stroke="#14284b" stroke-width="5"/>'
        f'<g fill="none" stroke="#a8842f" stroke-width="1.6">{petals}</g>'
        '<circle r="36" fill="#14284b"/><path d="M-15 0l11 12 20-24" fill="none" stroke="#fff" stroke-width="6"/></svg>'
    )


def list_of(certificate_id: int) -> int:
    """Which list has the bit of a certificate."""
    return certificate_id // BITS


def bit_of(certificate_id: int) -> int:
    """Which bit of its list is a certificate's; neighbours lie far apart."""
    return (certificate_id % BITS) * _SPREAD % BITS


def status_list(number: int, revoked: Iterable[int], at: datetime) -> str:
    """The signed list of what is revoked among the certificates of one list, as of `at`; good for a day."""
    bits = bytearray(BITS // 8)
    for certificate_id in revoked:
        bit = bit_of(certificate_id)
        bits[bit // 8] |= 0x80 >> bit % 8
    since = at.replace(second=0, microsecond=0)
    address = list_address(number)
    credential = {
        "@context": [_CREDENTIALS],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer()["id"],
        "validFrom": _stamp(since),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": _encoded(bytes(bits)),
            "ttl": LIST_KEPT_S * 1000,
        },
    }
    return _signed(credential, f"{address}#list", since=since, until=since + _LIST_HOLDS, kind="vc+jwt")


def issuer() -> dict[str, Any]:
    """Who issues: the profile as Open Badges has it, with an address of its own."""
    base = settings().public_url
    return {
        "id": f"{base}/.well-known/issuer.json",
        "type": ["Profile"],
        "name": settings().school_name,
        "url": settings().frontend_url,
    }


def issuer_document() -> dict[str, Any]:
    """What stands at the issuer's own address."""
    return {
        "@context": [_CREDENTIALS, _BADGES],
        **issuer(),
        "otherIdentifier": [{"type": "IdentifierEntry", "identifier": did(), "identifierType": "identifier"}],
    }


def key_set() -> dict[str, Any]:
    """All keys that ever signed, as a JSON Web Key Set."""
    return {"keys": [key_document(one) for one in badge_keys.keys().keys]}


def key_document(one: Jwk) -> dict[str, str]:
    """One key; its `kid` is its own address, which badges name."""
    return {**one.public, "kid": key_address(one), "use": "sig", "alg": "EdDSA"}


def did() -> str:
    """The issuer's did:web, made of the address at which its document is."""
    return f"did:web:{quote(urlsplit(settings().public_url).netloc, safe='')}"


def did_document() -> dict[str, Any]:
    """The document of the did:web, with the same keys."""
    own = did()
    methods = [
        {"id": f"{own}#{one.kid}", "type": "JsonWebKey", "controller": own, "publicKeyJwk": key_document(one)}
        for one in badge_keys.keys().keys
    ]
    return {
        "@context": [_DID, "https://w3id.org/security/jwk/v1"],
        "id": own,
        "alsoKnownAs": [issuer()["id"]],
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }


def key_address(one: Jwk) -> str:
    """Where one key is found."""
    return f"{settings().public_url}/.well-known/keys/{one.kid}"


def list_address(number: int) -> str:
    """Where a list is found."""
    return f"{settings().public_url}/.well-known/status/{number}"


def _status(certificate_id: int) -> dict[str, str]:
    address, bit = list_address(list_of(certificate_id)), str(bit_of(certificate_id))
    return {
        "id": f"{address}#{bit}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": bit,
        "statusListCredential": address,
    }


def _identity(email: str, salt: str) -> dict[str, Any]:
    digest = hashlib.sha256(f"{email.lower()}{salt}".encode()).hexdigest()
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": f"sha256${digest}",
        "identityType": "emailAddress",
        "salt": salt,
    }


def _encoded(bits: bytes) -> str:
    """Multibase: u for base64url without padding. The zip holds no time, so that the same list is the same text."""
    return "u" + base64.urlsafe_b64encode(gzip.compress(bits, mtime=0)).rstrip(b"=").decode()


def _signed(credential: dict[str, Any], subject: str, *, since: datetime, until: datetime | None, kind: str) -> str:
    issued_by = credential["issuer"]
    claims = {
        **credential,
        **({"validUntil": _stamp(until)} if until else {}),
        "iss": issued_by if isinstance(issued_by, str) else issued_by["id"],
        "jti": credential["id"],
        "sub": subject,
        "nbf": int(since.timestamp()),
        **({"exp": int(until.timestamp())} if until else {}),
    }
    one = badge_keys.keys().signing
    return jwt.encode(claims, one.private, algorithm="EdDSA", headers={"kid": key_address(one), "typ": kind})


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
