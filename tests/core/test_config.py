"""Production does not start without what makes it safe."""

from __future__ import annotations

import json
from pathlib import Path

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
    "MEILI_API_KEY": "clé",
    "PROXY_HOPS": "1",
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
        ("STORAGE_URL", f"file://{ROOT}/app/../static/files"),
        ("DEMO", "1"),
        ("PROXY_HOPS", "0"),
        ("RATELIMIT_ENABLED", "0"),
        ("APP_ENV", "Production"),
        ("APP_ENV", "prod"),
        # In clear to another machine.
        ("MAIL_URL", "smtp://relais.exemple.fr:25"),
        ("DATABASE_URL", "postgresql://u:p@base.exemple.fr/b"),
        ("DATABASE_URL", "postgresql://u:p@base.exemple.fr/b?sslmode=require"),
        ("DATABASE_URL", "postgresql://u:p@10.0.0.4/b"),
        ("DATABASE_URL", "postgresql://u:p@/b?host=base.exemple.fr"),
        ("MEILI_URL", "http://127.0.0.1:7700,http://recherche.exemple.fr:7700"),
        ("STORAGE_URL", "s3://seau/cv?endpoint=http://s3.exemple.fr&region=fr"),
        ("RATELIMIT_STORAGE_URL", "redis://10.0.0.4:6379"),
        ("ANTIVIRUS_URL", "tcp://10.0.0.4:3310"),
    ],
)
def test_an_unsafe_production_is_refused(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        Config.from_env(SAFE | {name: value})


def test_a_search_server_of_production_has_a_key() -> None:
    with pytest.raises(ConfigError, match="MEILI_API_KEY"):
        Config.from_env(SAFE | {"MEILI_URL": "http://127.0.0.1:7700", "MEILI_API_KEY": ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAIL_URL", "smtp://relais.exemple.fr:587?tls=1"),
        ("MAIL_URL", "smtps://relais.exemple.fr"),
        ("DATABASE_URL", "postgresql://u:p@base.exemple.fr/b?sslmode=verify-full"),
        ("DATABASE_URL", "postgresql://prendre-soin@/prendre-soin?host=/run/postgresql"),
        ("DATABASE_URL", "postgresql://u:p@[::1]/b"),
        ("MEILI_URL", "https://recherche.exemple.fr,http://search:7700"),
        ("STORAGE_URL", "s3://seau/cv?endpoint=https://s3.exemple.fr&region=fr"),
        ("RATELIMIT_STORAGE_URL", "rediss://10.0.0.4:6379"),
        ("ANTIVIRUS_URL", "unix:///run/clamav/clamd.ctl"),
        ("ANTIVIRUS_URL", "none"),
    ],
)
def test_what_stays_near_or_is_encrypted_is_safe(name: str, value: str) -> None:
    assert Config.from_env(SAFE | {name: value}).PRODUCTION


def test_a_postgresql_address_names_its_driver() -> None:
    config = Config.from_env({"DATABASE_URL": "postgres://u:p@h/b"})
    assert config.SQLALCHEMY_DATABASE_URI == "postgresql+psycopg://u:p@h/b"


def test_each_local_start_has_its_own_secret(tmp_path: Path) -> None:
    local = {"DATA_DIR": str(tmp_path)}
    assert Config.from_env(local).SECRET_KEY != Config.from_env(local).SECRET_KEY


def test_commands_are_about_the_site_that_runs(tmp_path: Path) -> None:
    local = {"DATA_DIR": str(tmp_path)}
    told = {"MEILI_URL": "http://127.0.0.1:7701", "PUBLIC_BASE_URL": "http://127.0.0.1:8065"}
    (tmp_path / "running.json").write_text(json.dumps(told))

    config = Config.from_env(local)
    chosen = Config.from_env(local | {"PUBLIC_BASE_URL": "http://127.0.0.1:9000"})

    assert told["MEILI_URL"] == config.MEILI_URL
    assert told["PUBLIC_BASE_URL"] == config.PUBLIC_BASE_URL
    assert chosen.PUBLIC_BASE_URL == "http://127.0.0.1:9000"


def test_production_reads_its_environment_only(tmp_path: Path) -> None:
    (tmp_path / "running.json").write_text(json.dumps({"MEILI_URL": "http://127.0.0.1:7701"}))

    assert Config.from_env(SAFE | {"DATA_DIR": str(tmp_path)}).MEILI_URL == ""
