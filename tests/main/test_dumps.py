"""The tools of PostgreSQL are given what its client is given, and show it to nobody."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from app.core.database import db
from app.main import dumps
from app.main.dumps import DumpError
from config import TestConfig
from tools.postgres import Postgres


def test_a_password_that_the_address_does_not_say_serves_the_copies_too(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Postgres(password="s3cret word") as server, app.app_context():
        # As in compose.yaml: the client reads it by itself.
        monkeypatch.setenv("PGPASSWORD", server.password)
        config = TestConfig({"DATABASE_URL": server.url, "PGPASSWORD": server.password})
        monkeypatch.setitem(app.config, "POSTGRES_ENVIRON", config.POSTGRES_ENVIRON)
        engine = create_engine(server.url)
        db.metadata.create_all(engine)
        dumps.dump(engine.url, tmp_path / "copy")
        dumps.load(engine, tmp_path / "copy")
        assert not dumps.is_empty(engine)
        engine.dispose()


def test_the_password_of_the_database_is_on_no_command_line(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "pg_dump"
    tool.write_text('#!/bin/sh\necho "$@" >&2; echo "given: $PGPASSWORD" >&2; exit 1\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    url = make_url("postgresql+psycopg://app:s3cret%40word@db.example.org/site?sslmode=require")
    with app.app_context(), pytest.raises(DumpError) as failed:
        dumps.dump(url, tmp_path / "x")
    line, given = str(failed.value).splitlines()
    assert given == "given: s3cret@word"
    assert "s3cret" not in line
    assert "sslmode=require" in line
