"""What can be done with blogs. Pictures that nothing shows any more are removed by `files`."""

from typing import Any

from msgspec import UNSET, structs
from piccolo.columns import Column

from backend.core import cleaning, clock, db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.errors import Broken
from backend.core.ids import Ref
from backend.core.outbox import Deed, emit
from backend.core.slugs import claim_slug
from backend.domain.blogs import queries, rules
from backend.domain.blogs.errors import BlogKeptByAdmins, BlogNotFound, ContentUnfit
from backend.domain.blogs.events import BlogChanged
from backend.domain.blogs.queries import BlogView
from backend.domain.blogs.tables import Blog
from backend.domain.blogs.terms import BlogChanges, NewBlog
from backend.domain.files import commands as files
from backend.domain.files.terms import OwnerKind


async def create_blog(actor: Actor, new: NewBlog) -> BlogView:
    """Publish an article. Its slug comes from the title and never changes; its content is cleaned.

    Raises: BlogKeptByAdmins, ContentUnfit, FileNotFound, FileNotReady.
    Emits: BlogChanged.
    """
    _admins_only(actor)
    values = {**structs.asdict(new), "content": _cleaned(new.content)}
    async with transaction():
        blog = Blog(**values, slug=await claim_slug("blog", new.title), author_id=actor.account_id)
        await blog.save()
        return await _told(actor, blog.id, Deed.CREATED)


async def update_blog(actor: Actor, ref: Ref, changes: BlogChanges) -> BlogView:
    """Change an article; its slug stays.

    Raises: BlogKeptByAdmins, BlogNotFound, ContentUnfit, FileNotFound, FileNotReady.
    Emits: BlogChanged.
    """
    _admins_only(actor)
    values: dict[Column | str, Any] = {
        name: value for name, value in structs.asdict(changes).items() if value is not UNSET
    }
    if changes.content is not UNSET:
        values["content"] = _cleaned(changes.content)
    async with transaction():
        blog_id = await _lock(ref)
        await Blog.update({**values, Blog.updated_at: clock.now()}).where(Blog.id == blog_id)
        return await _told(actor, blog_id, Deed.UPDATED)


async def delete_blog(actor: Actor, ref: Ref) -> None:
    """Take an article away, with its pictures.

    Raises: BlogKeptByAdmins, BlogNotFound.
    Emits: BlogChanged.
    """
    _admins_only(actor)
    async with transaction():
        blog_id = await _lock(ref)
        title = await db.value("DELETE FROM blog WHERE id = $1 RETURNING title", blog_id)
        await files.detach(OwnerKind.BLOG, blog_id)
        await emit(BlogChanged(blog_id, Deed.REMOVED, title))


async def _told(actor: Actor, blog_id: int, deed: Deed) -> BlogView:
    """Let exactly the uploads that an article shows belong to it, and tell what became of it."""
    blog = await queries.blog(blog_id)
    await files.replace(actor, [blog.image, *rules.addresses(blog.content)], OwnerKind.BLOG, blog_id)
    await emit(BlogChanged(blog_id, deed, blog.title))
    return blog


def _cleaned(html: str) -> str:
    cleaned = "" if cleaning.is_too_deep(html) else cleaning.clean(html)
    if cleaning.is_empty(cleaned):
        raise ContentUnfit(fields={"content": Broken("invalid")})
    return cleaned


async def _lock(ref: Ref) -> int:
    found = await db.lock("blog", ref)
    if found is None:
        raise BlogNotFound(ref=str(ref))
    return found


def _admins_only(actor: Actor) -> None:
    if not actor.is_admin:
        raise BlogKeptByAdmins
