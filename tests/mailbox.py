"""What lies in the mail folder of a test."""

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

import msgspec
import pytest

from backend.core.settings import settings
from workers import mailer


class Mailbox:
    """The mails that were sent since it was last emptied."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def take(self) -> list[EmailMessage]:
        """All mails, by their subjects; the box is empty afterwards."""
        found = []
        for path in self.folder.glob("*.eml"):
            found.append(email.message_from_bytes(path.read_bytes(), policy=email.policy.default))
            path.unlink()
        return sorted(found, key=lambda mail: (mail["Subject"], mail["To"]))

    def subjects(self) -> list[str]:
        """What all mails are about; the box is empty afterwards."""
        return [mail["Subject"] for mail in self.take()]


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """The text of a mail, or its HTML."""
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


@pytest.fixture
def mailbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mailbox:
    """A mail folder of the test's own."""
    changed = msgspec.structs.replace(settings(), mail_dir=tmp_path / "mail")
    monkeypatch.setattr(mailer, "settings", lambda: changed)
    return Mailbox(tmp_path / "mail")
