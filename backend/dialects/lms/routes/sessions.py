"""One's own password and sessions. Ours, not the contract's."""

from litestar import Controller, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, success
from backend.dialects.lms.wire.sessions import PasswordIn, SessionOut
from backend.domain.accounts import queries, sessions


class Sessions(Controller):
    """Where I am logged in, and with which password."""

    path = "/users/me"
    tags = ("sessions",)

    @put(
        "/password",
        status_code=200,
        opt={"roles": auth.EVERYONE, "no_idempotency": True, "throttled": True, "lane": "passwords"},
    )
    async def change_password(self, actor: NamedDependency[Actor], data: JSONBody[PasswordIn]) -> Envelope[None]:
        """Change my password; my other sessions end."""
        await sessions.change_password(actor, data.old_password, data.confirmed)
        return success("Kata sandi berhasil diubah", None)

    @get("/sessions", status_code=200, opt={"roles": auth.EVERYONE})
    async def list_(self, actor: NamedDependency[Actor]) -> Envelope[list[SessionOut]]:
        """My sessions that are not over."""
        views = await queries.sessions(actor)
        return success("Sessions fetched", [SessionOut.of(view) for view in views])

    @delete("/sessions/{session_id:str}", status_code=200, opt={"roles": auth.EVERYONE})
    async def revoke(self, actor: NamedDependency[Actor], session_id: FromPath[str]) -> Envelope[None]:
        """End one of my sessions."""
        await sessions.revoke_session(actor, parse_uuid(session_id))
        return success("Sesi berhasil diakhiri", None)

    @delete("/sessions", status_code=200, opt={"roles": auth.EVERYONE})
    async def revoke_others(self, actor: NamedDependency[Actor]) -> Envelope[None]:
        """End all of my sessions but this one."""
        await sessions.revoke_other_sessions(actor)
        return success("Sesi lain berhasil diakhiri", None)
