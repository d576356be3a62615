"""Questions as a file of any of the formats. Blocks: call it in a thread."""

from collections.abc import Mapping, Sequence

from backend.domain.assessments.formats import aiken, excel_writer, gift_writer, moodle_writer, reading_back
from backend.domain.assessments.formats.findings import Asked, Findings, Format, Picture


def written(
    format_: Format, questions: Sequence[Asked], found: Findings, album: Mapping[str, Picture] | None = None
) -> bytes:
    """The file's bytes; what the format cannot say is found, and left out, so that all the rest comes back the same.

    `album`: the bytes of the questions' pictures by their addresses, for a format that takes them in.
    """
    questions = reading_back.sayable(format_, questions, found, album or {})
    if format_ is Format.XLSX:
        return excel_writer.write(questions, found)
    if format_ is Format.MOODLE_XML:
        return moodle_writer.write(questions, found, album).encode()
    write = aiken.write if format_ is Format.AIKEN else gift_writer.write
    return write(questions, found).encode()
