"""This contract's words for roles and groups, both ways."""

from enum import StrEnum

from backend.core.actor import Role
from backend.domain.accounts.terms import GroupType


class RoleWord(StrEnum):
    """Roles on the wire. Source: contract section 1."""

    SISWA = "siswa"
    GURU = "guru"
    ADMIN = "admin"

    @classmethod
    def of(cls, role: Role) -> "RoleWord":
        """The word for a role."""
        return _WORD_OF_ROLE[role]

    @property
    def role(self) -> Role:
        """The role a word means."""
        return _ROLE_OF_WORD[self]


class GroupWord(StrEnum):
    """Groups on the wire. Source: contract section 1."""

    OWN = "mahasiswa_gunadarma"
    OTHER = "mahasiswa_non_gunadarma"
    PUBLIC = "umum"

    @classmethod
    def of(cls, group: GroupType) -> "GroupWord":
        """The word for a group."""
        return _WORD_OF_GROUP[group]

    @property
    def group(self) -> GroupType:
        """The group a word means."""
        return _GROUP_OF_WORD[self]


_ROLE_OF_WORD = {RoleWord.SISWA: Role.STUDENT, RoleWord.GURU: Role.TEACHER, RoleWord.ADMIN: Role.ADMIN}
_WORD_OF_ROLE = {role: word for word, role in _ROLE_OF_WORD.items()}
_GROUP_OF_WORD = {
    GroupWord.OWN: GroupType.OWN_STUDENT,
    GroupWord.OTHER: GroupType.OTHER_STUDENT,
    GroupWord.PUBLIC: GroupType.PUBLIC,
}
_WORD_OF_GROUP = {group: word for word, group in _GROUP_OF_WORD.items()}
