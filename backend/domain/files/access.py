"""Who may read what a file belongs to: asked of the features above, which this one does not know.

`backend.app` fills READERS when the web process starts, so that access is answered anew at each request.
"""

from collections.abc import Awaitable, Callable, Sequence

from backend.core.actor import Actor
from backend.domain.files.terms import OwnerKind

Reader = Callable[[Actor, Sequence[int]], Awaitable[bool]]
"""Whether a person who is no admin may read at least one of the rows with these ids. One statement."""

READERS: dict[OwnerKind, Reader] = {}
