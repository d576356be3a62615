"""What `dramatiq workers.main` loads."""

from workers import signing
from workers.broker import ACTORS, broker

signing.check()  # a key that cannot be used stops the start, and not the first certificate

__all__ = ["ACTORS", "broker"]
