"""What somebody wants to be told by mail, on the wire. Ours, not the contract's."""

from msgspec import UNSET, Struct, UnsetType

from backend.domain.notifications import rules
from backend.domain.notifications.queries import ChoicesView
from backend.domain.notifications.terms import Language, NoticeKind


class NotificationsIn(Struct):
    """What is to be changed; `language` null: in Indonesian and English."""

    language: Language | UnsetType | None = UNSET
    payment: bool | UnsetType = UNSET
    payment_decided: bool | UnsetType = UNSET
    security: bool | UnsetType = UNSET
    work_graded: bool | UnsetType = UNSET
    quiz_graded: bool | UnsetType = UNSET
    certificate: bool | UnsetType = UNSET
    deadline: bool | UnsetType = UNSET
    seat_offered: bool | UnsetType = UNSET

    def wanted(self) -> dict[NoticeKind, bool]:
        """The kinds that are spoken of."""
        sent = {kind: getattr(self, str(kind)) for kind in NoticeKind}
        return {kind: value for kind, value in sent.items() if value is not UNSET}

    @property
    def chosen_language(self) -> Language | None:
        """The language, if one is named."""
        return None if isinstance(self.language, UnsetType) else self.language


class NotificationsOut(Struct):
    """What is told by mail; the kinds in `mandatory` always are."""

    language: Language | None
    payment: bool
    payment_decided: bool
    security: bool
    work_graded: bool
    quiz_graded: bool
    certificate: bool
    deadline: bool
    seat_offered: bool
    mandatory: list[str]

    @classmethod
    def of(cls, view: ChoicesView) -> "NotificationsOut":
        """As its owner sees it."""
        wanted = {str(kind): is_wanted for kind, is_wanted in view.wanted.items()}
        return cls(language=view.language, **wanted, mandatory=sorted(str(kind) for kind in rules.MANDATORY))
