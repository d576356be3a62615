"""A PDF that a visitor drops: received within limits, looked into elsewhere."""

import asyncio
import contextlib
from typing import Any

from litestar import Request

from backend.domain.certificates import rules
from backend.domain.certificates.errors import TooManyAtOnce
from backend.http.forms import Form, NoFile, UploadBroken

RECEIVED_S = 60.0
_AT_ONCE = 8
"""Files that one process takes in at the same moment; each is in memory as a whole."""


class _Receiving:
    """How many are coming in."""

    number = 0


async def received(request: Request[Any, Any, Any]) -> bytes:
    """The file of a form, all of it.

    Raises: TooManyAtOnce, NoFile, FormBroken, UploadBroken, TooLarge.
    """
    if _Receiving.number >= _AT_ONCE:
        raise TooManyAtOnce(retry_after_s=5)
    _Receiving.number += 1
    try:
        async with asyncio.timeout(RECEIVED_S):
            return await _whole(request)
    except TimeoutError as slow:
        raise UploadBroken from slow
    finally:
        _Receiving.number -= 1


async def _whole(request: Request[Any, Any, Any]) -> bytes:
    form = Form(request, max_bytes=rules.MAX_DROPPED_BYTES, take=lambda name, text: None)
    async with contextlib.aclosing(form):
        await form.open()
        async with contextlib.aclosing(form.pieces()) as pieces:
            content = b"".join([piece async for piece in pieces])
    if not content:
        raise NoFile
    return content
