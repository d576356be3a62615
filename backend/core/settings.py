"""Settings: one frozen struct, read from the environment once; no other module reads the environment."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from backend.core import patterns

Environment = Literal["development", "test", "production"]

DEVELOPMENT_SECRET = "development-only-secret-do-not-use-elsewhere"  # noqa: S105 - refused in production by name
MIN_SECRET_BYTES = 32
MIN_S3_SECRET_BYTES = 16


class SettingsError(SystemExit):
    """A setting is missing or unfit; the text names it and says what was expected.

    Uncaught, it ends any process with that text alone: modules read settings as they are imported.
    """


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator may choose. README.md has the table; the name of a variable is the field in capitals.

    Sizes are bytes, durations seconds unless the name says otherwise.
    """

    lulus_env: Environment
    var_dir: Path
    database_url: str
    db_pool_size: int
    redis_url: str
    redis_prefix: str
    s3_endpoint_url: str
    s3_access_key: str
    s3_secret_key: str
    s3_region: str
    s3_bucket: str
    jwt_secret: str
    ticket_secret: str
    metrics_token: str
    prometheus_dir: Path
    public_url: str
    frontend_url: str
    cors_origins: tuple[str, ...]
    trusted_proxies: tuple[str, ...]
    smtp_url: str
    mail_from: str
    mail_dir: Path
    school_name: str
    school_timezone: str
    school_place: str
    certificate_pattern: str
    payment_account: str
    amount_rest_days: int
    seat_offer_hours: int
    signatory_name: str
    signatory_title: str
    signing_key_file: Path
    signing_key_password: str
    tsa_url: str
    badge_keys_file: Path
    access_token_minutes: int
    refresh_token_days: int
    max_document_bytes: int
    max_image_bytes: int
    max_media_bytes: int
    max_sheet_bytes: int
    worker_threads: int
    worker_grace_s: float
    log_format: Literal["console", "json"]

    @property
    def is_production(self) -> bool:
        """Whether nothing may be made up."""
        return self.lulus_env == "production"


class _Environment:
    """Reads and judges variables; every refusal names the variable."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.kind = self.one_of("LULUS_ENV", "development", ("development", "test", "production"))
        self.production = self.kind == "production"

    def text(self, name: str, default: str = "") -> str:
        return self._environ.get(name, default)

    def words(self, name: str) -> tuple[str, ...]:
        return tuple(word.strip() for word in self.text(name).split(",") if word.strip())

    def one_of(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in choices:
            raise SettingsError(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
        return value

    def number(self, name: str, default: int) -> int:
        value = self.text(name, str(default))
        if not value.isdecimal() or int(value) == 0:
            raise SettingsError(f"{name} must be a whole number above 0, not {value!r}.")
        return int(value)

    def url(self, name: str, schemes: tuple[str, ...], *, needed: bool) -> str:
        value = self.text(name)
        if not value and needed and self.production:
            raise SettingsError(f"{name} is not set. In production no embedded service is started.")
        if value and urlsplit(value).scheme not in schemes:
            raise SettingsError(f"{name} must be a URL that starts with {' or '.join(s + '://' for s in schemes)}.")
        return value

    def secret(self, name: str, least: int) -> str:
        value = self.text(name)
        if not self.production:
            return value or DEVELOPMENT_SECRET
        if not value:
            raise SettingsError(f"{name} is not set. In production it needs a random value of at least {least} bytes.")
        if value.startswith("dev"):
            raise SettingsError(f"{name} has the value made for development. Give it a random value of its own.")
        if len(value.encode()) < least:
            raise SettingsError(f"{name} is too short: {len(value.encode())} bytes, at least {least} are needed.")
        return value

    def pattern(self, name: str, default: str) -> str:
        value = self.text(name, default)
        wrong = patterns.fault(value)
        if wrong:
            raise SettingsError(f"{name} {wrong}.")
        return value

    def key_file(self, name: str, made: Path) -> Path:
        """A file with keys; `made` is where development makes its own."""
        value = self.given(name)
        return Path(value).absolute() if value else made

    def given(self, name: str) -> str:
        value = self.text(name)
        if not value and self.production:
            raise SettingsError(f"{name} is not set.")
        return value


def _services(read: _Environment) -> dict[str, Any]:
    return {
        "database_url": read.url("DATABASE_URL", ("postgres", "postgresql"), needed=True),
        "db_pool_size": read.number("DB_POOL_SIZE", 10),
        "redis_url": read.url("REDIS_URL", ("redis", "rediss"), needed=True),
        "redis_prefix": read.text("REDIS_PREFIX", "lulus"),
        "s3_endpoint_url": read.url("S3_ENDPOINT_URL", ("http", "https"), needed=True),
        "s3_access_key": read.given("S3_ACCESS_KEY"),
        "s3_secret_key": read.secret("S3_SECRET_KEY", MIN_S3_SECRET_BYTES),
        "s3_region": read.text("S3_REGION", "us-east-1"),
        "s3_bucket": read.text("S3_BUCKET", "lulus"),
        "smtp_url": read.url("SMTP_URL", ("smtp", "smtps"), needed=False),
    }


def _web(read: _Environment) -> dict[str, Any]:
    public_url = read.text("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
    return {
        "jwt_secret": read.secret("JWT_SECRET", MIN_SECRET_BYTES),
        "ticket_secret": read.secret("TICKET_SECRET", MIN_SECRET_BYTES),
        "metrics_token": read.text("METRICS_TOKEN"),
        "public_url": public_url,
        "frontend_url": read.text("FRONTEND_URL", public_url).rstrip("/"),
        "cors_origins": read.words("CORS_ORIGINS"),
        "trusted_proxies": read.words("TRUSTED_PROXIES"),
        "access_token_minutes": read.number("ACCESS_TOKEN_MINUTES", 60),
        "refresh_token_days": read.number("REFRESH_TOKEN_DAYS", 14),
    }


def _school(read: _Environment) -> dict[str, Any]:
    return {
        "mail_from": read.text("MAIL_FROM", "Lulus <no-reply@lulus.example>"),
        "school_name": read.text("SCHOOL_NAME", "Lulus Tax School"),
        "school_timezone": read.text("SCHOOL_TIMEZONE", "Asia/Jakarta"),
        "school_place": read.text("SCHOOL_PLACE", "Jakarta"),
        "certificate_pattern": read.pattern("CERTIFICATE_PATTERN", "LULUS-{year}-{seq:05}-{random}"),
        "payment_account": read.text("PAYMENT_ACCOUNT"),
        "amount_rest_days": read.number("AMOUNT_REST_DAYS", 14),
        "seat_offer_hours": read.number("SEAT_OFFER_HOURS", 24),
        "signatory_name": read.text("SIGNATORY_NAME", read.text("SCHOOL_NAME", "Lulus Tax School")),
        "signatory_title": read.text("SIGNATORY_TITLE", "Direktur Program"),
    }


def _limits(read: _Environment) -> dict[str, Any]:
    return {
        "max_document_bytes": read.number("MAX_DOCUMENT_BYTES", 20 << 20),
        "max_image_bytes": read.number("MAX_IMAGE_BYTES", 10 << 20),
        "max_media_bytes": read.number("MAX_MEDIA_BYTES", 2 << 30),
        "max_sheet_bytes": read.number("MAX_SHEET_BYTES", 10 << 20),
        "worker_threads": read.number("WORKER_THREADS", 8),
        "worker_grace_s": float(read.number("WORKER_GRACE_S", 4)),
    }


def _keys(read: _Environment, var_dir: Path) -> dict[str, Any]:
    return {
        "signing_key_file": read.key_file("SIGNING_KEY_FILE", var_dir / "signing.pem"),
        "signing_key_password": read.text("SIGNING_KEY_PASSWORD"),
        "tsa_url": read.url("TSA_URL", ("http", "https"), needed=False),
        "badge_keys_file": read.key_file("BADGE_KEYS_FILE", var_dir / "badge_keys.json"),
    }


def load(environ: Mapping[str, str]) -> Settings:
    """Read settings from a mapping of environment variables.

    Raises: SettingsError, naming the variable, when one is missing or unfit.
    """
    read = _Environment(environ)
    var_dir = Path(read.text("VAR_DIR", "var")).absolute()
    values = {
        "lulus_env": read.kind,
        "var_dir": var_dir,
        "prometheus_dir": Path(read.text("PROMETHEUS_MULTIPROC_DIR", str(var_dir / "prometheus"))).absolute(),
        "mail_dir": Path(read.text("MAIL_DIR", str(var_dir / "mail"))).absolute(),
        "log_format": read.one_of("LOG_FORMAT", "json" if read.production else "console", ("console", "json")),
        **_services(read),
        **_web(read),
        **_school(read),
        **_keys(read, var_dir),
        **_limits(read),
    }
    return Settings(**values)


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return load(os.environ)
