"""What stands between the plain world and a golden pair: each scene sets the stage for some of them."""

from collections.abc import Awaitable, Callable

from tests.dialects.lms.scenes import catalogue, learning, people, school
from tests.dialects.lms.stage import Stage

Scene = Callable[[Stage], Awaitable[None]]

SCENES: dict[str, Scene] = {**people.SCENES, **catalogue.SCENES, **school.SCENES, **learning.SCENES}
