"""Where Piccolo's command line finds the engine and the tables."""

from piccolo.conf.apps import AppRegistry

from backend.core.db import ENGINE as DB  # noqa: F401 - the name Piccolo looks for

APP_REGISTRY = AppRegistry(apps=["backend.piccolo_app"])
