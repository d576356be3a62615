"""One mail: by SMTP when `SMTP_URL` is set, else as a file in `MAIL_DIR` that any mail program opens."""

import asyncio
import os
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib
import msgspec

from backend.core.clock import now
from backend.core.errors import Unmet
from backend.core.settings import settings

SMTP_TIMEOUT_S = 20


class Attachment(msgspec.Struct, frozen=True):
    """A file that goes along. `media_type` like "application/pdf"."""

    name: str
    media_type: str
    content: bytes


class MailRefused(Unmet):
    """The address cannot be written to, or the server refused for good; trying again would not help."""

    code = "mail.refused"


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail. `message_id` names it, without brackets or host: a second time is the same mail.

    `unsubscribe` is where such mails can be ended at one click, without a login (RFC 8058).
    """

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    attachments: Sequence[Attachment] = ()
    unsubscribe: str = ""


async def send(
    to: str, subject: str, text: str, html: str, message_id: str, attachments: Sequence[Attachment] = ()
) -> None:
    """Send a mail of these parts, named by its job.

    Raises: MailRefused; ConnectionError or OSError when another try may help. No error holds an address.
    """
    await post(Mail(to=to, subject=subject, text=text, html=html, message_id=message_id, attachments=attachments))


async def post(mail: Mail) -> None:
    """Send a mail.

    Raises: MailRefused; ConnectionError or OSError when another try may help. No error holds an address.
    """
    try:
        message = _message(mail)
    except ValueError as error:  # a line break in a header, or no address at all
        raise MailRefused(reason=type(error).__name__) from None
    if not settings().smtp_url:
        await asyncio.to_thread(_write, settings().mail_dir, mail.message_id, message)
        return
    await _send(message)


def _message(mail: Mail) -> EmailMessage:
    if any(ord(letter) < 32 for letter in mail.to + mail.subject + mail.message_id + mail.unsubscribe):
        raise ValueError("a control character in a header")
    message = EmailMessage(policy=SMTP)
    message["From"] = settings().mail_from
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(now())
    message["Message-ID"] = f"<{mail.message_id}@{_host()}>"
    message["Auto-Submitted"] = "auto-generated"
    if mail.unsubscribe:
        message["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    # as it is where it can be: a long link stays whole in the file
    message.set_content(mail.text, cte="7bit" if mail.text.isascii() else None)
    message.add_alternative(mail.html, subtype="html")
    for attachment in mail.attachments:
        maintype, _, subtype = attachment.media_type.partition("/")
        message.add_attachment(attachment.content, maintype=maintype, subtype=subtype, filename=attachment.name)
    return message


def _host() -> str:
    return settings().mail_from.rpartition("@")[2].strip(" >") or "localhost"


def _write(folder: Path, name: str, message: EmailMessage) -> None:
    """Write the file whole or not at all, readable by its owner alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    safe = "".join(letter if letter.isalnum() or letter in "-." else "-" for letter in name)
    target, partial = folder / f"{safe}.eml", folder / f".{safe}.{os.getpid()}.partial"
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(message.as_bytes())
        file.flush()
        os.fsync(file.fileno())
    partial.replace(target)


async def _send(message: EmailMessage) -> None:
    url = urlsplit(settings().smtp_url)
    implicit = url.scheme == "smtps"
    try:
        await aiosmtplib.send(
            message,
            hostname=url.hostname,
            port=url.port or (465 if implicit else 587),
            username=unquote(url.username) if url.username else None,
            password=unquote(url.password) if url.password else None,
            use_tls=implicit,
            start_tls=None if not implicit else False,
            timeout=SMTP_TIMEOUT_S,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        found = [recipient.code for recipient in error.recipients]
        raise _failure(error, found) from None
    except aiosmtplib.SMTPAuthenticationError as error:  # the operator's mistake: mails wait until it is mended
        raise ConnectionError(f"{type(error).__name__} {error.code}") from None
    except aiosmtplib.SMTPResponseException as error:
        raise _failure(error, [error.code]) from None
    except aiosmtplib.SMTPException as error:
        raise ConnectionError(type(error).__name__) from None


def _failure(error: Exception, found: list[int]) -> Exception:
    """What a server's answer means: codes from 500 on are final."""
    if found and all(code >= 500 for code in found):
        return MailRefused(reason=type(error).__name__, codes=found)
    return ConnectionError(f"{type(error).__name__} {found}")
