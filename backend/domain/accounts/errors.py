"""What can go wrong with people and their access."""

from backend.core.errors import Conflict, Forbidden, Gone, Invalid, NotFound, TooMany, Unauthenticated, Unmet


class PersonNotFound(NotFound):
    """No such person, or one who was removed."""

    code = "accounts.person_not_found"


class SessionNotFound(NotFound):
    """No such session of yours."""

    code = "accounts.session_not_found"


class AdminOnly(Forbidden):
    """People are administered by admins."""

    code = "accounts.admin_only"


class Taken(Conflict):
    """Somebody has this e-mail or this phone number."""

    code = "accounts.taken"


class NikMissing(Unmet):
    """The public group is told by the national id."""

    code = "accounts.nik_missing"


class NimMissing(Unmet):
    """Student groups are told by a student number and a picture of the card."""

    code = "accounts.nim_missing"


class StudentNikMissing(Invalid):
    """An admin makes a student's account with the national id."""

    code = "accounts.student_nik_missing"


class NimHalf(Invalid):
    """A student number and its proof come together or not at all."""

    code = "accounts.nim_half"


class OwnAccount(Conflict):
    """Nobody removes the account they are using."""

    code = "accounts.own_account"


class LastAdmin(Conflict):
    """Without this one nobody could run the school."""

    code = "accounts.last_admin"


class WrongCredentials(Unauthenticated):
    """No such account, or not its password: one answer for both."""

    code = "accounts.wrong_credentials"


class EmailUnverified(Unauthenticated):
    """The password is right, but the e-mail was never verified."""

    code = "accounts.email_unverified"


class TooManyTries(TooMany):
    """Too many tries from this place; `retry_after_s` says when the next one counts."""

    code = "accounts.too_many_tries"


class RefreshMissing(Unauthenticated):
    """No refresh token was sent."""

    code = "accounts.refresh_missing"


class RefreshRefused(Unauthenticated):
    """The refresh token is none of ours, over, or was used before (then its session is over, too)."""

    code = "accounts.refresh_refused"


class VerificationRefused(Invalid):
    """The verification token is none of ours, or names an address that the account no longer has."""

    code = "accounts.verification_refused"


class AlreadyVerified(Invalid):
    """The e-mail was verified before."""

    code = "accounts.already_verified"


class WrongCode(Invalid):
    """The code is wrong, too old, used, or was tried too often."""

    code = "accounts.wrong_code"


class MailedRecently(TooMany):
    """A mail went out a moment ago; `retry_after_s` says when the next one may."""

    code = "accounts.mailed_recently"


class ResetRefused(Gone):
    """The link or code for a new password is wrong, too old, or used."""

    code = "accounts.reset_refused"
