"""The words and the markup of the pages, without HTTP."""

from html.parser import HTMLParser

import msgspec
import pytest

from backend.dialects.site.pages import (
    render_file,
    render_home,
    render_missing,
    render_page,
    render_refused,
    render_search,
)
from backend.dialects.site.words import WORDS, spoken_language
from tests.dialects.site.samples import EXPIRED, REPLACED, REVOKED, VALID

VOID = {"meta", "link", "input", "br", "img"}
SCHOOL = "Sekolah Pajak Nusantara"
VERDICTS = ("genuine", "changed", "foreign", "unreadable")


class Page(HTMLParser):
    """Reads a page: text, tags and their attributes. Complains about tags that do not match."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.text = [], [], ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text = " ".join(f"{self.text} {data}".split())

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def every_page(lang):
    return [
        render_page(VALID, lang, school=SCHOOL),
        render_page(REVOKED, lang, school=SCHOOL),
        render_page(EXPIRED, lang, school=SCHOOL),
        render_page(REPLACED, lang, school=SCHOOL),
        render_page(None, lang, school=SCHOOL, reference="X-1"),
        *(render_file(verdict, None, lang, school=SCHOOL) for verdict in VERDICTS),
        *(render_file(verdict, VALID, lang, school=SCHOOL) for verdict in VERDICTS),
        render_refused("too_large", lang, school=SCHOOL),
        render_search(lang, school=SCHOOL),
        render_home(lang, school=SCHOOL),
        render_missing(lang, school=SCHOOL),
    ]


def test_both_languages_say_everything():
    assert WORDS["id"].keys() == WORDS["en"].keys()
    assert all(text.strip() for table in WORDS.values() for text in table.values())


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("id", ("Sertifikat ini sah", "3 Agustus \N{EN DASH} 30 Oktober 2026", "2 November 2026", "Unduh PDF")),
        (
            "en",
            ("This certificate is valid", "3 August \N{EN DASH} 30 October 2026", "2 November 2026", "Download PDF"),
        ),
    ],
)
def test_a_valid_certificate_shows_what_is_on_it(lang, said):
    page = Page(render_page(VALID, lang, school=SCHOOL))
    facts = (VALID.number, VALID.holder_name, VALID.course_title, VALID.batch_title, VALID.school_name)
    for text in facts + said:
        assert text in page.text
    assert {"class": "button", "href": VALID.pdf_url, "download": None} in page.all("a")


def test_the_file_is_offered_only_where_it_may_be_fetched():
    page = Page(render_page(msgspec.structs.replace(VALID, pdf_url=None), "id"))
    assert "Unduh" not in page.text


@pytest.mark.parametrize(
    ("lang", "said"),
    [("id", ("dicabut", "20 November 2026", "Alasan")), ("en", ("revoked", "20 November 2026", "Reason"))],
)
def test_a_revoked_certificate_says_when_and_why(lang, said):
    page = Page(render_page(REVOKED, lang, school=SCHOOL))
    for text in (REVOKED.revoked_reason, REVOKED.number, *said):
        assert text in page.text
    assert WORDS[lang]["valid"] not in page.text
    assert WORDS[lang]["pdf"] not in page.text


@pytest.mark.parametrize("lang", ["id", "en"])
def test_an_unknown_number_is_said_to_be_unknown_and_no_more(lang):
    page = Page(render_page(None, lang, school=SCHOOL, reference="X-1"))
    assert WORDS[lang]["unknown"] in page.text
    assert "X-1" in page.text
    assert page.all("dl") == []


@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_page_is_whole_and_fetches_only_from_here(lang):
    for html in every_page(lang):
        page = Page(html)
        assert page.all("html") == [{"lang": lang}]
        assert len(page.all("h1")) == 1
        assert len(page.all("main")) == 1
        assert page.all("script") == page.all("style") == page.all("img") == []
        for tag, attrs in page.tags:
            address = attrs.get("href") or attrs.get("src") or attrs.get("action") or "/"
            assert address.startswith(("/", "?", "#")), (tag, address)
            assert not address.startswith("//")
            assert "style" not in attrs
            assert not any(name.startswith("on") for name in attrs)
        labels = {attrs["for"] for attrs in page.all("label")}
        assert labels == {attrs["id"] for attrs in page.all("input") if attrs.get("type") != "hidden"}


def test_certificates_ask_search_engines_to_stay_away():
    for view in (VALID, REVOKED, None):
        assert {"name": "robots", "content": "noindex, nofollow"} in Page(render_page(view, "id")).all("meta")


@pytest.mark.parametrize(
    "field", ["number", "holder_name", "course_title", "batch_title", "school_name", "revoked_reason"]
)
def test_values_are_text_and_never_markup(field):
    evil = '"><script>alert(1)</script><img src=x onerror=y>{{ 7 * 7 }}{school}'
    page = Page(render_page(msgspec.structs.replace(REVOKED, **{field: evil}), "en", school=evil))
    assert page.all("script") == page.all("img") == []
    assert evil in page.text


def test_an_unknown_reference_is_text_too():
    evil = '"><script>alert(1)</script>'
    page = Page(render_page(None, "en", reference=evil))
    assert page.all("script") == []
    assert page.all("input")[0]["value"] == evil


@pytest.mark.parametrize(
    ("wanted", "accept", "lang"),
    [
        (None, "", "id"),
        (None, "en-GB,en;q=0.9", "en"),
        (None, "id-ID,id;q=0.9,en;q=0.8", "id"),
        (None, "en;q=0.3, id;q=0.7", "id"),
        (None, "de-DE, en;q=0.5", "en"),
        (None, "en;q=0", "id"),
        (None, "en;q=much, *;q=0.1", "id"),
        ("en", "id", "en"),
        ("id", "en", "id"),
        ("xx", "en", "en"),
    ],
)
def test_the_language_is_the_visitors(wanted, accept, lang):
    assert spoken_language(wanted, accept) == lang


def test_one_that_expired_or_was_replaced_says_so_and_leads_on():
    expired = Page(render_page(EXPIRED, "id"))
    for text in ("telah habis", "1 November 2026", "Berlaku sampai"):
        assert text in expired.text
    replaced = Page(render_page(REPLACED, "en"))
    assert "has been replaced" in replaced.text
    assert {"href": f"/certificates/{VALID.number}?lang=en"} in replaced.all("a")
