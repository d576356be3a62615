"""HTML from people: what a rich editor makes stays, and nothing acts."""

import time

import pytest

from backend.core import cleaning

KEPT = (
    "<h2>Pajak</h2><p>Satu <strong>dua</strong> <em>tiga</em><br>empat</p>",
    '<p style="text-align:center">Tengah</p>',
    '<ul><li>a</li><li>b</li></ul><ol start="3"><li>c</li></ol>',
    '<table><tbody><tr><td colspan="2">x</td></tr></tbody></table>',
    '<img src="/uploads/blog/2026/01/02/x.png" alt="Gambar" width="10">',
    "<blockquote>x</blockquote><pre><code>1 &lt; 2</code></pre>",
)
ACTING = (
    "<script>alert(1)</script>", "<p onclick=alert(1)>x</p>", "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>', '<a href="JaVa&#115;cript:alert(1)">x</a>', "<svg/onload=alert(1)>",
    '<img src="data:text/html,<script>alert(1)</script>">', "<iframe src=//evil.test></iframe>",
    "<style>@import'//evil.test'</style>", '<p style="background:url(//evil.test)">x</p>', "<base href=//evil.test>",
    '<form action="//evil.test"><input name=p></form>', "<math><mtext><table><mglyph><style><img src onerror=x>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">', "<object data=//evil.test></object>",
    "<meta http-equiv=refresh content=0>", "<!--<img src=x onerror=alert(1)>-->", "<link rel=stylesheet href=//evil>",
)  # fmt: skip
GONE = ("alert", "evil", "script", "onerror", "onclick", "<svg", "<iframe", "<form", "<!--", "<math", "data:")


@pytest.mark.parametrize("html", KEPT)
def test_what_an_editor_makes_stays(html: str):
    assert cleaning.clean(html) == html


@pytest.mark.parametrize("html", ACTING)
def test_nothing_acts(html: str):
    cleaned = cleaning.clean(f"{html}<p>rest</p>")
    assert not [word for word in GONE if word in cleaned.lower()]
    assert cleaning.clean(cleaned) == cleaned


def test_links_do_not_reach_back():
    assert 'rel="noopener noreferrer"' in cleaning.clean('<a href="https://x.example" target="_blank">x</a>')


@pytest.mark.parametrize("html", ["", " ", "<p></p>", "<p>&nbsp;<br></p>", "<script>x</script>"])
def test_nothing_to_read(html: str):
    assert cleaning.is_empty(cleaning.clean(html))


@pytest.mark.parametrize("html", ["x", '<img src="https://x.example/a.png">'])
def test_something_to_see(html: str):
    assert not cleaning.is_empty(cleaning.clean(html))


def test_what_is_nested_beyond_reason_is_seen_at_once():
    began = time.monotonic()
    assert cleaning.is_too_deep("<div>" * 100_000)
    assert cleaning.is_too_deep("<DIV><b>" * 1000)
    assert not cleaning.is_too_deep("<p>a<br><ul><li><b>x</b></li></ul></p>" * 5000)
    assert not cleaning.is_too_deep("<p>" * 5000)
    assert time.monotonic() - began < 5


def test_what_was_taken_out_is_told():
    html = '<p class="x" style="text-align: left; color:red">a<script>b</script><FONT>c</font></p>'
    html += '<p style="text-align:left;">'
    assert cleaning.taken_out(html, cleaning.clean(html)) == [
        "p class",
        "p style=text-align:leftcolor:red",
        "script",
        "font",
    ]
    assert cleaning.taken_out("1 < 2 &nbsp;<br/>", cleaning.clean("1 < 2 &nbsp;<br/>")) == []
