"""Settings of the application: the only place that reads the environment.

Every setting is typed and named with its unit. `Config.from_env()` refuses to build a
production configuration without its secrets.
"""

from __future__ import annotations

import ipaddress
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy.engine import make_url

ROOT = Path(__file__).resolve().parent


class ConfigError(RuntimeError):
    """The environment does not allow a safe start."""


def _flag(value: str | None, *, default: bool) -> bool:
    if value is None or value == "":
        return default
    return value.lower() in {"1", "true", "yes", "oui", "on"}


class Config:
    """Settings shared by every environment, read from `environ`."""

    TESTING = False
    # Forms: one megabyte of text and one 8 MB picture; Werkzeug's own limits stay in force.
    MAX_CONTENT_LENGTH = 9 * 1024 * 1024
    MAX_FORM_MEMORY_SIZE = 500_000
    MAX_FORM_PARTS = 200
    CV_MAX_BYTES = 5 * 1024 * 1024
    IMPORT_MAX_BYTES = 5 * 1024 * 1024
    # A person may take an hour to fill a form on a bus: the token lives as long as the session.
    WTF_CSRF_TIME_LIMIT = None
    WTF_CSRF_SSL_STRICT = False
    BABEL_DEFAULT_LOCALE = "fr"
    BABEL_DEFAULT_TIMEZONE = "Europe/Paris"
    SESSION_COOKIE_HTTPONLY = True
    SESSION_COOKIE_SAMESITE = "Lax"
    SIGNED_IN_SESSION_HOURS = 12
    SIGN_IN_LINK_MINUTES = 10
    SEARCH_CONNECT_TIMEOUT_SECONDS = 0.5
    # With the fallback behind it, a frozen engine costs a visitor a second and a half at most.
    SEARCH_READ_TIMEOUT_SECONDS = 1.0
    SEARCH_BREAKER_FAILURES = 5
    SEARCH_BREAKER_OPEN_SECONDS = 10
    SEARCH_MAX_CONCURRENT = 32
    RATELIMIT_HEADERS_ENABLED = False
    # Who sends much by the forms open to all gives a proof: see app/core/sends.py.
    ASK_PROOFS = True
    # Nobody reads a form, fills it and sends it faster.
    SECONDS_TO_FILL = 2

    def __init__(self, environ: Mapping[str, str]) -> None:
        get = environ.get
        self.PRODUCTION = _known_environment(get("APP_ENV") or "development") == "production"
        self.DATA_DIR = Path(get("DATA_DIR") or ROOT / "instance").resolve()
        self.SECRET_KEY = get("SECRET_KEY", "")
        # How long a page of results serves all those who ask for it; 0: each has her own made.
        self.SEARCH_CACHE_SECONDS = float(get("SEARCH_CACHE_SECONDS") or 5)
        # Keys that were in use before: what they signed or sealed is still read.
        self.SECRET_KEY_FALLBACKS = [k for k in get("SECRET_KEY_FALLBACKS", "").split(",") if k]
        self.PUBLIC_BASE_URL = (get("PUBLIC_BASE_URL") or "http://127.0.0.1:8000").rstrip("/")
        self.TRUSTED_HOSTS = [h for h in get("TRUSTED_HOSTS", "").split(",") if h] or None
        self.PROXY_HOPS = int(get("PROXY_HOPS", "0"))
        self.SQLALCHEMY_DATABASE_URI = _database_url(get("DATABASE_URL"), self.DATA_DIR)
        # What the client of PostgreSQL reads by itself (PGPASSWORD, PGSSLROOTCERT…): its tools too.
        self.POSTGRES_ENVIRON = {name: environ[name] for name in environ if name.startswith("PG")}
        self.SQLALCHEMY_ENGINE_OPTIONS = {
            "connect_args": _patience(self.SQLALCHEMY_DATABASE_URI),
        }
        self.MEILI_URL = get("MEILI_URL", "").rstrip("/")
        self.MEILI_API_KEY = get("MEILI_API_KEY", "")
        self.MEILI_SERVERS = _search_servers(self.MEILI_URL, self.MEILI_API_KEY)
        self.MEILI_INDEX = get("MEILI_INDEX", "listings")
        self.MAIL_URL = get("MAIL_URL") or f"file://{self.DATA_DIR / 'mails'}"
        self.MAIL_SENDER = get("MAIL_SENDER") or "Prendre soin <ne-pas-repondre@example.org>"
        self.STORAGE_URL = get("STORAGE_URL") or f"file://{self.DATA_DIR / 'files'}"
        self.ANTIVIRUS_URL = _antivirus_url(get("ANTIVIRUS_URL", ""))
        # Written in full: a site whose files nobody scans has been told to do without.
        self.ANTIVIRUS_CHOSEN = bool(get("ANTIVIRUS_URL"))
        self.LOG_LEVEL = get("LOG_LEVEL", "INFO")
        self.METRICS_ADDRESS = _metrics_address(get("METRICS_ADDRESS", ""))
        self.METRICS_DIR = Path(get("METRICS_DIR") or self.DATA_DIR / "metrics").resolve()
        self.METRICS_DIR_CHOSEN = bool(get("METRICS_DIR"))
        if self.METRICS_ADDRESS:
            # Where processes add up their counts: the library reads it there.
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(self.METRICS_DIR)
        self.SENTRY_DSN = get("SENTRY_DSN", "")
        self.RATELIMIT_ENABLED = _flag(get("RATELIMIT_ENABLED"), default=True)
        self.APPLICATION_RATE_LIMIT = get("APPLICATION_RATE_LIMIT") or "60 per minute; 600 per hour"
        self.SIGN_UP_RATE_LIMIT = get("SIGN_UP_RATE_LIMIT") or "10 per minute; 30 per hour"
        self.REPORT_RATE_LIMIT = get("REPORT_RATE_LIMIT") or "10 per minute; 60 per hour"
        self.ALERT_RATE_LIMIT = get("ALERT_RATE_LIMIT") or "10 per minute; 60 per hour"
        self.API_RATE_LIMIT = get("API_RATE_LIMIT") or "120 per minute"
        self.RATELIMIT_STORAGE_URI = get("RATELIMIT_STORAGE_URL") or "database://"
        self.SESSION_COOKIE_SECURE = self.PUBLIC_BASE_URL.startswith("https://")
        # The prefix makes browsers refuse the cookie from a subdomain or over plain HTTP.
        self.SESSION_COOKIE_NAME = "__Host-session" if self.SESSION_COOKIE_SECURE else "session"
        # Of the browser that is not asked for a code by e-mail any more.
        self.DEVICE_COOKIE_NAME = "__Host-device" if self.SESSION_COOKIE_SECURE else "device"
        self.DEMO = _flag(get("DEMO"), default=False)
        # A demonstration has no mailbox to receive codes; there, only who sets one up is asked.
        self.SECOND_FACTOR = not self.DEMO
        self.FAILPOINTS = ""
        self._read_identity(get)

    def _read_identity(self, get: Any) -> None:
        """What a territory changes to make the site its own; no phone set, no phone shown."""
        self.SITE_NAME = get("SITE_NAME") or "Prendre soin"
        self.TERRITORY_NAME = get("TERRITORY_NAME") or "Métropole de Lyon"
        self.TERRITORY_SHORT = get("TERRITORY_SHORT") or "Lyon"
        self.OPERATOR_NAME = get("OPERATOR_NAME") or "Métropole de Lyon"
        self.OPERATOR_ADDRESS = get("OPERATOR_ADDRESS", "")
        self.PUBLICATION_DIRECTOR = get("PUBLICATION_DIRECTOR", "")
        self.HOST_NAME = get("HOST_NAME", "")
        self.HOST_ADDRESS = get("HOST_ADDRESS", "")
        self.CONTACT_EMAIL = get("CONTACT_EMAIL", "")
        self.DPO_EMAIL = get("DPO_EMAIL", "")
        self.PHONE = get("PHONE", "")
        self.PHONE_HOURS = get("PHONE_HOURS", "")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Config:
        """Build the configuration of this process; raise ConfigError if it is not safe."""
        environ = os.environ if environ is None else environ
        if environ.get("APP_ENV") == "testing":
            return TestConfig(environ)
        if environ.get("APP_ENV") in {None, "", "development"}:
            environ = _running_site(environ) | dict(environ)
        config = cls(environ)
        if config.PRODUCTION:
            config.refuse_unsafe_production()
        elif not config.SECRET_KEY:
            config.SECRET_KEY = secrets.token_urlsafe(32)
        return config

    def refuse_unsafe_production(self) -> None:
        """Raise ConfigError naming every setting that production cannot do without."""
        missing = [
            name
            for name, ok in {
                "SECRET_KEY (32 caractères au moins)": len(self.SECRET_KEY) >= 32,
                "PUBLIC_BASE_URL (https://…)": self.PUBLIC_BASE_URL.startswith("https://"),
                "TRUSTED_HOSTS": bool(self.TRUSTED_HOSTS),
                "MAIL_URL (smtp://…)": self.MAIL_URL.startswith(("smtp://", "smtps://")),
                "ANTIVIRUS_URL (tcp://… ou unix:///…, ou none en connaissance de cause)": (
                    self.ANTIVIRUS_CHOSEN
                ),
                "STORAGE_URL (hors de static/)": not self._stores_in(ROOT / "static"),
                "PROXY_HOPS (1 derrière nginx)": self.PROXY_HOPS >= 1,
                "RATELIMIT_ENABLED (à retirer)": self.RATELIMIT_ENABLED,
                "MEILI_API_KEY (avec MEILI_URL)": all(
                    key for url, key in self.MEILI_SERVERS if url
                ),
                "METRICS_DIR (un dossier en mémoire, avec METRICS_ADDRESS)": (
                    self.METRICS_DIR_CHOSEN or not self.METRICS_ADDRESS
                ),
                "DEMO (à retirer)": not self.DEMO,
            }.items()
            if not ok
        ]
        missing += self._in_clear()
        if missing:
            raise ConfigError("Réglages manquants ou dangereux : " + ", ".join(missing))

    def _stores_in(self, folder: Path) -> bool:
        """Return whether the files would be written somewhere in `folder`."""
        path = Path(urlsplit(self.STORAGE_URL).path).resolve()
        return self.STORAGE_URL.startswith("file://") and path.is_relative_to(folder)

    def _in_clear(self) -> list[str]:
        """Return the settings by which what the site holds would leave this machine in clear."""
        database = make_url(self.SQLALCHEMY_DATABASE_URI)
        mode = str(database.query.get("sslmode", ""))
        machine = database.host or str(database.query.get("host", "")) or None
        storage = urlsplit(self.STORAGE_URL)
        endpoint = parse_qs(storage.query).get("endpoint", [""])[0]
        checks = {
            "DATABASE_URL (?sslmode=verify-full)": (machine if mode != "verify-full" else None),
            "MAIL_URL (?tls=1, ou smtps://)": (
                _host(self.MAIL_URL, "smtp") if "tls=1" not in self.MAIL_URL else None
            ),
            "STORAGE_URL (endpoint=https://…)": _host(endpoint, "http"),
            "RATELIMIT_STORAGE_URL (rediss://…)": _host(self.RATELIMIT_STORAGE_URI, "redis"),
            "ANTIVIRUS_URL (sur cette machine)": _host(self.ANTIVIRUS_URL, "tcp"),
        } | {
            f"MEILI_URL (https://… : {url})": _host(url, "http") for url, _key in self.MEILI_SERVERS
        }
        return [name for name, host in checks.items() if host and not _is_near(host)]


class TestConfig(Config):
    """Settings of the test suite: unreachable services fail loudly."""

    TESTING = True
    __test__ = False

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__(environ)
        self.SECRET_KEY = environ.get("SECRET_KEY") or "test-only-secret-key-of-forty-characters!"
        self.PRODUCTION = False
        # What a test prints is read by it; the logs of the process belong to all its tests.
        self.LOG_LEVEL = environ.get("LOG_LEVEL") or "ERROR"
        # The tests of the second factor ask for it; the others are about what comes after.
        self.SECOND_FACTOR = False
        # Tests fill forms faster than anybody, and many from the same place.
        self.ASK_PROOFS = _flag(environ.get("ASK_PROOFS"), default=False)
        self.SECONDS_TO_FILL = int(environ.get("SECONDS_TO_FILL") or self.SECONDS_TO_FILL)
        self.RATELIMIT_STORAGE_URI = environ.get("RATELIMIT_STORAGE_URL") or "memory://"
        # Tests look at what has just changed.
        self.SEARCH_CACHE_SECONDS = float(environ.get("SEARCH_CACHE_SECONDS") or 0)
        self.FAILPOINTS = environ.get("FAILPOINTS", "")
        # Tests drain the outbox themselves, save those that start a real worker.
        self.JOBS_IN_TESTS = _flag(environ.get("JOBS_IN_TESTS"), default=False)
        self.PHONE = environ.get("PHONE", "+33465711234")
        self.PHONE_HOURS = environ.get("PHONE_HOURS", "du lundi au vendredi, 9 h – 18 h")


def _host(url: str, scheme: str) -> str | None:
    """Return the machine of an address that is not encrypted, None when it is another kind."""
    parts = urlsplit(url)
    return parts.hostname if parts.scheme == scheme else None


def _is_near(host: str) -> bool:
    """Return whether nothing leaves for a network: this machine, or a container beside this one,
    whose name has no dot, or a socket of this machine."""
    if host.startswith("/"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return "." not in host


def _running_site(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of the site that `make run` runs in this folder, none when it is stopped.

    Commands typed in another terminal are about that site: its search server, its address.
    """
    path = Path(environ.get("DATA_DIR") or ROOT / "instance") / "running.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _known_environment(name: str) -> str:
    """Return the name; a misspelt one would start without what production refuses."""
    if name not in {"development", "testing", "production"}:
        raise ConfigError(f"APP_ENV : development, testing ou production, et non « {name} »")
    return name


def _patience(database_url: str) -> dict[str, int]:
    """Return how long to wait for the machine of PostgreSQL, which may have left the network."""
    if not database_url.startswith("postgresql"):
        return {}
    # Seconds, but for the milliseconds of the second line. A connection that says nothing is tried
    # after ten seconds, and given up within twenty: what is asked of it may rightly take that long.
    return {
        "connect_timeout": 5,
        "tcp_user_timeout": 10_000,
        "keepalives_idle": 10,
        "keepalives_interval": 3,
        "keepalives_count": 3,
    }


def _metrics_address(address: str) -> str:
    """Return where to serve the measures, empty for nowhere; never an address others reach."""
    host, _colon, port = address.rpartition(":")
    if address and not (port.isdigit() and host and _is_near(host.strip("[]"))):
        raise ConfigError("METRICS_ADDRESS : 127.0.0.1:9100, ou une autre adresse de la machine")
    return address


def _antivirus_url(url: str) -> str:
    """Return the address of ClamAV, empty without one ("none" says so)."""
    if url in {"", "none"}:
        return ""
    if not url.startswith(("tcp://", "unix:///")):
        raise ConfigError("ANTIVIRUS_URL : tcp://machine:3310, unix:///chemin, ou none")
    return url


def _search_servers(urls: str, keys: str) -> tuple[tuple[str, str], ...]:
    """Return (address, key) of each search server, by preference; one without address if none.

    Both are lists separated by commas; one key may serve for all.
    """
    addresses = [url.strip().rstrip("/") for url in urls.split(",") if url.strip()] or [""]
    given = [key.strip() for key in keys.split(",")]
    if len(set(addresses)) != len(addresses):
        raise ConfigError("MEILI_URL nomme deux fois le même serveur")
    if len(given) == 1:
        given *= len(addresses)
    if len(given) != len(addresses):
        raise ConfigError("MEILI_API_KEY : une clé pour tous, ou une par adresse de MEILI_URL")
    return tuple(zip(addresses, given, strict=True))


def _database_url(url: str | None, data_dir: Path) -> str:
    if not url:
        return f"sqlite:///{data_dir / 'prendre-soin.db'}"
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url
