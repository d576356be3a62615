"""Questions as a file of any of the formats. Blocks: call it in a thread."""

from collections.abc import Sequence

from backend.domain.assessments.formats import aiken, gift_writer
from backend.domain.assessments.formats.findings import Asked, Findings, Format


def written(format_: Format, questions: Sequence[Asked], found: Findings) -> bytes:
    """The file's bytes; what the format cannot say is found, and left out."""
    if format_ is Format.AIKEN:
        return aiken.write(questions, found).encode()
    return gift_writer.write(questions, found).encode()
