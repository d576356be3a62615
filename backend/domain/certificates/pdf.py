"""The certificate on paper: plain values and pictures in, PDF bytes out. No database, no clock, one source file.

Everything here is synchronous and takes milliseconds of a processor: call it in a thread.
"""

import base64
import io
from collections.abc import Mapping
from datetime import UTC, datetime, time
from html import escape
from pathlib import Path

import msgspec
import segno

from backend.core.dates import period, spoken
from backend.core.typeset import NOTHING, printable, typeset
from backend.domain.certificates.terms import CertificatePaper, Design, Picture

_SOURCE = Path(__file__).with_name("certificate.typ")
_MASK = 2


def render(view: CertificatePaper, pictures: Mapping[str, bytes] | None = None, *, is_draft: bool = False) -> bytes:
    """Draw the certificate: one page to hang on the wall, and from the second page on what was learnt.

    The same values give the same bytes, in any process on any day: the only date inside is `issued_on`.
    The values are text to the source and are never evaluated. `pictures` are those of the design by object key; a
    draft says on every page that it is none. The file is PDF/UA-1; only a name with characters that no font of ours
    has comes as plain tagged PDF, because the standard forbids blanks. Threads take turns.
    """
    inputs = {"paper": msgspec.json.encode(shown(view, pictures, is_draft=is_draft)).decode()}
    return typeset(_SOURCE, inputs, datetime.combine(view.issued_on, time(), tzinfo=UTC))


def draft(paper: bytes, pictures: dict[str, bytes]) -> bytes:
    """Draw a draft. Shape: `paper` is a CertificatePaper as JSON; for a child process, which is told plain values."""
    return render(msgspec.json.decode(paper, type=CertificatePaper), pictures, is_draft=True)


def shown(
    view: CertificatePaper, pictures: Mapping[str, bytes] | None = None, *, is_draft: bool = False
) -> dict[str, object]:
    """Put the values into the words of the source, see the head of certificate.typ."""
    plain = ("number", "holder_name", "course_title", "batch_title", "place")
    names = ("school_name", "verify_url")
    return {
        **{field: printable(getattr(view, field)) for field in plain + names},
        "issued_on": spoken(view.issued_on),
        "issued": [view.issued_on.year, view.issued_on.month, view.issued_on.day],
        "expires_on": spoken(view.expires_on) if view.expires_on else "",
        "period": period(view.start_on, view.end_on),
        "qr": _qr(view.verify_url),
        "hours": _hours(sum(topic.hours for topic in view.topics)),
        "topics": [
            [printable(topic.title), spoken(topic.held_on) if topic.held_on else NOTHING, _hours(topic.hours)]
            for topic in view.topics
        ],
        "is_draft": is_draft,
        **_look(view, view.design, pictures or {}),
    }


def _look(view: CertificatePaper, design: Design, pictures: Mapping[str, bytes]) -> dict[str, object]:
    signing = [(one.name, one.title, one.image) for one in design.signatories]
    return {
        "background": _picture(design.background, pictures),
        "fields": {str(name): msgspec.to_builtins(place) for name, place in design.fields.items()},
        "texts": {name: printable(text) if text else "" for name, text in msgspec.structs.asdict(design.texts).items()},
        "signatories": [
            {"name": printable(name), "title": printable(title), "image": _picture(image, pictures)}
            for name, title, image in signing or [(view.signatory_name, view.signatory_title, None)]
        ],
    }


def _picture(picture: Picture | None, pictures: Mapping[str, bytes]) -> str:
    """A picture as SVG text, since typst's inputs are text; its bytes are only decoded, as pixels.

    Raises: KeyError, when its bytes are not among the pictures.
    """
    if picture is None:
        return ""
    size = f'width="{picture.width}" height="{picture.height}"'
    data = base64.b64encode(pictures[picture.object_key]).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
        f'<image {size} href="data:{escape(picture.content_type)};base64,{data}"/></svg>'
    )


def _hours(hours: float) -> str:
    """Write hours as Indonesians do, with a comma and no empty decimals."""
    return f"{hours:.2f}".rstrip("0").rstrip(".").replace(".", ",") if hours else NOTHING


def _qr(url: str) -> str:
    """Draw the code. Trying all eight masks takes a fifth as long as drawing the page, so that one is given.

    Readers know them all; by the standard's own measure this one is within 1 % of the best for our addresses.
    """
    out = io.BytesIO()
    segno.make(url, error="m", micro=False, mask=_MASK).save(out, kind="svg", border=0, dark="#14284b", xmldecl=False)
    return out.getvalue().decode()
