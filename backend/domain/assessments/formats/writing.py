"""Questions as a file of any of the formats. Blocks: call it in a thread."""

from collections.abc import Callable, Sequence

from backend.domain.assessments.formats import aiken, excel_writer, gift_writer, moodle_writer, reading_back
from backend.domain.assessments.formats.findings import Asked, Findings, Format

_TEXTS: dict[Format, Callable[[Sequence[Asked], Findings], str]] = {
    Format.AIKEN: aiken.write,
    Format.GIFT: gift_writer.write,
    Format.MOODLE_XML: moodle_writer.write,
}


def written(format_: Format, questions: Sequence[Asked], found: Findings) -> bytes:
    """The file's bytes; what the format cannot say is found, and left out, so that all the rest comes back the same."""
    questions = reading_back.sayable(format_, questions, found)
    if format_ is Format.XLSX:
        return excel_writer.write(questions, found)
    return _TEXTS[format_](questions, found).encode()
