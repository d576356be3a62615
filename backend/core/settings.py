"""Settings: one frozen struct, read from the environment once; no other module reads the environment."""

import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal, cast
from urllib.parse import urlsplit

import msgspec

Environment = Literal["development", "test", "production"]

DEVELOPMENT_SECRET = "development-only-secret-do-not-use-elsewhere"  # noqa: S105 - refused in production by name
MIN_SECRET_BYTES = 32
MIN_S3_SECRET_BYTES = 16


class SettingsError(Exception):
    """A setting is missing or unfit; the text names it and says what was expected."""


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
    public_url: str
    frontend_url: str
    cors_origins: tuple[str, ...]
    trusted_proxies: tuple[str, ...]
    exam_hosts: tuple[str, ...]
    examroom_hosts: tuple[str, ...]
    smtp_url: str
    mail_from: str
    mail_dir: Path
    school_name: str
    school_timezone: str
    certificate_pattern: str
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


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _number(name: str, text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise SettingsError(f"{name} must be a whole number above 0, not {text!r}.")
    return int(text)


def _secret(name: str, value: str, least: int, *, production: bool) -> str:
    if not production:
        return value or DEVELOPMENT_SECRET
    if not value:
        raise SettingsError(f"{name} is not set. In production it needs a random value of at least {least} bytes.")
    if value == DEVELOPMENT_SECRET or value.startswith("dev"):
        raise SettingsError(f"{name} has the value made for development. Give it a random value of its own.")
    if len(value.encode()) < least:
        raise SettingsError(f"{name} is too short: {len(value.encode())} bytes, at least {least} are needed.")
    return value


def _url(name: str, value: str, schemes: tuple[str, ...], *, production: bool) -> str:
    if not value and production:
        raise SettingsError(f"{name} is not set. In production no embedded service is started.")
    if value and urlsplit(value).scheme not in schemes:
        raise SettingsError(f"{name} must be a URL that starts with {' or '.join(s + '://' for s in schemes)}.")
    return value


def load(environ: Mapping[str, str]) -> Settings:
    """Read settings from a mapping of environment variables.

    Raises: SettingsError, naming the variable, when one is missing or unfit.
    """
    get: Callable[[str, str], str] = environ.get
    kind = get("LULUS_ENV", "development")
    if kind not in ("development", "test", "production"):
        raise SettingsError(f"LULUS_ENV must be development, test or production, not {kind!r}.")
    production = kind == "production"
    var_dir = Path(get("VAR_DIR", "var")).absolute()
    public_url = get("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
    log_format = get("LOG_FORMAT", "json" if production else "console")
    if log_format not in ("console", "json"):
        raise SettingsError(f"LOG_FORMAT must be console or json, not {log_format!r}.")
    return Settings(
        lulus_env=cast(Environment, kind),
        var_dir=var_dir,
        database_url=_url("DATABASE_URL", get("DATABASE_URL", ""), ("postgres", "postgresql"), production=production),
        db_pool_size=_number("DB_POOL_SIZE", get("DB_POOL_SIZE", "10")),
        redis_url=_url("REDIS_URL", get("REDIS_URL", ""), ("redis", "rediss"), production=production),
        redis_prefix=get("REDIS_PREFIX", "lulus"),
        s3_endpoint_url=_url("S3_ENDPOINT_URL", get("S3_ENDPOINT_URL", ""), ("http", "https"), production=production),
        s3_access_key=get("S3_ACCESS_KEY", ""),
        s3_secret_key=_secret("S3_SECRET_KEY", get("S3_SECRET_KEY", ""), MIN_S3_SECRET_BYTES, production=production),
        s3_region=get("S3_REGION", "us-east-1"),
        s3_bucket=get("S3_BUCKET", "lulus"),
        jwt_secret=_secret("JWT_SECRET", get("JWT_SECRET", ""), MIN_SECRET_BYTES, production=production),
        ticket_secret=_secret("TICKET_SECRET", get("TICKET_SECRET", ""), MIN_SECRET_BYTES, production=production),
        metrics_token=get("METRICS_TOKEN", ""),
        public_url=public_url,
        frontend_url=get("FRONTEND_URL", public_url).rstrip("/"),
        cors_origins=_words(get("CORS_ORIGINS", "")),
        trusted_proxies=_words(get("TRUSTED_PROXIES", "")),
        exam_hosts=_words(get("EXAM_HOSTS", "")),
        examroom_hosts=_words(get("EXAMROOM_HOSTS", "")),
        smtp_url=_url("SMTP_URL", get("SMTP_URL", ""), ("smtp", "smtps"), production=False),
        mail_from=get("MAIL_FROM", "Lulus <no-reply@lulus.example>"),
        mail_dir=Path(get("MAIL_DIR", str(var_dir / "mail"))).absolute(),
        school_name=get("SCHOOL_NAME", "Lulus Tax School"),
        school_timezone=get("SCHOOL_TIMEZONE", "Asia/Jakarta"),
        certificate_pattern=get("CERTIFICATE_PATTERN", "{course}-{year}-{batch}-{seq:04}-{random}"),
        access_token_minutes=_number("ACCESS_TOKEN_MINUTES", get("ACCESS_TOKEN_MINUTES", "60")),
        refresh_token_days=_number("REFRESH_TOKEN_DAYS", get("REFRESH_TOKEN_DAYS", "14")),
        max_document_bytes=_number("MAX_DOCUMENT_BYTES", get("MAX_DOCUMENT_BYTES", str(20 << 20))),
        max_image_bytes=_number("MAX_IMAGE_BYTES", get("MAX_IMAGE_BYTES", str(10 << 20))),
        max_media_bytes=_number("MAX_MEDIA_BYTES", get("MAX_MEDIA_BYTES", str(2 << 30))),
        max_sheet_bytes=_number("MAX_SHEET_BYTES", get("MAX_SHEET_BYTES", str(10 << 20))),
        worker_threads=_number("WORKER_THREADS", get("WORKER_THREADS", "8")),
        worker_grace_s=float(_number("WORKER_GRACE_S", get("WORKER_GRACE_S", "4"))),
        log_format=cast(Literal["console", "json"], log_format),
    )


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return load(os.environ)
