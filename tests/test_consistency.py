"""What holds the house together, checked on the code itself."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import column, insert, inspect
from sqlalchemy import table as sql_table

from app import create_app
from app.core.database import db
from app.core.jobs import jobs
from app.core.permissions import policy_of
from config import TestConfig

ROOT = Path(__file__).resolve().parent.parent
CODE = sorted((ROOT / "app").rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))


def text_of(paths: list[Path]) -> str:
    return "\n".join(path.read_text() for path in paths)


def test_every_route_declares_who_may_call_it(app: Flask) -> None:
    without = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and policy_of(app, rule.endpoint) is None
    ]
    assert without == []


def test_addresses_are_typed_and_in_kebab_case(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        fixed = re.sub(r"<[^>]+>", "", rule.rule)
        assert re.fullmatch(r"[a-z0-9/.\-]*", fixed), rule.rule
        for converter in re.findall(r"<([^>]+)>", rule.rule):
            typed = ":" in converter or converter in {"slug", "filename", "reference", "token"}
            assert typed, rule.rule


def test_every_topic_has_a_handler() -> None:
    sent = set(re.findall(r'enqueue(?:_many)?\(\s*"([a-z_.]+)"', text_of(CODE)))
    assert sent
    assert sent <= set(jobs.subscriptions), sent - set(jobs.subscriptions)
    assert set(jobs.subscriptions) <= sent, "a handler waits for what nobody sends"


def test_only_entry_points_commit() -> None:
    allowed = re.compile(
        r"app/core/(database|jobs|outbox|cli)\.py|/(views|cli|tasks|indexing|rebuild|servers)(/\w+)?\.py"
    )
    guilty = [
        str(path.relative_to(ROOT))
        for path in CODE
        if ".commit(" in path.read_text() and not allowed.search(str(path))
    ]
    assert guilty == []


def test_only_the_configuration_reads_the_environment() -> None:
    guilty = [str(path) for path in CODE if re.search(r"os\.(environ|getenv)", path.read_text())]
    assert guilty == []


def test_every_message_has_its_three_files() -> None:
    folders = {path.parent for path in (ROOT / "templates/emails").glob("*/*/*")}
    assert folders
    for folder in folders:
        assert {path.name for path in folder.iterdir()} == {"subject.txt", "body.txt", "body.html"}


def test_every_template_and_macro_is_used() -> None:
    code, markup = text_of(CODE), text_of(TEMPLATES)
    for path in TEMPLATES:
        name = str(path.relative_to(ROOT / "templates"))
        if name.startswith(("errors/", "emails/")):
            continue
        assert name in code or name in markup, f"{name} is not used"
    for name in re.findall(r"{%-? macro (\w+)", markup):
        assert len(re.findall(rf"\b{name}\b", markup)) > 1, f"macro {name} is not used"


def test_pages_carry_no_inline_style_or_script() -> None:
    for path in TEMPLATES:
        if "emails" in path.parts:
            continue
        found = re.findall(
            r'\sstyle="|\son[a-z]+="|<style|<script(?![^>]*\b(?:src|type="application/ld))',
            path.read_text(),
        )
        assert not found, f"{path}: {found}"


def test_no_query_is_built_from_a_formatted_text() -> None:
    guilty = [
        str(path)
        for path in CODE
        if re.search(r'(text|execute|exec_driver_sql)\(\s*f"', path.read_text())
    ]
    assert guilty == []


@pytest.fixture
def migrated(environ: dict[str, str], tmp_path: Path) -> Iterator[Flask]:
    """Return an application on a database made by the migrations alone."""
    url = f"sqlite:///{tmp_path / 'migrated.db'}"
    if environ["DATABASE_URL"].startswith("postgresql"):
        url = _empty_postgresql(environ["DATABASE_URL"])
    app = create_app(TestConfig(environ | {"DATABASE_URL": url, "DATA_DIR": str(tmp_path)}))
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        yield app
        db.session.remove()
        db.engine.dispose()


def _empty_postgresql(url: str) -> str:
    from sqlalchemy import create_engine, text
    from sqlalchemy.engine import make_url

    name = f"{make_url(url).database}_migrated"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@pytest.mark.no_database
def test_the_migrations_make_the_tables_that_the_models_describe(migrated: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, db.metadata)
    assert differences == []


@pytest.mark.no_database
def test_files_joined_before_they_were_scanned_are_still_served(migrated: Flask) -> None:
    folder = str(ROOT / "migrations")
    downgrade(directory=folder, revision="0029")
    texts = (
        "reference",
        "idempotency_key",
        "candidate_key",
        "secret_hash",
        "link_salt",
        "body_hash",
    )
    empty = ("last_name", "commune_label", "message", "decline_message")
    both = {"listing_id": 1, "status": "received", "call_back": "any", "phone": "+33639981234"}
    both |= {"first_name": "Nora", "reminders": 0} | dict.fromkeys(empty, "")
    both |= dict.fromkeys(("created_at", "updated_at"), "2026-11-01 10:00:00")
    for id_, key in ((1, "cv/1.pdf"), (2, None)):
        row = both | dict.fromkeys(texts, f"{id_}") | {"id": id_, "cv_key": key}
        _insert_alone("application", row | {"cv_sha256": "0" * 64 if key else None})
    upgrade(directory=folder)
    found = "SELECT id, cv_key, cv_state, cv_state_at IS NULL FROM application ORDER BY id"
    with db.engine.begin() as connection:
        rows = [tuple(row) for row in connection.exec_driver_sql(found)]
    assert rows == [(1, "cv/1.pdf", "unscanned", 0), (2, None, None, 1)]


def _insert_alone(table: str, row: dict[str, object]) -> None:
    """Insert a row without all that it belongs to."""
    added = insert(sql_table(table, *(column(name) for name in row))).values(row)
    if db.engine.dialect.name == "postgresql":
        with db.engine.begin() as connection:
            alone = "ALTER TABLE application DROP CONSTRAINT IF EXISTS fk_application_listing_id"
            connection.exec_driver_sql(alone)
            connection.execute(added)
        return
    with closing(sqlite3.connect(str(db.engine.url.database))) as file:
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        into = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - names of ours
        file.execute(into, list(row.values()))
        file.commit()


@pytest.mark.no_database
def test_the_migrations_can_be_undone(migrated: Flask) -> None:
    downgrade(directory=str(ROOT / "migrations"), revision="base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
