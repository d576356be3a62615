"""What is found in a file of questions: one form for all formats. And the questions that were read from it."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from backend.domain.assessments import markup
from backend.domain.assessments.drafts import QuestionDraft
from backend.domain.assessments.errors import KeyUnfit
from backend.domain.assessments.key_rules import problems
from backend.domain.assessments.keys import Key, MultipleResponseKey
from backend.domain.assessments.terms import QuestionKind, TextFormat

MOST_QUESTIONS = 1000
MOST_FINDINGS = 500
MOST_FOUND = 20_000
FOUND_MAX = 80
TEXT_MAX = 20_000
FEEDBACK_MAX = 5_000
POINTS_MAX = Decimal(1000)
_CENT = Decimal("0.01")


class Format(StrEnum):
    """A format of files of questions."""

    XLSX = "xlsx"
    GIFT = "gift"
    AIKEN = "aiken"
    MOODLE_XML = "moodle_xml"


class Severity(StrEnum):
    """ERROR: it has to be mended. UNSUPPORTED: one side says what the other cannot; it is refused unless skipped.

    NOTE: something is not kept that changes neither what is asked nor what is right.
    """

    ERROR = "error"
    UNSUPPORTED = "unsupported"
    NOTE = "note"


class Code(StrEnum):
    """What was found."""

    ANSWER_MISSING = "answer_missing"
    ANSWER_UNKNOWN = "answer_unknown"
    ANSWER_UNREADABLE = "answer_unreadable"
    BRACES = "braces"
    CELL_ERROR = "cell_error"
    COLUMN_MISSING = "column_missing"
    COLUMN_TWICE = "column_twice"
    CONTROL_CHARACTER = "control_character"
    FILE_UNKNOWN = "file_unknown"
    FORMULA_WITHOUT_VALUE = "formula_without_value"
    KEY_UNFIT = "key_unfit"
    KIND_UNSUPPORTED = "kind_unsupported"
    LETTERS_UNORDERED = "letters_unordered"
    NOT_UTF8 = "not_utf8"
    NO_QUESTIONS = "no_questions"
    NUMBER_UNREADABLE = "number_unreadable"
    OPTION_BLANK = "option_blank"
    OPTION_WITHOUT_QUESTION = "option_without_question"
    PAIR_UNREADABLE = "pair_unreadable"
    PART_UNSUPPORTED = "part_unsupported"
    PART_MISPLACED = "part_misplaced"
    POINTS_UNFIT = "points_unfit"
    SEVERAL_LINES = "several_lines"
    TEXT_MISSING = "text_missing"
    TEXT_TOO_LONG = "text_too_long"
    TITLE_UNCLOSED = "title_unclosed"
    TOO_FEW_OPTIONS = "too_few_options"
    TOO_MANY_QUESTIONS = "too_many_questions"
    WEIGHT_UNREADABLE = "weight_unreadable"
    XML_BROKEN = "xml_broken"
    XML_FORBIDDEN = "xml_forbidden"
    XML_OTHER = "xml_other"


class Part(StrEnum):
    """What of a question cannot be said on the other side."""

    ATTACHMENTS = "attachments"
    CASE = "case"
    CHARACTERS = "characters"
    COLUMN = "column"
    DRAW = "draw"
    EXPLANATION = "explanation"
    FEEDBACK = "feedback"
    FILES = "files"
    FLOOR = "floor"
    FORMAT = "format"
    FORMATS_MIXED = "formats_mixed"
    FRACTIONS = "fractions"
    HINTS = "hints"
    LENGTH = "length"
    LINES = "lines"
    MARKUP = "markup"
    NAME = "name"
    OPTION_FEEDBACK = "option_feedback"
    OTHERWISE = "otherwise"
    PARTIAL_FEEDBACK = "partial_feedback"
    PENALTY = "penalty"
    POINTS = "points"
    RUBRIC = "rubric"
    SCORING = "scoring"
    SECTIONS = "sections"
    SHUFFLE = "shuffle"
    TAGS = "tags"
    TEMPLATE = "template"
    TOLERANCE = "tolerance"
    TRIES = "tries"
    TRUE_FALSE_WORDS = "true_false_words"
    TWICE = "twice"
    UNITS = "units"
    VIEW = "view"
    WEIGHTS = "weights"
    WORDS = "words"


class Finding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One finding. `line` counts from 1 (in a sheet: the row; of an export: the question), 0 is the whole file.

    `column` as a sheet shows it ("D Jawaban"); `found` at most 80 characters of what stands there. Of a note only
    the first is kept, with the `count` of all.
    """

    line: int
    code: Code
    severity: Severity = Severity.ERROR
    part: Part | None = None
    column: str = ""
    found: str = ""
    count: int = 1


class Asked(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A question in a file. `category` is the title of its section, "" for none.

    `draw`: so many of its section's questions are drawn, as far as the file says so. `files`: addresses of pictures
    and recordings, or tokens of pictures that came along.
    """

    line: int = 0
    text: str
    key: Key
    text_format: TextFormat = TextFormat.PLAIN
    points: Decimal = Decimal(1)
    penalty: Decimal = Decimal(0)
    floor: Decimal | None = None
    explanation: str | None = None
    feedback_right: str = ""
    feedback_wrong: str = ""
    category: str = ""
    draw: int | None = None
    files: tuple[str, ...] = ()

    @property
    def kind(self) -> QuestionKind:
        """How it is answered."""
        return self.key.KIND

    def draft(self) -> QuestionDraft:
        """As the engine takes it."""
        return QuestionDraft(
            text=self.text,
            key=self.key,
            text_format=self.text_format,
            points=self.points,
            penalty=self.penalty,
            floor=self.floor,
            explanation=self.explanation,
            feedback_right=self.feedback_right,
            feedback_wrong=self.feedback_wrong,
        )


class Picture(Struct, frozen=True, kw_only=True):
    """A picture inside a file of questions."""

    name: str
    content: bytes


class ReadFile(Struct, kw_only=True):
    """What a file says. `left_out`: questions of which the engine cannot say anything. Lists end, counts do not.

    `pictures` by the numbers of their tokens.
    """

    format: Format
    questions: list[Asked]
    findings: list[Finding]
    errors: int = 0
    unsupported: int = 0
    left_out: int = 0
    pictures: list[Picture] = []


class QuestionUnfit(Exception):
    """A question cannot be read; what was found says why."""

    def __init__(
        self, code: Code, found: str = "", *, line: int = 0, severity: Severity = Severity.ERROR, column: str = ""
    ) -> None:
        super().__init__(code, found)
        self.code, self.found, self.line, self.severity, self.column = code, found, line, severity, column


class Findings:
    """Collects findings and questions while a file is walked through."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.questions: list[Asked] = []
        self.counts = dict.fromkeys(Severity, 0)
        self.left_out = 0
        self._notes: dict[Part | None, int] = {}

    @property
    def is_full(self) -> bool:
        """Whether there is more than is ever taken, or told: reading may end."""
        return len(self.questions) > MOST_QUESTIONS or sum(self.counts.values()) > MOST_FOUND

    def error(self, line: int, code: Code, found: str = "", *, column: str = "") -> None:
        """Something has to be mended."""
        self._add(Finding(line=line, code=code, found=found[:FOUND_MAX], column=column[:FOUND_MAX]))

    def unsupported(self, line: int, part: Part, found: str = "") -> None:
        """A part of a question cannot be said on the other side."""
        self._add(
            Finding(
                line=line,
                code=Code.PART_UNSUPPORTED,
                severity=Severity.UNSUPPORTED,
                part=part,
                found=found[:FOUND_MAX],
            )
        )

    def left_out_as(self, line: int, part: Part, found: str) -> None:
        """A whole question is left out because of a part."""
        self.left_out += 1
        self.unsupported(line, part, found)

    def no_such_kind(self, line: int, found: str) -> None:
        """A whole question cannot be said on the other side."""
        self.left_out += 1
        self._add(
            Finding(line=line, code=Code.KIND_UNSUPPORTED, severity=Severity.UNSUPPORTED, found=found[:FOUND_MAX])
        )

    def note(self, line: int, part: Part, found: str = "") -> None:
        """Something is not kept that does not matter to the question."""
        self.counts[Severity.NOTE] += 1
        at = self._notes.get(part)
        if at is None:
            self._notes[part] = len(self.kept)
            self.kept.append(
                Finding(
                    line=line,
                    code=Code.PART_UNSUPPORTED,
                    severity=Severity.NOTE,
                    part=part,
                    found=found[:FOUND_MAX],
                )
            )
            return
        before = self.kept[at]
        self.kept[at] = Finding(
            line=before.line,
            code=before.code,
            severity=before.severity,
            part=part,
            found=before.found,
            count=before.count + 1,
        )

    def unfit(self, why: QuestionUnfit, line: int) -> None:
        """A question could not be read."""
        if why.severity is Severity.UNSUPPORTED:
            self.left_out += 1
        self._add(
            Finding(
                line=why.line or line,
                code=why.code,
                severity=why.severity,
                found=why.found[:FOUND_MAX],
                column=why.column[:FOUND_MAX],
            )
        )

    def take(self, asked: Asked) -> None:
        """Keep a question, if it fits, without what acts in its texts."""
        try:
            check(asked)
            clean = markup.cleaned(asked)
            check(clean)
        except KeyUnfit as why:
            self.error(asked.line, Code.KEY_UNFIT, f"{why.data['place']} {why.data['rule']}")
            return
        except QuestionUnfit as why:
            self.unfit(why, asked.line)
            return
        for name, is_asked in markup.taken_out(asked, clean):
            (self.unsupported if is_asked else self.note)(asked.line, Part.MARKUP, name)
        if isinstance(clean.key, MultipleResponseKey) and clean.key.is_unguarded:
            least = min(option.fraction for option in clean.key.options)
            self.note(asked.line, Part.SCORING, f"{float(least * 100):g}%")
        self.questions.append(clean)

    def read(self, format_: Format) -> ReadFile:
        """All that was found."""
        if not self.questions and not self.left_out and not self.counts[Severity.ERROR]:
            self.error(0, Code.NO_QUESTIONS)
        if len(self.questions) > MOST_QUESTIONS:
            self.error(0, Code.TOO_MANY_QUESTIONS, str(len(self.questions)))
            del self.questions[MOST_QUESTIONS:]
        return ReadFile(
            format=format_,
            questions=self.questions,
            findings=sorted(self.kept, key=lambda finding: finding.line),
            errors=self.counts[Severity.ERROR],
            unsupported=self.counts[Severity.UNSUPPORTED],
            left_out=self.left_out,
        )

    def _add(self, finding: Finding) -> None:
        self.counts[finding.severity] += 1
        if len(self.kept) < MOST_FINDINGS:
            self.kept.append(finding)


def check(asked: Asked) -> None:
    """Whether the engine takes a question as it is.

    Raises: QuestionUnfit.
    """
    if not asked.text.strip():
        raise QuestionUnfit(Code.TEXT_MISSING)
    _check_lengths((asked.text, asked.explanation or ""), TEXT_MAX)
    _check_lengths((asked.feedback_right, asked.feedback_wrong, *_feedback(asked.key)), FEEDBACK_MAX)
    for points, least in (
        (asked.points, _CENT),
        (asked.penalty, Decimal(0)),
        (-(asked.floor or Decimal(0)), Decimal(0)),
    ):
        if not points.is_finite() or not least <= points <= POINTS_MAX or points != points.quantize(_CENT):
            raise QuestionUnfit(Code.POINTS_UNFIT, str(points))
    problem = next(iter(problems(asked.key, asked.text)), None)
    if problem is not None:
        too_much = problem.rule in ("too_many", "too_long") or (
            problem.rule == "not_one_right" and problem.found != "0"
        )
        found = " ".join(filter(None, (problem.place, problem.rule, problem.found)))
        raise QuestionUnfit(Code.KEY_UNFIT, found, severity=Severity.UNSUPPORTED if too_much else Severity.ERROR)


def _check_lengths(texts: Sequence[str], most: int) -> None:
    longest = max(len(text) for text in texts)
    if longest > most:
        raise QuestionUnfit(Code.TEXT_TOO_LONG, str(longest))


def _feedback(key: Key) -> list[str]:
    parts = [*getattr(key, "options", ()), *getattr(key, "accepted", ())]
    return [part.feedback for part in parts] or [""]
