"""What I want to be told by mail. Ours, not the contract's."""

from litestar import Controller, get, patch
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import UNSET

from backend.core.actor import Actor
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, success
from backend.dialects.lms.wire.notifications import NotificationsIn, NotificationsOut
from backend.domain.notifications import commands, queries


class Notifications(Controller):
    """Which mails I get; those about money and security are not to be had without."""

    path = "/users/me/notifications"
    tags = ("users",)

    @get(opt={"roles": auth.EVERYONE})
    async def show(self, actor: NamedDependency[Actor]) -> Envelope[NotificationsOut]:
        """See what one is told by mail, and in which language."""
        return success("Notifications fetched", NotificationsOut.of(await queries.choices(actor)))

    @patch(opt={"roles": auth.EVERYONE})
    async def change(
        self, actor: NamedDependency[Actor], data: JSONBody[NotificationsIn]
    ) -> Envelope[NotificationsOut]:
        """Choose; what is not sent stays as it is."""
        choices = await commands.choose(
            actor, data.wanted(), language=data.chosen_language, sets_language=data.language is not UNSET
        )
        return success("Notifications updated", NotificationsOut.of(choices))
