"""Structured logs. Every line carries the request's id; none carries bodies, tokens or personal data."""

import logging
import re
import sys
import traceback
from contextvars import ContextVar
from typing import Any

import structlog
from structlog.typing import EventDict, ExcInfo, WrappedLogger

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
    told = f"{type(error).__name__}: {error}" if isinstance(error, _TELLABLE) else type(error).__name__
    constraint = getattr(error, "constraint_name", None)
    return "\n".join([*frames, f"{told} ({constraint})" if constraint else told])


def _shared() -> list[Any]:
    return [
        _add_request_id,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _withhold,
    ]


def configure() -> None:
    """Send our lines and those of the libraries to stdout in one form."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings().log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.processors.ExceptionRenderer(_format_exception),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
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
    for noisy in ("botocore", "aiobotocore", "httpx", "asyncio", "dramatiq.worker"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; pass facts as keywords, never bodies or personal data."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound
