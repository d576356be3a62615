"""Scores in a batch. Source: contract section 2.18, and `GET /me/batches/{batchID}/scores` of 2.10."""

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, success
from backend.dialects.lms.wire.scores import ScoresOut
from backend.domain.grading import scores


class Scores(Controller):
    """What students have scored."""

    tags = ("scores",)

    @get("/me/batches/{ref:str}/scores", opt={"roles": auth.STUDENT})
    async def fetch_mine(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[ScoresOut]:
        """Show my scores in a batch."""
        view = await scores.my_scores(actor, parse_uuid(ref))
        return success("Scores retrieved successfully", ScoresOut.of(view))

    @get("/batches/{slug:str}/students/{student:str}/scores", opt={"roles": auth.STAFF})
    async def fetch(
        self, actor: NamedDependency[Actor], slug: FromPath[str], student: FromPath[str]
    ) -> Envelope[ScoresOut]:
        """Show a student's scores in a batch."""
        view = await scores.scores_of(actor, slug, parse_uuid(student))
        return success("Scores retrieved successfully", ScoresOut.of(view))
