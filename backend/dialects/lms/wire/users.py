"""People on the wire."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from backend.core.actor import Role
from backend.core.clock import school_date
from backend.core.errors import Broken, Invalid
from backend.core.paging import Listing
from backend.dialects.lms.wire.terms import GroupWord, RoleWord
from backend.dialects.lms.wire.text import Email, Line, Link, Name, Nik, Nim, Password, Phone, Text
from backend.domain.accounts.queries import PersonView, ProfileView
from backend.domain.accounts.terms import Newcomer, Particulars


def day(on: date | None) -> str | None:
    """A date as this contract sends it: midnight, RFC 3339."""
    return None if on is None else f"{on.isoformat()}T00:00:00Z"


def born(at: datetime | None) -> date | None:
    """The day that a client means: a picked day comes as midnight, here or in UTC."""
    if at is None or at.tzinfo is None:
        return at and at.date()
    try:
        return school_date(at)
    except OverflowError:
        return at.date()


class NewUserIn(msgspec.Struct, kw_only=True):
    """Somebody who is to have an account. Source: contract 2.1 register, 2.3 create user."""

    name: Name
    phone: Phone
    email: Email
    password: Password
    institution: Line
    origin: Line
    address: Text
    birth_date: datetime
    avatar: Link | None = None
    nim: Nim | None = None
    nim_proof: Link | None = None
    nik: Nik | None = None

    def newcomer_in(self, group: GroupWord | None, confirmed: str | None) -> Newcomer:
        """The plain values. Raises: Invalid when the password was not repeated."""
        if confirmed is not None and confirmed != self.password:
            raise Invalid(fields={"confirm_password": Broken("invalid")})
        return Newcomer(
            name=self.name.strip(),
            email=self.email,
            phone=self.phone,
            password=self.password,
            avatar=self.avatar or None,
            particulars=Particulars(
                group_type=group.group if group else None,
                nim=self.nim or None,
                nim_proof=self.nim_proof or None,
                nik=self.nik or None,
                institution=self.institution,
                origin=self.origin,
                birth_date=born(self.birth_date),
                address=self.address,
            ),
        )


class CreateUserIn(NewUserIn, kw_only=True):
    """Source: contract 2.3 create user."""

    role_type: RoleWord
    group_type: GroupWord | None = None
    confirm_password: Text | None = None

    @property
    def newcomer(self) -> Newcomer:
        """The plain values. Raises: Invalid."""
        return self.newcomer_in(self.group_type, self.confirm_password)


class ProfileIn(msgspec.Struct, kw_only=True):
    """What people change of themselves; absent and null leave a value alone. Source: contract 2.3 update my profile."""

    name: Name | None = None
    phone: Phone | None = None
    avatar: Link | None = None
    group_type: GroupWord | None = None
    nim: Nim | None = None
    nim_proof: Link | None = None
    nik: Nik | None = None
    institution: Line | None = None
    origin: Line | None = None
    birth_date: datetime | None = None
    address: Text | None = None

    @property
    def told(self) -> Particulars:
        """The plain values."""
        return Particulars(
            group_type=self.group_type.group if self.group_type else None,
            nim=self.nim or None,
            nim_proof=self.nim_proof or None,
            nik=self.nik or None,
            institution=self.institution,
            origin=self.origin,
            birth_date=born(self.birth_date),
            address=self.address,
        )


class UpdateUserIn(ProfileIn, kw_only=True):
    """What admins change of people. The contract says `role`; its clients send `role_type`: both are heard.

    Source: contract 2.3 update user.
    """

    email: Email | None = None
    role: RoleWord | None = None
    role_type: RoleWord | None = None
    group_verified: bool | None = None

    @property
    def new_role(self) -> Role | None:
        """The role, if one was sent."""
        word = self.role_type or self.role
        return word.role if word else None


_FILTERS = {
    "role_type": "role",
    "role": "role",
    "is_verified": "is_verified",
    "profile.group_type": "group_type",
    "profile.group_verified": "group_verified",
    "email": "email",
    "phone": "phone",
    "id": "id",
    "name": "name",
    **{f"profile.{name}": name for name in ("nim", "institution", "origin")},
}
_VALUES = {
    **{str(word): str(word.role) for word in RoleWord},
    **{str(word): str(word.group) for word in GroupWord},
}


def users_asked(listing: Listing) -> Listing:
    """A list query in the domain's words; a role or group that is none finds nobody."""
    filters = {
        _FILTERS[name]: _VALUES.get(text, "") if _FILTERS[name] in ("role", "group_type") else text
        for name, text in listing.filters.items()
        if name in _FILTERS
    }
    sort = "role" if listing.sort == "role_type" else listing.sort
    return msgspec.structs.replace(listing, filters=filters, sort=sort)


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
