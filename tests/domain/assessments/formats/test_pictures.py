"""Pictures inside Moodle XML: judged by what they are, named in texts, given out again."""

import base64
import io

import pytest
from PIL import Image

from backend.domain.assessments.formats import moodle_reader, pictures
from backend.domain.assessments.formats.findings import Asked, Findings, Format, Part, Picture, Severity
from backend.domain.assessments.formats.writing import written
from backend.domain.assessments.keys import WHOLE, Choice, EssayKey, SingleChoiceKey
from backend.domain.assessments.terms import TextFormat


def picture(kind="PNG", color="red", size=(3, 2), mode="RGB", **saved):
    out = io.BytesIO()
    Image.new(mode, size, color).save(out, kind, **saved)
    return out.getvalue()


def held(content, name="a b.png", path="/"):
    encoded = base64.b64encode(content).decode()
    return f'<file name="{name}" path="{path}" encoding="base64">\n{encoded[:40]}\n{encoded[40:]}</file>'


def document(text, inside="", more=""):
    return (
        f"<quiz><question type='essay'><questiontext format='html'><text><![CDATA[{text}]]></text>{inside}"
        f"</questiontext>{more}</question></quiz>"
    ).encode()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
@pytest.mark.parametrize("name", ["@@PLUGINFILE@@/a%20b.png", "@@PLUGINFILE@@/a b.png"])
def test_a_picture_comes_along(kind, name):
    content = picture(kind)
    found = moodle_reader.read(document(f'<p>Apa ini? <img src="{name}" alt="x"></p>', held(content)))
    assert found.findings == []
    (asked,) = found.questions
    assert asked.text == '<p>Apa ini? <img src="@@PICTURE@@/0000" alt="x"></p>'
    assert asked.files == ("@@PICTURE@@/0000",)
    assert found.pictures == [Picture(name="a b.png", content=content)]


def test_pictures_of_answers_and_as_data_come_along():
    data = "data:image/png;base64," + base64.b64encode(picture(color="blue")).decode()
    more = (
        f"<generalfeedback format='html'><text>&lt;img src='@@PLUGINFILE@@/x/y.png'&gt;</text>"
        f"{held(picture(), 'y.png', '/x/')}</generalfeedback>"
    )
    found = moodle_reader.read(document(f'<img src="{data}">', held(picture(), "y.png"), more))
    assert found.findings == []
    (asked,) = found.questions
    assert asked.files == ("@@PICTURE@@/0000", "@@PICTURE@@/0001")
    assert (asked.text, asked.explanation) == ('<img src="@@PICTURE@@/0001">', '<img src="@@PICTURE@@/0000">')


def test_what_was_written_beside_the_pixels_goes():
    exif = Image.Exif()
    exif[0x010E] = "rumah saya"
    found = moodle_reader.read(document("?", held(picture("JPEG", exif=exif))))
    assert b"rumah saya" not in found.pictures[0].content
    assert found.questions[0].files == ("@@PICTURE@@/0000",)


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        (held(b"GIF89a" + b"x" * 100), "not_a_picture"),
        (held(b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"), "not_a_picture"),
        (held(b"%PDF-1.4 %%EOF"), "not_a_picture"),
        (held(picture("BMP")), "not_a_picture"),
        (held(picture()[:-20]), "not_a_picture"),
        (held(picture() + b"<script>alert(1)</script>"), "not_a_picture"),
        (held(b""), "not_a_picture"),
        ('<file name="a.png" path="/" encoding="base64">!!!</file>', "damaged"),
        ('<file name="a.png" path="/" encoding="base64">iVBO</file>', "not_a_picture"),
        (held(picture(color=1, size=(8000, 7000), mode="1")), "too_many_pixels"),
        (held(picture() + b"\0" * pictures.PICTURE_MAX), "too_large"),
    ],
)
def test_other_files_are_told_and_not_taken(inside, reason):
    found = moodle_reader.read(document("Lihat.", inside))
    (finding,) = found.findings
    assert (finding.severity, finding.part) == (Severity.UNSUPPORTED, Part.FILES)
    assert finding.found.endswith(reason)
    assert found.pictures == []
    assert found.questions[0].files == ()


def test_pictures_that_have_not_come_along_are_told():
    for text in ('<img src="@@PLUGINFILE@@/b.png">', '<img src="data:image/svg+xml;utf8,x">'):
        parts = {finding.part for finding in moodle_reader.read(document(text)).findings}
        assert Part.FILES in parts


def test_there_are_not_too_many(monkeypatch):
    monkeypatch.setattr(pictures, "MOST_PICTURES", 2)
    inside = "".join(held(picture(color=color), f"{color}.png") for color in ("red", "green", "red", "blue"))
    found = moodle_reader.read(document("?", inside))
    assert (len(found.pictures), [finding.found for finding in found.findings]) == (2, ["blue.png too_many"])


@pytest.mark.parametrize("one", ["data:image/png;base64,AA ", ""])
def test_nothing_but_pictures_is_told_of(one):
    files = "" if one else held(picture()) * 3_000
    found = moodle_reader.read(document("x " + one * 20_000, files))
    assert (found.findings[-1].part, len(found.findings) <= 500, len(found.pictures) <= 1) == (Part.FILES, True, True)


ADDRESS = "/uploads/questions/2026/01/02/6f1f6a2e-9d3c-4f7e-8a51-0f6d2c4b3a10.png"
OTHER = "/uploads/questions/2026/01/02/6f1f6a2e-9d3c-4f7e-8a51-0f6d2c4b3a11.mp3"
ALBUM = {ADDRESS: Picture(name="one.png", content=picture())}


def test_pictures_are_given_out_where_they_are_named():
    options = (
        Choice(text=f'<img src="{ADDRESS}">', fraction=WHOLE, feedback=f'<b>ya</b> <img src="{ADDRESS}">'),
        Choice(text="bukan"),
    )
    asked = Asked(
        line=1, text="Mana?", text_format=TextFormat.HTML, key=SingleChoiceKey(options=options), files=(ADDRESS,)
    )
    found = Findings()
    content = written(Format.MOODLE_XML, [asked], found, ALBUM)
    assert found.kept == []
    assert content.count(b"<file name=") == 2
    read = moodle_reader.read(content)
    assert (read.findings[0].part, len(read.findings), read.pictures) == (Part.NAME, 1, [ALBUM[ADDRESS]])
    again = pictures.renamed(read.questions[0], {pictures.token(0): ADDRESS})
    assert [option.text for option in again.key.options] == [option.text for option in options]
    assert (again.key.options[0].feedback, again.files) == (options[0].feedback, (ADDRESS,))


TOLD = {
    Format.XLSX: [],
    Format.AIKEN: [None],
    Format.GIFT: [Part.FILES],
    Format.MOODLE_XML: [Part.FILES, Part.VIEW],
}


@pytest.mark.parametrize("format_", Format)
def test_files_that_cannot_go_along_are_told(format_):
    asked = Asked(line=1, text="Dengar.", key=EssayKey(), files=(ADDRESS, OTHER))
    found = Findings()
    content = written(format_, [asked], found, ALBUM)
    assert [finding.part for finding in found.kept] == TOLD[format_]
    assert (b"one.png" in content) is (format_ is Format.MOODLE_XML)
