"""What a text or a time on the wire may be. What goes into one line may hold no control character."""

from datetime import datetime
from typing import Annotated

import msgspec

_END = r"(?![\s\S])"  # not `$`, which lets a line break through
_LINE = rf"^[^\x00-\x1f\x7f]*{_END}"
_TEXT = rf"^[^\x00]*{_END}"

Name = Annotated[str, msgspec.Meta(min_length=3, max_length=150, pattern=_LINE)]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=_LINE)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"\S")]
"""What a thing is called: not blank."""
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000, pattern=_TEXT)]
Password = Annotated[str, msgspec.Meta(min_length=6, max_length=128, pattern=_TEXT)]
Token = Annotated[str, msgspec.Meta(min_length=1, max_length=4096, pattern=_LINE)]
Code = Annotated[str, msgspec.Meta(pattern=rf"^[0-9]{{6}}{_END}")]
Email = Annotated[
    str,
    msgspec.Meta(
        max_length=254,
        pattern=rf"^[^\s\x00-\x20\x7f@<>(),;:\\\"\[\]]{{1,64}}@[^\s\x00-\x20\x7f@<>(),;:\\\"\[\]]+\.[^\s@.<>,;]{{2,}}{_END}",
        extra={"rule": "email"},
    ),
]
Phone = Annotated[str, msgspec.Meta(pattern=rf"^[0-9]{{6,20}}{_END}", extra={"rule": "numeric"})]
Nim = Annotated[str, msgspec.Meta(max_length=32, pattern=rf"^[0-9A-Za-z./-]*{_END}")]
"""A student number; empty counts as not given."""
Nik = Annotated[str, msgspec.Meta(pattern=rf"^[0-9]{{0,32}}{_END}", extra={"rule": "numeric"})]
"""A national id; empty counts as not given."""
Link = Annotated[
    str,
    msgspec.Meta(
        max_length=500, pattern=rf"^(?:(?:https?://[^\s/\x00-\x20<>\"'\\]|/uploads/)[^\s\x00-\x20<>\"'\\]*)?{_END}"
    ),
]
"""An address of ours or of the web, never of a script; empty counts as not given."""
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time that says its zone."""
