"""Production does not start without what makes it safe."""

from __future__ import annotations

import pytest

from config import ROOT, Config, ConfigError

pytestmark = pytest.mark.no_database

SAFE = {
    "APP_ENV": "production",
    "SECRET_KEY": "k" * 40,
    "PUBLIC_BASE_URL": "https://exemple.fr",
    "TRUSTED_HOSTS": "exemple.fr",
    "MAIL_URL": "smtp://relais:25",
    "ANTIVIRUS_URL": "tcp://127.0.0.1:3310",
}


def test_a_safe_production_starts() -> None:
    config = Config.from_env(SAFE)
    assert config.SESSION_COOKIE_SECURE
    assert config.SESSION_COOKIE_NAME == "__Host-session"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "dev"),
        ("PUBLIC_BASE_URL", "http://exemple.fr"),
        ("TRUSTED_HOSTS", ""),
        ("MAIL_URL", ""),
        ("ANTIVIRUS_URL", ""),
        ("ANTIVIRUS_URL", "http://127.0.0.1:3310"),
        ("STORAGE_URL", f"file://{ROOT}/static/files"),
        ("DEMO", "1"),
    ],
)
def test_an_unsafe_production_is_refused(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        Config.from_env(SAFE | {name: value})


def test_a_postgresql_address_names_its_driver() -> None:
    config = Config.from_env({"DATABASE_URL": "postgres://u:p@h/b"})
    assert config.SQLALCHEMY_DATABASE_URI == "postgresql+psycopg://u:p@h/b"


def test_each_local_start_has_its_own_secret() -> None:
    assert Config.from_env({}).SECRET_KEY != Config.from_env({}).SECRET_KEY
