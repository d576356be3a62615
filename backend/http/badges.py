"""An Open Badge for download: the signed credential, or a picture that carries it."""

from enum import StrEnum

from litestar import Response

from backend.http.media import content_disposition


class Form(StrEnum):
    """What is wanted."""

    JWT = "jwt"
    SVG = "svg"


_TYPES = {Form.JWT: "application/jwt", Form.SVG: "image/svg+xml"}


def badge_response(number: str, token: str, picture: str, form: Form) -> Response[bytes]:
    """The badge as a file named after the certificate."""
    headers = {
        "content-disposition": content_disposition("attachment", f"{number}.{form}"),
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
        "x-robots-tag": "noindex, nofollow",
    }
    content = token if form is Form.JWT else picture
    return Response(content.encode(), status_code=200, media_type=_TYPES[form], headers=headers)
