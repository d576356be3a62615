"""A certificate's template on paper, before anything is issued: drawn in a child process, never in this one."""

from typing import Any

import msgspec
from litestar import Response

from backend.core import confined
from backend.domain.certificates.errors import DesignUnfit
from backend.domain.certificates.terms import CertificatePaper
from backend.http import shared
from backend.http.media import content_disposition

MEMORY_BYTES = 3 << 30
"""Of addresses, most of which the drawing's threads reserve and never use."""
WALL_S = 30.0


async def draft(paper: CertificatePaper) -> Response[Any]:
    """A PDF that says on every page that it is a draft. It has no number, is not signed, and is not kept.

    Raises: DesignUnfit, ObjectGone, StorageDown.
    """
    pictures = {one.object_key: await shared.whole(one.object_key) for one in paper.design.pictures}
    try:
        drawn = await confined.run(
            "backend.domain.certificates.pdf:draft",
            msgspec.json.encode(paper),
            pictures,
            returns=bytes,
            memory_bytes=MEMORY_BYTES,
            wall_s=WALL_S,
        )
    except (confined.Died, confined.TimedOut) as broken:
        raise DesignUnfit(reason=str(broken.args[0])) from broken
    headers = {
        "content-disposition": content_disposition("inline", "contoh.pdf"),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return Response(drawn, status_code=200, media_type="application/pdf", headers=headers)
