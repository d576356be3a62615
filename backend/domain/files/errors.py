"""What can go wrong with files."""

from backend.core.errors import Conflict, Invalid, NotFound, TooMany, Unmet, Unsupported


class FileNotFound(NotFound):
    """No such file, none that the actor may see, or one that is gone."""

    code = "files.not_found"


class PathInvalid(Invalid):
    """A text that is not the address of a file of ours."""

    code = "files.path"


class UrlInvalid(Invalid):
    """An address of somebody else's, or of no file of ours."""

    code = "files.url"


class LocationInvalid(Invalid):
    """A location is 1 to 64 letters, digits, `_` or `-`."""

    code = "files.location"


class TypeRefused(Unsupported):
    """The content is of a type that is not taken here (`found`, None when it is no type we know)."""

    code = "files.type"


class ContentRefused(Unmet):
    """The type is right, but the content must not be opened; `reason` is that of core.archives or of sniff."""

    code = "files.content"


class RecordingRefused(Unmet):
    """A recording that cannot be played; `reason` as in workers.media."""

    code = "files.recording"


class FileInUse(Conflict):
    """Something still refers to the file."""

    code = "files.in_use"


class FileNotReady(Conflict):
    """The file is not to be had or used in its present `state`."""

    code = "files.not_ready"


class TooManyUploads(TooMany):
    """One account, or one address without an account, has sent too many files; `retry_after_s`."""

    code = "files.too_many"
