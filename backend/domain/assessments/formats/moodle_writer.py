"""Questions as Moodle XML. Source: https://docs.moodle.org/en/Moodle_XML_format."""

import html
import re
from collections.abc import Mapping, Sequence
from decimal import Context, Decimal

from backend.domain.assessments.formats import cloze
from backend.domain.assessments.formats.findings import (
    Asked,
    Code,
    Findings,
    Format,
    Part,
    Picture,
    QuestionUnfit,
    Severity,
)
from backend.domain.assessments.formats.pictures import element, reference
from backend.domain.assessments.formats.saying import is_true_false, unsaid
from backend.domain.assessments.formats.texts import category_path, digits, percent, weights
from backend.domain.assessments.keys import (
    NOTHING,
    WHOLE,
    AcceptedNumber,
    AcceptedText,
    BlanksKey,
    Choice,
    EssayKey,
    MatchingKey,
    MultipleResponseKey,
    MultipleScoring,
    NumericKey,
    OrderingKey,
    OrderingScoring,
    ShortTextKey,
    SingleChoiceKey,
    TrueFalseKey,
    UnitUse,
)
from backend.domain.assessments.terms import TextFormat

_FORMATS = {TextFormat.HTML: "html", TextFormat.PLAIN: "plain_text", TextFormat.MARKDOWN: "markdown"}
_GRADING = {
    OrderingScoring.ALL_OR_NOTHING: "ALL_OR_NOTHING",
    OrderingScoring.PLACES: "ABSOLUTE_POSITION",
    OrderingScoring.NEIGHBOURS: "RELATIVE_NEXT_EXCLUDE_LAST",
}
_UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LONG = Context(prec=20)
_MOST_DIGITS = 12
_PLAIN = "moodle_auto_format"


def write(questions: Sequence[Asked], found: Findings, album: Mapping[str, Picture] | None = None) -> str:
    """Questions in Moodle XML; what it cannot say is found, and left out. `album`: pictures by their addresses."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    category = ""
    for asked in questions:
        maker = _Maker(asked, found, album or {})
        try:
            inner = maker.write()
        except QuestionUnfit as why:
            found.unfit(why, asked.line)
            continue
        if asked.category != category:
            category = asked.category
            named = f"<category>{_text(category_path(category))}</category>"
            parts.append(f'<question type="category">{named}</question>')
        if maker.is_odd:
            found.unsupported(asked.line, Part.CHARACTERS, asked.text)
        for part in unsaid(asked, Format.MOODLE_XML):
            found.unsupported(asked.line, part, asked.text)
        parts.append(inner)
    return "\n".join([*parts, "</quiz>", ""])


def _text(text: str) -> str:
    return f"<text>{html.escape(_UNFIT.sub('', text.strip()), quote=False)}</text>"


class _Maker:
    """One question while it is written."""

    def __init__(self, asked: Asked, found: Findings, album: Mapping[str, Picture]) -> None:
        self.asked, self.found = asked, found
        self.pictures = {address: album[address] for address in asked.files if address in album}
        self.placed: set[str] = set()
        self.format = _FORMATS[asked.text_format]
        self.is_odd = False

    def write(self) -> str:
        """The whole element. Raises: QuestionUnfit for a question that cannot be said at all."""
        asked = self.asked
        self._unless(len(self.pictures) == len(asked.files), Part.FILES)
        kind, text, lines = self._by_kind()
        feedback = {
            "generalfeedback": asked.explanation or "",
            "correctfeedback": asked.feedback_right,
            "incorrectfeedback": asked.feedback_wrong,
        }
        lines = [*[self._said(tag, said) for tag, said in feedback.items() if said], *lines]
        return "\n".join(
            [
                f'<question type="{kind}">',
                f"<name>{_text(f'Soal {asked.line}')}</name>",
                f'<questiontext format="{self.format}">{self._clean(text)}{self._rest()}</questiontext>',
                f"<defaultgrade>{digits(asked.points)}</defaultgrade>",
                "<penalty>0</penalty>",
                *lines,
                "</question>",
            ]
        )

    def _rest(self) -> str:
        """The pictures that no text names, which Moodle keeps and does not show."""
        rest = [one for address, one in self.pictures.items() if address not in self.placed]
        if rest:
            self.found.note(self.asked.line, Part.VIEW, rest[0].name)
        return "".join(element(one) for one in rest)

    def _by_kind(self) -> tuple[str, str, list[str]]:
        key, text = self.asked.key, self.asked.text
        if isinstance(key, SingleChoiceKey):
            return "multichoice", text, self._choice(key)
        if isinstance(key, MultipleResponseKey):
            kind = "multichoiceset" if key.scoring is MultipleScoring.ALL_OR_NOTHING else "multichoice"
            return kind, text, self._multiple(key)
        if isinstance(key, TrueFalseKey):
            return "truefalse", text, self._true_false(key)
        if isinstance(key, ShortTextKey):
            cased = [f"<usecase>{int(key.is_case_sensitive)}</usecase>"]
            return "shortanswer", text, cased + [self._typed(one, _text(one.text)) for one in key.accepted]
        if isinstance(key, NumericKey):
            return "numerical", text, self._numeric(key)
        if isinstance(key, MatchingKey):
            return "matching", text, self._matching(key)
        return self._more_kinds()

    def _more_kinds(self) -> tuple[str, str, list[str]]:
        key, text = self.asked.key, self.asked.text
        if isinstance(key, OrderingKey):
            return "ordering", text, self._ordering(key)
        if isinstance(key, EssayKey):
            return "essay", text, self._essay(key)
        if isinstance(key, BlanksKey):
            return self._blanks(key)
        raise _not_sayable(str(self.asked.kind))

    def _unless(self, is_sayable: bool, part: Part) -> None:  # noqa: FBT001 - reads as a sentence
        if not is_sayable:
            self.found.unsupported(self.asked.line, part, self.asked.text)

    def _clean(self, text: str) -> str:
        """A text, with the pictures that it names behind it."""
        files = []
        for address, picture in self.pictures.items():
            if address in text:
                text = text.replace(address, reference(picture.name))
                files.append(element(picture))
                self.placed.add(address)
        return self._bare(text) + "".join(files)

    def _bare(self, text: str) -> str:
        self.is_odd = self.is_odd or _UNFIT.search(text) is not None
        return _text(text)

    def _said(self, tag: str, text: str) -> str:
        return f'<{tag} format="{self.format}">{self._clean(text)}</{tag}>'

    def _feedback(self, text: str) -> str:
        return self._said("feedback", text) if text else ""

    def _answer(self, option: Choice, fraction: Decimal) -> str:
        share, feedback = percent(fraction), self._feedback(option.feedback)
        return f'<answer fraction="{share}" format="{self.format}">{self._clean(option.text)}{feedback}</answer>'

    def _typed(self, one: AcceptedText | AcceptedNumber, inner: str) -> str:
        share, feedback = percent(one.fraction), self._feedback(one.feedback)
        return f'<answer fraction="{share}" format="{_PLAIN}">{inner}{feedback}</answer>'

    def _choice(self, key: SingleChoiceKey) -> list[str]:
        head = ["<single>true</single>", f"<shuffleanswers>{str(key.shuffles).lower()}</shuffleanswers>"]
        return head + [self._answer(option, option.fraction) for option in key.options]

    def _multiple(self, key: MultipleResponseKey) -> list[str]:
        head = ["<single>false</single>", f"<shuffleanswers>{str(key.shuffles).lower()}</shuffleanswers>"]
        plain = all(one.fraction in (NOTHING, WHOLE) for one in key.options)
        self._unless(plain or key.scoring is MultipleScoring.FRACTIONS, Part.FRACTIONS)
        if key.scoring is MultipleScoring.ALL_OR_NOTHING:
            return head + [self._answer(one, WHOLE if one.is_correct else NOTHING) for one in key.options]
        return head + [self._answer(one, share) for one, share in zip(key.options, weights(key), strict=True)]

    def _true_false(self, key: TrueFalseKey) -> list[str]:
        self._unless(is_true_false(key), Part.TRUE_FALSE_WORDS)
        return [
            f'<answer fraction="{100 if option.fraction == WHOLE else 0}" format="{_PLAIN}"><text>{name}</text>'
            f"{self._feedback(option.feedback)}</answer>"
            for name, option in zip(("true", "false"), key.options, strict=True)
        ]

    def _numeric(self, key: NumericKey) -> list[str]:
        self._unless(not any(one.is_relative and one.tolerance for one in key.accepted), Part.TOLERANCE)
        self._unless(all(len(unit.factor.as_tuple().digits) <= _MOST_DIGITS for unit in key.units), Part.UNITS)
        lines = [self._number(one) for one in key.accepted]
        if not key.units:
            return lines
        lines.append("<units>")
        for unit in key.units:
            multiplier = digits(_LONG.divide(WHOLE, unit.factor))
            name = html.escape(unit.name.strip(), quote=False)
            lines.append(f"<unit><multiplier>{multiplier}</multiplier><unit_name>{name}</unit_name></unit>")
        lines.append("</units>")
        if key.unit_use is UnitUse.OPTIONAL:
            return [*lines, "<unitgradingtype>0</unitgradingtype>"]
        penalty = WHOLE if key.unit_use is UnitUse.REQUIRED else key.unit_penalty
        return [*lines, "<unitgradingtype>2</unitgradingtype>", f"<unitpenalty>{digits(penalty)}</unitpenalty>"]

    def _number(self, one: AcceptedNumber) -> str:
        if one.value is None and one.low is None:
            return self._typed(one, "<text>*</text>")
        value, tolerance = cloze.middle(one)
        return self._typed(one, f"<text>{digits(value)}</text><tolerance>{digits(tolerance)}</tolerance>")

    def _plain(self, text: str) -> str:
        """A text where Moodle has plain texts only."""
        if self.asked.text_format is not TextFormat.HTML:
            return self._bare(text)
        plain = html.unescape(text)
        self._unless(html.escape(plain, quote=False) == text and "\n" not in text, Part.FORMAT)
        return self._bare(plain)

    def _matching(self, key: MatchingKey) -> list[str]:
        self._unless(not key.is_all_or_nothing, Part.SCORING)
        texts = {target.uuid: target.text for target in key.targets}
        self._unless(len({text.strip() for text in texts.values()}) == len(texts), Part.TWICE)
        used = {stem.target for stem in key.stems}
        pairs = [(stem.text, texts[stem.target]) for stem in key.stems]
        pairs += [("", text) for uuid, text in texts.items() if uuid not in used]
        return [
            f"<shuffleanswers>{str(key.shuffles).lower()}</shuffleanswers>",
            *[
                f'<subquestion format="{self.format}">{self._clean(stem)}'
                f"<answer>{self._plain(text)}</answer></subquestion>"
                for stem, text in pairs
            ],
        ]

    def _ordering(self, key: OrderingKey) -> list[str]:
        items = [Choice(text=item.text) for item in key.items]
        return [f"<gradingtype>{_GRADING[key.scoring]}</gradingtype>", *[self._answer(one, WHOLE) for one in items]]

    def _essay(self, key: EssayKey) -> list[str]:
        self._unless(not key.rubric, Part.RUBRIC)
        limits = (("minwordlimit", key.min_words), ("maxwordlimit", key.max_words))
        texts = (("responsetemplate", key.template), ("graderinfo", key.notes))
        return [
            *[f"<{tag}>{words}</{tag}>" for tag, words in limits if words is not None],
            *[self._said(tag, text) for tag, text in texts if text],
        ]

    def _blanks(self, key: BlanksKey) -> tuple[str, str, list[str]]:
        said = cloze.written(self.asked.text, key)
        if said is None:
            raise _not_sayable(self.asked.text)
        return "cloze", said, []


def _not_sayable(what: str) -> QuestionUnfit:
    return QuestionUnfit(Code.KIND_UNSUPPORTED, what, severity=Severity.UNSUPPORTED)
