"""An analysis as a picture: every question by facility and discrimination, and who chose which option. SVG, pure.

Colours are those of Okabe and Ito, which people with any colour vision tell apart; shapes and marks say the same.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape
from math import cos, pi, sin

from backend.core.dates import Lang
from backend.domain.grading.analysis_words import BANDS, WHICH, WORDS, number, percent
from backend.domain.grading.item_analysis import (
    FAIR,
    FEW,
    GOOD,
    Analysis,
    Band,
    OptionFound,
    QuestionFound,
)

WIDTH = 960
_LEFT, _RIGHT, _TOP, _PLOT = 86, 40, 150, 400
_SPAN = WIDTH - _LEFT - _RIGHT
_COLUMN = (WIDTH - 3 * 40) / 2
_ROW, _HEAD, _GAP = 22, 46, 22
_BAR = 150
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LURES_FROM = 0.05

INK, SOFT, LINE = "#1a1a1a", "#4a4a4a", "#8a8a8a"
_FILL = {
    Band.GOOD: "#56B4E9",
    Band.FAIR: "#F0E442",
    Band.WEAK: "#E69F00",
    Band.NEGATIVE: "#D55E00",
    Band.UNKNOWN: "#ffffff",
}
_TINT = {Band.GOOD: "#eef6fc", Band.FAIR: "#fdfbe3", Band.WEAK: "#fdf3df", Band.NEGATIVE: "#fbe9df"}
_KEY, _PART, _WRONG, _IDLE = "#0072B2", "#56B4E9", "#E69F00", "#ffffff"
_UNPRINTABLE = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def draw(found: Analysis, lang: Lang) -> str:
    """The picture, in this language; nothing in it runs or is fetched."""
    with_options = [one for one in found.questions if one.options]
    without = [one for one in found.questions if not one.options]
    top = _TOP + _PLOT + 120
    bars, bottom = _bars(with_options, top, lang)
    rest, bottom = _plain(without, bottom, lang)
    height = round(bottom + 20)
    words = WORDS[lang]
    return "".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}"'
            f' viewBox="0 0 {WIDTH} {height}" role="img" lang="{lang}"'
            ' font-family="Noto Sans, DejaVu Sans, Arial, sans-serif" font-size="13">',
            f"<title>{_said(words['title'] + ': ' + found.title)}</title>",
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            *_heading(found, lang),
            *_scatter(found.questions, lang),
            *bars,
            *rest,
            "</svg>\n",
        )
    )


def _said(text: str, most: int = 200) -> str:
    """Text for XML: on one line, without what XML cannot hold, cut with an ellipsis."""
    plain = " ".join(_UNPRINTABLE.sub("", text).split())
    return escape(plain if len(plain) <= most else plain[: most - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}")


def _text(x: float, y: float, text: str, *, size: int = 13, more: str = "", fill: str = INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}"{more}>{text}</text>'


_MIDDLE, _END, _BOLD = ' text-anchor="middle"', ' text-anchor="end"', ' font-weight="bold"'


def _heading(found: Analysis, lang: Lang) -> Iterator[str]:
    words, quiz = WORDS[lang], found.quiz
    yield _text(40, 42, _said(f"{words['title']}: {found.title}", 70), size=22, more=_BOLD)
    which = words["attempts"].format(count=quiz.attempts, which=WHICH[lang][found.which])
    alpha = words["kr20" if quiz.is_kr20 else "alpha"]
    mean, spread, error = [number(value, lang, digits=1) for value in (quiz.mean, quiz.sd, quiz.standard_error)]
    yield _text(40, 68, _said(which), fill=SOFT)
    figures = (
        f"{words['mean']} {mean} %  ·  {words['sd']} {spread} %  ·  {alpha} {number(quiz.alpha, lang)}"
        f"  ·  {words['standard_error']} {error} %"
    )
    yield _text(40, 90, _said(figures), more=' xml:space="preserve"')
    notes = [words["none"]] if not quiz.attempts else [words["few"].format(few=FEW)] if quiz.is_few else []
    notes += [] if quiz.is_complete else [words["partial"]]
    for at, note in enumerate(notes):
        yield _text(40, 112 + 18 * at, f"\N{WARNING SIGN} {_said(note)}", more=_BOLD)


def _scatter(questions: Sequence[QuestionFound], lang: Lang) -> Iterator[str]:
    known = [one for one in questions if one.facility is not None and one.discrimination is not None]
    least = min([-0.2, *[one.discrimination or 0 for one in known]])
    low = max(-1.0, -0.2 * -(-abs(least) // 0.2)) if least < -0.2 else -0.2
    yield from _axes(low, lang)
    places = [
        (_LEFT + _SPAN * min(max(one.facility or 0, 0), 1), _height(one.discrimination or 0, low)) for one in known
    ]
    labels = list(_labels(places))
    for (x, y), (to_x, to_y) in zip(places, labels, strict=True):
        if (to_x, to_y) != (x, y):
            yield f'<path d="M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}" stroke="{SOFT}" stroke-width="1"/>'
    for one, (x, y), (to_x, to_y) in zip(known, places, labels, strict=True):
        yield _marker(one.band, x, y, 5 if (to_x, to_y) != (x, y) else 11, one, lang)
        if (to_x, to_y) != (x, y):
            yield f'<rect x="{to_x - 10:.1f}" y="{to_y - 8:.1f}" width="20" height="16" rx="3" fill="#ffffff"/>'
        yield _text(to_x, to_y + 4, str(one.number), size=11, more=_MIDDLE + _BOLD)
    yield from _legend(_TOP + _PLOT + 66, lang)


def _height(discrimination: float, low: float) -> float:
    return _TOP + _PLOT * (1 - discrimination) / (1 - low)


def _axes(low: float, lang: Lang) -> Iterator[str]:
    words = WORDS[lang]
    for band, above, below in (
        (Band.GOOD, 1.0, GOOD),
        (Band.FAIR, GOOD, FAIR),
        (Band.WEAK, FAIR, 0.0),
        (Band.NEGATIVE, 0.0, low),
    ):
        y, end = _height(above, low), _height(below, low)
        yield f'<rect x="{_LEFT}" y="{y:.1f}" width="{_SPAN}" height="{end - y:.1f}" fill="{_TINT[band]}"/>'
    for tenth in range(0, 11, 2):
        x = _LEFT + _SPAN * tenth / 10
        yield f'<path d="M{x:.1f} {_TOP}V{_TOP + _PLOT}" stroke="{LINE}" stroke-width=".5"/>'
        yield _text(x, _TOP + _PLOT + 20, f"{10 * tenth}", more=_MIDDLE)
    for step in range(round(low * 5), 6):
        y = _height(step / 5, low)
        width = 1.5 if step == 0 else 0.5
        yield f'<path d="M{_LEFT} {y:.1f}H{_LEFT + _SPAN}" stroke="{LINE}" stroke-width="{width}"/>'
        yield _text(_LEFT - 8, y + 4, number(step / 5, lang, digits=1), more=_END)
    bottom = _TOP + _PLOT + 40
    yield _text(_LEFT + _SPAN / 2, bottom, words["facility_axis"], more=_MIDDLE)
    yield _text(_LEFT, bottom, f"\N{LEFTWARDS ARROW} {words['harder']}", fill=SOFT)
    yield _text(_LEFT + _SPAN, bottom, f"{words['easier']} \N{RIGHTWARDS ARROW}", more=_END, fill=SOFT)
    middle = _TOP + _PLOT / 2
    yield _text(28, middle, words["discrimination_axis"], more=f'{_MIDDLE} transform="rotate(-90 28 {middle})"')


def _labels(places: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Where the numbers stand: on their points, or where those are crowded at the nearest free place around."""
    taken: list[tuple[float, float]] = []
    for at, (x, y) in enumerate(places):
        others = [place for number_, place in enumerate(places) if number_ != at]
        is_crowded = any(abs(x - a) < 22 and abs(y - b) < 22 for a, b in others)
        spot = next((one for one in _around(x, y, is_crowded=is_crowded) if _is_free(one, others, taken)), (x, y))
        taken.append(spot)
        yield spot


def _around(x: float, y: float, *, is_crowded: bool) -> Iterator[tuple[float, float]]:
    if not is_crowded:
        yield x, y
    for distance in (20, 32, 44, 58, 74):
        for turn in range(12):
            to = (x + distance * cos(turn * pi / 6), y - distance * sin(turn * pi / 6))
            if to[0] - 10 > _LEFT and to[0] + 10 < WIDTH - 10 and _TOP - 4 < to[1] < _TOP + _PLOT - 4:
                yield to


def _is_free(
    spot: tuple[float, float], markers: Sequence[tuple[float, float]], labels: Sequence[tuple[float, float]]
) -> bool:
    return not any(abs(spot[0] - x) < 17 and abs(spot[1] - y) < 14 for x, y in markers) and not any(
        abs(spot[0] - x) < 21 and abs(spot[1] - y) < 17 for x, y in labels
    )


def _marker(band: Band, x: float, y: float, r: float, one: QuestionFound | None = None, lang: Lang = "id") -> str:
    """A circle, a square, a triangle or a diamond."""
    style = f'fill="{_FILL[band]}" stroke="{INK}" stroke-width="1"'
    said = ""
    if one is not None:
        facility, discrimination = percent(one.facility, lang), number(one.discrimination, lang)
        said = f"<title>{one.number}. {_said(one.text, 80)}: {facility}, {discrimination}</title>"
    if band is Band.GOOD:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r}" {style}>{said}</circle>'
    side = 0.9 * r
    shapes = {
        Band.FAIR: f"M{x - side:.1f} {y - side:.1f}h{2 * side:.1f}v{2 * side:.1f}h{-2 * side:.1f}Z",
        Band.WEAK: f"M{x:.1f} {y - 1.35 * r:.1f}L{x + 1.3 * r:.1f} {y + 0.9 * r:.1f}H{x - 1.3 * r:.1f}Z",
    }
    diamond = (
        f"M{x:.1f} {y - 1.3 * r:.1f}L{x + 1.3 * r:.1f} {y:.1f}L{x:.1f} {y + 1.3 * r:.1f}L{x - 1.3 * r:.1f} {y:.1f}Z"
    )
    return f'<path d="{shapes.get(band, diamond)}" {style}>{said}</path>'


def _legend(y: float, lang: Lang) -> Iterator[str]:
    x = float(_LEFT)
    for band in (Band.GOOD, Band.FAIR, Band.WEAK, Band.NEGATIVE):
        yield _marker(band, x + 8, y - 4, 7)
        yield _text(x + 22, y, BANDS[lang][band])
        x += 34 + 7.4 * len(BANDS[lang][band])


def _bars(questions: Sequence[QuestionFound], top: float, lang: Lang) -> tuple[list[str], float]:
    """The options of each question, in two columns; says where they end."""
    if not questions:
        return [], top - 30
    drawn = [
        _text(40, top, WORDS[lang]["options"], size=17, more=_BOLD),
        *_option_legend(top + 24, lang),
    ]
    y = top + 84
    for pair in (questions[at : at + 2] for at in range(0, len(questions), 2)):
        for column, one in enumerate(pair):
            drawn += _block(one, 40 + column * (_COLUMN + 40), y, lang)
        y += _HEAD + _ROW * max(len(one.options) for one in pair) + _GAP
    return drawn, y


def _option_legend(y: float, lang: Lang) -> Iterator[str]:
    x = 40.0
    for fill, mark, name in ((_KEY, "\N{CHECK MARK}", "right"), (_WRONG, "", "wrong"), (_IDLE, "", "idle")):
        yield _swatch(x, y - 11, 18, fill)
        text = f"{mark} {WORDS[lang][name]}".strip()
        yield _text(x + 24, y, text)
        x += 44 + 7.2 * len(text)
    yield _text(40, y + 22, f"! {WORDS[lang]['luring']}", more=_BOLD)


def _swatch(x: float, y: float, width: float, fill: str) -> str:
    dashed = ' stroke-dasharray="3 2"' if fill == _IDLE else ""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" height="14" fill="{fill}" stroke="{INK}"'
        f' stroke-width=".8"{dashed}/>'
    )


def _block(one: QuestionFound, x: float, y: float, lang: Lang) -> Iterator[str]:
    yield _text(x, y, f"{one.number}. {_said(one.text, 44)}", more=_BOLD)
    words = WORDS[lang]
    figures = (
        f"{words['facility']} {percent(one.facility, lang)} · {words['discrimination']} "
        f"{number(one.discrimination, lang)} · {words['unanswered']} {one.unanswered}"
    )
    yield _text(x, y + 18, _said(figures), size=12, fill=SOFT)
    for at, option in enumerate(one.options):
        yield from _option(option, _LETTERS[at % 26], x, y + _HEAD - 14 + _ROW * at, lang)


def _option(option: OptionFound, letter: str, x: float, y: float, lang: Lang) -> Iterator[str]:
    is_right = option.fraction > 0
    yield _text(x, y + 11, letter + (" \N{CHECK MARK}" if is_right else ""), more=_BOLD if is_right else "")
    fill = (_KEY if option.fraction >= 1 else _PART) if is_right else (_WRONG if option.functions else _IDLE)
    yield _swatch(x + 32, y, _BAR * option.share, fill)
    r = option.discrimination
    lures = "! " if option.functions and r is not None and r >= _LURES_FROM else ""
    said = f"{lures}{percent(option.share, lang)} ({option.count})  r {number(r, lang)}"
    end = x + 40 + _BAR * option.share
    yield _text(end, y + 11, said, size=12, more=_BOLD if lures else "")
    room = int((x + _COLUMN - end - 7 * len(said) - 10) / 6.6)
    if room > 3:
        yield _text(x + _COLUMN, y + 11, _said(option.text, room), size=12, more=_END, fill=SOFT)


def _plain(questions: Sequence[QuestionFound], top: float, lang: Lang) -> tuple[list[str], float]:
    """The questions without options: their facility as a bar."""
    if not questions:
        return [], top
    drawn = [_text(40, top + 20, WORDS[lang]["no_options"], size=17, more=_BOLD)]
    y = top + 44
    for one in questions:
        drawn.append(_text(40, y + 11, f"{one.number}. {_said(one.text, 46)}"))
        drawn.append(_swatch(400, y, _BAR * min(max(one.facility or 0, 0), 1), _PART))
        figures = f"{percent(one.facility, lang)} · {WORDS[lang]['discrimination']} {number(one.discrimination, lang)}"
        drawn.append(_text(408 + _BAR * min(max(one.facility or 0, 0), 1), y + 11, _said(figures), size=12))
        y += _ROW
    return drawn, y + _GAP
