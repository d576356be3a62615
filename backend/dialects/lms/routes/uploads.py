"""Sending files in, and deleting them. Source: contract 2.2."""

from typing import Any

from litestar import Controller, Request, delete, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from backend.core.actor import Actor
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, success
from backend.dialects.lms.wire.files import MediaOut, RemoveFileIn
from backend.domain.files import commands as files
from backend.domain.files.intake import Intake
from backend.domain.files.terms import FileKind
from backend.http import shared
from backend.http.uploads import receive

AnyRequest = Request[Any, Any, Any]
OPT: dict[str, Any] = {"lane": None, "form": ("location",)}


class Uploads(Controller):
    """`/upload`. The bodies are streams: each handler counts the bytes itself."""

    path = "/upload"

    @post("/documents", status_code=200, opt=OPT | {"roles": auth.EVERYONE}, request_max_body_size=None)
    async def upload_document(self, request: AnyRequest, actor: NamedDependency[Actor]) -> Envelope[str]:
        """Send a document: a form with `file` and `location`. Its address is the answer."""
        intake = Intake(actor, FileKind.DOCUMENT)
        received = await receive(request, shared.storage(), intake)
        return success("Upload berhasil", received.file.address)

    @post(
        "/images",
        status_code=200,
        opt=OPT | {"public": True, "optional": True},
        request_max_body_size=None,
    )
    async def upload_image(self, request: AnyRequest) -> Envelope[str]:
        """Send a picture. Without a login too (a student card, at registration), but few, and forgotten if unused."""
        intake = Intake(auth.optional_actor(request), FileKind.IMAGE, address=auth.client_address(request))
        received = await receive(request, shared.storage(), intake)
        return success("Upload berhasil", received.file.address)

    @post("/media", status_code=202, opt=OPT | {"roles": auth.EVERYONE}, request_max_body_size=None)
    async def upload_media(self, request: AnyRequest, actor: NamedDependency[Actor]) -> Envelope[MediaOut]:
        """Send a recording: a form with `file`, or its bare bytes as audio/* or video/*, named by `?name=`."""
        intake = Intake(actor, FileKind.MEDIA, location="media")
        received = await receive(request, shared.storage(), intake)
        return success("Upload berhasil", MediaOut.of(received))

    @delete("/", status_code=200, opt={"roles": auth.EVERYONE})
    async def remove_file(self, actor: NamedDependency[Actor], data: JSONBody[RemoveFileIn]) -> Envelope[None]:
        """Delete a file of one's own to which nothing refers."""
        await files.remove(actor, data.file_path)
        return success("File berhasil dihapus", None)
