"""Golden pairs: requests and the answers that the contract gives them, kept as JSON in `golden/`.

A file for each part of contract section 2: route -> pairs. An answer is written as what the contract says literally,
and in place of a value that it leaves open as a matcher: `<uuid>`, `<int>`, `<number>`, `<text>` (not empty),
`<string>`, `<bool>`, `<time>` (RFC 3339 with its zone), `<date>`, `<clock>` (HH:MM:SS), `<url>`, `<any>`, `<a|b>` (one
of these), `<~regular expression>`, `<object:Batch>` (of `objects.json`, which is contract section 3) and
`<list:Batch>` (any number of them). With `?` before the `>` it may also be null. A list `[x, "..."]` is one x or more.

An object has exactly the keys that are written down; a key whose name ends in `?` may be left out, and so may those of
`ours.json`, which are our additions to an object. `{"<object>": "Batch", "title": "New"}` is an object of which more is
known, and `"<without>"` names keys that it has not.

`{name}` stands for a value of the stage (tests/dialects/lms/stage.py), also in an answer.
"""

import io
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import openpyxl

HOME = Path(__file__).parent / "golden"
IS, WITHOUT, MORE = "<object>", "<without>", "..."


class Pair(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A request and its answer.

    `before` names scenes (tests/dialects/lms/scenes), which set the stage. `files` are `name: [file name, content]`.
    Without an `answer` the body is not looked at. `answer_headers` are matched, too. `answer_sheet` is the title of the
    first sheet of a spreadsheet and what its rows begin with; more columns may follow.
    """

    path: str
    status: int
    answer: Any = msgspec.UNSET
    person: str = msgspec.field(name="as", default="nobody")
    before: list[str] = []
    query: dict[str, Any] = {}
    json: Any = msgspec.UNSET
    form: dict[str, str] | None = None
    files: dict[str, tuple[str, str]] | None = None
    headers: dict[str, str] = {}
    answer_headers: dict[str, str] = {}
    answer_sheet: dict[str, Any] | None = None

    @property
    def is_success(self) -> bool:
        """Whether the contract grants what is asked."""
        return 200 <= self.status < 300


Pairs = dict[str, list[Pair]]


def sections() -> dict[str, Pairs]:
    """All pairs, by the part of the contract they belong to."""
    return {
        path.stem: msgspec.json.decode(path.read_bytes(), type=Pairs) for path in sorted(HOME.glob("[0-9][0-9]-*.json"))
    }


@cache
def objects() -> dict[str, dict[str, Any]]:
    """The objects of contract section 3."""
    return msgspec.json.decode((HOME / "objects.json").read_bytes(), type=dict[str, dict[str, Any]])


@cache
def ours() -> dict[str, list[str]]:
    """What we add to them."""
    return msgspec.json.decode((HOME / "ours.json").read_bytes(), type=dict[str, list[str]])


_NAME = re.compile(r"\{([a-z_]\w*(?:[.-]\w+)*)\}")


def filled(value: Any, values: Mapping[str, Any]) -> Any:
    """A JSON value with the placeholders in it replaced; one that is a whole text may become anything."""
    if isinstance(value, dict):
        return {key: filled(part, values) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [filled(part, values) for part in value]
    if not isinstance(value, str):
        return value
    whole = _NAME.fullmatch(value)
    return values[whole[1]] if whole else _NAME.sub(lambda found: str(values[found[1]]), value)


async def ask(pair: Pair, method: str, values: Mapping[str, Any], http: httpx.AsyncClient) -> httpx.Response:
    """Send the request of a pair."""
    given: dict[str, Any] = {"params": filled(pair.query, values), "headers": filled(pair.headers, values)}
    if pair.json is not msgspec.UNSET:
        given["json"] = filled(pair.json, values)
    if pair.files is not None:
        given["files"] = {name: tuple(filled(file, values)) for name, file in pair.files.items()}
    if pair.form is not None:
        given["data"] = filled(pair.form, values)
    return await http.request(method, filled(pair.path, values), **given)


def differences(pair: Pair, values: Mapping[str, Any], answer: httpx.Response) -> Iterator[str]:
    """Where an answer is not what the pair says."""
    if answer.status_code != pair.status:
        yield f"status: expected {pair.status}, found {answer.status_code} {answer.text[:500]}"
        return
    for name, expected in filled(pair.answer_headers, values).items():
        yield from compare(expected, answer.headers.get(name), name)
    if pair.answer is not msgspec.UNSET:
        yield from compare(filled(pair.answer, values), answer.json(), "answer")
    if pair.answer_sheet is not None:
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        columns = len(pair.answer_sheet["rows"][0])
        rows = [list(row[:columns]) for row in sheet.iter_rows(values_only=True)]
        yield from compare(filled(pair.answer_sheet, values), {"title": sheet.title, "rows": rows}, "sheet")


def compare(expected: Any, found: Any, at: str) -> Iterator[str]:
    """Where a JSON value is not what is expected: `path: expected this, found that`."""
    if isinstance(expected, dict):
        yield from _compare_objects(expected, found, at)
    elif isinstance(expected, list):
        yield from _compare_lists(expected, found, at)
    elif isinstance(expected, str) and (matcher := _MATCHER.fullmatch(expected)):
        yield from _match(matcher[1], found, at, is_optional=bool(matcher[2]))
    elif found != expected or type(found) is not type(expected):
        yield _says(at, expected, found)


def _compare_objects(expected: dict[str, Any], found: Any, at: str) -> Iterator[str]:
    if not isinstance(found, dict):
        yield _says(at, expected, found)
        return
    wanted, allowed = _written_out(expected)
    for name, value in wanted.items():
        key = name.removesuffix("?")
        if key in found:
            yield from compare(value, found[key], f"{at}.{key}")
        elif key == name:
            yield f"{at}.{key}: missing"
    known = {name.removesuffix("?") for name in wanted} | allowed
    yield from (f"{at}.{key}: neither the contract's nor declared as ours" for key in found.keys() - known)


def _written_out(expected: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """All keys of an object, and those it may have besides."""
    if IS not in expected:
        return expected, set()
    name = expected[IS]
    wanted, allowed = _written_out(objects()[name])
    said = {key: value for key, value in expected.items() if key not in (IS, WITHOUT)}
    kept = {
        key: value
        for key, value in wanted.items()
        if key not in expected.get(WITHOUT, ()) and key.removesuffix("?") not in said
    }
    return kept | said, allowed | set(ours().get(name, ()))


def _compare_lists(expected: list[Any], found: Any, at: str) -> Iterator[str]:
    if not isinstance(found, list):
        yield _says(at, expected, found)
        return
    if expected and expected[-1] == MORE:
        expected = expected[:-1] + [expected[-2]] * (len(found) - len(expected) + 1)
    if len(found) != len(expected):
        yield f"{at}: expected {len(expected)} entries, found {len(found)}"
    for index, (value, entry) in enumerate(zip(expected, found, strict=False)):
        yield from compare(value, entry, f"{at}[{index}]")


def _match(name: str, found: Any, at: str, *, is_optional: bool) -> Iterator[str]:
    if found is None and is_optional:
        return
    if name.startswith("object:"):
        yield from _compare_objects({IS: name.removeprefix("object:")}, found, at)
    elif name.startswith("list:"):
        entries = [{IS: name.removeprefix("list:")}] * len(found) if isinstance(found, list) else []
        yield from _compare_lists(entries, found, at)
    elif not _fits(name, found):
        yield _says(at, f"<{name}{'?' * is_optional}>", found)


def _fits(name: str, found: Any) -> bool:
    if name.startswith("~"):
        return isinstance(found, str) and re.fullmatch(name[1:], found) is not None
    if "|" in name:
        return not isinstance(found, bool) and str(found) in name.split("|")
    return _KINDS[name](found)


def _says(at: str, expected: Any, found: Any) -> str:
    return f"{at}: expected {_short(expected)}, found {_short(found)}"


def _short(value: Any) -> str:
    return msgspec.json.encode(value).decode()[:300]


def _parses(parse: Callable[[str], Any]) -> Callable[[Any], bool]:
    def fits(found: Any) -> bool:
        try:
            return isinstance(found, str) and bool(parse(found) or True)
        except ValueError:
            return False

    return fits


def _time(text: str) -> None:
    if datetime.fromisoformat(text).tzinfo is None or "T" not in text:
        raise ValueError(text)


def _clock(text: str) -> None:
    if time.fromisoformat(text).isoformat() != text:
        raise ValueError(text)


_KINDS: dict[str, Callable[[Any], bool]] = {
    "any": lambda found: True,
    "uuid": _parses(UUID),
    "int": lambda found: type(found) is int,
    "number": lambda found: type(found) in (int, float),
    "text": lambda found: isinstance(found, str) and found.strip() != "",
    "string": lambda found: isinstance(found, str),
    "bool": lambda found: isinstance(found, bool),
    "time": _parses(_time),
    "date": _parses(date.fromisoformat),
    "clock": _parses(_clock),
    "url": lambda found: isinstance(found, str) and re.fullmatch(r"(https?://|/)\S+", found) is not None,
}
_MATCHER = re.compile(rf"<({'|'.join(_KINDS)}|(?:object|list):\w+|~.+?|[\w ]+(?:\|[\w ]+)+)(\?)?>")
