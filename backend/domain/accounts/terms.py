"""Words of this feature, without any import of ours."""

from enum import StrEnum


class GroupType(StrEnum):
    """The group a person belongs to; prices hang on it."""

    OWN_STUDENT = "own_student"
    OTHER_STUDENT = "other_student"
    PUBLIC = "public"


class CodePurpose(StrEnum):
    """What a code that was mailed is good for."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a purpose, no password
