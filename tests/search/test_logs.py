"""No log holds what people search, and a web process that stops writes its counts."""

from __future__ import annotations

import re
import socket
import urllib.request
from pathlib import Path

import pytest
from sqlalchemy import select

from app.core.database import db
from app.search.models import SearchQuery
from tests.stack import ROOT, Stack
from tools.meilisearch import Meilisearch

BROWSER = {"User-Agent": "Mozilla/5.0 (Android 14) Firefox/130.0"}


@pytest.mark.no_database
def test_nginx_writes_no_address() -> None:
    settings = (ROOT / "deploy" / "nginx.conf").read_text()
    servers = re.split(r"^server \{", settings, flags=re.MULTILINE)[1:]

    assert len(servers) == 2
    for server in servers:
        assert re.search(r"^\s*access_log off;", server, re.MULTILINE)
        assert re.search(r"^\s*error_log \S+ alert;", server, re.MULTILINE)
    assert "access-logfile" not in (ROOT / "deploy/systemd/prendre-soin-web.service").read_text()


@pytest.mark.usefixtures("real_commits")
def test_a_web_process_that_stops_has_written_its_counts_and_logged_no_word(
    environ: dict[str, str], tmp_path: Path, search_server: Meilisearch
) -> None:
    stack = Stack(tmp_path, environ["DATABASE_URL"], search=search_server)
    stack.environ |= {"SEARCH_CACHE_SECONDS": "60", "LOG_LEVEL": "INFO"}
    stack.smtp_controller.start()
    stack.web.start()
    try:
        stack.wait_for_web()
        for _visitor in range(3):
            asked = urllib.request.Request(f"{stack.url}/recherche?q=motsecret", headers=BROWSER)
            with urllib.request.urlopen(asked) as answer:
                assert answer.status == 200
        with socket.create_connection(("127.0.0.1", stack.port)) as refused:
            refused.sendall(b"GET /recherche?q=motsecret et rien HTTP/1.1\r\n\r\n")
            assert b"400" in refused.recv(200)
        assert db.session.scalar(select(SearchQuery)) is None
        db.session.rollback()
    finally:
        stack.web.stop(30)
        stack.smtp_controller.stop()

    (row,) = db.session.scalars(select(SearchQuery)).all()
    assert (row.words, row.seen) == ("motsecret", 3)
    logged = (tmp_path / "logs" / "web.log").read_text()
    assert "Invalid request" in logged
    assert "motsecret" not in logged
    assert "recherche" not in logged
