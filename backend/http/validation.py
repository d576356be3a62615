"""Why a body does not fit: every field at fault, not only the first that the decoder met."""

import enum
import types
from datetime import date, datetime, time
from itertools import islice
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from backend.core.errors import Broken, Unsupported


class NotJson(Unsupported):
    """The body is announced as something else than JSON."""

    code = "http.not_json"


class OnlyJson(ASGIMiddleware):
    """Refuses a body that is announced as anything but JSON where JSON is taken; a form of another page is such."""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let a request through. Raises: NotJson."""
        handler = scope.get("route_handler")
        given = b",".join(value for name, value in scope["headers"] if name == b"content-type")
        if given and isinstance(handler, HTTPRouteHandler) and handler.parsed_data_field and not _is_json(given):
            raise NotJson(found=given.decode("latin-1")[:100], expected="application/json")
        await next_app(scope, receive, send)


def _is_json(content_type: bytes) -> bool:
    kind = content_type.partition(b";")[0].strip().lower()
    return kind == b"application/json" or (kind.startswith(b"application/") and kind.endswith(b"+json"))


def unfit_texts(raw: bytes) -> dict[str, Broken]:
    """The texts of a JSON body that no column can hold, because there is a NUL in them, by their names on the wire."""
    broken: dict[str, Broken] = {}
    if rb"\u0000" in raw:
        _find_nul(msgspec.json.decode(raw), "", broken)
    return broken


def _find_nul(value: Any, path: str, broken: dict[str, Broken]) -> None:  # noqa: ANN401
    if isinstance(value, str) and "\0" in value:
        broken[path] = Broken("invalid")
    elif isinstance(value, dict):
        for name, member in value.items():
            _find_nul(member, f"{path}.{name}".lstrip("."), broken)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            _find_nul(member, f"{path}[{index}]", broken)


def explain(type_: Any, raw: bytes) -> dict[str, Broken] | str:  # noqa: ANN401 - any type a handler takes
    """The fields of a JSON body that do not fit a struct, by their names on the wire (`days[0]` in a list).

    A struct says in `OTHER_NAMES` which of its needed fields goes by a second name, too.
    A text instead, when the body is no JSON at all or no object; then it is the decoder's own words.
    """
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return str(error)
    except RecursionError:
        return "the JSON is nested too deeply"
    if not isinstance(value, dict):
        return "a JSON object is expected"
    broken: dict[str, Broken] = {}
    _explain_struct(type_, value, "", broken)
    return broken


def _explain_struct(type_: Any, value: dict[str, Any], path: str, broken: dict[str, Broken]) -> None:  # noqa: ANN401
    for field in msgspec.structs.fields(type_):
        name = f"{path}{field.encode_name}"
        if field.encode_name not in value:
            if field.required:
                broken[name] = Broken("required")
            continue
        _explain_value(field.type, value[field.encode_name], name, broken)
    for wanted, other in getattr(type_, "OTHER_NAMES", {}).items():
        if wanted not in value and other not in value:
            broken[f"{path}{wanted}"] = Broken("required")


def _explain_value(type_: Any, value: Any, name: str, broken: dict[str, Broken]) -> None:  # noqa: ANN401
    try:
        msgspec.convert(value, type_, strict=True)
    except msgspec.ValidationError:
        if not _explain_inside(_bare(type_), value, name, broken):
            broken[name] = _rule(type_, value)


def _explain_inside(type_: Any, value: Any, name: str, broken: dict[str, Broken]) -> bool:  # noqa: ANN401
    """Look for the fault in a list's members or a struct's fields; False when it is not in there."""
    before = len(broken)
    if get_origin(type_) in (list, tuple, set) and isinstance(value, list):
        for index, member in enumerate(value[:100]):
            _explain_value(get_args(type_)[0], member, f"{name}[{index}]", broken)
    elif get_origin(type_) is dict and isinstance(value, dict):
        _explain_members(type_, value, name, broken)
    elif isinstance(type_, type) and issubclass(type_, msgspec.Struct) and isinstance(value, dict):
        _explain_struct(type_, value, f"{name}.", broken)
    return len(broken) > before


def _explain_members(type_: Any, value: dict[str, Any], name: str, broken: dict[str, Broken]) -> None:  # noqa: ANN401
    of_key, of_member = get_args(type_)
    for key, member in islice(value.items(), 100):
        before = len(broken)
        _explain_value(of_key, key, f"{name}.{key[:100]}", broken)
        if len(broken) == before:
            _explain_value(of_member, member, f"{name}.{key[:100]}", broken)


def _bare(type_: Any) -> Any:  # noqa: ANN401
    """The type without `Annotated`, `None` and `UNSET`."""
    if get_origin(type_) is Annotated:
        return _bare(get_args(type_)[0])
    if get_origin(type_) in (Union, types.UnionType):
        members = [member for member in get_args(type_) if member not in (type(None), msgspec.UnsetType)]
        return _bare(members[0]) if len(members) == 1 else type_
    return type_


def _rule(type_: Any, value: Any) -> Broken:  # noqa: ANN401
    bare = _bare(type_)
    if value is None or value == "":
        return Broken("required")
    if isinstance(bare, type) and issubclass(bare, enum.Enum):
        return Broken("choice", tuple(str(member.value) for member in bare))
    named = _named_rule(type_)
    if named is not None:
        return Broken(named)
    for types_, rule in _RULES:
        if bare in types_ and rule == "datetime":
            return Broken(rule)  # without a zone it is no time, either
        if bare in types_:
            return Broken(rule) if _is_wrong_type(type_, value) else Broken("invalid")
    return Broken("invalid")


def _named_rule(type_: Any) -> str | None:  # noqa: ANN401
    """The rule that a type names itself: `Annotated[str, Meta(pattern=..., extra={"rule": "email"})]`."""
    for meta in getattr(type_, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta) and meta.extra and "rule" in meta.extra:
            return str(meta.extra["rule"])
    if get_origin(type_) in (Union, types.UnionType):
        return next((rule for rule in map(_named_rule, get_args(type_)) if rule), None)
    return None


def _is_wrong_type(type_: Any, value: Any) -> bool:  # noqa: ANN401
    """Whether the value is not even of the bare type, as opposed to out of its limits."""
    try:
        msgspec.convert(value, _bare(type_), strict=True)
    except msgspec.ValidationError:
        return True
    return False


_RULES: tuple[tuple[tuple[Any, ...], str], ...] = (
    ((UUID,), "uuid"),
    ((int, float), "numeric"),
    ((datetime, date, time), "datetime"),
)
