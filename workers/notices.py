"""A fact told by mail: once, in the reader's language, and with a way to end such mails where that may be."""

import hashlib
import string
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from html import escape

import msgspec

from backend.core.clock import school_zone
from backend.core.dates import Lang, spoken
from backend.core.settings import settings
from backend.domain.notifications import commands, links, queries, rules
from backend.domain.notifications.queries import Recipient
from backend.domain.notifications.terms import NoticeKind
from workers import mailer
from workers.letters import ENDING, GREETING, LETTERS, Letter
from workers.mailer import Attachment, Mail

Values = Callable[[Lang], Mapping[str, str]]
Sent = Callable[[], Awaitable[None]]
"""The last step of a job that has sent a mail: it notes that this was told, together with the job's end."""

_PAGE = """<!doctype html>
<html lang="{lang}"><body style="font-family:sans-serif;color:#1d2733;line-height:1.5;max-width:34rem;margin:2rem auto">
{content}<p style="color:#667">{school}</p>{ending}</body></html>
"""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What is told to whom. `fact` names it: no fact is told twice."""

    account_id: int
    kind: NoticeKind
    letter: Letter
    fact: str
    values: Values
    attachments: Sequence[Attachment] = ()


async def tell(notice: Notice) -> Sent | None:
    """Send a mail about a fact, unless it was told before, or its reader does not want to hear of such.

    Gives the step that remembers it. A crash between the two sends the same mail, with the same Message-ID, again.

    Raises: what `mailer.post` raises.
    """
    to = await queries.recipient(notice.account_id, notice.kind, notice.fact)
    if to is None:
        return None
    await mailer.post(compose(notice, to))
    return partial(commands.note_sent, notice.fact, notice.account_id, notice.kind)


def compose(notice: Notice, to: Recipient) -> Mail:
    """The mail: in the reader's language, or in Indonesian with English below."""
    langs: Sequence[Lang] = (to.language.value,) if to.language else ("id", "en")
    end = links.address(to.uuid, notice.kind) if rules.may_mute(notice.kind) else ""
    texts = [_text(notice, to, lang) for lang in langs]
    endings = "\n".join(ENDING[lang] for lang in langs)
    text = "\n\n---\n\n".join("\n\n".join(parts) for parts in texts)
    html = "<hr>".join("".join(f"<p>{_lines(part)}</p>" for part in parts) for parts in texts)
    return Mail(
        to=to.email,
        subject=LETTERS[notice.letter][langs[0]].subject,
        text=f"{text}\n\n{settings().school_name}\n" + (f"\n{endings}\n{end}\n" if end else ""),
        html=_PAGE.format(
            lang=langs[0],
            content=html,
            school=escape(settings().school_name),
            ending=f'<p style="color:#667;font-size:.8em">{_lines(endings)}<br>{_lines(end)}</p>' if end else "",
        ),
        message_id=hashlib.sha256(notice.fact.encode()).hexdigest()[:32],
        attachments=notice.attachments,
        unsubscribe=end,
    )


def _text(notice: Notice, to: Recipient, lang: Lang) -> list[str]:
    values = {"name": to.name, **notice.values(lang)}
    paragraphs = [GREETING[lang], *LETTERS[notice.letter][lang].paragraphs]
    return [paragraph.format_map(values) for paragraph in paragraphs if not _says_nothing(paragraph, values)]


def _says_nothing(paragraph: str, values: Mapping[str, str]) -> bool:
    named = [name for _, name, _, _ in string.Formatter().parse(paragraph) if name]
    return bool(named) and not any(values[name] for name in named)


def _lines(text: str) -> str:
    """A paragraph for HTML; a line that is an address becomes a link."""
    return "<br>".join(
        f'<a href="{escape(line)}">{escape(line)}</a>' if line.startswith(("https://", "http://")) else escape(line)
        for line in text.split("\n")
    )


def moment(at: datetime, lang: Lang) -> str:
    """A moment by the school's clock: ``22 November 2026, 14.30 WIB``."""
    local = at.astimezone(school_zone())
    clock = f"{local:%H.%M}" if lang == "id" else f"{local:%H:%M}"
    return f"{spoken(local.date(), lang)}, {clock} {local:%Z}"
