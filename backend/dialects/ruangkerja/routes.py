"""Path -> call -> shape, for every route of this contract."""

from typing import Any

from litestar import Controller, HttpMethod, Request, Response, get, route
from litestar.di import NamedDependency
from litestar.params import FromPath

from backend.core import clock
from backend.core.paging import Listing
from backend.dialects.ruangkerja import auth, docs
from backend.dialects.ruangkerja.envelope import Envelope, Listed, success
from backend.dialects.ruangkerja.paging import Page
from backend.dialects.ruangkerja.wire import BatchOut, CourseOut, Status, TokenIn, TokenOut, UserOut
from backend.domain.batches import schedule_queries as batches
from backend.domain.batches.errors import BatchNotFound
from backend.domain.batches.schedule_queries import ScheduledBatch
from backend.domain.batches.terms import CourseType
from backend.domain.clients import access
from backend.domain.courses import queries as courses
from backend.domain.grading import participant_queries as grading


@route(
    "/oauth/token",
    http_method=[HttpMethod.GET, HttpMethod.POST],
    status_code=200,
    opt={"public": True, "texts": docs.TOKEN},
    tags=["authentication"],
)
async def issue_token(request: Request[Any, Any, Any]) -> Response[Envelope[TokenOut]]:
    """Give a client a token for its secret; a GET has the same JSON body. Source: contract/partners.md 4.2."""
    asked, caller = TokenIn.read(await request.body()), auth.Caller(request)
    issued = await access.issue_token(
        asked.key(), scope=auth.SCOPE, address=caller.address, route=caller.route, lifetime_s=auth.TOKEN_LIFE_S
    )
    return Response(success(TokenOut.of(issued), "success"), headers={"Cache-Control": "no-store"})


class Courses(Controller):
    """Courses, their batches, and who is in them."""

    path = "/ruangkerja/dashboard/courses"
    tags = ("courses",)

    @get()
    async def fetch_all(
        self, page: NamedDependency[Page], name: NamedDependency[str | None]
    ) -> Envelope[Listed[CourseOut]]:
        """List courses by `page` and `pageSize`, at most 100; `name` is a part of a name. Source: 4.5."""
        paged = await courses.courses(Listing(offset=page.offset, limit=page.size, q=name))
        return success(page.listed([CourseOut.of(view) for view in paged.items], paged))

    @get("/{course_serial:str}/batches")
    async def fetch_batches(
        self, page: NamedDependency[Page], course_serial: FromPath[str]
    ) -> Envelope[Listed[BatchOut]]:
        """List the batches of a course by `page` and `pageSize`, at most 100. Source: seed, 4.4."""
        paged = await batches.batches_scheduled(course_serial, offset=page.offset, limit=page.size)
        return success(page.listed(BatchOut.all(paged.items), paged))

    @get("/{course_serial:str}/offline/{batch_serial:str}/users")
    async def fetch_offline_users(
        self, page_or_all: NamedDependency[Page], course_serial: FromPath[str], batch_serial: FromPath[str]
    ) -> Envelope[Listed[UserOut]]:
        """List who is in a batch that is taught on the spot. Source: 4.5."""
        batch = await _batch(course_serial, batch_serial, CourseType.OFFLINE)
        return success(await _users(course_serial, batch, page_or_all))

    @get("/{course_serial:str}/webinar/{batch_serial:str}/users")
    async def fetch_webinar_users(
        self, page_or_all: NamedDependency[Page], course_serial: FromPath[str], batch_serial: FromPath[str]
    ) -> Envelope[Listed[UserOut]]:
        """List who is in a batch that is taught over the net. Source: 4.5."""
        batch = await _batch(course_serial, batch_serial, CourseType.ONLINE)
        return success(await _users(course_serial, batch, page_or_all))


async def _batch(course_serial: str, batch_serial: str, kind: CourseType) -> ScheduledBatch:
    """A batch of a kind; here the two kinds are two resources. Raises: BatchNotFound, CourseNotFound."""
    batch = await batches.batch_scheduled(course_serial, batch_serial)
    if batch.course_type is not kind:
        raise BatchNotFound(ref=batch_serial)
    return batch


async def _users(course_serial: str, batch: ScheduledBatch, page: Page) -> Listed[UserOut]:
    paged = await grading.participants(batch.id, offset=page.offset, limit=page.size)
    status = Status.of(batch, clock.now())
    return page.listed([UserOut.of(person, course_serial, status) for person in paged.items], paged)
