"""Path -> call -> shape. Every path is answered with and without a slash at its end.

Source: seed 002; contract/partners.md 3.2, 3.4, 3.5.
"""

from typing import Any
from urllib.parse import quote

from litestar import HttpMethod, Request, Response, post, route
from litestar.exceptions import NotFoundException
from litestar.openapi import ResponseSpec
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler, Scope

from backend.dialects.learning360 import auth, docs, lists
from backend.dialects.learning360.ids import Kind, is_id, read
from backend.dialects.learning360.lists import Ask
from backend.dialects.learning360.wire import Session, Template, Token, User, UserStats
from backend.domain.batches import queries as batches
from backend.domain.courses import whole_queries as courses
from backend.domain.enrolments import batch_queries as whole

PROGRAMS = "/api/v1/programs"
SESSIONS = f"{PROGRAMS}/sessions"
READ = [HttpMethod.GET, HttpMethod.HEAD]
STRUCTS: dict[str, Any] = {"sends": ()}
"""For answers whose bytes are made of structs, one after the other, and not of a file."""


LEADS: dict[str, Any] = {"public": True, "leads": True}
"""For answers that only lead elsewhere; whether somebody may read it, is told there."""


def a_list_of(type_: type) -> dict[int, ResponseSpec]:
    """What the documentation says of a list."""
    return {
        200: ResponseSpec(list[type_], generate_examples=False, description="All of them."),  # type: ignore[valid-type]
        304: ResponseSpec(None, description="The caller has it already."),
    }


@route(SESSIONS, http_method=READ, opt=STRUCTS, responses=a_list_of(Session))
async def sessions(request: Ask) -> Response[None]:
    """List every batch that is not archived. Source: seed 002."""
    mark = await whole.mark_of_whole_batches()
    return lists.send(request, lambda: lists.array(whole.every_whole_batch(), Session.of), mark)


@route(f"{SESSIONS}/{{ref:str}}", http_method=READ)
async def session(ref: FromPath[str]) -> Session:
    """Show a batch, an archived one too."""
    return Session.of(await whole.whole_batch(read(Kind.SESSION, ref)))


@route(f"{SESSIONS}/{{ref:str}}/users", http_method=READ, opt=STRUCTS, responses=a_list_of(User))
async def users(request: Ask, ref: FromPath[str]) -> Response[None]:
    """List who is in a batch."""
    batch = await batches.batch(read(Kind.SESSION, ref))
    return lists.send(request, lambda: lists.users(batch.id))


@route(f"{SESSIONS}/{{ref:str}}/stats", http_method=READ, opt=STRUCTS, responses=a_list_of(UserStats))
async def stats(request: Ask, ref: FromPath[str]) -> Response[None]:
    """Tell how those fare who are in a batch, or were."""
    batch = await batches.batch(read(Kind.SESSION, ref))
    return lists.send(request, lambda: lists.stats(batch.id, batch.title))


@route(f"{PROGRAMS}/templates", http_method=READ, opt=STRUCTS, responses=a_list_of(Template))
async def templates(request: Ask) -> Response[None]:
    """List every course that is not archived."""
    return lists.send(request, lambda: lists.array(courses.every_whole_course(), Template.of))


@route(f"{PROGRAMS}/templates/{{ref:str}}", http_method=READ)
async def template(ref: FromPath[str]) -> Template:
    """Show a course, an archived one too."""
    return Template.of(await courses.whole_course(read(Kind.TEMPLATE, ref)))


@route(PROGRAMS, http_method=READ, status_code=302, opt=LEADS)
async def programs(request: Ask) -> Redirect:
    """Lead to the list of sessions, as the seed says."""
    return _lead_to(SESSIONS, request.scope)


@route(f"{PROGRAMS}/{{ref:str}}", http_method=READ, status_code=302, opt=LEADS)
async def program(request: Ask, ref: FromPath[str]) -> Redirect:
    """Lead to a session by its id; whether there is one, is told there."""
    if not is_id(ref):
        raise NotFoundException
    return _lead_to(f"{SESSIONS}/{ref}", request.scope)


@post("/api/v2/oauth2/token", status_code=200, opt={"public": True, "texts": docs.TOKEN})
async def token(request: Request[Any, Any, Any]) -> Token:
    """Give a token for a company's id and key."""
    issued = await auth.grant(request)
    return Token("Bearer", issued.token, str(issued.lifetime_s))


def _lead_to(path: str, scope: Scope) -> Redirect:
    """Redirect within this very host, with the query as it came: there are credentials in it."""
    query = quote(scope.get("query_string", b""), safe="%&=+-._~!$'()*,;:@/?")
    return Redirect(f"{path}?{query}" if query else path, status_code=302)


HANDLERS: list[ControllerRouterHandler] = [
    sessions, session, users, stats, templates, template, programs, program, token,
]  # fmt: skip
