"""Blogs: who may write them, and what happens to the pictures they show."""

import pytest

from backend.core import db
from backend.core.ids import new_uuid
from backend.domain.blogs import commands, queries
from backend.domain.blogs.errors import BlogKeptByAdmins, BlogNotFound, ContentUnfit
from backend.domain.blogs.terms import BlogChanges, NewBlog
from backend.domain.files.errors import FileNotFound
from tests.domain.courses.test_commands import a_picture, states
from tests.people import Person


def a_blog(**values: str) -> NewBlog:
    return NewBlog(
        **{"title": "T", "description": "D", "content": "<p>C</p>", "image": "https://x.example/a", **values}
    )


async def test_pictures_that_nothing_shows_any_more_are_removed(admin: Person):
    cover, inside, other = [await a_picture(admin.id) for _ in range(3)]
    blog = await commands.create_blog(admin.actor, a_blog(image=cover, content=f'<p><img src="{inside}">x</p>'))
    assert await states() == ["stored"] * 3
    await commands.update_blog(admin.actor, blog.id, BlogChanges(title="Only the title"))
    assert await states() == ["stored"] * 3
    changed = await commands.update_blog(admin.actor, blog.id, BlogChanges(image=other))
    assert (changed.image, await states()) == (other, ["removed", "stored", "stored"])
    await commands.update_blog(admin.actor, blog.id, BlogChanges(content="<p>words</p>"))
    assert await states() == ["removed", "removed", "stored"]
    await commands.delete_blog(admin.actor, blog.uuid)
    assert await states() == ["removed"] * 3
    assert await db.value("SELECT count(*) FROM discarded_object") == 3


async def test_a_picture_of_nobodys_is_refused_and_nothing_is_kept(admin: Person):
    missing = f"/uploads/blog/2026/01/02/{new_uuid()}.png"
    with pytest.raises(FileNotFound):
        await commands.create_blog(admin.actor, a_blog(image=missing))


async def test_content_is_clean_and_never_empty(admin: Person):
    blog = await commands.create_blog(admin.actor, a_blog(content="<p onclick=x>a<script>b</script></p>"))
    assert blog.content == "<p>a</p>"
    for content in ("<script>x</script>", "<div>" * 5000):
        with pytest.raises(ContentUnfit):
            await commands.create_blog(admin.actor, a_blog(content=content))
        with pytest.raises(ContentUnfit):
            await commands.update_blog(admin.actor, blog.id, BlogChanges(content=content))


async def test_only_admins_write(teacher: Person):
    for act in (
        commands.create_blog(teacher.actor, a_blog()),
        commands.update_blog(teacher.actor, 1, BlogChanges()),
        commands.delete_blog(teacher.actor, 1),
    ):
        with pytest.raises(BlogKeptByAdmins):
            await act


async def test_a_blog_that_is_not_there(admin: Person):
    for act in (
        queries.blog("nothing"),
        commands.update_blog(admin.actor, new_uuid(), BlogChanges()),
        commands.delete_blog(admin.actor, 987654),
    ):
        with pytest.raises(BlogNotFound):
            await act


async def test_who_was_removed_is_not_named(admin: Person):
    blog = await commands.create_blog(admin.actor, a_blog())
    assert blog.author == admin.name
    await db.statement("UPDATE account SET removed_at = now()")
    assert (await queries.blog(blog.slug)).author is None
