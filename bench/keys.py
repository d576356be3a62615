"""The keys that a stand in production form needs, made of chance for one run."""

from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from backend.core.clock import now
from backend.domain.certificates import badge_keys


def made(folder: Path) -> dict[str, str]:
    """Write them into a folder, and say where they are as settings do."""
    signing, badges = folder / "signing.pem", folder / "badge_keys.json"
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lulus bench")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    signing.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    badge_keys.rotate(badges)
    return {"SIGNING_KEY_FILE": str(signing), "BADGE_KEYS_FILE": str(badges)}
