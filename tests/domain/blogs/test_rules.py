"""HTML of articles: what it shows of our uploads."""

from backend.domain.blogs import rules


def test_addresses_are_found_once_and_unescaped():
    html = '<img src="/uploads/a.png"><a href="https://x.example/?a=1&amp;b=2">x</a><img src="/uploads/a.png">'
    assert rules.addresses(html) == ["/uploads/a.png", "https://x.example/?a=1&b=2"]
