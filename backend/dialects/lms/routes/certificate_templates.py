"""How certificates look and how long they hold. Ours."""

from typing import Any

from litestar import Controller, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.dialects.lms import auth, drafts
from backend.dialects.lms.envelope import Envelope, success
from backend.dialects.lms.wire.certificate_templates import TemplateIn, TemplateOut, ValidityIn, ValidityOut
from backend.domain.certificates import template_commands, template_queries


class CertificateTemplates(Controller):
    """The template of a course."""

    path = "/courses/{course_id:str}/certificate-template"
    tags = ("certificates",)

    @get(opt={"roles": auth.ADMIN})
    async def show(self, actor: NamedDependency[Actor], course_id: FromPath[str]) -> Envelope[TemplateOut]:
        """See how certificates of a course look."""
        view = await template_queries.template(actor, parse_uuid(course_id))
        return success("Certificate template fetched successfully", TemplateOut.of(view))

    @put(status_code=200, opt={"roles": auth.ADMIN})
    async def choose(
        self, actor: NamedDependency[Actor], course_id: FromPath[str], data: JSONBody[TemplateIn]
    ) -> Envelope[TemplateOut]:
        """Choose how certificates of a course look from now on; what was issued stays as it is."""
        view = await template_commands.choose_template(actor, parse_uuid(course_id), data.look())
        return success("Certificate template saved successfully", TemplateOut.of(view))

    @get("/versions", opt={"roles": auth.ADMIN})
    async def versions(self, actor: NamedDependency[Actor], course_id: FromPath[str]) -> Envelope[list[TemplateOut]]:
        """See what was chosen before, the newest first."""
        views = await template_queries.versions(actor, parse_uuid(course_id))
        return success("Certificate templates fetched successfully", [TemplateOut.of(view) for view in views])

    @get("/preview", opt={"roles": auth.ADMIN, "lane": None, "sends": ("application/pdf",)})
    async def preview(
        self, actor: NamedDependency[Actor], course_id: FromPath[str], version: FromQuery[int] = 0
    ) -> Response[Any]:
        """Draw what was chosen, or one of its versions, as a draft."""
        paper = await template_queries.sample(actor, parse_uuid(course_id), None, version)
        return await drafts.draft(paper)

    @post(
        "/preview",
        status_code=200,
        opt={"roles": auth.ADMIN, "lane": None, "sends": ("application/pdf",), "no_idempotency": True},
    )
    async def try_out(
        self, actor: NamedDependency[Actor], course_id: FromPath[str], data: JSONBody[TemplateIn]
    ) -> Response[Any]:
        """Draw a template that is not chosen yet, as a draft."""
        paper = await template_queries.sample(actor, parse_uuid(course_id), data.look())
        return await drafts.draft(paper)


class CertificateValidity(Controller):
    """For how long certificates of a batch hold."""

    path = "/batches/{batch_id:str}/certificate-validity"
    tags = ("certificates",)

    @get(opt={"roles": auth.ADMIN})
    async def show(self, actor: NamedDependency[Actor], batch_id: FromPath[str]) -> Envelope[ValidityOut]:
        """See for how long certificates of a batch will hold."""
        view = await template_queries.validity(actor, parse_uuid(batch_id))
        return success("Certificate validity fetched successfully", ValidityOut.of(view))

    @put(status_code=200, opt={"roles": auth.ADMIN})
    async def choose(
        self, actor: NamedDependency[Actor], batch_id: FromPath[str], data: JSONBody[ValidityIn]
    ) -> Envelope[ValidityOut]:
        """Choose for how long certificates of a batch will hold, whatever the course says."""
        view = await template_commands.choose_validity(actor, parse_uuid(batch_id), data.valid_months)
        return success("Certificate validity saved successfully", ValidityOut.of(view))

    @delete(status_code=200, opt={"roles": auth.ADMIN})
    async def follow(self, actor: NamedDependency[Actor], batch_id: FromPath[str]) -> Envelope[ValidityOut]:
        """Let the course say again for how long certificates of a batch hold."""
        view = await template_commands.follow_course(actor, parse_uuid(batch_id))
        return success("Certificate validity saved successfully", ValidityOut.of(view))
