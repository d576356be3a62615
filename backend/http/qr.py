"""QR pictures of short texts, drawn for one reader and one moment."""

import io

import segno
from litestar import Response

SVG = "image/svg+xml"
PNG = "image/png"
_INK = "#14284b"
_HEADERS = {"cache-control": "no-store"}


def svg(text: str) -> Response[bytes]:
    """A picture that can be made as large as a wall."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", border=4, dark=_INK, light="white", scale=8)
    return Response(out.getvalue(), media_type=SVG, headers=_HEADERS)


def png(text: str) -> Response[bytes]:
    """The same as pixels, ten to a dot."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="png", border=4, dark=_INK, light="white", scale=10)
    return Response(out.getvalue(), media_type=PNG, headers=_HEADERS)
