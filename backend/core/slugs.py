"""Slugs: the names of things in addresses. Made from a title once, unique in their table, never changed."""

import re
import unicodedata

from backend.core import db

_LONGEST = 180
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")


def slug_of(title: str, otherwise: str) -> str:
    """A title in small letters, digits and hyphens; `otherwise` when nothing of it is left."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return _NOT_PLAIN.sub("-", plain).strip("-")[:_LONGEST].strip("-") or otherwise


def first_free(slug: str, taken: set[str]) -> str:
    """The slug, or the first of slug-1, slug-2 … that is not taken."""
    number, free = 0, slug
    while free in taken:
        number += 1
        free = f"{slug}-{number}"
    return free


async def claim_slug(table: str, title: str) -> str:
    """A slug that is free in a table until the open transaction ends: whoever else asks for that table waits.

    `table` is one of our own names, with a column `slug`. Two statements.
    """
    async with db.transaction():
        await db.fetch("SELECT pg_advisory_xact_lock(hashtext($1))", f"slug:{table}")
        slug = slug_of(title, table)
        rows = await db.fetch(f"SELECT slug FROM {table} WHERE slug = $1 OR slug LIKE $1 || '-%'", slug)  # noqa: S608 - our names
        return first_free(slug, {row["slug"] for row in rows})
