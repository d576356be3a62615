"""What can go wrong with API clients: first what their callers meet, then what admins do."""

from backend.core.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthenticated


class ClientUnknown(Unauthenticated):
    """No client has this secret or token, or it is not that of the company or client named beside it."""

    code = "clients.unknown"


class ClientRevoked(Unauthenticated):
    """The client was revoked."""

    code = "clients.revoked"


class ClientExpired(Unauthenticated):
    """The client, or its token, is past its date."""

    code = "clients.expired"


class ScopeMissing(Forbidden):
    """The client, or its token, was not given the scope that is asked for (`scope`)."""

    code = "clients.scope_missing"


class AddressRefused(Forbidden):
    """The client does not call from one of its addresses."""

    code = "clients.address_refused"


class CallsTooOften(TooMany):
    """The company calls more often than it may; `retry_after_s` says when the next call counts."""

    code = "clients.too_many"


class ClientNotFound(NotFound):
    """No such client."""

    code = "clients.not_found"


class ClientOver(Conflict):
    """A client that was revoked gets no other secret."""

    code = "clients.over"


class AddressUnfit(Invalid):
    """An address on the list is neither an address nor a network (`fields`)."""

    code = "clients.address_unfit"


class ClientsKeptByAdmins(Forbidden):
    """Only admins look after clients."""

    code = "clients.kept_by_admins"
