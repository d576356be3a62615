"""Which modules hold tables; one linear migration history for all of them."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

_FEATURES = (
    "accounts",
    "clients",
    "jobs",
    "files",
    "blogs",
    "courses",
    "batches",
    "purchases",
    "enrolments",
    "testimonials",
    "assessments",
    "attempts",
    "assignments",
    "grading",
    "certificates",
    "notifications",
)

TABLE_MODULES = [
    "backend.core.outbox",
    "backend.core.throttle",
    "backend.http.idempotency",
    *(f"backend.domain.{feature}.tables" for feature in _FEATURES),
]

APP_CONFIG = AppConfig(
    app_name="lulus",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=table_finder(TABLE_MODULES, exclude_imported=True),
    migration_dependencies=[],
    commands=[],
)
