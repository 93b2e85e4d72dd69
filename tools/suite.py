"""Install what the tests need, then run them on SQLite and on PostgreSQL: `make test`.

    python -m tools.suite [arguments of pytest]

The last line printed is pytest's. In continuous integration (CI=true) whatever is missing is an
error; elsewhere, tests that miss a program fail by themselves and PostgreSQL may be left out.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence

from tools.environment import (
    PYTHON,
    ROOT,
    SetupError,
    ensure_browser_files,
    ensure_node,
    ensure_python,
    say,
)
from tools.postgres import Postgres, PostgresUnavailable

# The first is the same browser without windows: a third less work for the same pages.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
PROGRAMS = {
    "Chromium (parcours dans un navigateur)": BROWSERS,
    "Java (contrôle du HTML)": ("java",),
    "ClamAV (analyse des fichiers)": ("clamd", "/usr/sbin/clamd"),
    "Redis (limites)": ("redis-server",),
    "nginx (site de production)": ("nginx", "/usr/sbin/nginx"),
}
WORKERS = "2"
# The look and the markup of pages, what browsers do, who may call which route, what the
# demonstration says, tools: checked a few minutes before, with what uses no database at all
# (`--with-database`). One journey is walked on both. The rule is in docs/tests.md.
SAME_WHATEVER_THE_DATABASE = (
    *(
        str(one.relative_to(ROOT))
        for one in sorted(ROOT.glob("tests/journeys/test_*.py"))
        if one.name != "test_apply.py"
    ),
    # Starts a PostgreSQL of its own.
    "tests/chaos/test_full_disk.py",
    "tests/hostile/test_files.py",
    "tests/hostile/test_bots.py",
    "tests/hostile/test_headers.py",
    "tests/hostile/test_imports.py",
    "tests/hostile/test_markup.py",
    "tests/accessibility",
    "tests/main/test_demo.py",
    "tests/main/test_demo_later.py",
    "tests/security/test_browser.py",
    "tests/security/test_matrix.py",
    "tests/test_templates.py",
    "tests/tools",
)


def install(*, dev: bool = True) -> None:
    """Install the libraries, the npm packages and the browser files of the tests."""
    ensure_python(dev=dev)
    ensure_node(dev=dev)
    ensure_browser_files()


def missing_programs() -> list[str]:
    """Return the names of the programs of this machine that the tests use and do not find."""
    return [
        name
        for name, commands in PROGRAMS.items()
        if not any(shutil.which(command) for command in commands)
    ]


@contextlib.contextmanager
def postgres_url() -> Iterator[str | None]:
    """Give the address of a PostgreSQL to test on: TEST_DATABASE_URL, or one made for the time."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    try:
        cluster = Postgres()
    except PostgresUnavailable as error:
        if in_ci():
            raise SetupError(str(error)) from error
        say(f"{error}\n→ Seul SQLite est testé.")
        yield None
        return
    with cluster:
        yield cluster.url


def in_ci() -> bool:
    """Return whether this is continuous integration, where nothing may be left out."""
    return os.environ.get("CI", "").lower() in {"1", "true"}


def run_pytest(arguments: Sequence[str], database_url: str | None) -> int:
    """Run the suite on SQLite, or on the database given; return pytest's status."""
    env = {name: value for name, value in os.environ.items() if name != "TEST_DATABASE_URL"}
    if database_url:
        env["TEST_DATABASE_URL"] = database_url
        left_out = (f"--deselect={one}" for one in SAME_WHATEVER_THE_DATABASE)
        arguments = ["--with-database", *left_out, *arguments]
    command = [str(PYTHON), "-m", "pytest", "-n", WORKERS, *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


def run_suite(arguments: Sequence[str]) -> int:
    """Run all the tests on each database; stop at the first that fails; return its status."""
    install()
    if missing := missing_programs():
        message = f"Programmes absents : {', '.join(missing)}."
        if in_ci():
            raise SetupError(message)
        say(f"{message}\n→ Les tests qui s’en servent échoueront.")
    with postgres_url() as url:
        for name, database_url in (("SQLite", None), ("PostgreSQL", url)):
            if name == "PostgreSQL" and url is None:
                break
            say(f"Tests sur {name}")
            if status := run_pytest(arguments, database_url):
                return status
    return 0


def main() -> int:
    """Return the status of the command."""
    # Terminated, as interrupted: the throw-away database is stopped and removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if sys.argv[1:] == ["--install-only"]:
            install()
            return 0
        return run_suite(sys.argv[1:])
    except (SetupError, PostgresUnavailable) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
