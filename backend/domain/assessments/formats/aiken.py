"""Questions in Aiken, both ways.

Source: https://docs.moodle.org/en/Aiken_format: the question on one line; options `A.` or `A)` and a text, in the
order of the letters; then at once `ANSWER:` and the letter of the right one, capitals as shown. Blank lines between
questions are usual but not needed. Moodle's own reader also takes options without the space, and so does this one.
"""

import re
from collections.abc import Sequence
from string import ascii_uppercase

from backend.domain.assessments.formats.findings import Asked, Code, Findings, Format, Part, ReadFile
from backend.domain.assessments.formats.saying import unsaid
from backend.domain.assessments.formats.texts import decoded
from backend.domain.assessments.keys import NOTHING, WHOLE, Choice, SingleChoiceKey
from backend.domain.assessments.terms import QuestionKind, TextFormat

_OPTION = re.compile(r"([A-Z])[.)]\s*(.*)")
_ANSWER = re.compile(r"ANSWER:\s*(.*)")
_NEARLY = re.compile(r"(?:answer|jawaban)\s*:.*", re.IGNORECASE)


def read(data: bytes) -> ReadFile:
    """Read a file in Aiken; whatever it is, there are only findings."""
    found = Findings()
    reader = _Reader(found)
    for number, line in enumerate(decoded(data, found).split("\n"), 1):
        if found.is_full:
            break
        reader.take(number, line.strip())
    reader.end()
    return found.read(Format.AIKEN)


class _Reader:
    """The question that is being read, line by line."""

    def __init__(self, found: Findings) -> None:
        self.found = found
        self._begin()

    def _begin(self) -> None:
        self.line = 0
        self.text = ""
        self.options: list[str] = []
        self.is_wrong = False

    def take(self, number: int, line: str) -> None:
        """The next line."""
        answer, option = _ANSWER.fullmatch(line), _OPTION.fullmatch(line)
        if not line:
            if self.options:  # between the text and its options a blank line does no harm
                self.end()
        elif answer:
            self._answer(number, answer[1].strip())
        elif option and (self.line or option[1] == "A"):
            self._option(number, option[1], option[2].strip())
        else:
            self._text(number, line)

    def _text(self, number: int, line: str) -> None:
        if _NEARLY.fullmatch(line) and self.options:
            self._error(number, Code.ANSWER_UNREADABLE, line)
            self._begin()
        elif self.line and not self.options:
            self._error(number, Code.SEVERAL_LINES, line)
        else:
            self.end()
            self.line, self.text = number, line

    def _option(self, number: int, letter: str, text: str) -> None:
        if not self.line:
            self.line = number
            self._error(number, Code.OPTION_WITHOUT_QUESTION, f"{letter}. {text}")
        elif letter != ascii_uppercase[min(len(self.options), 25)]:
            self._error(number, Code.LETTERS_UNORDERED, f"{letter}. {text}")
        elif not text:
            self._error(number, Code.OPTION_BLANK, letter)
        self.options.append(text)

    def _answer(self, number: int, letter: str) -> None:
        place = ascii_uppercase.find(letter) if len(letter) == 1 else -1
        if not self.line:
            self._error(number, Code.OPTION_WITHOUT_QUESTION, f"ANSWER: {letter}")
        elif self.is_wrong:
            pass
        elif len(self.options) < 2:
            self._error(number, Code.TOO_FEW_OPTIONS, self.text)
        elif not 0 <= place < len(self.options):
            self._error(number, Code.ANSWER_UNKNOWN, letter)
        else:
            options = [
                Choice(text=text, fraction=WHOLE if at == place else NOTHING) for at, text in enumerate(self.options)
            ]
            self.found.take(Asked(line=self.line, text=self.text, key=SingleChoiceKey(options=tuple(options))))
        self._begin()

    def end(self) -> None:
        """A question that nothing follows must be whole."""
        if self.line and not self.is_wrong:
            self._error(self.line, Code.ANSWER_MISSING, self.text)
        self._begin()

    def _error(self, number: int, code: Code, found: str) -> None:
        self.is_wrong = True
        self.found.error(number, code, found)


def write(questions: Sequence[Asked], found: Findings) -> str:
    """Questions in Aiken; what it cannot say is found, and left out."""
    parts = [text for asked in questions if (text := _written(asked, found)) is not None]
    return "\n".join(parts)


def _written(asked: Asked, found: Findings) -> str | None:
    key = asked.key
    if not isinstance(key, SingleChoiceKey) or asked.kind is not QuestionKind.SINGLE_CHOICE:
        found.no_such_kind(asked.line, str(asked.kind))
        return None
    options = key.options
    if len(options) > len(ascii_uppercase) or not _is_sayable(asked.text):
        found.no_such_kind(asked.line, asked.text)
        return None
    for part in unsaid(asked, Format.AIKEN):
        found.unsupported(asked.line, part, asked.text)
    texts = [option.text for option in options]
    if asked.text_format is not TextFormat.PLAIN:
        found.unsupported(asked.line, Part.FORMAT, str(asked.text_format))
    if any("\n" in text.strip() for text in (asked.text, *texts)):
        found.unsupported(asked.line, Part.LINES, asked.text)
    if any(option.fraction not in (NOTHING, WHOLE) for option in options):
        found.unsupported(asked.line, Part.FRACTIONS, asked.text)
    right = next(letter for letter, option in zip(ascii_uppercase, options, strict=False) if option.fraction == WHOLE)
    lines = [_line(asked.text)]
    lines += [f"{letter}. {_line(text)}" for letter, text in zip(ascii_uppercase, texts, strict=False)]
    return "\n".join([*lines, f"ANSWER: {right}", ""])


def _is_sayable(text: str) -> bool:
    """A text that would be read as an option or as an answer cannot be said."""
    line = _line(text)
    return bool(line) and not any(look.fullmatch(line) for look in (_OPTION, _ANSWER, _NEARLY))


def _line(text: str) -> str:
    return " ".join(part.strip() for part in text.strip().splitlines())
