"""Mails about work: grades, results, certificates, and what is due tomorrow. Each can be done without."""

from backend.core.clock import school_zone
from backend.core.dates import Lang
from backend.domain.attempts.terms import AttemptState
from backend.domain.certificates import queries as certificates
from backend.domain.certificates.events import CertificateIssued
from backend.domain.certificates.terms import CertificateState
from backend.domain.grading.events import AttemptGraded, GradesImported, QuizRegraded
from backend.domain.notifications import facts
from backend.domain.notifications.facts import DayToTell, DueFacts, GradeFacts, GradeToTell, RegradeToTell
from backend.domain.notifications.terms import NoticeKind
from workers.letters import Letter
from workers.notices import Notice, Sent, tell
from workers.registry import Queue, job
from workers.schedule import Empty


@job(queue=Queue.MAIL, phases=True, time_limit_s=60)
async def mail_grade(body: GradeToTell) -> Sent | None:
    """Tell somebody that their work was graded. Safe to repeat: each version of a grade is told once."""
    found = await facts.grade(body.grade_id)
    if found is None:
        return None
    return await tell(
        Notice(
            account_id=found.account_id,
            kind=NoticeKind.WORK_GRADED,
            letter=Letter.GRADE,
            fact=f"grade:{found.grade_id}:{found.version}",
            values=lambda lang: {"task": found.task, "batch": found.batch, "grade": _grade(found, lang)},
        )
    )


def _grade(found: GradeFacts, lang: Lang) -> str:
    shown = f"{found.grade:.2f}".rstrip("0").rstrip(".")
    return shown.replace(".", ",") if lang == "id" else shown


@job()
async def announce_grades(event: GradesImported) -> dict[str, int]:
    """Write a mail for everybody whose grade came with a sheet. Safe to repeat: each change has one mail."""
    return {"mails": await facts.announce_grades(event.assignment_id, event.job_id)}


@job(queue=Queue.MAIL, phases=True, time_limit_s=60)
async def mail_result(event: AttemptGraded) -> Sent | None:
    """Tell somebody that their quiz was graded. Safe to repeat: told once per attempt."""
    found = await facts.result(event.attempt_id)
    if found is None or found.state is not AttemptState.GRADED:
        return None
    return await tell(
        Notice(
            account_id=found.account_id,
            kind=NoticeKind.QUIZ_GRADED,
            letter=Letter.RESULT,
            fact=f"result:{found.attempt_id}",
            values=lambda _: {"quiz": found.quiz, "batch": found.batch},
        )
    )


@job()
async def announce_regrade(event: QuizRegraded) -> dict[str, int]:
    """Write a mail for everybody whose score a regrade has changed. Safe to repeat: one mail for each of them."""
    return {"mails": await facts.announce_regrade(event.regrade_id)}


@job(queue=Queue.MAIL, phases=True, time_limit_s=60)
async def mail_regraded(body: RegradeToTell) -> Sent | None:
    """Tell somebody that their quiz was graded again, unless they do not see the score that has changed.

    Safe to repeat: told once for each regrade.
    """
    found = await facts.result(body.attempt_id)
    if found is None or not found.shows_score:
        return None
    return await tell(
        Notice(
            account_id=found.account_id,
            kind=NoticeKind.QUIZ_GRADED,
            letter=Letter.REGRADED,
            fact=f"regrade:{body.regrade_id}:{found.account_id}",
            values=lambda _: {"quiz": found.quiz, "batch": found.batch},
        )
    )


@job(queue=Queue.MAIL, phases=True, time_limit_s=60)
async def mail_certificate(event: CertificateIssued) -> Sent | None:
    """Tell the holder that the certificate is there, and if it has the place of another one, that it has.

    Safe to repeat: told once; one that was revoked meanwhile is not announced.
    """
    view = await certificates.certificate_by_id(event.certificate_id)
    if view.state is not CertificateState.ISSUED:
        return None
    told = {
        "course": view.paper.course_title,
        "holder": view.paper.holder_name,
        "number": view.number,
        "replaces": view.replaces or "",
        "link": view.paper.verify_url,
    }
    return await tell(
        Notice(
            account_id=view.account_id,
            kind=NoticeKind.CERTIFICATE,
            letter=Letter.CERTIFICATE_REPLACED if view.replaces else Letter.CERTIFICATE,
            fact=f"certificate:{view.id}",
            values=lambda _: told,
        )
    )


@job()
async def remind_deadlines(_: Empty) -> dict[str, int]:
    """Write a mail for everybody who has not handed in what is due tomorrow.

    Safe to repeat: one mail for a person and a day.
    """
    return {"mails": await facts.announce_deadlines()}


@job(queue=Queue.MAIL, phases=True, time_limit_s=60)
async def mail_deadlines(body: DayToTell) -> Sent | None:
    """Tell somebody what is due tomorrow. Safe to repeat: told once a day; what was handed in meanwhile is left out."""
    found = await facts.due(body.account_id, body.day)
    if not found:
        return None
    return await tell(
        Notice(
            account_id=body.account_id,
            kind=NoticeKind.DEADLINE,
            letter=Letter.DEADLINES,
            fact=f"deadlines:{body.account_id}:{body.day}",
            values=lambda lang: {"items": "\n".join(_item(one, lang) for one in found)},
        )
    )


_KINDS: dict[Lang, tuple[str, str]] = {"id": ("Tugas", "Kuis"), "en": ("Assignment", "Quiz")}
_MINUTES: dict[Lang, str] = {"id": "menit tambahan", "en": "extra minutes"}


def _item(one: DueFacts, lang: Lang) -> str:
    at = one.at.astimezone(school_zone())
    clock = f"{at:%H.%M}" if lang == "id" else f"{at:%H:%M}"
    extra = f" (+{-(-one.extra_s // 60)} {_MINUTES[lang]})" if one.extra_s else ""
    return f"- {_KINDS[lang][one.is_quiz]}: {one.title} ({one.batch}), {clock} {at:%Z}{extra}"
