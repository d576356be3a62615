"""Work that a caller waits for: asked once, followed live, cancelled. Ours, not the contract's."""

from collections.abc import AsyncGenerator
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from backend.core.actor import Actor
from backend.core.errors import Unauthenticated
from backend.core.ids import parse_uuid
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, speaks_english, success
from backend.dialects.lms.wire.jobs import PREFIX, JobOut, TicketOut
from backend.domain.accounts import queries as accounts
from backend.domain.jobs import commands, queries
from backend.domain.jobs.queries import JobView
from backend.http import shared, tickets
from backend.http.events import NO_CONTENT, Event, EventStream, follow, last_event_id

TICKET_KIND = "job"


async def watcher(request: Request[Any, Any, Any], job_id: FromPath[str]) -> Actor:
    """Who follows a job: the bearer of a token, or of a ticket for this job, since EventSource sends no headers.

    Raises: MalformedId, Unauthenticated, TokenRefused, SessionOver.
    """
    found = request.scope.get("user")
    if isinstance(found, Actor):
        return found
    ticket = request.query_params.get("ticket")
    if not ticket:
        raise auth.HeaderMissing
    return await accounts.actor_of_session(tickets.read(ticket, TICKET_KIND, parse_uuid(job_id)))


def shown(view: JobView, *, english: bool = False) -> Event:
    """A job's state as an event: `progress` while it goes on, then the state it ended in."""
    name = str(view.state) if view.is_over else "progress"
    return Event(str(view.version), name, msgspec.json.encode(JobOut.of(view, english=english)), is_last=view.is_over)


def stream(actor: Actor, view: JobView, seen: str, *, english: bool = False) -> Response[None]:
    """Follow a job from a state that the watcher was let in by; 204 ends a client that has seen the end.

    Raises: TooManyStreams.
    """
    is_known = seen == str(view.version)
    if is_known and view.is_over:
        return Response(None, status_code=NO_CONTENT)

    async def allowed() -> None:
        present = actor if actor.session_id is None else await accounts.actor_of_session(actor.session_id)
        await queries.job(present, view.id)

    shared.job_hub().room_for(actor.person_id)

    async def pieces() -> AsyncGenerator[bytes, None]:
        with shared.job_hub().watching(view.uuid, seen=view.version, who=actor.person_id) as watch:
            tell = partial(shown, english=english)
            async for piece in follow(watch, first=None if is_known else view, shown=tell, allowed=allowed):
                yield piece

    return EventStream(pieces)


class Jobs(Controller):
    """Jobs are seen by their owner and by admins; for others they do not exist."""

    path = "/jobs"
    tags = ("jobs",)
    dependencies = {"watcher": Provide(watcher)}  # noqa: RUF012 - Litestar's own way to declare them

    @get("/{job_id:str}", opt={"roles": auth.EVERYONE})
    async def show(
        self, request: Request[Any, Any, Any], actor: NamedDependency[Actor], job_id: FromPath[str]
    ) -> Envelope[JobOut]:
        """State, progress and report of a job."""
        view = await queries.job(actor, parse_uuid(job_id))
        return success("Job fetched successfully", JobOut.of(view, english=speaks_english(request)))

    @delete("/{job_id:str}", status_code=200, opt={"roles": auth.EVERYONE})
    async def cancel(self, actor: NamedDependency[Actor], job_id: FromPath[str]) -> Envelope[JobOut]:
        """Stop a job that has not finished; what it did so far is not kept."""
        view = await commands.cancel(actor, parse_uuid(job_id))
        return success("Job cancelled successfully", JobOut.of(view))

    @post("/{job_id:str}/ticket", status_code=201, opt={"roles": auth.EVERYONE, "no_idempotency": True})
    async def ticket(self, actor: NamedDependency[Actor], job_id: FromPath[str]) -> Envelope[TicketOut]:
        """Get an address that EventSource can open without a header, for ten minutes."""
        view = await queries.job(actor, parse_uuid(job_id))
        return success("Ticket created successfully", a_ticket(actor, view.uuid))

    @get(
        "/{job_id:str}/events",
        opt={"sends": ("text/event-stream",), "public": True, "optional": True, "no_idempotency": True, "lane": None},
    )
    async def events(
        self, request: Request[Any, Any, Any], watcher: NamedDependency[Actor], job_id: FromPath[str]
    ) -> Response[None]:
        """Follow a job live (server-sent events); `Last-Event-ID` resumes, and the stream ends with the job."""
        view = await queries.job(watcher, parse_uuid(job_id))
        return stream(watcher, view, last_event_id(request), english=speaks_english(request))


def a_ticket(actor: Actor, job: UUID) -> TicketOut:
    """A ticket for a job that the actor may see. Raises: Unauthenticated without a session."""
    if actor.session_id is None:
        raise Unauthenticated
    ticket, expires_at = tickets.make(actor.session_id, TICKET_KIND, job)
    return TicketOut(ticket, f"{PREFIX}/{job}/events?ticket={ticket}", expires_at)
