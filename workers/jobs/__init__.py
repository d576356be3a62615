"""The jobs: thin functions that decode, call the domain and report. Importing `load()`s them all."""

import importlib
import pkgutil


def load() -> None:
    """Import every module of this folder, so that each `@job` is in the registry."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
