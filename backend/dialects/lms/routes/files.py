"""What files are, tickets for them, and pictures of recordings. Their bytes: backend.dialects.lms.content."""

from typing import Any

from litestar import Controller, HttpMethod, Request, Response, get, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.dialects.lms import auth, content
from backend.dialects.lms.envelope import Envelope, success
from backend.dialects.lms.wire.files import FileOut, TicketOut
from backend.domain.files import queries as files
from backend.http import tickets

AnyRequest = Request[Any, Any, Any]
READ = [HttpMethod.GET, HttpMethod.HEAD]


class Files(Controller):
    """`/files`: ours, not the contract's."""

    path = "/files/{file_id:str}"

    @get("/", opt={"roles": auth.EVERYONE})
    async def file(self, actor: NamedDependency[Actor], file_id: FromPath[str]) -> Envelope[FileOut]:
        """What a file is, and whether it can be had."""
        uuid = parse_uuid(file_id)
        view = await files.readable(actor, uuid)
        return success("Success", FileOut.of(view))

    @post("/ticket", status_code=201, opt={"roles": auth.EVERYONE})
    async def make_ticket(self, actor: NamedDependency[Actor], file_id: FromPath[str]) -> Envelope[TicketOut]:
        """A ticket for a file that the caller may see, for what cannot send a header."""
        view = await files.readable(actor, parse_uuid(file_id))
        ticket, expires_at = tickets.make(actor.session_id or 0, content.TICKET_KIND, view.uuid)
        return success("Success", TicketOut(ticket, f"{view.address}?ticket={ticket}", expires_at.isoformat()))

    @route("/poster", http_method=READ, opt={"public": True, "optional": True, "lane": None})
    async def poster(self, request: AnyRequest, file_id: FromPath[str]) -> Response[None]:
        """The still picture of a recording; with ranges and validators."""
        uuid = parse_uuid(file_id)
        view = await files.readable(await content.reader(request, uuid), uuid)
        return await content.send_poster(request, view)
