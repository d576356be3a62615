"""The bare JSON of `hall`: Litestar answers "start" with the same fields, and does nothing else."""

from typing import Any

from litestar import Litestar, post

from backend.core.clock import now
from backend.core.ids import new_uuid
from backend.dialects.lms.envelope import Envelope, success
from backend.dialects.lms.wire.attempts import AttemptOut
from backend.domain.attempts.terms import AttemptState


@post("/api/v1/quizzes/{quiz_id:str}/start", status_code=200)
async def start(quiz_id: str) -> Envelope[AttemptOut]:
    moment, some = now(), new_uuid()
    whole: dict[str, Any] = {
        **dict.fromkeys(("id", "quiz_id", "user_id"), some),
        **dict.fromkeys(("started_at", "deadline_at", "server_time", "created_at", "updated_at"), moment),
    }
    return success("Success Start Quiz", AttemptOut(**whole, ended_at=None, attempt_no=1, status=AttemptState.OPEN))


app = Litestar([start], openapi_config=None, logging_config=None)
