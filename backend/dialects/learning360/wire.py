"""What goes out. Keys stand in the order of the recorded answers.

Source: seed 002 (documentation of GET /api/v1/programs/sessions); contract/partners.md 3.4 and 3.5 (recorded answers).
"""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
from msgspec import UNSET, UnsetType

from backend.dialects.learning360.ids import GROUPS, Kind, write
from backend.domain.courses.whole_queries import WholeCourse
from backend.domain.enrolments import rules
from backend.domain.enrolments.batch_queries import Hour, Member, WholeBatch
from backend.domain.grading.participant_queries import Participant

Number = int | float


def stamp(at: datetime) -> str:
    """A time as this contract writes it: `2026-03-04T05:06:07.890Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def number(value: float | Decimal) -> Number:
    """A number without a fraction that says nothing: recorded durations and scores are whole."""
    return int(value) if value == int(value) else float(value)


class Module(msgspec.Struct):
    """A part of a session: `course`, `webinar` or `classroom`."""

    type: str
    id: str = msgspec.field(name="_id")

    @classmethod
    def of(cls, hour: Hour) -> "Module":
        """A meeting as a module."""
        return cls("webinar" if hour.is_online else "classroom", write(Kind.MEETING, hour.id))


class UserShort(msgspec.Struct):
    """Somebody in a session."""

    id: str = msgspec.field(name="_id")
    mail: str

    @classmethod
    def of(cls, member: Member) -> "UserShort":
        """A member of a batch as a user."""
        return cls(write(Kind.USER, member.id), member.email)


class Field(msgspec.Struct):
    """What a custom field says."""

    id: str = msgspec.field(name="_id")
    value: str


class Requirements(msgspec.Struct):
    """What should be done before."""

    courses: list[str]
    programs: list[str]
    paths: list[str]


class Session(msgspec.Struct, rename="camel", kw_only=True):
    """A program session. `programDurationType` is absent without a duration, `userLimit` without a limit."""

    id: str = msgspec.field(name="_id")
    author: str
    description: str
    end_date: str
    has_user_limit: bool
    name: str
    program_duration: Number | None
    program_duration_type: str | UnsetType
    program_template: str
    skills: list[str]
    start_date: str
    tutors: list[str]
    user_limit: int | UnsetType
    session_custom: str
    template_custom: str
    validate_registrations: bool
    modules: list[Module]
    groups: list[str]
    users: list[UserShort]
    lang: str
    custom_fields: list[Field]
    modified_at: str
    automated_reminders: bool
    requirements: Requirements

    @classmethod
    def of(cls, batch: WholeBatch) -> "Session":
        """A batch as a session."""
        return cls(
            id=write(Kind.SESSION, batch.id),
            author=batch.author_email or "",
            description=batch.description or "",
            end_date=stamp(batch.end_at),
            has_user_limit=batch.quota > 0,
            name=batch.title,
            program_duration=None if batch.duration_h is None else number(batch.duration_h),
            program_duration_type=UNSET if batch.duration_h is None else "hour",
            program_template=write(Kind.TEMPLATE, batch.course_id),
            skills=[],
            start_date=stamp(batch.start_at),
            tutors=batch.teacher_emails,
            user_limit=batch.quota if batch.quota > 0 else UNSET,
            session_custom=batch.additional_info,
            template_custom=batch.course_info,
            validate_registrations=True,
            modules=[Module("course", write(Kind.COURSE, batch.course_id)), *map(Module.of, batch.meetings)],
            groups=[GROUPS[group] for group in batch.groups],
            users=[UserShort.of(member) for member in batch.members],
            lang=batch.language,
            custom_fields=[Field(write(Kind.FIELD, id_), value) for id_, value in batch.custom_fields],
            modified_at=stamp(batch.updated_at),
            automated_reminders=batch.has_reminders,
            requirements=Requirements([write(Kind.COURSE, id_) for id_ in batch.required_course_ids], [], []),
        )


class User(msgspec.Struct, rename="camel"):
    """Somebody in a session, with a name."""

    id: str = msgspec.field(name="_id")
    mail: str
    first_name: str
    last_name: str

    @classmethod
    def of(cls, person: Participant) -> "User":
        """Somebody in a batch as a user."""
        return cls(write(Kind.USER, person.account_id), person.email, *_names(person.name))


class UserStats(msgspec.Struct, rename="camel", kw_only=True):
    """How somebody fares. `score` and `progress` are percentages."""

    id: str = msgspec.field(name="_id")
    first_name: str
    last_name: str
    mail: str
    score: Number
    progress: Number
    total_time_spent_in_seconds: int
    start_time: str
    end_time: str | None
    deleted: bool

    @classmethod
    def of(cls, person: Participant) -> "UserStats":
        """Somebody in a batch, or who was."""
        first, last = _names(person.name)
        return cls(
            id=write(Kind.USER, person.account_id),
            first_name=first,
            last_name=last,
            mail=person.email,
            score=number(person.score_percent or 0),
            progress=number(rules.percent(person.done, person.total)),
            total_time_spent_in_seconds=person.spent_s,
            start_time=stamp(person.began_at),
            end_time=stamp(person.ended_at) if person.ended_at else None,
            deleted=person.is_gone,
        )


class Tally(msgspec.Struct):
    """How many are in a session, have done something in it, and have done all of it."""

    completed: int = 0
    registered: int = 0
    attendees: int = 0

    def count(self, person: Participant) -> None:
        """Count somebody, unless they left."""
        if not person.is_gone:
            self.registered += 1
            self.attendees += person.done > 0
            self.completed += 0 < person.total == person.done


class Element(msgspec.Struct):
    """A part of a template."""

    type: str
    id: str = msgspec.field(name="_id")
    title: str


class Template(msgspec.Struct, rename="camel", kw_only=True):
    """A program template: a course, and what every batch of it begins with."""

    id: str = msgspec.field(name="_id")
    name: str
    description: str
    author: str
    elements: list[Element]
    skills: list[str]
    template_custom: str

    @classmethod
    def of(cls, course: WholeCourse) -> "Template":
        """A course as a template."""
        return cls(
            id=write(Kind.TEMPLATE, course.id),
            name=course.title,
            description=course.description,
            author=course.author_email or "",
            elements=[Element("course", write(Kind.COURSE, course.id), course.title)],
            skills=[],
            template_custom=course.additional_info,
        )


class Token(msgspec.Struct):
    """A token. `expires_in` is a text of seconds."""

    token_type: str
    access_token: str
    expires_in: str


class Refusal(msgspec.Struct, omit_defaults=True):
    """A no: a word of the contract, or a sentence."""

    error: str | UnsetType = UNSET
    message: str | UnsetType = UNSET
    documentation_url: str | UnsetType = UNSET


def _names(name: str) -> tuple[str, str]:
    """First names and last name: the last word is the latter, if there are several."""
    first, _, last = name.strip().rpartition(" ")
    return (first.strip(), last) if first else (last, "")
