import pytest

from backend.core.settings import DEVELOPMENT_SECRET, SettingsError, load

PRODUCTION = {
    "LULUS_ENV": "production",
    "DATABASE_URL": "postgresql://lulus@127.0.0.1/lulus",
    "REDIS_URL": "redis://127.0.0.1",
    "S3_ENDPOINT_URL": "https://127.0.0.1",
    "S3_ACCESS_KEY": "access",
    "S3_SECRET_KEY": "k" * 16,
    "JWT_SECRET": "j" * 32,
    "TICKET_SECRET": "t" * 32,
    "SIGNING_KEY_FILE": "/nowhere/signing.p12",
    "BADGE_KEYS_FILE": "/nowhere/badge_keys.json",
}


def test_production_starts_with_everything_set():
    assert load(PRODUCTION).is_production


@pytest.mark.parametrize("name", ["JWT_SECRET", "TICKET_SECRET", "S3_SECRET_KEY"])
@pytest.mark.parametrize("value", ["", "short", DEVELOPMENT_SECRET])
def test_a_missing_or_weak_secret_stops_the_start_by_name(name: str, value: str):
    with pytest.raises(SettingsError, match=name):
        load({**PRODUCTION, name: value})


@pytest.mark.parametrize(
    "name", ["DATABASE_URL", "REDIS_URL", "S3_ENDPOINT_URL", "S3_ACCESS_KEY", "SIGNING_KEY_FILE", "BADGE_KEYS_FILE"]
)
def test_production_needs_its_services_and_keys_named(name: str):
    with pytest.raises(SettingsError, match=name):
        load({**PRODUCTION, name: ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LULUS_ENV", "staging"),
        ("DB_POOL_SIZE", "many"),
        ("DB_POOL_SIZE", "0"),
        ("DATABASE_URL", "mysql://x"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_an_unfit_setting_is_named(name: str, value: str):
    with pytest.raises(SettingsError, match=name):
        load({name: value})
