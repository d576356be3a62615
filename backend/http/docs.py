"""The documentation page of a dialect: Swagger UI from our own host, and what every operation can answer.

Nothing is loaded from elsewhere and no script stands in the page, so the strictest policy holds.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from html import escape
from pathlib import Path
from typing import Any

import litestar_offline_docs
import msgspec
from litestar import Litestar, Request, Router
from litestar.datastructures import ResponseHeader
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, OpenAPIType, Operation, Parameter, Schema, SecurityScheme
from litestar.plugins import OpenAPISchemaPlugin
from litestar.routes import HTTPRoute
from litestar.typing import FieldDefinition

from backend.core.paging import MAX_LIMIT
from backend.http import docs_parts
from backend.http.docs_examples import add_examples
from backend.http.idempotency import UNSAFE

ASSETS = "/docs/assets"
_SWAGGER = Path(litestar_offline_docs.__file__).parent / "static"
FILES: Mapping[str, tuple[Path, str]] = {
    "swagger-ui-bundle.js": (_SWAGGER / "swagger-ui-bundle.js", "text/javascript"),
    "swagger-ui-standalone-preset.js": (_SWAGGER / "swagger-ui-standalone-preset.js", "text/javascript"),
    "swagger-ui.css": (_SWAGGER / "swagger-ui.css", "text/css"),
    "start.js": (Path(__file__).with_name("docs_start.js"), "text/javascript"),
}
"""What the page loads, by name below ASSETS. Shape: name -> (file, type)."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

Errors = Callable[[HTTPRouteHandler, str], dict[int, ResponseSpec]]
"""(handler, path) -> the refusals that an operation can answer with."""
Query = Callable[[HTTPRouteHandler], Sequence[Parameter]]


class Page(OpenAPIRenderPlugin):
    """The page; it reads the schema from `openapi.json` beside it."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Draw the page."""
        title = escape(openapi_schema["info"]["title"])
        schema = escape(request.url.path.rstrip("/") + "/openapi.json")
        return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="/site/icon.svg">
<link rel="stylesheet" href="{ASSETS}/swagger-ui.css">
<script src="{ASSETS}/swagger-ui-bundle.js" defer></script>
<script src="{ASSETS}/swagger-ui-standalone-preset.js" defer></script>
<script src="{ASSETS}/start.js" defer></script>
</head>
<body><div id="docs" data-schema="{schema}"></div></body>
</html>
""".encode()


class Document(JsonRenderPlugin):
    """The schema itself, with examples."""

    def __init__(self) -> None:
        super().__init__()
        self._drawn: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Draw it once; it does not change while the process lives."""
        if self._drawn is None:
            _finish(openapi_schema)
            self._drawn = super().render(request, openapi_schema)
        return self._drawn


def _finish(schema: dict[str, Any]) -> None:
    _loosen(schema)
    add_examples(schema)


def document(app: Litestar) -> bytes:
    """The document of an application, as its page shows it."""
    schema = app.openapi_schema.to_schema()
    _finish(schema)
    return msgspec.json.format(msgspec.json.encode(schema), indent=1)


def _loosen(part: Any) -> None:  # noqa: ANN401 - any JSON
    """Say `anyOf` for unions: a value may fit more than one of their shapes."""
    for value in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _loosen(value)
    if isinstance(part, dict) and isinstance(part.get("oneOf"), list):
        part["anyOf"] = part.pop("oneOf")


class Clock(OpenAPISchemaPlugin):
    """Draws a time of day as we write it, 10:00:00; Litestar takes it for a duration."""

    @staticmethod
    def is_plugin_supported_field(field_definition: FieldDefinition) -> bool:
        """Whether a type is a time of day."""
        return field_definition.annotation is time

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:  # noqa: ANN401 - Litestar's own is private
        """Draw it."""
        return Schema(type=OpenAPIType.STRING, pattern=r"^\d{2}:\d{2}(:\d{2}(\.\d+)?)?$")


def config(
    title: str, path: str, description: str, ways_in: Sequence[Mapping[str, SecurityScheme]] = ()
) -> OpenAPIConfig:
    """Documentation at `path`, open to everybody, for operations that take a bearer token unless they are public.

    `ways_in`: what may be sent in place of the token; of each, all.
    """
    bearer = SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")
    ways = [{"bearer": bearer}, *ways_in]
    return OpenAPIConfig(
        title=title,
        version="1",
        description=description,
        use_handler_docstrings=True,
        components=Components(security_schemes={name: scheme for way in ways for name, scheme in way.items()}),
        security=[{name: [] for name in way} for way in ways],
        render_plugins=[Page(), Document()],
        openapi_router=Router(
            path,
            route_handlers=[],
            include_in_schema=False,
            opt={"public": True},
            response_headers=[
                ResponseHeader(name="content-security-policy", value=_POLICY),
                ResponseHeader(name="x-content-type-options", value="nosniff"),
                ResponseHeader(name="referrer-policy", value="no-referrer"),
            ],
        ),
    )


class OneWay(OpenAPISchemaPlugin):
    """Draws structs that msgspec can write but not read (a list of one kind or the other), as answers may be."""

    @staticmethod
    def is_plugin_supported_field(field_definition: FieldDefinition) -> bool:
        """Whether a type is such a struct."""
        if field_definition.is_union or not field_definition.is_subclass_of(msgspec.Struct):
            return False
        try:
            msgspec.inspect.type_info(field_definition.type_)
        except TypeError:
            return True
        return False

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:  # noqa: ANN401 - Litestar's own is private
        """Draw it field by field."""
        hints = field_definition.get_type_hints(include_extras=True, resolve_generics=True)
        fields = msgspec.structs.fields(field_definition.origin or field_definition.type_)
        drawn: Schema = schema_creator.create_component_schema(
            field_definition,
            required=sorted(field.encode_name for field in fields if field.required),
            property_fields={
                field.encode_name: FieldDefinition.from_annotation(hints[field.name], name=field.encode_name)
                for field in fields
            },
        )
        return drawn


def _operation(handler: HTTPRouteHandler, query: Query) -> type[Operation]:
    """How the operations of a handler are drawn, beyond what its types tell."""
    is_public, texts = bool(handler.opt.get("public")), handler.opt.get("texts")
    more = [*query(handler), *([docs_parts.key()] if takes_key(handler) else ())]
    has_form, types = docs_parts.takes_form(handler), docs_parts.sends(handler)
    in_parts = docs_parts.has_ranges(handler)

    @dataclass
    class Described(Operation):
        def __post_init__(self) -> None:
            is_head = bool(self.operation_id and "Head" in self.operation_id)
            if more:
                self.parameters = [*(self.parameters or []), *more]
            if is_public:
                self.security = []
            if has_form:
                self.request_body = docs_parts.form(handler)
            if texts and "Get" not in (self.operation_id or ""):
                self.request_body = docs_parts.texts(texts)
            if types:
                docs_parts.send_bytes(self, types, in_parts=in_parts)
            if is_head:
                docs_parts.send_nothing(self)

    return Described


def listed(handler: HTTPRouteHandler, most: int = MAX_LIMIT) -> list[Parameter]:
    """The query of a handler that answers with a part of a list. `most`: the highest limit that is not refused."""
    return docs_parts.listing(most) if "listing" in handler.parsed_fn_signature.parameters else []


def describe(app: Litestar, errors: Errors, query: Query = listed) -> None:
    """Give every operation its refusals, its headline, its tag, and its credentials, before the schema is drawn.

    `query`: what a handler reads of the query that its signature does not name.
    """
    for path, handler in handlers(app):
        given = handler.responses or {}
        handler.responses = errors(handler, path) | dict(given)
        handler.summary = handler.summary or _headline(handler.fn.__doc__ or "")
        if not handler.resolve_tags():
            handler.tags = [handler.fn.__module__.rsplit(".", 1)[-1].replace("_", " ")]
            handler._resolved_tags = list(handler.tags)  # noqa: SLF001 - asking has resolved them for good
        handler.operation_class = _operation(handler, query)


def _headline(doc: str) -> str:
    """What an operation does, as short as its docstring begins."""
    return re.split(r"[;:.](?:\s|$)", doc.strip(), maxsplit=1)[0].replace("`", "")


def handlers(app: Litestar) -> Iterator[tuple[str, HTTPRouteHandler]]:
    """Every handler that the schema shows, once, with its path."""
    seen = set[int]()
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            if handler.resolve_include_in_schema() and id(handler) not in seen:
                seen.add(id(handler))
                yield route.path_format, handler


def takes_key(handler: HTTPRouteHandler) -> bool:
    """Whether an `Idempotency-Key` means anything to a handler."""
    limited = handler.resolve_request_max_body_size() is not None
    is_free = handler.opt.get("no_idempotency") or handler.opt.get("public")
    return bool(handler.http_methods & UNSAFE) and limited and not is_free
