"""What people call themselves and their things is text wherever it is shown: pages, mails, paper."""

import email
import email.policy
import re
from pathlib import Path

import httpx
import msgspec
import pytest

from backend.core import db
from backend.core.settings import settings
from tests.background import drain
from tests.dialects.lms.signing_in import AUTH, a_body
from tests.dialects.lms.world import PAPER, World, a_world
from tests.domain.certificates.test_pdf import a_paper, words
from tests.people import MakePerson
from workers import mailer

ACTING = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title><base href=//evil.test>",
    "<style>@import'//evil.test'</style>",
    "<svg/onload=alert(1)>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "{{7*7}}{% raw %}${7*7}<%= 7*7 %>#{7*7}",
    '#image("/etc/passwd") #eval("7*7") #read("/etc/passwd") $ 7 * 7 $',
    "javascript:alert(1)//",
)
TAGS = re.compile(r"<(?:script|img|base|style|svg|noscript|iframe)\b", re.IGNORECASE)


@pytest.fixture
def mail_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    changed = msgspec.structs.replace(settings(), mail_dir=tmp_path / "mail", frontend_url="https://school.test")
    monkeypatch.setattr(mailer, "settings", lambda: changed)
    monkeypatch.setattr("workers.jobs.mail.settings", lambda: changed)
    return tmp_path / "mail"


def the_mail(folder: Path) -> tuple[str, str, str]:
    """The only mail: its head, its text, its page."""
    (path,) = folder.glob("*.eml")
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    head = path.read_bytes().split(b"\r\n\r\n")[0].decode()
    parts = [message.get_body((kind,)) for kind in ("plain", "html")]
    return (head, *(part.get_content() if part else "" for part in parts))  # type: ignore[return-value]


@pytest.mark.parametrize("text", ACTING)
async def test_a_mail_shows_a_name_as_it_is(client: httpx.AsyncClient, mail_dir: Path, text: str):
    body = a_body(name=text)
    assert (await client.post(f"{AUTH}/register", json=body)).status_code == 201
    await drain()
    head, _, page = the_mail(mail_dir)
    assert not TAGS.search(page)
    assert head.count("\r\nTo: ") == 1
    assert "49" not in page.split("<span")[0].replace(body["email"], "")


@pytest.mark.parametrize("kind", ["register", "forgot-password"])
async def test_no_host_of_a_request_gets_into_a_mail(client: httpx.AsyncClient, mail_dir: Path, kind: str):
    poisoned = {
        "host": "evil.test",
        "x-forwarded-host": "evil.test",
        "x-host": "evil.test",
        "forwarded": "host=evil.test;proto=https",
        "x-forwarded-proto": "evil",
        "referer": "https://evil.test/",
    }
    body = a_body()
    if kind == "forgot-password":
        await client.post(f"{AUTH}/register", json=body)
        await drain()
        for path in mail_dir.glob("*"):
            path.unlink()
        sent = {"email": body["email"]}
    else:
        sent = body
    answer = await client.post(f"{AUTH}/{kind}", json=sent, headers=poisoned)
    assert answer.status_code in (200, 201), answer.text
    await drain()
    head, text, page = the_mail(mail_dir)
    assert "evil" not in head + text + page
    links = re.findall(r"https?://[^\s\"<]+", text + page)
    assert links
    assert all(link.startswith("https://school.test/auth/") for link in links)


@pytest.mark.parametrize("field", ["name", "email"])
@pytest.mark.parametrize(
    "bad", ["\r\nBcc: all@evil.test", "\nBcc: all@evil.test", "\r", "\u2028Bcc: x", "%0d%0aBcc: x"]
)
async def test_no_line_break_makes_a_header(client: httpx.AsyncClient, mail_dir: Path, field: str, bad: str):
    body = a_body()
    sent = body | {field: {"name": f"Sari{bad}", "email": f"sari{bad}@example.test"}[field]}
    answer = await client.post(f"{AUTH}/register", json=sent)
    await drain()
    if answer.status_code == 400:
        assert not list(mail_dir.glob("*")) if mail_dir.exists() else True
        return
    assert answer.status_code == 201
    if mail_dir.exists() and list(mail_dir.glob("*.eml")):
        head, _, _ = the_mail(mail_dir)
        assert not re.search(r"^bcc:", head, re.IGNORECASE | re.MULTILINE)


@pytest.mark.parametrize("text", ACTING)
async def test_the_page_of_a_certificate_shows_text(client: httpx.AsyncClient, a_person: MakePerson, text: str):
    world: World = await a_world(a_person)
    paper = msgspec.json.decode(PAPER) | dict.fromkeys(("holder_name", "course_title", "batch_title"), text)
    await db.statement("UPDATE certificate SET paper = $1::jsonb", msgspec.json.encode(paper).decode())
    number = world.here.objects["number"]
    pages = [await client.get(f"/certificates/{number}")]
    await db.statement("UPDATE certificate SET state = 'revoked', revoked_at = now(), revoked_reason = $1", text)
    pages += [await client.get(f"/certificates/{number}"), await client.get("/certificates", params={"number": text})]
    for page in pages:
        assert not re.search(r"<(?:script|base|iframe|noscript)\b|on(?:error|load)=[^\"]*>", _unquoted(page.text))
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "script-src" not in page.headers["content-security-policy"]
    for page in pages[:2]:
        assert page.status_code == 200
        assert "{{7*7}}" in page.text or "{{" not in text
        assert ">49<" not in page.text


def _unquoted(page: str) -> str:
    """A page without what is escaped in it."""
    return re.sub(r"&(?:lt|#34|#39|quot|amp);[^<]*", "", page)


@pytest.mark.parametrize("text", ACTING)
def test_paper_shows_text_and_reads_no_file(text: str):
    import io

    from pypdf import PdfReader

    from backend.domain.certificates.pdf import render

    content = render(a_paper(holder_name=text, course_title=text, batch_title=text))
    shown = words(PdfReader(io.BytesIO(content)).pages[0])
    assert "root:" not in shown
    assert b"/JavaScript" not in content
    assert b"/Launch" not in content
    assert re.sub(r"\W", "", text)[:12] in re.sub(r"\W", "", shown)
