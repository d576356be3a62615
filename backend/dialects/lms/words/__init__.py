"""What this contract says when something goes wrong: code -> words, Indonesian and English, one module per feature."""

import importlib
import pkgutil

from backend.dialects.lms.words.word import Word


def all_words() -> dict[str, Word]:
    """The words of every feature. Raises: ValueError when two modules speak of one code."""
    words: dict[str, Word] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        for code, word in getattr(module, "WORDS", {}).items():
            if code in words:
                raise ValueError(f"two modules have words for {code!r}")
            words[code] = word
    return words
