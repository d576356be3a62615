"""Questions in GIFT.

Source: https://docs.moodle.org/en/GIFT_format. Where that leaves something open, what Moodle itself reads decides: a
`=` makes a choice single, text behind the answers puts `_____` in their place, `->` in each answer makes pairs.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from backend.domain.assessments.formats.findings import Asked, Code, Findings, Format, Part, QuestionUnfit, ReadFile
from backend.domain.assessments.formats.gift_numbers import numeric_key
from backend.domain.assessments.formats.gift_text import BLANK, Answer, answers, piece, plain, protected
from backend.domain.assessments.formats.texts import (
    FALSE,
    TRUE,
    Piece,
    decoded,
    guessed,
    is_said,
    said,
    section_title,
    settled,
    several,
    truth,
)
from backend.domain.assessments.keys import (
    NOTHING,
    WHOLE,
    AcceptedText,
    Choice,
    EssayKey,
    Key,
    MatchingKey,
    ShortTextKey,
    SingleChoiceKey,
    Stem,
    Target,
    TrueFalseKey,
)
from backend.domain.assessments.terms import TextFormat

_CATEGORY = re.compile(r"\s*\$CATEGORY:(.*)", re.IGNORECASE)
_TAGS = re.compile(r"//.*\[(?:tag|id):")
_TRUE_FALSE = re.compile(r"\s*(T|TRUE|BENAR|F|FALSE|SALAH)\s*(?:#|$)", re.IGNORECASE)


def read(data: bytes) -> ReadFile:
    """Read a file in GIFT; whatever it is, there are only findings."""
    found = Findings()
    category = ""
    for line, text in _blocks(decoded(data, found), found):
        if found.is_full:
            break
        named = _CATEGORY.fullmatch(text)
        if named:
            category = section_title(named[1])
            continue
        try:
            asked = _Question(text, line, category, found).read()
        except QuestionUnfit as why:
            found.unfit(why, line)
        else:
            if asked is not None:
                found.take(asked)
    return found.read(Format.GIFT)


def _blocks(text: str, found: Findings) -> Iterator[tuple[int, str]]:
    """Runs of lines that are not blank, with the number of their first line; a category is a run of its own."""
    lines: list[str] = []
    first = 0
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if line.lstrip().startswith("//"):
            if _TAGS.search(line):
                found.note(number, Part.TAGS, line.strip())
            if lines:
                lines.append("")  # keeps the count of lines, and ends nothing
            continue
        is_category = _CATEGORY.fullmatch(line) is not None
        if (not line.strip() or is_category) and lines:
            yield first, "\n".join(lines)
            lines = []
        if is_category:
            yield number, line
        elif line.strip():
            first = first if lines else number
            lines.append(line)


class _Question:
    """One question while it is read."""

    def __init__(self, text: str, line: int, category: str, found: Findings) -> None:
        self.whole = protected(text)
        self.line, self.category, self.found = line, category, found
        self.main = TextFormat.PLAIN
        self.pieces: list[Piece] = []

    def read(self) -> Asked | None:
        """The question; None for one that the engine cannot say."""
        text = self._without_title(self.whole.strip())
        opens, closes = text.find("{"), text.find("}")
        if opens < 0 and closes < 0:
            self.found.no_such_kind(self.line, "description: " + plain(text))
            return None
        if opens < 0 or closes < opens or "{" in text[opens + 1 :] or "}" in text[closes + 1 :]:
            raise QuestionUnfit(Code.BRACES, plain(text))
        before, inside, behind = text[:opens], text[opens + 1 : closes], text[closes + 1 :]
        asked = piece(before.rstrip() if not behind.strip() else before + BLANK + behind.rstrip())
        self.main = asked.format or guessed(asked.text)
        inside, explained, general = inside.partition("####")
        explanation = piece(general) if explained else Piece("")
        self.pieces = [asked, explanation]
        key = self._key(inside)
        to = settled(self.main, self.pieces)
        if to is None:
            self.found.unsupported(self.line, Part.FORMATS_MIXED, asked.text)
            self.pieces, to = [], self.main
        return Asked(
            line=self.line,
            text=said(asked, self.main, to),
            text_format=to,
            key=key if is_said(to, self.pieces, self.main) else self._key(inside, to),
            explanation=said(explanation, self.main, to) or None,
            category=self.category,
        )

    def _without_title(self, text: str) -> str:
        if not text.startswith("::"):
            return text
        end = text.find("::", 2)
        if end < 0:
            raise QuestionUnfit(Code.TITLE_UNCLOSED, plain(text))
        self.found.note(self.line, Part.NAME, plain(text[2:end]))
        return text[end + 2 :].lstrip()

    def _key(self, inside: str, to: TextFormat | None = None) -> Key:
        """The answers; with `to` all texts are put into that format."""
        self.to = to
        if not inside.strip():
            return EssayKey()
        if inside.lstrip().startswith("#"):
            return numeric_key(inside.lstrip()[1:], self._said)
        if _TRUE_FALSE.match(inside):
            return self._true_false(inside)
        given = answers(inside)
        if any(one.mark == "~" for one in given):
            return self._choice(given)
        if all("->" in one.text for one in given):
            return self._matching(given)
        return ShortTextKey(
            accepted=tuple(
                [
                    AcceptedText(
                        text=plain(one.text),
                        fraction=WHOLE if one.weight is None else one.weight,
                        feedback=self._said(piece(one.feedback)),
                    )
                    for one in given
                ]
            )
        )

    def _said(self, text: Piece) -> str:
        if self.to is None:
            self.pieces.append(text)
            return text.text
        return said(text, self.main, self.to)

    def _choice(self, given: list[Answer]) -> Key:
        options = [
            Choice(
                text=self._said(piece(one.text)),
                fraction=_fraction(one),
                feedback=self._said(piece(one.feedback)),
            )
            for one in given
        ]
        if any(one.mark == "=" for one in given):
            return SingleChoiceKey(options=tuple(options))
        return several(options)

    def _true_false(self, inside: str) -> Key:
        word, *feedback = inside.split("#")
        if len(feedback) > 2:
            raise QuestionUnfit(Code.ANSWER_UNREADABLE, plain(inside))
        is_true = truth(word) is True
        wrong, right = [self._said(piece(text)) for text in [*feedback, "", ""][:2]]
        return TrueFalseKey(
            options=(
                Choice(text=TRUE, fraction=WHOLE if is_true else NOTHING, feedback=right if is_true else wrong),
                Choice(text=FALSE, fraction=NOTHING if is_true else WHOLE, feedback=wrong if is_true else right),
            )
        )

    def _matching(self, given: list[Answer]) -> Key:
        stems: list[Stem] = []
        targets: dict[str, Target] = {}
        for one in given:
            left, _, right = one.text.partition("->")
            stem, target = self._said(piece(left)), self._said(piece(right))
            if not target:
                raise QuestionUnfit(Code.PAIR_UNREADABLE, plain(one.text))
            if (one.feedback or one.weight not in (None, WHOLE)) and self.to is None:
                self.found.unsupported(self.line, Part.OPTION_FEEDBACK, plain(one.text))
            known = targets.setdefault(target, Target(text=target))
            if stem:
                stems.append(Stem(text=stem, target=known.uuid))
        return MatchingKey(stems=tuple(stems), targets=tuple(targets.values()))


def _fraction(one: Answer) -> Decimal:
    if one.weight is not None:
        return one.weight
    return WHOLE if one.mark == "=" else NOTHING
