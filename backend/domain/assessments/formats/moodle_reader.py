"""Questions in Moodle XML.

Source: https://docs.moodle.org/en/Moodle_XML_format. Categories become sections. Pictures inside come along, as files
of their question; other files are reported.
"""

import re
from decimal import ROUND_HALF_UP, Decimal

from backend.domain.assessments.formats import pictures
from backend.domain.assessments.formats.findings import (
    Asked,
    Code,
    Findings,
    Format,
    Part,
    QuestionUnfit,
    ReadFile,
)
from backend.domain.assessments.formats.moodle_kinds import KINDS, is_true, number_in, say_in
from backend.domain.assessments.formats.moodle_tree import Node, parsed
from backend.domain.assessments.formats.pictures import Album, PictureRefused
from backend.domain.assessments.formats.texts import Piece, guessed, is_said, said, section_title, settled
from backend.domain.assessments.keys import WHOLE, Key
from backend.domain.assessments.terms import TextFormat

_CENT = Decimal("0.01")
_FORMATS = {"html": TextFormat.HTML, "plain_text": TextFormat.PLAIN, "markdown": TextFormat.MARKDOWN}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_KEPT = frozenset(
    {
        *("questiontext", "generalfeedback", "defaultgrade", "answer", "single", "shuffleanswers", "usecase", "units"),
        *("unitgradingtype", "unitpenalty", "subquestion", "responsetemplate", "graderinfo", "minwordlimit"),
        *("maxwordlimit", "gradingtype", "selectoption", "correctfeedback", "incorrectfeedback", "attachments"),
        *("selecttype", "name", "penalty", "hint", "idnumber", "tags", "partiallycorrectfeedback"),
    }
)


def read(data: bytes) -> ReadFile:
    """Read a file in Moodle XML; whatever it is, there are only findings."""
    found, album = Findings(), Album()
    try:
        quiz = parsed(data).first("quiz")
    except QuestionUnfit as why:
        found.unfit(why, 0)
        return found.read(Format.MOODLE_XML)
    if quiz is None:
        found.error(0, Code.XML_OTHER)
    else:
        _read_all(quiz, found, album)
    read_ = found.read(Format.MOODLE_XML)
    read_.pictures = album.pictures
    return read_


def _read_all(quiz: Node, found: Findings, album: Album) -> None:
    category = ""
    for node in quiz.all("question"):
        kind = node.attributes.get("type", "")
        if found.is_full:
            break
        if kind == "category":
            category = section_title(node.inner("category"))
            continue
        try:
            asked = _Question(node, kind, category, found, album).read()
        except QuestionUnfit as why:
            found.unfit(why, node.line)
        else:
            if asked is not None:
                found.take(asked)


class _Question:
    """One question while it is read."""

    def __init__(self, node: Node, kind: str, category: str, found: Findings, album: Album) -> None:
        self.node, self.kind, self.category, self.found, self.album = node, kind, category, found, album
        self.files: dict[str, None] = {}
        self.line = node.line
        self.pieces: list[Piece] = []
        self.to: TextFormat | None = None
        self.main = TextFormat.HTML

    def read(self) -> Asked | None:
        """The question; None for one that the engine cannot say."""
        make = KINDS.get(self.kind)
        if make is None:
            self.found.no_such_kind(self.line, self.kind)
            return None
        asked = self.piece(self.node.first("questiontext"))
        self.main = asked.format or guessed(asked.text)
        self.text = asked.text
        self._note()
        whole = self._whole(make(self), asked)
        to = settled(self.main, self.pieces)
        if to is None:
            self.found.unsupported(self.line, Part.FORMATS_MIXED, asked.text)
        if to is None or is_said(to, self.pieces, self.main):
            return whole
        self.to, self.text = to, said(asked, self.main, to)
        return self._whole(make(self), asked)

    def _whole(self, key: Key, asked: Piece) -> Asked:
        self.say(asked)
        return Asked(
            line=self.line,
            text=self.text,
            text_format=self.to or self.main,
            key=key,
            points=self._points(),
            explanation=say_in(self, "generalfeedback") or None,
            feedback_right=say_in(self, "correctfeedback"),
            feedback_wrong=say_in(self, "incorrectfeedback"),
            category=self.category,
            files=tuple(self.files),
        )

    def piece(self, node: Node | None) -> Piece:
        """A text with its format."""
        if node is None:
            return Piece("")
        inner = node.first("text")
        text = (inner or node).text.replace("\r\n", "\n").replace("\r", "\n").strip()
        if _CONTROL.search(text):
            raise QuestionUnfit(Code.CONTROL_CHARACTER, text, line=node.line)
        text = self._with_pictures(node, text)
        return Piece(text, _FORMATS.get(node.attributes.get("format", "")) or (guessed(text) if text else None))

    def _with_pictures(self, node: Node, text: str) -> str:
        """A text that names its pictures by their tokens."""
        for file in node.all("file"):
            name, path = file.attributes.get("name", ""), file.attributes.get("path", "/")
            token = self._token(file.line, name, file.text)
            for spelled in pictures.spellings(path, name) if token else ():
                text = text.replace(spelled, token)
        text = pictures.without_inline(text, lambda encoded: self._token(node.line, "", encoded))
        if self.to is None and pictures.is_dangling(text):
            self.found.unsupported(node.line, Part.FILES, text)
        return text

    def _token(self, line: int, name: str, encoded: str) -> str:
        """What stands for a picture; "" for a file that is none, which is told."""
        try:
            token = self.album.take(name, encoded)
        except PictureRefused as why:
            if self.to is None:
                self.found.unsupported(line, Part.FILES, f"{name} {why.reason}".strip())
            return ""
        self.files[token] = None
        return token

    def say(self, text: Piece) -> str:
        """A text as the question says it."""
        if self.to is None:
            self.pieces.append(text)
            return text.text
        return said(text, self.main, self.to)

    def _points(self) -> Decimal:
        points = number_in(self.node, "defaultgrade", WHOLE)
        rounded = points.quantize(_CENT, ROUND_HALF_UP) if abs(points) < 1_000_000 else points
        if rounded != points and self.to is None:
            self.found.unsupported(self.line, Part.POINTS, str(points))
        return rounded

    def _note(self) -> None:
        """What is said that the engine does not keep."""
        notes = {
            Part.NAME: self.node.inner("name"),
            Part.TRIES: self.node.inner("penalty").strip("0."),
            Part.HINTS: self.node.inner("hint"),
            Part.TAGS: self.node.inner("idnumber") or ("tags" if self.node.first("tags") else ""),
            Part.PARTIAL_FEEDBACK: self.node.inner("partiallycorrectfeedback"),
        }
        for part, text in notes.items():
            if text:
                self.found.note(self.line, part, text)
        if is_true(self.node.inner("hidden")):
            self.found.note(self.line, Part.VIEW, "hidden")
        for child in self.node.children:
            if child.tag not in _KEPT and child.tag != "hidden":
                self.found.note(child.line, Part.VIEW, child.tag)
