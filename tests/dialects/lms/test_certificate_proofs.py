"""A certificate proves itself: poppler reads its signature, and another JOSE library its badge and the revocation.

Nothing of ours reads here what ours has written. Source: Open Badges 3.0 section 8.2, Bitstring Status List 1.0.
"""

import base64
import gzip
import json
import re
import shutil
import subprocess
from hashlib import sha256
from urllib.parse import urlsplit
from xml.etree import ElementTree

import httpx
import pytest
from joserfc import jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet, OKPKey

from backend.core import db
from backend.core.settings import settings
from backend.domain.certificates import badge_keys, badges
from tests.background import drain
from tests.dialects.lms.test_certificates import a_certificate
from tests.domain.certificates.classes import a_finished_batch, graduate
from tests.people import Person

EDDSA = ["EdDSA"]
# RFC 9864 would have it called Ed25519; the profiles of credentials still say EdDSA, and so does what reads them
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")


def local(address: str) -> str:
    """An address of ours as the test's client asks for it."""
    assert address.startswith(settings().public_url)
    found = urlsplit(address)
    return found.path


def claims(token: str, keys) -> dict:
    return json.loads(jws.deserialize_compact(token, keys, algorithms=EDDSA).payload)


async def the_key(client: httpx.AsyncClient, token: str) -> OKPKey:
    """The key that a token names, from where it says."""
    kid = jws.extract_compact(token.encode()).headers()["kid"]
    return OKPKey.import_key((await client.get(local(kid))).json())


async def is_revoked(client: httpx.AsyncClient, entry: dict) -> bool:
    """What the list says of an entry, read by hand."""
    answer = await client.get(local(entry["statusListCredential"]))
    assert answer.headers["content-type"].startswith("application/vc+jwt")
    found = claims(answer.text, await the_key(client, answer.text))
    assert found["id"] == entry["statusListCredential"] == found["jti"]
    assert "BitstringStatusListCredential" in found["type"]
    subject = found["credentialSubject"]
    assert (subject["type"], subject["statusPurpose"]) == ("BitstringStatusList", "revocation")
    text = subject["encodedList"]
    assert text[0] == "u"  # multibase: base64url without padding
    assert "=" not in text
    bits = gzip.decompress(base64.urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4)))
    assert len(bits) >= 16 * 1024
    index = int(entry["statusListIndex"])
    return bool(bits[index // 8] >> (7 - index % 8) & 1)


def poppler_says(folder) -> str:
    command = ["pdfsig", "-nocert", "own.pdf"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="poppler-utils is missing")
async def test_poppler_finds_a_valid_signature_over_the_whole_document(student: Person, tmp_path):
    _, _, view = await a_certificate(student)
    content = (await student.http.get(f"/api/v1/certificates/{view['id']}/pdf")).content
    (tmp_path / "own.pdf").write_bytes(content)
    said = poppler_says(tmp_path)
    assert "Signature Validation: Signature is Valid." in said
    assert "Total document signed" in said
    assert "Signature Type: ETSI.CAdES.detached" in said
    assert said.count("Signature #") == 1
    at = content.index(b"stream") + 200
    (tmp_path / "own.pdf").write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    assert "Signature is Valid" not in poppler_says(tmp_path)


async def test_the_badge_is_verified_by_another_library_which_sees_it_revoked(  # noqa: PLR0915 - one story
    student: Person, admin: Person, client: httpx.AsyncClient
):
    _, _, view = await a_certificate(student)
    answer = await student.http.get(f"/api/v1/certificates/{view['id']}/badge")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/jwt")
    token = answer.text
    assert token == (await client.get(f"/certificates/{view['number']}/badge")).text

    header = jws.extract_compact(token.encode()).headers()
    assert set(header) == {"alg", "kid", "typ"}
    assert (header["alg"], header["typ"]) == ("EdDSA", "JWT")
    found = claims(token, await the_key(client, token))
    published = KeySet.import_key_set((await client.get("/.well-known/jwks.json")).json())
    assert claims(token, published) == found
    with pytest.raises(BadSignatureError):
        claims(token, OKPKey.generate_key("Ed25519"))

    assert "vc" not in found  # the credential is the payload itself
    assert found["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert set(found["type"]) == {"VerifiableCredential", "OpenBadgeCredential"}
    assert (found["iss"], found["jti"]) == (found["issuer"]["id"], found["id"])
    assert found["sub"] == found["credentialSubject"]["id"]
    assert "exp" not in found
    assert local(found["id"]) == f"/certificates/{view['id']}/badge"
    assert found["credentialSubject"]["achievement"]["name"]
    profile = (await client.get(local(found["iss"]))).json()
    assert (profile["id"], profile["type"]) == (found["iss"], ["Profile"])

    (identity,) = found["credentialSubject"]["identifier"]
    digest = sha256((student.email.lower() + identity["salt"]).encode()).hexdigest()
    assert (identity["hashed"], identity["identityHash"]) == (True, f"sha256${digest}")
    for canary in (student.email, str(student.uuid)):
        assert canary not in str(found)

    entry = found["credentialStatus"]
    assert (entry["type"], entry["statusPurpose"]) == ("BitstringStatusListEntry", "revocation")
    assert not await is_revoked(client, entry)
    await admin.http.post(f"/api/v1/certificates/{view['id']}/revoke", json={"reason": "because"})
    assert await is_revoked(client, entry)
    assert (await student.http.get(f"/api/v1/certificates/{view['id']}/badge")).status_code == 410
    assert (await client.get(f"/certificates/{view['number']}/badge")).status_code == 404


async def test_a_badge_of_a_certificate_that_expires_says_until_when(
    student: Person, admin: Person, client: httpx.AsyncClient
):
    batch, meetings = await a_finished_batch()
    await admin.http.put(f"/api/v1/batches/{batch.uuid}/certificate-validity", json={"valid_months": 24})
    await graduate(batch, meetings, student.id)
    await student.http.post(f"/api/v1/me/batches/{batch.uuid}/certificate")
    await drain()
    view = (await student.http.get(f"/api/v1/me/batches/{batch.uuid}/certificate")).json()["data"]
    token = (await student.http.get(f"/api/v1/certificates/{view['id']}/badge")).text
    found = claims(token, await the_key(client, token))
    assert found["exp"] == await db.value("SELECT extract(epoch FROM expires_at)::int FROM certificate")
    assert found["validUntil"] > found["validFrom"]
    assert found["exp"] - found["nbf"] > 729 * 86400


async def test_after_a_new_key_what_older_ones_signed_is_still_verified(student: Person, client: httpx.AsyncClient):
    _, _, view = await a_certificate(student)
    path = f"/api/v1/certificates/{view['id']}/badge"
    old = (await student.http.get(path)).text
    kid = badge_keys.rotate(settings().badge_keys_file)
    new = (await student.http.get(path)).text
    published = (await client.get("/.well-known/jwks.json")).json()
    assert len(published["keys"]) >= 2
    assert all(set(key) == {"kty", "crv", "x", "kid", "use", "alg"} for key in published["keys"])
    keys = KeySet.import_key_set(published)
    assert claims(old, keys) == claims(new, keys)
    assert jws.extract_compact(new.encode()).headers()["kid"].endswith(f"/{kid}")
    assert claims(old, await the_key(client, old))
    did = (await client.get("/.well-known/did.json")).json()
    assert did["id"] == badges.did()
    assert [method["publicKeyJwk"] for method in did["verificationMethod"]] == published["keys"]
    assert set(did["assertionMethod"]) == {method["id"] for method in did["verificationMethod"]}
    stored = badge_keys.keys().keys
    assert [bool(key.d) for key in stored] == [True] + [False] * (len(stored) - 1)


async def test_the_picture_carries_the_credential(student: Person):
    _, _, view = await a_certificate(student)
    path = f"/api/v1/certificates/{view['id']}/badge"
    answer = await student.http.get(path, params={"form": "svg"})
    assert answer.headers["content-type"].startswith("image/svg+xml")
    root = ElementTree.fromstring(answer.text)
    (credential,) = root.iter("{https://purl.imsglobal.org/ob/v3p0}credential")
    assert credential.get("verify") == (await student.http.get(path)).text
    assert (await student.http.get(path, params={"form": "exe"})).status_code == 400


async def test_the_verification_page_offers_the_badge_while_it_holds(
    student: Person, admin: Person, client: httpx.AsyncClient
):
    _, _, view = await a_certificate(student)
    path = f"/certificates/{view['number']}"
    offered = re.findall(rf'href="({path}/badge[^"]*)" download', (await client.get(path)).text)
    assert offered == [f"{path}/badge", f"{path}/badge?form=svg"]
    types = [(await client.get(address)).headers["content-type"] for address in offered]
    assert types[0] == "application/jwt"
    assert types[1].startswith("image/svg+xml")
    await admin.http.post(f"/api/v1/certificates/{view['id']}/revoke", json={"reason": "because"})
    assert "/badge" not in (await client.get(path)).text


@pytest.mark.parametrize("name", ["keys/none", "status/1", "status/-1", "status/x", "status/9999999999", "status/%00"])
async def test_what_was_never_published_is_not_there(client: httpx.AsyncClient, name: str):
    assert (await client.get(f"/.well-known/{name}")).status_code == 404


def test_each_certificate_of_a_list_has_a_bit_of_its_own():
    assert len({badges.bit_of(number) for number in range(badges.BITS)}) == badges.BITS
    assert badges.list_of(badges.BITS) == 1
