"""One Controller per resource; every Controller of these modules is served."""

import importlib
import pkgutil

from litestar import Controller


def controllers() -> list[type[Controller]]:
    """Every Controller that a module of this folder defines, in order of their names."""
    found: dict[str, type[Controller]] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        for name, value in vars(module).items():
            if isinstance(value, type) and issubclass(value, Controller) and value.__module__ == module.__name__:
                found[f"{info.name}.{name}"] = value
    return [found[name] for name in sorted(found)]
