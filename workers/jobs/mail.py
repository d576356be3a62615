"""Mails about accounts.

A code is made when it is mailed and is never written down in the clear, in no outbox and no job. So these jobs have
two phases: make the code and keep its hash (committed), then send. A run that breaks between the two leaves a code
that nobody knows; the next run makes another one, which voids it. Should the first mail have gone out after all, the
later one holds the code that counts: its Message-ID has the attempt in it, so that no mailbox takes it for a copy.
"""

from html import escape

import msgspec

from backend.core.settings import settings
from backend.domain.accounts import codes, queries
from backend.domain.accounts.codes import Letter
from backend.domain.accounts.errors import PersonNotFound
from backend.domain.accounts.terms import CodePurpose
from backend.domain.jobs.running import Claim
from workers import mailer
from workers.registry import job


class ToAccount(msgspec.Struct, frozen=True):
    """Whom to write to; 0 is nobody."""

    account_id: int


class _Words(msgspec.Struct, frozen=True):
    subject: str
    intro: str
    button: str
    path: str
    ending: str


_WORDS = {
    CodePurpose.VERIFY_EMAIL: _Words(
        subject="Verifikasi Akun Anda",
        intro="Terima kasih telah mendaftar. Masukkan kode ini untuk memverifikasi email Anda:",
        button="Verifikasi akun",
        path="/auth/verify",
        ending="Jika Anda tidak mendaftar, abaikan email ini.",
    ),
    CodePurpose.RESET_PASSWORD: _Words(
        subject="Atur Ulang Kata Sandi Anda",
        intro="Kami menerima permintaan untuk mengatur ulang kata sandi Anda. Masukkan kode ini:",
        button="Atur ulang kata sandi",
        path="/auth/reset-password",
        ending="Jika Anda tidak memintanya, abaikan email ini; kata sandi Anda tidak berubah.",
    ),
}


@job(phases=True, time_limit_s=60)
async def mail_verification(body: ToAccount, held: Claim) -> None:
    """Mail a code that verifies an e-mail.

    Safe to repeat: a later code voids the earlier, and nothing is mailed to who is verified or removed.
    """
    await _mail(body, CodePurpose.VERIFY_EMAIL, held)


@job(phases=True, time_limit_s=60)
async def mail_password_reset(body: ToAccount, held: Claim) -> None:
    """Mail a code and a link for a new password.

    Safe to repeat: a later code voids the earlier; nobody (account 0) is mailed nothing.
    """
    await _mail(body, CodePurpose.RESET_PASSWORD, held)


async def _mail(body: ToAccount, purpose: CodePurpose, held: Claim) -> None:
    letter = await codes.new_letter(body.account_id, purpose)
    if letter is None:
        return
    words = _WORDS[purpose]
    link = f"{settings().frontend_url}{words.path}?token={letter.token}"
    message_id = f"{held.uuid}.{held.attempt}"
    await mailer.send(letter.email, words.subject, _text(letter, words, link), _html(letter, words, link), message_id)


def _text(letter: Letter, words: _Words, link: str) -> str:
    return (
        f"Halo {letter.name},\n\n{words.intro}\n\n    {letter.code}\n\n"
        f"atau buka tautan ini:\n\n{link}\n\n"
        f"Kode dan tautan berlaku {letter.minutes} menit.\n{words.ending}\n\n{settings().school_name}\n"
    )


_PAGE = """<!doctype html>
<html lang="id"><body style="font-family:sans-serif;color:#1d2733;line-height:1.5;max-width:32rem;margin:2rem auto">
{content}<p style="color:#667">{school}</p></body></html>
"""
_DIGIT = (
    '<span style="display:inline-block;border:1px solid #b8c4d0;border-radius:6px;padding:.4rem .7rem;margin-right:'
    '.3rem;font:600 1.5rem monospace">{}</span>'
)
_BUTTON = (
    '<p><a href="{link}" style="display:inline-block;background:#14532d;color:#fff;padding:.7rem 1.2rem;'
    'border-radius:6px;text-decoration:none">{button}</a></p>'
)


def _html(letter: Letter, words: _Words, link: str) -> str:
    digits = "".join(_DIGIT.format(digit) for digit in letter.code)
    content = (
        f"<p>Halo {escape(letter.name)},</p><p>{words.intro}</p><p>{digits}</p>"
        f"{_BUTTON.format(link=escape(link), button=words.button)}"
        f"<p>Kode dan tautan berlaku {letter.minutes} menit. {words.ending}</p>"
    )
    return _PAGE.format(content=content, school=escape(settings().school_name))


@job(phases=True, time_limit_s=60)
async def mail_password_changed(body: ToAccount, held: Claim) -> None:
    """Tell somebody that their password is another one, so that a thief does not change it unseen.

    Safe to repeat: the same mail has the same Message-ID.
    """
    try:
        person = await queries.person(body.account_id)
    except PersonNotFound:
        return
    told = "Kata sandi akun Anda baru saja diubah. Jika bukan Anda yang mengubahnya, atur ulang kata sandi sekarang."
    text = f"Halo {person.name},\n\n{told}\n\n{settings().school_name}\n"
    html = _PAGE.format(
        content=f"<p>Halo {escape(person.name)},</p><p>{told}</p>", school=escape(settings().school_name)
    )
    await mailer.send(person.email, "Kata Sandi Anda Diubah", text, html, str(held.uuid))
