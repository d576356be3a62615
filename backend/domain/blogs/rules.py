"""What is true of an article: what its clean HTML shows of our uploads. Pure."""

import re
from html import unescape

_ADDRESS = re.compile(r'(?:src|href)="([^"]*)"')


def addresses(cleaned: str) -> list[str]:
    """Where the pictures and links of clean HTML lead to, each once, in order."""
    return list(dict.fromkeys(unescape(found) for found in _ADDRESS.findall(cleaned)))
