"""Hostile files, sent by the real form: each is refused in words, nothing of it stays."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import EnvironBuilder

import parsing
from app.applications import cv
from app.applications.models import Application
from app.core.storage import file_store
from config import ROOT
from tests import factories
from tests.applications import files
from tests.applications.pages import NORA, answer, hidden, words
from tests.hostile.files import CORPUS, EMPTY, LONG, NAME, TYPE, Hostile

# What parsers refuse, and not the form before them; two take a second, and are sent by the form.
PARSED = [
    one
    for one in CORPUS
    if one.answer not in {TYPE, NAME, EMPTY, LONG}
    and one.why not in {"pdf_bomb", "five_thousand_pages"}
]
TWO_HUNDRED_MEGABYTES_IN_KB = 200 * 1024


def kept() -> set[str]:
    return {meta["path"] for batch in file_store().list("cv") for meta in batch}


@pytest.mark.parametrize("hostile", CORPUS, ids=[one.why for one in CORPUS])
def test_a_hostile_file_is_refused_in_words_and_nothing_stays(
    hostile: Hostile,
    app: Flask,
    client: FlaskClient,
    session: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(app.config, "APPLICATION_RATE_LIMIT", "1000 per minute")
    before = kept()
    sent = (io.BytesIO(hostile.data()), hostile.name)
    address = f"{factories.listing().path}/candidater"
    typed = hidden(client.get(address)) | NORA | {"message": "Un mot à garder", "cv": sent}
    environ = EnvironBuilder(address, method="POST", data=typed).get_environ()
    response = client.open(environ)
    # Werkzeug keeps what is long in a file of its own, and leaves it open.
    environ["wsgi.input"].close()
    assert response.status_code == 422
    assert hostile.answer in words(response)
    # The person keeps what she wrote, and chooses another file.
    assert "Un mot à garder" in response.text
    assert kept() == before
    assert session.scalars(select(Application)).all() == []


@pytest.mark.no_database
@pytest.mark.parametrize("hostile", PARSED, ids=[one.why for one in PARSED])
def test_a_parser_says_what_it_found_and_keeps_nothing(hostile: Hostile) -> None:
    found, kept_bytes = parsing.verdict(hostile.data(), hostile.name.rpartition(".")[2])
    assert found in cv._REFUSALS
    assert kept_bytes == b""


@pytest.mark.no_database
@pytest.mark.parametrize("why", ["four_gigabytes", "bomb", "pdf_bomb", "picture_bomb"])
def test_a_bomb_takes_little_memory(why: str, tmp_path: Path) -> None:
    hostile = next(one for one in CORPUS if one.why == why)
    path = tmp_path / "bomb"
    path.write_bytes(hostile.data())
    # A process made by a large one is counted as large: a small one starts and measures it.
    measure = (
        "import resource, subprocess, sys\n"
        f"command = [sys.executable, '-m', 'parsing', {hostile.name.rpartition('.')[2]!r}]\n"
        f"subprocess.run(command, stdin=open({str(path)!r}, 'rb'), stdout=-3, check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    measured = subprocess.run([sys.executable, "-c", measure], cwd=ROOT, stdout=-1, check=True)
    assert int(measured.stdout) < TWO_HUNDRED_MEGABYTES_IN_KB


@pytest.mark.no_database
def test_a_parser_gives_up_memory_time_and_files(tmp_path: Path) -> None:
    def ends(code: str) -> int:
        program = f"from parsing.__main__ import narrow; narrow(); {code}"
        command = [sys.executable, "-c", program]
        return subprocess.run(command, cwd=ROOT, stderr=subprocess.DEVNULL, check=False).returncode

    assert ends("bytearray(2**20)") == 0
    assert ends("bytearray(2**30)") == 1
    assert ends(f"open({str(tmp_path / 'x')!r}, 'wb').write(b'x' * 10**6)") != 0
    assert ends("import resource; resource.setrlimit(resource.RLIMIT_CPU, (99, 99))") in {0, 1}


def put_in_place_of_the_parser(program: str, tmp_path: Path, patch: pytest.MonkeyPatch) -> None:
    (tmp_path / "parsing").mkdir()
    (tmp_path / "parsing" / "__init__.py").touch()
    (tmp_path / "parsing" / "__main__.py").write_text(program)
    patch.setattr(cv, "ROOT", tmp_path)


@pytest.mark.parametrize(
    "program",
    [
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "raise MemoryError",
        "import time; time.sleep(60)",
    ],
    ids=["killed", "short_of_memory", "endless"],
)
def test_the_site_outlives_its_parser(
    program: str,
    app: Flask,
    client: FlaskClient,
    session: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(app.config, "APPLICATION_RATE_LIMIT", "1000 per minute")
    of = factories.listing()
    with monkeypatch.context() as patched:
        put_in_place_of_the_parser(program, tmp_path, patched)
        patched.setattr(cv, "PARSING_SECONDS", 0.3)
        response = answer(client, of, cv=(io.BytesIO(files.pdf()), "cv.pdf"))
        assert response.status_code == 422
        assert "anormalement gros" in words(response)
    assert answer(client, of, cv=(io.BytesIO(files.pdf()), "cv.pdf")).status_code == 303
    assert session.scalars(select(Application)).one().cv_key


def test_the_parser_is_told_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret")
    told = "import os, sys; sys.stdout.write('ok\\n' + ' '.join(os.environ))"
    put_in_place_of_the_parser(told, tmp_path, monkeypatch)
    checked = cv.inspect("photo.png", files.image("PNG"), max_bytes=1_000_000)
    assert b"SECRET_KEY" not in checked.data
