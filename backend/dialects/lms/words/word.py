"""The form of an entry."""

import msgspec


class Word(msgspec.Struct, frozen=True):
    """How one error is told. `{name}` stands for a value of the error's data; `status` overrides the kind's."""

    id: str
    en: str
    status: int | None = None
