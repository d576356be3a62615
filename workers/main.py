"""What `dramatiq workers.main` loads."""

from workers.broker import ACTORS, broker

__all__ = ["ACTORS", "broker"]
