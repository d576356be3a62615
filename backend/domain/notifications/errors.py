"""What can go wrong with notifications."""

from backend.core.errors import NotFound, Unmet


class KindMandatory(Unmet):
    """Mails of this kind (`kind`) are about money or security and cannot be done without."""

    code = "notifications.mandatory"


class LinkUnknown(NotFound):
    """A link that we did not make, or for somebody who is not here any more."""

    code = "notifications.link_unknown"
