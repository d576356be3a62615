"""Questions whose texts are HTML, without anything in them that acts. Pure.

Texts in the other formats are left as they are: who shows them escapes them, and renders Markdown without raw HTML.
"""

from collections.abc import Iterator
from typing import Any, Protocol, TypeVar

import msgspec

from backend.core import cleaning
from backend.domain.assessments.drafts import KeyOrOptions
from backend.domain.assessments.errors import KeyUnfit
from backend.domain.assessments.keys import AcceptedText
from backend.domain.assessments.terms import TextFormat


class _Question(Protocol):
    @property
    def text(self) -> str: ...

    @property
    def text_format(self) -> TextFormat: ...


Q = TypeVar("Q", bound=_Question)

_TEXTS = ("text", "explanation", "feedback", "feedback_right", "feedback_wrong", "template", "notes")
_IDLE = frozenset(
    {
        *("script", "style", "template", "noscript", "meta", "link", "base", "title", "head", "body", "html"),
        *("font", "center", "big", "wbr", "address", "article", "aside", "details", "footer", "header", "main", "nav"),
        *("section", "summary", "label", "o:p"),
    }
)
"""Elements whose words stay, or that have none: a question without them asks the same."""


def cleaned(question: Q) -> Q:
    """A question whose texts do nothing but show; twice changes nothing.

    Raises: KeyUnfit, when a text is nested too deep, or nothing of the question is left.
    """
    if question.text_format is not TextFormat.HTML:
        return question
    clean: Q = _cleaned(question)
    if cleaning.is_empty(clean.text):
        raise KeyUnfit(place="text", rule="empty", found="")
    return clean


def cleaned_key(key: KeyOrOptions, text_format: TextFormat) -> KeyOrOptions:
    """A key, or options, of a question in this format, without what acts in them.

    Raises: KeyUnfit.
    """
    found: KeyOrOptions = key if text_format is not TextFormat.HTML else _cleaned(key)
    return found


def cleaned_text(text: str) -> str:
    """A text of HTML without what acts in it.

    Raises: KeyUnfit.
    """
    if cleaning.is_too_deep(text):
        raise KeyUnfit(place="text", rule="too_deep", found="")
    clean = cleaning.clean(text)
    return "" if cleaning.is_empty(clean) else clean.strip()


def taken_out(before: Q, after: Q) -> Iterator[tuple[str, bool]]:
    """What cleaning has taken out of a question, each once, and whether it was part of what is asked."""
    pairs = zip(_texts(before), _texts(after), strict=True)
    names = dict.fromkeys(name for had, has in pairs for name in cleaning.taken_out(had, has))
    return ((name, name == "img src" or not (" " in name or name in _IDLE)) for name in names)


def _cleaned(part: Any) -> Any:  # noqa: ANN401 - a question, or any part of it
    if isinstance(part, tuple):
        return tuple([_cleaned(one) for one in part])
    if not isinstance(part, msgspec.Struct):
        return part
    changes = {}
    for name in part.__struct_fields__:
        value = getattr(part, name)
        is_text = isinstance(value, str) and _is_markup(part, name)
        changes[name] = cleaned_text(value) if is_text else _cleaned(value)
    return msgspec.structs.replace(part, **changes)


def _texts(part: Any) -> Iterator[str]:  # noqa: ANN401 - as above
    for one in part if isinstance(part, tuple) else ():
        yield from _texts(one)
    for name in part.__struct_fields__ if isinstance(part, msgspec.Struct) else ():
        value = getattr(part, name)
        if isinstance(value, str) and _is_markup(part, name):
            yield value
        else:
            yield from _texts(value)


def _is_markup(part: msgspec.Struct, name: str) -> bool:
    """What somebody types is compared with an accepted text: that is no HTML."""
    return name in _TEXTS and not (isinstance(part, AcceptedText) and name == "text")
