"""The key that signs PDFs: what it may be, what is refused, and a time stamp from elsewhere."""

import asyncio
import io
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import msgspec
import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.timestamps import DummyTimeStamper

from backend.core.clock import now
from backend.core.settings import SettingsError, settings
from backend.domain.certificates import pdf, seals
from backend.domain.certificates.seals import Condition
from tests.domain.certificates.test_pdf import a_paper
from workers import signing

PASSWORD = b"a password of its own"


def a_certificate(key, issuer: str = "Somebody", *, usage=None):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=9))
    )
    if usage is not None:
        made = made.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
    return made.sign(key, hashes.SHA256())


@pytest.fixture
def with_settings(monkeypatch):
    """Settings of one's own for the signing alone."""

    def use(**values):
        changed = msgspec.structs.replace(settings(), **values)
        monkeypatch.setattr(signing, "settings", lambda: changed)
        for remembered in (signing._key, signing._signer):
            remembered.cache_clear()

    yield use
    for remembered in (signing._key, signing._signer):
        remembered.cache_clear()


def pem(key, *certificates, password=None):
    protection = BestAvailableEncryption(password) if password else NoEncryption()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)
    return private + b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


def test_pkcs12_and_pem_with_a_password_and_either_kind_of_key(with_settings, tmp_path):
    paper = a_paper()
    drawn = pdf.render(paper)
    for number, key in enumerate((ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048))):
        own = a_certificate(key)
        packed = pkcs12.serialize_key_and_certificates(b"x", key, own, None, BestAvailableEncryption(PASSWORD))
        for content in (packed, pem(key, own, password=PASSWORD)):
            path = tmp_path / f"{number}-{len(content)}"
            path.write_bytes(content)
            with_settings(
                lulus_env="production", signing_key_file=path, signing_key_password=PASSWORD.decode(), tsa_url=""
            )
            known = signing.check()
            assert known.fingerprint == own.fingerprint(hashes.SHA256()).hex()
            signed = signing.sign(drawn, paper)
            assert signed.startswith(drawn)
            seal = seals.inspect(signed, [known.fingerprint])
            assert (seal.condition, seal.number) == (Condition.INTACT, paper.number)


def test_what_cannot_sign_stops_the_start_by_name(with_settings, tmp_path):
    key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    unfit = {
        "missing": None,
        "empty": b"",
        "noise": b"noise",
        "no key": a_certificate(key).public_bytes(Encoding.PEM),
        "no certificate": pem(key),
        "another's certificate": pem(key, a_certificate(other)),
        "a password is needed": pem(key, a_certificate(key), password=PASSWORD),
        "made for development": pem(key, a_certificate(key, "Lulus development root")),
    }
    for name, content in unfit.items():
        path = tmp_path / name.replace(" ", "-")
        if content is not None:
            path.write_bytes(content)
        with_settings(lulus_env="production", signing_key_file=path, signing_key_password="")
        with pytest.raises(SettingsError, match="SIGNING_KEY_FILE"):
            signing.check()


def test_development_makes_its_own_once(with_settings, tmp_path):
    path = tmp_path / "var" / "signing.pem"
    with_settings(lulus_env="development", signing_key_file=path, signing_key_password="")
    threads = [threading.Thread(target=signing.check) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    with_settings(lulus_env="development", signing_key_file=path, signing_key_password="")
    assert "development" in signing.check().subject
    assert path.read_bytes() == made
    assert len(x509.load_pem_x509_certificates(made)) == 2
    assert [one.name for one in path.parent.iterdir()] == ["signing.pem"]


class _Authority(BaseHTTPRequestHandler):
    """A time stamp authority (RFC 3161) on loopback."""

    stamper: DummyTimeStamper

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        answer = self.stamper.request_tsa_response(tsp.TimeStampReq.load(body)).dump()
        self.send_response(200)
        self.send_header("content-type", "application/timestamp-reply")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def authority():
    key = rsa.generate_private_key(65537, 2048)
    own = a_certificate(key, "Clock", usage=ExtendedKeyUsageOID.TIME_STAMPING)
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    _Authority.stamper = DummyTimeStamper(
        asn1_x509.Certificate.load(own.public_bytes(Encoding.DER)), asn1_keys.PrivateKeyInfo.load(private)
    )
    server = HTTPServer(("127.0.0.1", 0), _Authority)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_with_an_authority_the_time_is_stamped(with_settings, authority, tmp_path):
    paper = a_paper()
    with_settings(signing_key_file=tmp_path / "own.pem", tsa_url=authority)
    signed = await asyncio.to_thread(signing.sign, pdf.render(paper), paper)
    (found,) = PdfFileReader(io.BytesIO(signed)).embedded_regular_signatures
    kinds = [attribute["type"].native for attribute in found.signer_info["unsigned_attrs"]]
    assert kinds == ["signature_time_stamp_token"]
    assert seals.inspect(signed, [signing.check().fingerprint]).condition is Condition.INTACT


async def test_an_authority_that_is_away_is_waited_for(with_settings, tmp_path):
    paper = a_paper()
    with_settings(signing_key_file=tmp_path / "own.pem", tsa_url="http://127.0.0.1:9/")
    with pytest.raises(ConnectionError):
        await asyncio.to_thread(signing.sign, pdf.render(paper), paper)
