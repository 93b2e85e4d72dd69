"""The local search server: its key, its checks, its life."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tools import meilisearch
from tools.meilisearch import Meilisearch, MeilisearchUnavailable, find_binary, stored_secret

pytestmark = pytest.mark.no_database


def test_secret_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret.key"
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(stored_secret, [path] * 32))

    assert len(secrets) == 1
    assert len(secrets.pop()) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["secret.key"]


def test_program_with_another_digest_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    impostor = tmp_path / "meilisearch"
    impostor.write_bytes(b"#!/bin/sh\n")
    monkeypatch.setattr(meilisearch, "NPM_BINARY", impostor)

    with pytest.raises(MeilisearchUnavailable, match="empreinte différente"):
        find_binary({})


def test_missing_program_says_how_to_give_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meilisearch, "NPM_BINARY", Path("/nowhere/meilisearch"))

    with pytest.raises(MeilisearchUnavailable, match="MEILI_URL"):
        find_binary({})
    with pytest.raises(MeilisearchUnavailable, match="MEILI_BINARY"):
        find_binary({"MEILI_BINARY": "/nowhere/meilisearch"})


def test_server_keeps_address_and_key_through_freeze_and_crash(tmp_path: Path) -> None:
    with Meilisearch(tmp_path) as server:
        url, api_key = server.url, server.api_key
        server.freeze()
        assert not server.healthy()
        server.resume()
        assert server.healthy()
        server.kill()
        assert not server.healthy()
        server.start()
        assert server.healthy()
        assert (server.url, server.api_key) == (url, api_key)
        assert api_key not in " ".join(server.service.command)
    assert not server.healthy()


def test_index_of_another_version_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "meilisearch").mkdir()
    (tmp_path / "meilisearch" / "VERSION").write_text("1.2.3")

    with Meilisearch(tmp_path) as server:
        assert server.healthy()

    assert (tmp_path / "meilisearch" / "VERSION").read_text().strip() == server.version()
    assert len(list(tmp_path.glob("meilisearch-[0-9]*/VERSION"))) == 1
