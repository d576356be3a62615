"""Files of text as strangers make them: every encoding, control characters, nothing but structure, no end."""

import codecs

import pytest

from backend.domain.assessments.formats import aiken, gift_reader, moodle_reader
from backend.domain.assessments.formats.findings import Code, Format

GIFT = "Ça va, “anak-anak” 😀? {=ya ~tidak}"
AIKEN = "Ça va, “anak-anak” 😀?\nA. ya\nB. tidak\nANSWER: A\n"
XML = (
    "<quiz><question type='essay'><questiontext format='plain_text'><text>Ça va, “anak-anak” 😀?</text>"
    "</questiontext></question></quiz>"
)
TEXT = "Ça va, “anak-anak” 😀?"
READERS = {GIFT: gift_reader.read, AIKEN: aiken.read, XML: moodle_reader.read}
GOOD = {
    "utf-8": lambda text: text.encode(),
    "utf-8 with a mark": lambda text: text.encode("utf-8-sig"),
    "utf-16, little end first": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "utf-16, big end first": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "lines as on old machines": lambda text: text.replace("\n", "\r").encode(),
}


@pytest.mark.parametrize("file", READERS)
@pytest.mark.parametrize("name", GOOD)
def test_unicode_is_read_however_it_is_saved(file, name):
    found = READERS[file](GOOD[name](file))
    assert [finding.code for finding in found.findings] == []
    assert [asked.text for asked in found.questions] == [TEXT]


BAD = {
    "latin-1": ("Naïve? {T}\nA. à".encode("latin-1"), Code.NOT_UTF8),
    "windows": ("“Ya”? {T}\nA. x".encode("cp1252"), Code.NOT_UTF8),
    "two encodings": ("Naïve? {T}\n\n".encode() + "Naïve? {T}".encode("latin-1"), Code.NOT_UTF8),
    "utf-16 without a mark": ("A? {T}".encode("utf-16-le"), Code.CONTROL_CHARACTER),
    "utf-16 cut in the middle": ("A? {T}".encode("utf-16")[:-1], Code.NOT_UTF8),
    "half a pair": (codecs.BOM_UTF16_LE + b"\x3d\xd8" + "A? {T}".encode("utf-16-le"), Code.NOT_UTF8),
    "utf-32": ("A? {T}".encode("utf-32"), Code.CONTROL_CHARACTER),
    "too long a spelling": (b"A\xc0\xaf? {T}", Code.NOT_UTF8),
    "surrogates": (b"A\xed\xa0\xbd? {T}", Code.NOT_UTF8),
    "nothing but zeros": (b"\0" * 1000, Code.CONTROL_CHARACTER),
    "a zero": (b"A?\0 {T}", Code.CONTROL_CHARACTER),
    "an escape": (b"A?\x1b[2J {T}", Code.CONTROL_CHARACTER),
}


@pytest.mark.parametrize("read", [gift_reader.read, aiken.read])
@pytest.mark.parametrize("name", BAD)
def test_other_bytes_are_refused_and_not_guessed(read, name):
    content, code = BAD[name]
    found = read(content)
    assert found.findings[0].code is code
    assert found.questions == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (XML.replace("va", "\0").encode(), Code.XML_BROKEN),
        (XML.replace("va", "&#0;").encode(), Code.XML_BROKEN),
        (XML.replace("va", "&#27;").encode(), Code.XML_BROKEN),
        (b"\xc7" + XML.encode(), Code.XML_BROKEN),
        (b'<!DOCTYPE q [<!ENTITY % a SYSTEM "http://127.0.0.1/a">%a;]><quiz/>', Code.XML_FORBIDDEN),
        (b'<?xml version="1.0" encoding="utf-16"?><quiz/>', Code.XML_BROKEN),
        (b"<quiz>" + b"<question>" * 100 + b"</question>" * 100 + b"</quiz>", Code.XML_OTHER),
    ],
)
def test_documents_that_are_none(content, code):
    found = moodle_reader.read(content)
    assert code in {finding.code for finding in found.findings}
    assert found.questions == []


def test_a_declared_encoding_is_heard():
    document = '<?xml version="1.0" encoding="iso-8859-1"?>' + XML.replace("“anak-anak” 😀", "à")
    assert [asked.text for asked in moodle_reader.read(document.encode("latin-1")).questions] == ["Ça va, à?"]


ENDLESS = {
    "braces": (Format.GIFT, b"{" * 500_000, Code.BRACES),
    "escapes": (Format.GIFT, b"\\{" * 200_000, Code.KIND_UNSUPPORTED),
    "titles": (Format.GIFT, b"::a" * 200_000, Code.PART_UNSUPPORTED),
    "options": (Format.GIFT, b"A? {=b" + b"~a" * 20_000 + b"}", Code.KEY_UNFIT),
    "one line": (Format.GIFT, b"a" * 1_000_000 + b" {T}", Code.TEXT_TOO_LONG),
    "elements in a text": (Format.GIFT, b"[html]" + b"<b>" * 5_000 + b"x {T}", Code.KEY_UNFIT),
    "letters": (Format.AIKEN, b"A?\n" + b"A. x\n" * 50_000, Code.LETTERS_UNORDERED),
    "gaps": (
        Format.MOODLE_XML,
        b"<quiz><question type='cloze'><questiontext><text>" + b"{1:SA:=a}" * 2_000
        + b"</text></questiontext></question></quiz>",
        Code.KEY_UNFIT,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDLESS)
def test_nothing_but_structure_is_told_of(name):
    format_, content, code = ENDLESS[name]
    readers = {Format.GIFT: gift_reader.read, Format.AIKEN: aiken.read, Format.MOODLE_XML: moodle_reader.read}
    found = readers[format_](content)
    assert found.findings[0].code is code
    assert found.questions == []
    assert len(found.findings) <= 500
