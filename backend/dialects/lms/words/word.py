"""The form of an entry."""

import msgspec


class Word(msgspec.Struct, frozen=True):
    """How one error is told. `{name}` stands for a value of the error's data; `status` overrides the kind's.

    `message` is the contract's message of this error where the text goes to `error`; an endpoint's own comes first,
    unless the word stands `alone`.
    """

    id: str
    en: str
    status: int | None = None
    message: str | None = None
    alone: bool = False
