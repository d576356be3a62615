"""Where the certificate page gets its data: the one place that ties it to the domain."""

from collections.abc import Awaitable, Callable

from backend.dialects.site.pages import Certificate

Lookup = Callable[[str], Awaitable[Certificate | None]]


async def certificate(reference: str) -> Certificate | None:
    """Find a certificate by its number or uuid. None for anything unknown."""
    return None
