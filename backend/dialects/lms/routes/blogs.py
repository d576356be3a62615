"""Blogs. Source: contract section 2.4."""

from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, success, success_list
from backend.dialects.lms.wire.blogs import BlogIn, BlogOut, BlogUpdateIn
from backend.domain.blogs import commands as blogs
from backend.domain.blogs import queries


class Blogs(Controller):
    """What the school writes about."""

    path = "/blogs"

    @get(opt={"public": True})
    async def fetch_all(self, listing: NamedDependency[Listing]) -> ListEnvelope[BlogOut]:
        """List articles."""
        paged = await queries.blogs(listing)
        return success_list("Blogs fetched", [BlogOut.of(blog) for blog in paged.items], paged, listing)

    @get("/{ref:str}", opt={"public": True, "failure": "Blog Doesn't Exist"})
    async def fetch(self, ref: FromPath[str]) -> Envelope[BlogOut]:
        """Show an article by its slug."""
        blog = await queries.blog(ref)
        return success("Blog fetched", BlogOut.of(blog))

    @post(opt={"roles": auth.ADMIN, "failure": "Gagal membuat blog"})
    async def create(self, actor: NamedDependency[Actor], data: JSONBody[BlogIn]) -> Envelope[BlogOut]:
        """Publish an article."""
        blog = await blogs.create_blog(actor, data.new())
        return success("Sukses membuat blog", BlogOut.of(blog))

    @put("/{ref:str}", opt={"roles": auth.ADMIN, "failure": "Failed to update blog"})
    async def update(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[BlogUpdateIn]
    ) -> Envelope[BlogOut]:
        """Change an article; its slug stays."""
        blog = await blogs.update_blog(actor, parse_uuid(ref), data.changes())
        return success("Blog updated successfully", BlogOut.of(blog))

    @delete("/{ref:str}", status_code=200, opt={"roles": auth.ADMIN, "failure": "Failed to delete blog"})
    async def remove(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[None]:
        """Take an article away."""
        await blogs.delete_blog(actor, parse_uuid(ref))
        return success("Blog deleted successfully", None)
