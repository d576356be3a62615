"""Which mails may be done without."""

from backend.domain.notifications.terms import NoticeKind

MANDATORY = frozenset({NoticeKind.PAYMENT, NoticeKind.SECURITY})
"""What is to be paid, and security: whoever muted these would learn too late, and could look it up nowhere."""

OPTIONAL = tuple(kind for kind in NoticeKind if kind not in MANDATORY)


def may_mute(kind: NoticeKind) -> bool:
    """Whether somebody may ask not to be told of this by mail."""
    return kind not in MANDATORY
