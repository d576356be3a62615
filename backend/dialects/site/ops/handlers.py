"""The operations page over HTTP. All but the login is for admins; anybody else is shown the login, and no more."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from backend.core.actor import Actor, Role, acting_as
from backend.dialects.site.gate import Ask
from backend.dialects.site.ops.envelope import REFUSALS, elsewhere, login_page, page
from backend.dialects.site.ops.guard import GATE, PATH
from backend.domain.accounts import queries as accounts
from backend.domain.accounts import sessions
from backend.domain.certificates import usage_queries as certificates
from backend.domain.files import usage_queries as files
from backend.domain.jobs import commands, operator_queries, queries
from backend.domain.jobs.errors import JobNotFound, JobOver
from backend.domain.jobs.operator_queries import SHOWN, Happening
from backend.domain.jobs.queries import JobView
from backend.domain.jobs.terms import JobState
from backend.http import health
from backend.http.lanes import Refusal

SAID = ("retried", "cancelled", "over")
MAX_FORM_BYTES = 16 << 10


async def _names(jobs: Sequence[JobView], happened: Sequence[Happening] = ()) -> dict[int, str]:
    """The names of who asked for some jobs, and of who did what happened. One statement."""
    ids = [job.owner_id for job in jobs] + [one.actor_id for one in happened]
    found = await accounts.people([id_ for id_ in ids if id_ is not None])
    return {id_: person.name for id_, person in found.items()}


def _before(request: Ask) -> int | None:
    given = request.query_params.get("before", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) <= 18 else None


def _state(request: Ask) -> JobState | None:
    given = request.query_params.get("state", "")
    return JobState(given) if given in list(JobState) else None


@get("/login", opt={"public": True})
async def login_form(request: Ask) -> Response[str]:
    """Ask who is there."""
    return login_page(request)


@post("/login", status_code=200, opt={"public": True, "lane": "passwords"}, middleware=[Refusal()])
async def log_in(request: Ask) -> Response[Any]:
    """Begin a session."""
    given = await GATE.form(request, None)
    visitor = await GATE.enter(request, given.get("email", ""), given.get("password", ""))
    said = elsewhere(request, PATH)
    said.cookies = [GATE.session_cookie(visitor), GATE.cookie(GATE.form_cookie_name, "")]
    return said


@post("/logout", status_code=200)
async def log_out(request: Ask) -> Response[Any]:
    """End the session, here and in the database."""
    visitor = await GATE.visitor(request)
    await GATE.form(request, visitor)
    await sessions.log_out(visitor.actor, None)
    said = elsewhere(request, f"{PATH}/login")
    said.cookies = [GATE.cookie(GATE.cookie_name, "")]
    return said


@get("/")
async def overview(request: Ask) -> Response[str]:
    """Show how everything does, and what waits for somebody."""
    visitor = await GATE.visitor(request)
    running = await operator_queries.jobs_page(visitor.actor, state=JobState.RUNNING, limit=SHOWN)
    parked = await operator_queries.jobs_page(visitor.actor, state=JobState.PARKED, limit=SHOWN)
    happened = await operator_queries.happenings(visitor.actor, limit=SHOWN)
    return page(
        request,
        visitor,
        "overview",
        health=await health.health(),
        backlog=await queries.backlog(),
        counts=await operator_queries.counted(visitor.actor),
        most=operator_queries.MOST_COUNTED,
        running=running,
        parked=parked,
        happened=happened,
        names=await _names(running.items + parked.items, happened.items),
    )


@get("/jobs")
async def list_jobs(request: Ask) -> Response[str]:
    """Show jobs by state and kind, the newest first. What the schedule has done is shown to who asks for it."""
    visitor = await GATE.visitor(request)
    kind = request.query_params.get("kind", "").replace("\0", "")[:60].strip()
    routine = "all" if request.query_params.get("routine") == "all" else ""
    found = await operator_queries.jobs_page(
        visitor.actor,
        state=_state(request),
        kind=kind,
        with_routine=bool(routine or kind),
        before=_before(request),
    )
    names = await _names(found.items)
    return page(request, visitor, "jobs", page=found, state=_state(request), kind=kind, routine=routine, names=names)


@get("/jobs/{number:str}")
async def show_job(request: Ask, number: FromPath[str]) -> Response[str]:
    """Show everything about a job."""
    visitor = await GATE.visitor(request)
    view = await queries.job(visitor.actor, _number(number))
    said = request.query_params.get("said", "")
    names = await _names([view])
    return page(request, visitor, "job", job=view, names=names, said=said if said in SAID else "")


Act = Callable[[Actor, int], Awaitable[JobView]]


async def _do(request: Ask, number: str, act: Act, said: str) -> Redirect:
    """Do something with a job, and lead to its page, which says whether that was done."""
    visitor = await GATE.visitor(request)
    await GATE.form(request, visitor)
    try:
        with acting_as(visitor.actor):
            await act(visitor.actor, _number(number))
    except JobOver:
        said = "over"
    return elsewhere(request, f"{PATH}/jobs/{_number(number)}", said=said)


@post("/jobs/{number:str}/retry", status_code=200)
async def retry_job(request: Ask, number: FromPath[str]) -> Redirect:
    """Bring a job back that gave up."""
    return await _do(request, number, commands.retry, "retried")


@post("/jobs/{number:str}/cancel", status_code=200)
async def cancel_job(request: Ask, number: FromPath[str]) -> Redirect:
    """Stop a job."""
    return await _do(request, number, commands.cancel, "cancelled")


@get("/activity")
async def list_activity(request: Ask) -> Response[str]:
    """Show what happened, the newest first."""
    visitor = await GATE.visitor(request)
    found = await operator_queries.happenings(visitor.actor, before=_before(request))
    return page(request, visitor, "activity", page=found, names=await _names([], found.items))


@get("/storage")
async def show_storage(request: Ask) -> Response[str]:
    """Show what storage is used for."""
    visitor = await GATE.visitor(request)
    count, size = await certificates.papers(visitor.actor)
    used = [*await files.usage(visitor.actor), files.Usage("certificate", count, size)]
    used.sort(key=lambda one: (-one.size_bytes, one.kind))
    return page(request, visitor, "storage", used=used, total=sum(one.size_bytes for one in used))


def _number(text: str) -> int:
    """Raises: JobNotFound for what is no number of a job."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise JobNotFound(ref=text[:20])
    return int(text)


ROUTER = Router(
    PATH,
    route_handlers=[
        overview,
        login_form,
        log_in,
        log_out,
        list_jobs,
        show_job,
        retry_job,
        cancel_job,
        list_activity,
        show_storage,
    ],
    opt={"public": False, "roles": (Role.ADMIN,)},
    include_in_schema=False,
    request_max_body_size=MAX_FORM_BYTES,
    exception_handlers=REFUSALS,
)
