"""PDFs with our signature in them (PAdES B-B; B-T where a time stamp authority is set).

The key is read once, by workers alone. pyHanko is imported with the first signature: processes that only look at the
key do without it.
"""

import asyncio
import io
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

import aiohttp
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from backend.core import keyfiles
from backend.core.clock import now
from backend.core.settings import SettingsError, settings
from backend.domain.certificates.commands import Signer
from backend.domain.certificates.terms import CertificatePaper

if TYPE_CHECKING:
    from pyhanko.sign import signers
    from pyhanko.sign.timestamps import TimeStamper

FIELD = "LulusSignature"
TSA_S = 20.0
_RESERVED = 8192  # of hexadecimal for the signature: given, so that none is made on trial; a chain of three fits twice
_RESERVED_FOR_TIME = 32768
_VALID_DAYS = 3650


class _Key(msgspec.Struct, frozen=True):
    """A private key (PKCS#8, DER), its certificate and the rest of the chain (DER)."""

    private: bytes
    leaf: bytes
    chain: tuple[bytes, ...]


def check() -> Signer:
    """Who signs here.

    Raises: SettingsError, when the key is missing, unreadable, or of development in production.
    """
    leaf = x509.load_der_x509_certificate(_key().leaf)
    return Signer(
        fingerprint=leaf.fingerprint(hashes.SHA256()).hex(),
        subject=leaf.subject.rfc4514_string(),
        pem=leaf.public_bytes(serialization.Encoding.PEM).decode(),
    )


def sign(drawn: bytes, paper: CertificatePaper) -> bytes:
    """The same PDF with a signature over all of it. Takes tens of milliseconds of a processor: call it in a thread.

    Raises: ConnectionError, when the time stamp authority cannot be reached, so that the job waits for it.
    """
    return asyncio.run(_sign(drawn, paper))


async def _sign(drawn: bytes, paper: CertificatePaper) -> bytes:
    if not settings().tsa_url:
        return await _signed(drawn, paper, None)
    from pyhanko.sign.timestamps import HTTPTimeStamper, TimestampRequestError  # noqa: PLC0415 - see the head

    async with aiohttp.ClientSession() as session:
        authority = HTTPTimeStamper(settings().tsa_url, session=session, timeout=int(TSA_S))
        try:
            return await _signed(drawn, paper, authority)
        except (TimestampRequestError, aiohttp.ClientError, TimeoutError) as away:
            raise ConnectionError(f"no time stamp: {type(away).__name__}") from away


async def _signed(drawn: bytes, paper: CertificatePaper, authority: "TimeStamper | None") -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: PLC0415
    from pyhanko.sign import fields, signers  # noqa: PLC0415

    about = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        name=paper.school_name,
        location=paper.place,
        reason=paper.number,
    )
    field = fields.SigFieldSpec(FIELD, on_page=0, readable_field_name="Tanda tangan digital")
    signer = signers.PdfSigner(about, _signer(), timestamper=authority, new_field_spec=field)
    out = await signer.async_sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(drawn)), bytes_reserved=_RESERVED_FOR_TIME if authority else _RESERVED
    )
    return bytes(out.getbuffer())


@cache
def _signer() -> "signers.SimpleSigner":
    from asn1crypto import keys  # noqa: PLC0415
    from asn1crypto import x509 as asn1  # noqa: PLC0415
    from pyhanko.sign import signers  # noqa: PLC0415
    from pyhanko_certvalidator.registry import SimpleCertificateStore  # noqa: PLC0415

    key = _key()
    store = SimpleCertificateStore.from_certs([asn1.Certificate.load(one) for one in key.chain])
    return signers.SimpleSigner(
        signing_cert=asn1.Certificate.load(key.leaf),
        signing_key=keys.PrivateKeyInfo.load(key.private),
        cert_registry=store,
    )


@cache
def _key() -> _Key:
    path = settings().signing_key_file
    try:
        content = path.read_bytes() if settings().is_production else keyfiles.made_once(path, development_key)
        return _read(content, settings().signing_key_password.encode() or None)
    except (OSError, ValueError, TypeError) as error:
        raise SettingsError(f"SIGNING_KEY_FILE cannot be used: {error}") from None


def _read(content: bytes, password: bytes | None) -> _Key:
    """Read PKCS#12, or PEM with a key and its certificates, the key's own first.

    Raises: ValueError, TypeError.
    """
    if b"-----BEGIN" in content:
        key = serialization.load_pem_private_key(content, password)
        leaf, *chain = x509.load_pem_x509_certificates(content)
    else:
        found = pkcs12.load_pkcs12(content, password)
        if found.key is None or found.cert is None:
            raise ValueError("it has no key, or no certificate for it")
        key, leaf, chain = found.key, found.cert.certificate, [one.certificate for one in found.additional_certs]
    if key.public_key() != leaf.public_key():
        raise ValueError("the first certificate is not that of the key")
    if settings().is_production and _DEVELOPMENT in leaf.issuer.rfc4514_string():
        raise ValueError("it was made for development")
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return _Key(
        key.private_bytes(serialization.Encoding.DER, *plain),
        leaf.public_bytes(serialization.Encoding.DER),
        tuple(one.public_bytes(serialization.Encoding.DER) for one in chain),
    )


_DEVELOPMENT = "Lulus development root"


def development_key() -> bytes:
    """Make a root and a leaf for one installation of development. Shape: PEM; the root's key is not kept."""
    root_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, leaf_name = _name(_DEVELOPMENT), _name(f"{settings().school_name} (development)")
    root = _certificate(root_name, root_name, root_key.public_key())
    root = root.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    root = root.add_extension(_usage(signs=False), critical=True)
    leaf = _certificate(leaf_name, root_name, leaf_key.public_key())
    leaf = leaf.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    leaf = leaf.add_extension(_usage(signs=True), critical=True)
    private = leaf_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signed = [one.sign(root_key, hashes.SHA256()) for one in (leaf, root)]
    return private + b"".join(one.public_bytes(serialization.Encoding.PEM) for one in signed)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _usage(*, signs: bool) -> x509.KeyUsage:
    """A leaf signs documents; a root signs certificates."""
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=signs,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not signs,
        crl_sign=not signs,
        encipher_only=False,
        decipher_only=False,
    )


def _certificate(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    at = now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=_VALID_DAYS))
    )
