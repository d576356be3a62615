"""A few things that cannot change, kept in this process: the latest used, and no more than there is room for."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """Things by name. A name stands for one thing for ever, so it has a version in it where the thing has versions."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._things: OrderedDict[K, V] = OrderedDict()

    def get(self, name: K) -> V | None:
        """The thing of this name, if it is kept."""
        thing = self._things.get(name)
        if thing is not None:
            self._things.move_to_end(name)
        return thing

    def put(self, name: K, thing: V) -> None:
        """Keep a thing; the one that was not used for longest makes room."""
        self._things[name] = thing
        if len(self._things) > self._most:
            self._things.popitem(last=False)
