"""HTML from people: what may stay in it, and what was taken out. Pure."""

import re
from collections import Counter
from html import unescape
from html.parser import HTMLParser
from typing import Final

import nh3

MAX_DEPTH: Final = 200
"""Cleaning takes the square of the depth; no editor nests as deep as this."""

_TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "div", "span", "blockquote", "pre", "ul", "ol", "li"),
    *("cite", "dd", "del", "dfn", "dl", "dt", "ins", "kbd", "q", "samp", "tt", "var", "caption"),
    *("a", "abbr", "b", "code", "em", "i", "mark", "s", "small", "strong", "sub", "sup", "u"),
    *("table", "thead", "tbody", "tfoot", "tr", "th", "td", "col", "colgroup", "figure", "figcaption", "img"),
}
_ATTRIBUTES = {
    "*": {"style", "dir", "lang"},
    "a": {"href", "title", "target"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags={"script", "style", "template", "noscript"},
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener noreferrer",
    filter_style_properties={"text-align"},
)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_FLAT = frozenset({"br", "col", "dd", "dt", "hr", "img", "input", "li", "p", "td", "th", "tr", "wbr"})
"""What is empty, or closed by the next of its kind."""


def clean(html: str) -> str:
    """HTML without anything that acts, loads from a strange scheme or reaches out of its place.

    Cleaning twice changes nothing.
    """
    return _CLEANER.clean(html)


def is_too_deep(html: str) -> bool:
    """Whether elements are nested deeper than any editor nests them."""
    depth = 0
    for end, name in _TAG.findall(html):
        if name.lower() not in _FLAT:
            depth = max(0, depth - 1) if end else depth + 1
        if depth > MAX_DEPTH:
            return True
    return False


def is_empty(cleaned: str) -> bool:
    """Whether clean HTML shows neither words nor a picture."""
    return "<img" not in cleaned and not unescape(re.sub(r"<[^>]*>", "", cleaned)).strip()


_SPACING = re.compile(r"[;\s]")


class _Names(HTMLParser):
    """What elements and attributes there are; of a style, what it says."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag] += 1
        for name, value in attrs:
            said = "=" + _SPACING.sub("", value or "").lower() if name == "style" else ""
            self.found[f"{tag} {name}{said}"] += 1


def _names(html: str) -> Counter[str]:
    parser = _Names()
    parser.feed(html)
    parser.close()
    return parser.found


def taken_out(html: str, cleaned: str) -> list[str]:
    """What clean HTML has no more: elements ("script") and attributes ("p onclick"), each once, in order."""
    return list(_names(html) - _names(cleaned)) if html != cleaned else []
