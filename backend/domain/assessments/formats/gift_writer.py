"""Questions as GIFT. Source: https://docs.moodle.org/en/GIFT_format."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from backend.domain.assessments.formats import gift_numbers
from backend.domain.assessments.formats.findings import Asked, Code, Findings, Format, Part, QuestionUnfit, Severity
from backend.domain.assessments.formats.gift_text import escaped, marked
from backend.domain.assessments.formats.saying import is_true_false, unsaid
from backend.domain.assessments.formats.texts import category_path, percent, weights
from backend.domain.assessments.keys import (
    NOTHING,
    WHOLE,
    EssayKey,
    MatchingKey,
    MultipleResponseKey,
    MultipleScoring,
    NumericKey,
    ShortTextKey,
    SingleChoiceKey,
    TrueFalseKey,
)


def write(questions: Sequence[Asked], found: Findings) -> str:
    """Questions in GIFT; what it cannot say is found, and left out."""
    parts: list[str] = []
    category = ""
    for asked in questions:
        try:
            inside = _Answers(asked, found).write()
        except QuestionUnfit as why:
            found.unfit(why, asked.line)
            continue
        for part in unsaid(asked, Format.GIFT):
            found.unsupported(asked.line, part, asked.text)
        if asked.category != category:
            category = asked.category
            parts.append(f"$CATEGORY: {category_path(category)}\n")
        if asked.explanation:
            inside += "####" + marked(asked.explanation, asked.text_format)
        parts.append(f"{marked(asked.text, asked.text_format, is_first=True)} {{{inside}}}\n")
    return "\n".join(parts)


class _Answers:
    """What stands between the braces of one question."""

    def __init__(self, asked: Asked, found: Findings) -> None:
        self.asked, self.found = asked, found

    def write(self) -> str:
        """By the kind. Raises: QuestionUnfit for one that GIFT cannot say at all."""
        key = self.asked.key
        if isinstance(key, SingleChoiceKey):
            return self._single(key)
        if isinstance(key, TrueFalseKey):
            return self._true_false(key)
        if isinstance(key, MultipleResponseKey):
            return self._multiple(key)
        if isinstance(key, ShortTextKey):
            return self._short(key)
        if isinstance(key, NumericKey):
            return self._numeric(key)
        if isinstance(key, MatchingKey):
            return self._matching(key)
        if isinstance(key, EssayKey):
            return self._essay(key)
        raise _not_sayable(str(self.asked.kind))

    def _unless(self, is_sayable: bool, part: Part) -> None:  # noqa: FBT001 - reads as a sentence
        if not is_sayable:
            self.found.unsupported(self.asked.line, part, self.asked.text)

    def _said(self, text: str) -> str:
        return marked(text, self.asked.text_format)

    def _lines(self, lines: Iterable[str]) -> str:
        return "\n" + "".join(f"\t{line}\n" for line in lines)

    def _one(self, mark: str, fraction: Decimal, text: str, feedback: str) -> str:
        usual = WHOLE if mark == "=" else NOTHING
        weight = "" if fraction == usual and not text.startswith("%") else f"%{percent(fraction)}%"
        behind = f"#{self._said(feedback)}" if feedback else ""
        return f"{mark}{weight}{text}{behind}"

    def _single(self, key: SingleChoiceKey) -> str:
        return self._lines(
            self._one("=" if one.fraction == WHOLE else "~", one.fraction, self._said(one.text), one.feedback)
            for one in key.options
        )

    def _multiple(self, key: MultipleResponseKey) -> str:
        self._unless(key.scoring is not MultipleScoring.ALL_OR_NOTHING, Part.SCORING)
        self._unless(key.shuffles, Part.SHUFFLE)
        plain = all(one.fraction in (NOTHING, WHOLE) for one in key.options)
        self._unless(plain or key.scoring is MultipleScoring.FRACTIONS, Part.FRACTIONS)
        pairs = zip(key.options, weights(key), strict=True)
        return self._lines(self._one("~", fraction, self._said(one.text), one.feedback) for one, fraction in pairs)

    def _true_false(self, key: TrueFalseKey) -> str:
        self._unless(is_true_false(key), Part.TRUE_FALSE_WORDS)
        one, other = key.options
        right, wrong = (one, other) if one.fraction == WHOLE else (other, one)
        said = [self._said(wrong.feedback), self._said(right.feedback)]
        while said and not said[-1]:
            said.pop()
        return "#".join(["T" if one.fraction == WHOLE else "F", *said])

    def _short(self, key: ShortTextKey) -> str:
        self._unless(not key.is_case_sensitive, Part.CASE)
        texts = [text for one in key.accepted for text in (one.text, one.feedback)]
        if any("->" in text for text in texts):
            raise _not_sayable("->")
        return self._lines(self._one("=", one.fraction, escaped(one.text), one.feedback) for one in key.accepted)

    def _numeric(self, key: NumericKey) -> str:
        self._unless(not key.units, Part.UNITS)
        self._unless(not any(one.is_relative and one.tolerance for one in key.accepted), Part.TOLERANCE)
        numbers = [self._one("=", one.fraction, gift_numbers.written(one), one.feedback) for one in key.accepted]
        return "#" + self._lines(numbers)

    def _matching(self, key: MatchingKey) -> str:
        self._unless(not key.is_all_or_nothing, Part.SCORING)
        self._unless(key.shuffles, Part.SHUFFLE)
        texts = {target.uuid: target.text for target in key.targets}
        self._unless(len({text.strip() for text in texts.values()}) == len(texts), Part.TWICE)
        if any("->" in stem.text for stem in key.stems):
            raise _not_sayable("->")
        pairs = [
            self._one("=", WHOLE, f"{self._said(stem.text)} -> {self._said(texts[stem.target])}", "")
            for stem in key.stems
        ]
        used = {stem.target for stem in key.stems}
        pairs += [f"= -> {self._said(text)}" for uuid, text in texts.items() if uuid not in used]
        return self._lines(pairs)

    def _essay(self, key: EssayKey) -> str:
        self._unless(not key.rubric, Part.RUBRIC)
        self._unless(not (key.template or key.notes), Part.TEMPLATE)
        self._unless(key.min_words is None and key.max_words is None, Part.WORDS)
        return ""


def _not_sayable(what: str) -> QuestionUnfit:
    return QuestionUnfit(Code.KIND_UNSUPPORTED, what, severity=Severity.UNSUPPORTED)
