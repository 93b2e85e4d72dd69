"""Where files are kept: whole or not at all, on a disk or in a bucket, and never by guesswork."""

from __future__ import annotations

import hashlib
import http.client
import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.core import clock, i18n, storage
from app.core.storage import StorageUnavailable
from config import TestConfig
from tools.processes import LOOPBACK, Service, free_port, http_status

DATA = b"a CV" * 100
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(scope="module")
def s3_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Start a server that speaks S3, with an empty bucket."""
    folder, port = tmp_path_factory.mktemp("s3"), free_port()
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", LOOPBACK, "-p", str(port)]
    environ = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    service = Service("s3", command, env=environ, log_path=folder / "s3.log", cwd=folder)
    service.start()
    deadline = time.monotonic() + 60
    while http_status(port, "/moto-api/") != 200:
        assert service.running(), service.log_tail()
        assert time.monotonic() < deadline, service.log_tail()
        time.sleep(0.1)
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
    connection.request("PUT", "/files")
    assert connection.getresponse().status == 200
    connection.close()
    yield port
    service.stop()


def site_with(environ: dict[str, str], url: str) -> Flask:
    """Return an application that has only its files."""
    app = Flask("files")
    app.config.from_object(TestConfig(environ | {"STORAGE_URL": url}))
    i18n.init_app(app)
    storage.init_app(app)
    return app


@pytest.fixture(params=["disk", "bucket"])
def site(
    request: pytest.FixtureRequest,
    environ: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Flask]:
    """Give an application whose files are on a disk, then in a bucket."""
    url = f"file://{tmp_path}/files"
    if request.param == "bucket":
        port = request.getfixturevalue("s3_port")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        url = f"s3://files/lyon?endpoint=http://{LOOPBACK}:{port}&region=eu-west-3"
    app = site_with(environ, url)
    with app.app_context():
        yield app


@pytest.mark.no_database
def test_a_file_is_kept_found_listed_and_removed(site: Flask) -> None:
    key = storage.keep("cv", "pdf", DATA)
    assert key.startswith("cv/")
    assert storage.read(key, DIGEST) == DATA
    assert storage.read(key, "0" * 64) is None
    assert storage.kept_before("cv", clock.now()) in ([key], [])
    later = clock.now().replace(year=clock.now().year + 1)
    assert storage.kept_before("cv", later) == [key]
    assert storage.kept_before("imports", later) == []
    storage.remove(key)
    storage.remove(key)
    assert storage.read(key, DIGEST) is None


@pytest.mark.no_database
def test_what_is_on_the_disk_is_for_the_site_alone(environ: dict[str, str], tmp_path: Path) -> None:
    with site_with(environ, f"file://{tmp_path}/files").app_context():
        key = storage.keep("cv", "pdf", DATA)
    path = tmp_path / "files" / key
    assert [path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777] == [0o600, 0o700]
    assert [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.mark.no_database
def test_a_disk_that_is_full_keeps_no_half_of_a_file(
    environ: dict[str, str], tmp_path: Path
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with site_with(environ, f"file://{tmp_path}/files").app_context():
        storage.keep("cv", "pdf", DATA)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
        try:
            with pytest.raises(StorageUnavailable):
                storage.keep("cv", "pdf", b"x" * 2_000_000)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert len(list((tmp_path / "files" / "cv").iterdir())) == 1
        assert storage.keep("cv", "pdf", b"x" * 2_000_000)


@pytest.mark.no_database
@pytest.mark.parametrize("act", ["keep", "read", "list", "remove"])
def test_a_bucket_out_of_reach_is_told_and_never_taken_for_an_empty_one(
    act: str, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    url = "s3://files?endpoint=http://127.0.0.1:1&region=eu-west-3"
    acts: dict[str, Any] = {
        "keep": lambda: storage.keep("cv", "pdf", DATA),
        "read": lambda: storage.read("cv/1.pdf", DIGEST),
        "list": lambda: storage.kept_before("cv", clock.now()),
        "remove": lambda: storage.remove("cv/1.pdf"),
    }
    with site_with(environ, url).app_context(), pytest.raises(StorageUnavailable) as told:
        acts[act]()
    assert told.value.status == 503
