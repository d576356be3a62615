"""Structured logs. Every line carries the request's id; none carries bodies, tokens or personal data."""

import logging
import re
import sys
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, ExcInfo, WrappedLogger

from backend.core.clock import now
from backend.core.settings import settings

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""The id that runs through request, outbox row, job and every line."""

REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")

_SECRET_FIELDS = frozenset(
    {"password", "token", "authorization", "cookie", "body", "email", "phone", "name", "secret", "code"}
)


def _add_request_id(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    event.setdefault("request_id", request_id.get())
    return event


def _withhold(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for field in _SECRET_FIELDS & event.keys():
        event[field] = "[withheld]"
    return event


_TELLABLE = (OSError, RuntimeError, TypeError, AttributeError, ImportError, AssertionError, NotImplementedError)


def _format_exception(exc_info: ExcInfo) -> str:
    """Where it broke, without what it was working on: messages of other kinds may quote values (a row, a body)."""
    _, error, trace = exc_info
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)[-15:]]
    return "\n".join([*frames, told(error)])


def told(error: BaseException | None) -> str:
    """What may be written down of an error: its kind, its constraint, and its text where that quotes no values."""
    text = f"{type(error).__name__}: {error}" if isinstance(error, _TELLABLE) else type(error).__name__
    constraint = getattr(error, "constraint_name", None)
    return f"{text} ({constraint})" if constraint else text


def _shared() -> list[Any]:
    return [
        _add_request_id,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _withhold,
    ]


class _Direct:
    """Where access lines may go without the chain: None until lines are JSON; a test that captures empties `chain`."""

    stream: TextIO | None = None
    chain: list[Any] = []  # noqa: RUF012 - the very list that structlog holds


def configure() -> None:
    """Send our lines and those of the libraries to stdout in one form."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings().log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    _Direct.chain[:] = [  # one list for ever: loggers hold it
        structlog.stdlib.filter_by_level,
        *_shared(),
        structlog.processors.ExceptionRenderer(_format_exception),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ]
    structlog.configure(
        processors=_Direct.chain,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared(),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.ExceptionRenderer(_format_exception),
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    _Direct.stream = handler.stream if settings().log_format == "json" else None
    for noisy in ("botocore", "aiobotocore", "httpx", "asyncio", "dramatiq.worker"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; pass facts as keywords, never bodies or personal data."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound


_access = logger("backend.access")


def access(*, dialect: str, method: str, route: str, status: int, ms: float) -> None:
    """Write the line of a request.

    As JSON it is put together here, letter for letter as the chain would (a test compares them): none of these fields
    is ever withheld, and the chain takes a sixth of the time of a small request. Whatever is unusual (another form, a
    test that captures, a level, a stream that refuses) goes through the chain.
    """
    if not (
        _is_direct(_access_level)
        and _wrote(
            f'"dialect": {quoted(dialect)}, "method": {quoted(method)}, "route": {quoted(route)},'
            f' "status": {status}, "ms": {ms!r}, "event": "request"'
        )
    ):
        _access.info("request", dialect=dialect, method=method, route=route, status=status, ms=ms)


def job(*, id_: int, kind: str, attempt: int, state: str) -> None:
    """Write the line of a job that ran, put together here as that of a request is."""
    if not (
        _is_direct(_job_level)
        and _wrote(
            f'"job": {id_}, "kind": {quoted(kind)}, "attempt": {attempt}, "state": {quoted(state)}, "event": "job"'
        )
    ):
        _job.info("job", job=id_, kind=kind, attempt=attempt, state=state)


_job = logger("workers.job")
_access_level = logging.getLogger("backend.access").getEffectiveLevel
_job_level = logging.getLogger("workers.job").getEffectiveLevel


def _is_direct(level: Callable[[], int]) -> bool:
    is_chain_whole = bool(_Direct.chain) and _Direct.chain[0] is structlog.stdlib.filter_by_level
    return is_chain_whole and level() <= logging.INFO


def _wrote(facts: str) -> bool:
    stream = _Direct.stream
    if stream is None:
        return False
    line = (
        f'{{{facts}, "request_id": {quoted(request_id.get())},'
        f' "level": "info", "timestamp": "{now().isoformat().removesuffix("+00:00")}Z"}}\n'
    )
    try:
        stream.write(line)
        stream.flush()
    except (OSError, ValueError):  # a closed or full stream: logging says so on stderr, and nothing breaks
        return False
    return True
