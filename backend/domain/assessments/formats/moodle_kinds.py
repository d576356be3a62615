"""The kinds of questions that Moodle XML knows and the engine, too.

Source: https://docs.moodle.org/en/Moodle_XML_format; `multichoiceset`, `ordering` and `gapselect` are question types
of Moodle's that write themselves in the same way.
"""

import re
from collections.abc import Callable
from decimal import Context, Decimal
from typing import Protocol

from backend.domain.assessments.formats.cloze import cloze_key
from backend.domain.assessments.formats.findings import Code, Findings, Part, QuestionUnfit
from backend.domain.assessments.formats.moodle_tree import Node
from backend.domain.assessments.formats.texts import FALSE, TRUE, Piece, number, several, shifted, truth
from backend.domain.assessments.key_rules import GAP
from backend.domain.assessments.keys import (
    NOTHING,
    WHOLE,
    AcceptedNumber,
    AcceptedText,
    BlanksKey,
    Choice,
    EssayKey,
    Gap,
    Item,
    Key,
    MatchingKey,
    MultipleResponseKey,
    NumericKey,
    OrderingKey,
    OrderingScoring,
    ShortTextKey,
    SingleChoiceKey,
    Stem,
    Target,
    TrueFalseKey,
    Unit,
    UnitUse,
)
from backend.domain.assessments.terms import TextFormat

FIFTEEN = Context(prec=15)
_SCORINGS = {
    **dict.fromkeys(("-1", "ALL_OR_NOTHING", "ALL"), OrderingScoring.ALL_OR_NOTHING),
    **dict.fromkeys(("0", "ABSOLUTE_POSITION", "ABSOLUTE", "ABS"), OrderingScoring.PLACES),
    **dict.fromkeys(("1", "RELATIVE_NEXT_EXCLUDE_LAST"), OrderingScoring.NEIGHBOURS),
}


class Reader(Protocol):
    """What a kind needs of the question that is read. `to`: the format that all texts are put into, when known."""

    node: Node
    found: Findings
    line: int
    text: str
    main: TextFormat
    to: TextFormat | None

    def piece(self, node: Node | None) -> Piece:
        """A text with its format."""

    def say(self, text: Piece) -> str:
        """A text as the question says it."""


def say_in(read: Reader, tag: str, node: Node | None = None) -> str:
    """The text of a child."""
    return read.say(read.piece((node or read.node).first(tag)))


def _say_plain(read: Reader, text: str) -> str:
    """A text that is always plain."""
    return read.say(Piece(text.strip(), TextFormat.PLAIN if read.main is TextFormat.HTML else None))


def _unsupported(read: Reader, part: Part, found: str = "") -> None:
    """Report a part, once."""
    if read.to is None:
        read.found.unsupported(read.line, part, found or read.text)


def is_true(text: str) -> bool:
    """How Moodle writes yes."""
    return text.strip().lower() in ("1", "true")


def number_in(node: Node, tag: str, usual: Decimal) -> Decimal:
    """A number in a child.

    Raises: QuestionUnfit.
    """
    text = node.inner(tag)
    if not text:
        return usual
    value = number(text)
    if value is None:
        raise QuestionUnfit(Code.NUMBER_UNREADABLE, text, line=node.line)
    return value


def _fraction(node: Node) -> Decimal:
    text = node.attributes.get("fraction", "0")
    value = number(text)
    if value is None:
        raise QuestionUnfit(Code.WEIGHT_UNREADABLE, text, line=node.line)
    return shifted(value, -2)


def _choices(read: Reader) -> list[Choice]:
    return [
        Choice(text=read.say(read.piece(node)), fraction=_fraction(node), feedback=say_in(read, "feedback", node))
        for node in read.node.all("answer")
    ]


def _multichoice(read: Reader) -> Key:
    shuffles = is_true(read.node.inner("shuffleanswers"))
    options = _choices(read)
    if is_true(read.node.inner("single", "true")):
        return SingleChoiceKey(options=tuple(options), shuffles=shuffles)
    return several(options, shuffles=shuffles)


def _multichoiceset(read: Reader) -> Key:
    options = [
        Choice(uuid=one.uuid, text=one.text, fraction=WHOLE if one.is_correct else NOTHING, feedback=one.feedback)
        for one in _choices(read)
    ]
    return MultipleResponseKey(options=tuple(options), shuffles=is_true(read.node.inner("shuffleanswers")))


def _true_false(read: Reader) -> Key:
    words = {node.inner("text"): node for node in read.node.all("answer")}
    given = {truth(word): node for word, node in words.items()}
    if given.keys() != {True, False} or len(words) != 2:
        raise QuestionUnfit(Code.ANSWER_UNREADABLE, ", ".join(words))
    return TrueFalseKey(
        options=tuple(
            [
                Choice(text=text, fraction=_fraction(given[is_so]), feedback=say_in(read, "feedback", given[is_so]))
                for is_so, text in ((True, TRUE), (False, FALSE))
            ]
        )
    )


def _short(read: Reader) -> Key:
    return ShortTextKey(
        accepted=tuple(
            [
                AcceptedText(text=node.inner("text"), fraction=_fraction(node), feedback=say_in(read, "feedback", node))
                for node in read.node.all("answer")
            ]
        ),
        is_case_sensitive=is_true(read.node.inner("usecase")),
    )


def _numeric(read: Reader) -> Key:
    accepted = tuple([_accepted(read, node) for node in read.node.all("answer")])
    units = tuple([_unit(node) for parent in read.node.all("units") for node in parent.all("unit")])
    graded = read.node.inner("unitgradingtype", "0")
    penalty = number_in(read.node, "unitpenalty", NOTHING)
    if not units or graded == "0":
        return NumericKey(accepted=accepted, units=units)
    if graded == "1" and any(0 < one.fraction < 1 for one in accepted):
        _unsupported(read, Part.SCORING, "unitgradingtype 1")
    if penalty >= 1:
        return NumericKey(accepted=accepted, units=units, unit_use=UnitUse.REQUIRED)
    return NumericKey(accepted=accepted, units=units, unit_use=UnitUse.PENALISED, unit_penalty=penalty)


def _accepted(read: Reader, node: Node) -> AcceptedNumber:
    text, fraction, feedback = node.inner("text"), _fraction(node), say_in(read, "feedback", node)
    if text == "*":
        return AcceptedNumber(fraction=fraction, feedback=feedback)
    value = number(text)
    if value is None:
        raise QuestionUnfit(Code.NUMBER_UNREADABLE, text, line=node.line)
    tolerance = number_in(node, "tolerance", NOTHING)
    return AcceptedNumber(value=value, tolerance=tolerance, fraction=fraction, feedback=feedback)


def _unit(node: Node) -> Unit:
    multiplier = number_in(node, "multiplier", WHOLE)
    if not multiplier:
        raise QuestionUnfit(Code.NUMBER_UNREADABLE, node.inner("multiplier"), line=node.line)
    return Unit(name=node.inner("unit_name"), factor=FIFTEEN.divide(WHOLE, multiplier))


def _matching(read: Reader) -> Key:
    stems: list[Stem] = []
    targets: dict[str, Target] = {}
    for node in read.node.all("subquestion"):
        stem, text = read.say(read.piece(node)), _say_plain(read, node.inner("answer"))
        if not text:
            raise QuestionUnfit(Code.PAIR_UNREADABLE, stem, line=node.line)
        target = targets.setdefault(text, Target(text=text))
        if stem:
            stems.append(Stem(text=stem, target=target.uuid))
    shuffles = is_true(read.node.inner("shuffleanswers", "1"))
    return MatchingKey(stems=tuple(stems), targets=tuple(targets.values()), shuffles=shuffles)


def _ordering(read: Reader) -> Key:
    graded = read.node.inner("gradingtype", "0").upper()
    if graded not in _SCORINGS:
        _unsupported(read, Part.SCORING, graded)
    if read.node.inner("selecttype", "ALL").upper() not in ("ALL", "0"):
        _unsupported(read, Part.VIEW, "selecttype")
    items = tuple([Item(text=read.say(read.piece(node))) for node in read.node.all("answer")])
    return OrderingKey(items=items, scoring=_SCORINGS.get(graded, OrderingScoring.PLACES))


def _essay(read: Reader) -> Key:
    if (read.node.inner("attachments") or "0") != "0":
        _unsupported(read, Part.ATTACHMENTS)
    least, most = [number_in(read.node, tag, NOTHING) for tag in ("minwordlimit", "maxwordlimit")]
    return EssayKey(
        template=say_in(read, "responsetemplate"),
        notes=say_in(read, "graderinfo"),
        min_words=int(least) or None,
        max_words=int(most) or None,
    )


def _gapselect(read: Reader) -> Key:
    """`[[2]]` names the second of all words; the others of its group are what may be chosen instead."""
    words = [(node.inner("text"), node.inner("group", "1")) for node in read.node.all("selectoption")]
    shuffles = is_true(read.node.inner("shuffleanswers"))
    gaps: list[Gap] = []

    def renumbered(match: re.Match[str]) -> str:
        at = int(match[1]) - 1
        if not 0 <= at < len(words):
            raise QuestionUnfit(Code.ANSWER_UNKNOWN, match[0])
        options = [
            Choice(text=_say_plain(read, text), fraction=WHOLE if number == at else NOTHING)
            for number, (text, group) in enumerate(words)
            if group == words[at][1]
        ]
        gaps.append(Gap(key=SingleChoiceKey(options=tuple(options), shuffles=shuffles)))
        return f"[[{len(gaps)}]]"

    read.text = GAP.sub(renumbered, read.text)
    return BlanksKey(gaps=tuple(gaps))


def _cloze(read: Reader) -> Key:
    read.text, key = cloze_key(read.text, lambda text: read.say(Piece(text)))
    return key


KINDS: dict[str, Callable[[Reader], Key]] = {
    "multichoice": _multichoice,
    "multichoiceset": _multichoiceset,
    "truefalse": _true_false,
    "shortanswer": _short,
    "numerical": _numeric,
    "matching": _matching,
    "match": _matching,
    "essay": _essay,
    "ordering": _ordering,
    "gapselect": _gapselect,
    "cloze": _cloze,
    "multianswer": _cloze,
}
