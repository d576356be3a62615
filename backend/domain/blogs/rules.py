"""What is true of an article's HTML: what may stay in it, and what it shows of our uploads. Pure."""

import re
from html import unescape
from typing import Final

import nh3

MAX_DEPTH: Final = 200
"""Cleaning takes the square of the depth; no editor nests as deep as this."""

_TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "div", "span", "blockquote", "pre", "ul", "ol", "li"),
    *("a", "abbr", "b", "code", "em", "i", "mark", "s", "small", "strong", "sub", "sup", "u"),
    *("table", "thead", "tbody", "tfoot", "tr", "th", "td", "col", "colgroup", "figure", "figcaption", "img"),
}
_ATTRIBUTES = {
    "*": {"style"},
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
_ADDRESS = re.compile(r'(?:src|href)="([^"]*)"')


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


def addresses(cleaned: str) -> list[str]:
    """Where the pictures and links of clean HTML lead to, each once, in order."""
    return list(dict.fromkeys(unescape(found) for found in _ADDRESS.findall(cleaned)))
