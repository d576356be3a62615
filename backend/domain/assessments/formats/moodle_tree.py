"""Moodle XML as a tree with line numbers; no document type, no entities, nothing from elsewhere."""

from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

import msgspec
from defusedxml import sax
from defusedxml.common import DefusedXmlException

from backend.domain.assessments.formats.findings import Code, QuestionUnfit

MOST_NODES = 200_000
DEEPEST = 30


class Node(msgspec.Struct):
    """An element. `text` is all that stands directly in it."""

    tag: str
    attributes: dict[str, str]
    line: int
    children: list["Node"] = []
    text: str = ""

    def all(self, tag: str) -> list["Node"]:
        """The children of this name."""
        return [child for child in self.children if child.tag == tag]

    def first(self, tag: str) -> "Node | None":
        """The first child of this name."""
        return next((child for child in self.children if child.tag == tag), None)

    def inner(self, tag: str, usual: str = "") -> str:
        """What stands in the first child of this name, or in its `text`."""
        child = self.first(tag)
        if child is None:
            return usual
        inner = child.first("text")
        return (inner or child).text.strip()


def parsed(data: bytes) -> Node:
    """The root of a document.

    Raises: QuestionUnfit.
    """
    handler = _Handler()
    try:
        sax.parseString(data, handler, forbid_dtd=True)
    except DefusedXmlException as bomb:
        raise QuestionUnfit(Code.XML_FORBIDDEN, type(bomb).__name__) from bomb
    except SAXParseException as broken:
        line = broken.getLineNumber() or 0
        raise QuestionUnfit(Code.XML_BROKEN, str(broken.getMessage()), line=line) from broken
    except (SAXException, ValueError, LookupError) as broken:
        raise QuestionUnfit(Code.XML_BROKEN, type(broken).__name__) from broken
    return handler.root


class _Handler(ContentHandler):
    """Builds the tree."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Node("", {}, 0)
        self.open: list[tuple[Node, list[str]]] = [(self.root, [])]
        self.count = 0
        self.locator: Locator | None = None

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 - the parser's name for it
        self.locator = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - as above
        self.count += 1
        line = (self.locator.getLineNumber() if self.locator else 0) or 0
        if self.count > MOST_NODES or len(self.open) > DEEPEST:
            raise QuestionUnfit(Code.XML_OTHER, name, line=line)
        node = Node(name, dict(attrs.items()), line, [])
        self.open[-1][0].children.append(node)
        self.open.append((node, []))

    def characters(self, content: str) -> None:
        self.open[-1][1].append(content)

    def endElement(self, name: str) -> None:  # noqa: N802 - as above
        node, pieces = self.open.pop()
        node.text = "".join(pieces)
