"""What is typed, and what is marked by hand, as the cells of a sheet say it: texts, numbers, units, rubrics."""

from decimal import Decimal

from backend.domain.assessments.formats import excel_columns
from backend.domain.assessments.formats.excel_cells import Row
from backend.domain.assessments.formats.findings import Code, QuestionUnfit
from backend.domain.assessments.formats.texts import number, shifted
from backend.domain.assessments.keys import (
    NOTHING,
    WHOLE,
    AcceptedNumber,
    AcceptedText,
    Criterion,
    Level,
    NumericKey,
    ShortTextKey,
    Unit,
    UnitUse,
)


def short(row: Row) -> ShortTextKey:
    """A text that is typed: each option is one that is accepted. Raises: QuestionUnfit."""
    return ShortTextKey(
        accepted=tuple(
            [
                AcceptedText(text=text, fraction=_fraction(row, at), feedback=row.feedback(at))
                for at, text in enumerate(_accepted(row))
            ]
        ),
        is_case_sensitive=row.says_yes("cased"),
    )


def numeric(row: Row) -> NumericKey:
    """A number that is typed, with its units. Raises: QuestionUnfit."""
    penalty = row.number_of("unit_penalty")
    return NumericKey(
        accepted=tuple([_number(row, at, text) for at, text in enumerate(_accepted(row))]),
        units=tuple([_unit(row, line) for line in row.text("units").split("\n") if line.strip()]),
        unit_use=_unit_use(row),
        unit_penalty=NOTHING if penalty is None else shifted(penalty, -2),
    )


def rubric(row: Row) -> tuple[Criterion, ...]:
    """What is looked at when marking by hand: each criterion has a row, its levels are the options.

    Raises: QuestionUnfit.
    """
    return tuple(
        [
            Criterion(text=part.text("criterion"), levels=tuple([_level(part, text) for text in part.options()]))
            for part in row.parts
        ]
    )


def _accepted(row: Row) -> list[str]:
    texts = row.options() or [row.text("answer")]
    if not texts[0]:
        raise row.unfit(Code.ANSWER_MISSING)
    return texts


def _fraction(row: Row, at: int) -> Decimal:
    weight = row.weight(at)
    return WHOLE if weight is None else weight


def _number(row: Row, at: int, text: str) -> AcceptedNumber:
    """`3.14`, `3.14:0.01` or `3.14±0.01`, `3.14:1%` (of the value), `3.1..3.2`, or `*` for whatever else."""
    fraction, feedback = _fraction(row, at), row.feedback(at)
    text = text.replace("±", ":")
    if text == "*":
        return AcceptedNumber(fraction=fraction, feedback=feedback)
    mark = ".." if ".." in text else ":"
    one, _, other = text.partition(mark)
    is_relative = mark == ":" and other.endswith("%")
    first = _decimal(one)
    second = _decimal(other.removesuffix("%") if is_relative else other) if other or mark == ".." else NOTHING
    if first is None or second is None:
        raise QuestionUnfit(Code.NUMBER_UNREADABLE, text, line=row.number)
    if mark == "..":
        return AcceptedNumber(low=first, high=second, fraction=fraction, feedback=feedback)
    tolerance = shifted(second, -2) if is_relative else second
    return AcceptedNumber(
        value=first, tolerance=tolerance, is_relative=is_relative, fraction=fraction, feedback=feedback
    )


def _unit(row: Row, line: str) -> Unit:
    """`cm = 0.01`: a centimetre is so much of what the numbers are in; without a number as much."""
    name, is_said, factor = line.rpartition("=")
    if not is_said:
        return Unit(name=line.strip())
    value = _decimal(factor)
    if value is None:
        raise row.unfit(Code.NUMBER_UNREADABLE, "units")
    return Unit(name=name.strip(), factor=value)


def _unit_use(row: Row) -> UnitUse:
    said = row.text("unit_use")
    use = excel_columns.unit_use_of(said) if said else UnitUse.OPTIONAL
    if use is None:
        raise row.unfit(Code.ANSWER_UNREADABLE, "unit_use")
    return use


def _level(row: Row, text: str) -> Level:
    """`2: well done`."""
    points, _, said = text.partition(":")
    value = _decimal(points)
    if value is None:
        raise QuestionUnfit(Code.NUMBER_UNREADABLE, text, line=row.number)
    return Level(text=said.strip(), points=value)


def _decimal(text: str) -> Decimal | None:
    return number(text.strip().replace(",", ".", 1))
