"""Choosing TCP ports on loopback."""

import random
import socket
from collections.abc import Callable, Iterable

HOST = "127.0.0.1"
_LOWEST, _HIGHEST = 17_000, 22_700  # plus 10,000 is still below the ports of outgoing connections


def is_free(port: int, host: str = HOST) -> bool:
    """Whether a server could bind the port now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def next_free(port: int, host: str = HOST) -> int:
    """The first free port from `port` upwards.

    Raises: OSError when there is none, as on an address that this machine does not have.
    """
    for candidate in range(port, 65_536):
        if is_free(candidate, host):
            return candidate
    raise OSError(f"no port from {port} upwards can be had on {host}; is that an address of this machine?")


def all_free(ports: Iterable[int]) -> bool:
    """Whether every one of them is free."""
    return all(is_free(port) for port in ports)


def random_port(block: Callable[[int], Iterable[int]]) -> int:
    """A port at a random place whose whole `block` is free."""
    while True:
        first = random.randrange(_LOWEST, _HIGHEST)
        if all_free(block(first)):
            return first
