"""What the documentation says of the parts that no type tells: lists' queries, forms with a file, answers of bytes.

It is read off a handler: one that takes `listing` answers with a part of a list; an unsafe one with a limit of its own
and no `data` takes a form with a `file`; one that answers `Stream`, `Response[bytes]` or `Response[None]` sends bytes.
A handler may say more in its `opt`: `form` names texts of its form besides the file, `sends` the types of its bytes,
`texts` the texts of a JSON body that it reads by itself.
"""

from collections.abc import Mapping, Sequence

from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import (
    OpenAPIFormat,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Parameter,
    Reference,
    RequestBody,
    Schema,
)
from litestar.response import Stream
from litestar.types import Empty

from backend.http.idempotency import LONGEST_KEY, UNSAFE

BYTES = "application/octet-stream"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EVENTS = "text/event-stream"
ANY = "*/*"
"""Files as they were stored, with ranges."""
RANGES = "The part that `Range` asked for."

_BINARY = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
_TEXT = Schema(type=OpenAPIType.STRING)


def key() -> Parameter:
    """The header that makes an unsafe operation safe to repeat."""
    return Parameter(
        name="Idempotency-Key",
        param_in="header",
        description="Send it again with the same key, and the answer is the same; kept for 24 hours.",
        schema=Schema(type=OpenAPIType.STRING, min_length=1, max_length=LONGEST_KEY, pattern="^[!-~]+$"),
    )


def listing(most: int) -> list[Parameter]:
    """The query of a list. `most`: the highest limit that is not refused."""
    number = Schema(type=OpenAPIType.INTEGER, minimum=1, maximum=1_000_000, default=1)
    limit = Schema(type=OpenAPIType.INTEGER, minimum=1, maximum=most, default=10)
    order = Schema(type=OpenAPIType.STRING, enum=["asc", "desc"])
    told: Sequence[tuple[str, str, Schema]] = (
        ("q", "Searches names and titles.", Schema(type=OpenAPIType.STRING, max_length=200)),
        ("sort", "The column to sort by; all other names of columns in the query filter.", _TEXT),
        ("order", "", order),
        ("page", "", number),
        ("limit", "How many; more than 200 are taken for 200.", limit),
    )
    return [
        Parameter(name=name, param_in="query", description=about or None, schema=schema) for name, about, schema in told
    ]


def takes_form(handler: HTTPRouteHandler) -> bool:
    """Whether a handler reads a form by itself."""
    has_data = "data" in handler.parsed_fn_signature.parameters
    return bool(handler.http_methods & UNSAFE) and handler.request_max_body_size is not Empty and not has_data


def form(handler: HTTPRouteHandler) -> RequestBody:
    """A form with a file, and with the texts that the handler names."""
    fields: dict[str, Reference | Schema] = {"file": _BINARY}
    fields |= dict.fromkeys(handler.opt.get("form", ()), _TEXT)
    schema = Schema(type=OpenAPIType.OBJECT, properties=fields)
    return RequestBody(content={"multipart/form-data": OpenAPIMediaType(schema=schema)})


def texts(fields: Mapping[str, Schema]) -> RequestBody:
    """A JSON object of texts, all of which must be there."""
    schema = Schema(type=OpenAPIType.OBJECT, properties=dict(fields), required=sorted(fields))
    return RequestBody(content={"application/json": OpenAPIMediaType(schema=schema)}, required=True)


def sends(handler: HTTPRouteHandler) -> tuple[str, ...]:
    """The types of the bytes that a handler answers with; none for one that answers with a struct."""
    given = handler.opt.get("sends")
    if given is not None:
        return tuple(given)
    answer = handler.parsed_fn_signature.return_type
    if answer.is_subclass_of(Stream):
        return (SHEET,)
    return (ANY,) if has_ranges(handler) or _names(handler, "bytes") else ()


def has_ranges(handler: HTTPRouteHandler) -> bool:
    """Whether a handler sends a resource, of which parts may be asked for."""
    types = handler.opt.get("sends", (ANY,))
    return types not in ((), (EVENTS,)) and _names(handler, "NoneType") and handler.http_methods <= {"GET", "HEAD"}


def _names(handler: HTTPRouteHandler, content: str) -> bool:
    """Whether a handler answers with a bare response of such a content."""
    answer = str(handler.parsed_fn_signature.return_type.annotation).replace("Response[None]", "Response[NoneType]")
    return answer.endswith(f"Response[{content}]") and "|" not in answer


def send_bytes(operation: Operation, types: tuple[str, ...], *, in_parts: bool) -> None:
    """Have an operation answer with bytes; of a resource with ranges, parts of them, too."""
    responses = operation.responses = dict(operation.responses or {})
    shape = _TEXT if types == (EVENTS,) else _BINARY
    content = {type_: OpenAPIMediaType(schema=shape) for type_ in types}
    responses["200"] = OpenAPIResponse(description="The bytes.", content=content)
    if types == (EVENTS,):
        responses["204"] = OpenAPIResponse(description="The end was seen already.")
    if in_parts:
        parts = content | {"multipart/byteranges": OpenAPIMediaType(schema=_BINARY)}
        responses["206"] = OpenAPIResponse(description=RANGES, content=parts)
        responses["304"] = OpenAPIResponse(description="Not changed.")
        for status, about in (("412", "A precondition is not met."), ("416", "There is no such part.")):
            responses[status] = OpenAPIResponse(description=about)


def send_nothing(operation: Operation) -> None:
    """Have an operation answer as it does, without a body."""
    for answer in (operation.responses or {}).values():
        if isinstance(answer, OpenAPIResponse):
            answer.content = None
