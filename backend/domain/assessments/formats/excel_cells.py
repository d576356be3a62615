"""The cells of one row of a sheet of questions, and of the rows below that belong to it."""

from collections.abc import Sequence
from decimal import Decimal

from backend.core.workbook_formats import Cell
from backend.domain.assessments.formats import excel_columns
from backend.domain.assessments.formats.excel_columns import FEEDBACK, NO, OPTION, WEIGHT, YES, Columns, plain
from backend.domain.assessments.formats.findings import Code, QuestionUnfit
from backend.domain.assessments.formats.texts import number, shifted

_YES = frozenset({plain(YES), "yes", "true", "benar", "1"})
_NO = frozenset({plain(NO), "no", "false", "salah", "0", ""})


class Row:
    """The cells of one row by their columns, as they are shown; numbers as they are saved.

    `parts` are the rows below it that belong to its question: one for each gap, and for each criterion of a rubric.
    """

    def __init__(self, number: int, cells: Sequence[tuple[str, Cell]], columns: Columns) -> None:
        self.number, self.cells, self.columns = number, cells, columns
        self.parts: list[Row] = []
        self._read: set[int] = set()

    @property
    def is_part(self) -> bool:
        """Whether it belongs to the question above; a row with a question of its own never does."""
        asks = self._shown(self.columns.at.get("question"))
        return not asks and any(self._shown(self.columns.at.get(key)) for key in excel_columns.PARTS)

    def text(self, key: str) -> str:
        """The text of a column, "" where there is none."""
        return self._at(self.columns.at.get(key))

    def is_blank(self) -> bool:
        """Whether nothing stands in it but its number."""
        used = [column for key, column in self.columns.at.items() if key != "no"]
        return not any(self._shown(column) for column in [*used, *self.columns.series.values()])

    def unread(self) -> list[str]:
        """The columns in which something stands that nobody asked for."""
        passed = {*self._read, self.columns.at.get("no")}
        return [
            self.columns.names.get(at, excel_columns.letter(at))
            for at, (text, _) in enumerate(self.cells)
            if text and at not in passed
        ]

    def options(self) -> list[str]:
        """The options up to the last that is not blank.

        Raises: QuestionUnfit for one between them that is.
        """
        texts = [(self._at(column), column) for _, column in self.columns.letters(OPTION)]
        while texts and not texts[-1][0]:
            texts.pop()
        for text, column in texts:
            if not text:
                raise QuestionUnfit(Code.OPTION_BLANK, line=self.number, column=self.columns.names.get(column, ""))
        return [text for text, _ in texts]

    def feedback(self, option: int) -> str:
        """What is said of an option."""
        return self._at(self.columns.series.get((FEEDBACK, option)))

    def weight(self, option: int) -> Decimal | None:
        """The fraction that stands in an option's column of weights, in percent."""
        found = self._number(self.columns.series.get((WEIGHT, option)))
        return None if found is None else shifted(found, -2)

    def number_of(self, key: str) -> Decimal | None:
        """A number; None for a blank cell. A decimal comma and a point mean the same.

        Raises: QuestionUnfit.
        """
        return self._number(self.columns.at.get(key))

    def whole_of(self, key: str) -> int | None:
        """A whole number from 1; None for a blank cell.

        Raises: QuestionUnfit.
        """
        found = self.number_of(key)
        if found is None:
            return None
        if not 1 <= found <= 1_000_000 or found != int(found):
            raise self.unfit(Code.NUMBER_UNREADABLE, key)
        return int(found)

    def says_yes(self, key: str) -> bool:
        """Whether yes stands in a column; blank is no.

        Raises: QuestionUnfit.
        """
        word = plain(self.text(key))
        if word not in _YES | _NO:
            raise self.unfit(Code.ANSWER_UNREADABLE, key)
        return word in _YES

    def unfit(self, code: Code, key: str = "answer") -> QuestionUnfit:
        """What is wrong with a column."""
        column = self.columns.at.get(key)
        name = excel_columns.HEADINGS[key] if column is None else self.columns.names.get(column, "")
        return QuestionUnfit(code, self.text(key), line=self.number, column=name)

    def _at(self, column: int | None) -> str:
        if column is not None:
            self._read.add(column)
        return self._shown(column)

    def _shown(self, column: int | None) -> str:
        return "" if column is None or column >= len(self.cells) else self.cells[column][0]

    def _number(self, column: int | None) -> Decimal | None:
        text = self._at(column)
        if not text or column is None:
            return None
        raw = self.cells[column][1]
        is_number = isinstance(raw, int | float) and not isinstance(raw, bool)
        shown = format(raw, ".15g") if is_number else text.replace(",", ".", 1).removesuffix("%")
        value = number(shown)
        if value is None:
            name = self.columns.names.get(column, "")
            raise QuestionUnfit(Code.NUMBER_UNREADABLE, text, line=self.number, column=name)
        return value
