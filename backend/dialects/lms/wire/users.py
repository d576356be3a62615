"""People on the wire."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from backend.dialects.lms.wire.terms import GroupWord, RoleWord
from backend.domain.accounts.queries import PersonView, ProfileView


def day(on: date | None) -> str | None:
    """A date as this contract sends it: midnight, RFC 3339."""
    return None if on is None else f"{on.isoformat()}T00:00:00Z"


class ProfileOut(msgspec.Struct):
    """Shape: `profile` of UserResponse. Source: contract section 3."""

    group_type: GroupWord | None
    group_verified: bool
    nim: str | None
    nim_proof: str | None
    nik: str | None
    institution: str
    origin: str
    birth_date: str | None
    address: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: ProfileView) -> "ProfileOut":
        """What is shown of a profile."""
        return cls(
            group_type=GroupWord.of(view.group_type) if view.group_type else None,
            group_verified=view.group_verified,
            nim=view.nim,
            nim_proof=view.nim_proof,
            nik=view.nik,
            institution=view.institution,
            origin=view.origin,
            birth_date=day(view.birth_date),
            address=view.address,
            created_at=view.created_at,
            updated_at=view.updated_at,
        )


class UserOut(msgspec.Struct):
    """Shape: UserResponse, and `is_verified`, which admins need. `attendances` is filled by attendance lists alone.

    Source: contract section 3.
    """

    id: UUID
    name: str
    email: str
    phone: str
    avatar: str | None
    role_type: RoleWord
    is_verified: bool
    profile: ProfileOut | None
    created_at: datetime
    updated_at: datetime
    attendances: list[object] | None = None

    @classmethod
    def of(cls, view: PersonView) -> "UserOut":
        """What is shown of a person to themselves and to staff."""
        return cls(
            id=view.uuid,
            name=view.name,
            email=view.email,
            phone=view.phone,
            avatar=view.avatar,
            role_type=RoleWord.of(view.role),
            is_verified=view.is_verified,
            profile=ProfileOut.of(view.profile) if view.profile else None,
            created_at=view.created_at,
            updated_at=view.updated_at,
        )
