"""What can go wrong, by kind. A kind is not a status and carries no prose: the dialect's envelope owns both."""

from typing import Any, ClassVar

import msgspec


class Broken(msgspec.Struct, frozen=True):
    """What is wrong with one field: the rule's name, and what would have been right (words, or numbers as text)."""

    rule: str
    choices: tuple[str, ...] = ()


class DomainError(Exception):
    """A rule said no. `code` is "feature.fact"; `data` holds plain values for the words.

    Concrete errors set `code` as a class variable, or the class name is used.
    """

    code: ClassVar[str] = "core.error"

    def __init__(self, **data: Any) -> None:  # noqa: ANN401 - plain values, whatever the words need
        super().__init__(self.code, data)
        self.data = data

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.data.items())
        return f"{self.code}({shown})"


class Invalid(DomainError):
    """The request cannot mean anything. `fields` maps a field's name to a `Broken`."""

    code = "core.invalid"


class Unauthenticated(DomainError):
    """We do not know you."""

    code = "core.unauthenticated"


class Forbidden(DomainError):
    """We know you; no."""

    code = "core.forbidden"


class NotFound(DomainError):
    """There is no such thing that you may see."""

    code = "core.not_found"


class Conflict(DomainError):
    """Not in this state, or already so."""

    code = "core.conflict"


class Unmet(DomainError):
    """A rule of the school is not met (a closed window, unfinished work, unfit file content)."""

    code = "core.unmet"


class Gone(DomainError):
    """It was, and is over."""

    code = "core.gone"


class TooLarge(DomainError):
    """More bytes, rows or pixels than are taken. `limit` says how many are."""

    code = "core.too_large"


class Unsupported(DomainError):
    """A type of content that is not taken. `found` and `expected` say which."""

    code = "core.unsupported"


class TooMany(DomainError):
    """Slow down. `retry_after_s` says for how long."""

    code = "core.too_many"


class Unavailable(DomainError):
    """Our fault, or a partner's; try again. May carry `retry_after_s`."""

    code = "core.unavailable"


KINDS: tuple[type[DomainError], ...] = (
    Invalid,
    Unauthenticated,
    Forbidden,
    NotFound,
    Conflict,
    Unmet,
    Gone,
    TooLarge,
    Unsupported,
    TooMany,
    Unavailable,
)


def kind_of(error: DomainError) -> type[DomainError]:
    """The kind an error belongs to.

    Raises: TypeError when the error derives from no kind.
    """
    for kind in KINDS:
        if isinstance(error, kind):
            return kind
    raise TypeError(f"{type(error).__name__} derives from none of the kinds")
