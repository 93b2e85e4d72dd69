"""The list of the OWASP ASVS is whole and true; what is proved by reading our own code."""

from __future__ import annotations

import ast
import io
import json
import logging
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from app.core.database import db
from app.core.outbox import OutboxEvent
from tests.accounts.browser import csrf_of

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/security/asvs.md"
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
# How many requirements of each section are of level 1, then of level 2 (5.0.0).
SECTIONS = {
    "1.1": (0, 2), "1.2": (5, 4), "1.3": (2, 9), "1.4": (0, 3), "1.5": (1, 1),
    "2.1": (1, 2), "2.2": (2, 1), "2.3": (1, 3), "2.4": (0, 1),
    "3.2": (2, 0), "3.3": (1, 3), "3.4": (2, 4), "3.5": (3, 2), "3.7": (0, 2),
    "4.1": (1, 2), "4.2": (0, 1), "4.3": (0, 2), "4.4": (1, 3),
    "5.1": (0, 1), "5.2": (2, 1), "5.3": (2, 0), "5.4": (0, 3),
    "6.1": (1, 2), "6.2": (8, 4), "6.3": (2, 2), "6.4": (2, 2), "6.5": (0, 5), "6.6": (0, 3),
    "6.8": (0, 4),
    "7.1": (0, 3), "7.2": (4, 0), "7.3": (0, 2), "7.4": (2, 3), "7.5": (0, 2), "7.6": (0, 2),
    "8.1": (1, 1), "8.2": (2, 1), "8.3": (1, 0), "8.4": (0, 1),
    "9.1": (3, 0), "9.2": (1, 3),
    "10.1": (0, 2), "10.2": (0, 2), "10.3": (0, 4), "10.4": (5, 6), "10.5": (0, 5),
    "10.6": (0, 2), "10.7": (0, 3),
    "11.1": (0, 2), "11.2": (0, 3), "11.3": (2, 1), "11.4": (1, 3), "11.5": (0, 1),
    "11.6": (0, 1),
    "12.1": (1, 2), "12.2": (2, 0), "12.3": (0, 4),
    "13.1": (0, 1), "13.2": (0, 5), "13.3": (0, 2), "13.4": (1, 4),
    "14.1": (0, 2), "14.2": (1, 3), "14.3": (1, 2),
    "15.1": (1, 2), "15.2": (1, 2), "15.3": (1, 6),
    "16.1": (0, 1), "16.2": (0, 5), "16.3": (0, 4), "16.4": (0, 3), "16.5": (0, 3),
    "17.1": (0, 1), "17.2": (0, 4), "17.3": (0, 2),
}  # fmt: skip
# Those of level 3 among them, which are not listed.
LEVEL_3 = {"1.2.10", "6.5.6", "14.2.5"}


@cache
def rows() -> list[tuple[str, str, str, str]]:
    return ROW.findall(PAGE.read_text(encoding="utf-8"))


@cache
def functions_of(name: str) -> set[str]:
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@cache
def sources() -> list[tuple[str, ast.Module]]:
    """Return what runs on the server: its name and its tree."""
    paths = [*(ROOT / "app").rglob("*.py"), ROOT / "config.py", ROOT / "wsgi.py"]
    return [
        (str(one.relative_to(ROOT)), ast.parse(one.read_text(encoding="utf-8")))
        for one in sorted(paths)
    ]


def called(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Yield each call with the name of what is called, as `re.compile`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def imported(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module)
    return names


def importers(*names: str) -> set[str]:
    """Return the files that import one of these modules."""
    return {
        file
        for file, tree in sources()
        if any(
            one == name or one.startswith(f"{name}.") for one in imported(tree) for name in names
        )
    }


@pytest.mark.no_database
def test_every_requirement_is_listed_once_with_its_level() -> None:
    identifiers = [row[0] for row in rows()]
    assert len(identifiers) == len(set(identifiers)) == 253
    assert not LEVEL_3 & set(identifiers)
    assert [row[1] for row in rows()].count("1") == 70
    counted: dict[str, tuple[int, int]] = {}
    for identifier, level, _words, _verdict in rows():
        section = identifier.rpartition(".")[0]
        first, second = counted.get(section, (0, 0))
        counted[section] = (first + (level == "1"), second + (level == "2"))
    assert counted == SECTIONS
    assert identifiers == sorted(identifiers, key=lambda one: [int(n) for n in one.split(".")])


@pytest.mark.no_database
def test_every_verdict_is_filled_and_what_it_names_exists() -> None:
    for identifier, _level, words, verdict in rows():
        assert words.strip(), identifier
        tests = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", verdict)
        documents = re.findall(r"\]\(([^)]+)\)", verdict)
        reason = re.search(r"(sans objet|à faire)\u00a0: \S.{8,}", verdict)
        assert tests or documents or reason, identifier
        assert verdict.count("`tests/") == len(tests), identifier
        for file, test in tests:
            assert test in functions_of(file), (identifier, file, test)
        for document in documents:
            name, _sign, anchor = document.partition("#")
            page = (PAGE.parent / name).read_text(encoding="utf-8")
            titles = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
            anchors = {title.lower().replace(" ", "-") for title in titles}
            assert not anchor or anchor in anchors, (identifier, document)


@pytest.mark.no_database
def test_the_application_starts_no_program_and_evaluates_no_text() -> None:
    forbidden = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "input"}
    for file, tree in sources():
        for name, call in called(tree):
            assert name not in forbidden, (file, name)
            shell = [k for k in call.keywords if k.arg == "shell"]
            assert not shell, (file, name)
    assert importers("pickle", "marshal", "shelve", "yaml", "code", "ctypes") == set()


@pytest.mark.no_database
def test_no_pattern_is_built_from_what_people_write() -> None:
    functions = {"compile", "search", "match", "fullmatch", "sub", "split", "findall", "finditer"}
    # The patterns of the coach are made of its lexicons, which are in the code.
    others = [one for one in sources() if not one[0].startswith("app/listings/coach/")]
    for file, tree in others:
        for name, call in called(tree):
            if name.startswith("re.") and name.removeprefix("re.") in functions:
                # Ours: a text of the code or a constant; what else comes in is escaped.
                parts = [
                    ast.unparse(part.value)
                    for part in ast.walk(call.args[0])
                    if isinstance(part, ast.FormattedValue)
                ]
                text = ast.unparse(call.args[0])
                joined = isinstance(call.args[0], ast.BinOp)
                assert not joined or "re.escape(" in text, (file, text)
                for part in parts:
                    assert part.isupper() or part.startswith("re.escape("), (file, part)


@pytest.mark.no_database
def test_no_template_is_made_of_a_text() -> None:
    for file, tree in sources():
        for name, call in called(tree):
            last = name.rpartition(".")[2]
            assert last not in {"render_template_string", "from_string", "Template"}, (file, name)
            if last in {"format", "format_map"} and isinstance(call.func, ast.Attribute):
                # The texts that are filled are those of the code or of its translations.
                base = ast.unparse(call.func.value)
                ours = re.fullmatch(r"str\(.*\)|'.*'|_?[A-Z_]+|\w*words", base)
                assert ours, (file, base)


@pytest.mark.no_database
def test_the_application_calls_only_the_servers_of_its_settings() -> None:
    assert importers(
        "requests", "httpx", "urllib.request", "http.client", "urllib3", "aiohttp"
    ) <= {"app/search/client.py"}
    assert importers("smtplib", "socket") <= {
        "app/core/mail.py",
        "app/core/outbox.py",
        "app/core/antivirus.py",
        # It reads the errors of the first; it calls nobody.
        "app/core/jobs.py",
    }
    assert importers("boto3", "botocore", "s3fs", "fsspec", "minio") <= {"app/core/storage.py"}


@pytest.mark.no_database
def test_nothing_secret_is_drawn_by_a_weak_generator() -> None:
    # When to try again, and the people of a demonstration: nothing that opens a door.
    assert {file for file in importers("random") if not file.startswith("app/main/demo/")} == {
        "app/core/outbox.py"
    }
    for file, tree in sources():
        assert not {name for name, _call in called(tree)} & {"uuid.uuid1", "uuid.uuid3"}, file


@pytest.mark.no_database
def test_cryptography_comes_from_known_libraries() -> None:
    for file, tree in sources():
        for name, _call in called(tree):
            assert name not in {"hashlib.md5", "hashlib.sha1", "modes.ECB", "PKCS1v15"}, file
    assert importers("Crypto", "M2Crypto", "rsa", "nacl") == set()
    assert importers("cryptography") == {"app/accounts/second_factor.py"}
    assert importers("argon2") == {"app/accounts/services.py"}


@pytest.mark.no_database
def test_nginx_speaks_only_recent_tls() -> None:
    told = (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
    (protocols,) = re.findall(r"ssl_protocols ([^;]+);", told)
    assert set(protocols.split()) == {"TLSv1.2", "TLSv1.3"}
    # What is asked in clear is sent elsewhere (tests/production does it).
    plain = told.partition("listen 80;")[2].partition("listen 443")[0]
    assert "return 301 https://" in plain
    assert "proxy_pass" not in plain
    assert "ssl_session_tickets off" in told
    assert "autoindex" not in told


def test_no_folder_is_listed(client: FlaskClient) -> None:
    for path in ("/static/", "/static/css/", "/static/js/", "/static/icons/", "/images/"):
        assert client.get(path).status_code == 404, path


@pytest.mark.no_database
def test_scripts_keep_only_the_last_place_searched() -> None:
    kept = set()
    for file in (ROOT / "static/js").glob("*.js"):
        text = file.read_text(encoding="utf-8")
        kept |= {
            (file.name, key) for key in re.findall(r"(?:local|session)Storage\.\w+\((\w+)", text)
        }
        assert "indexedDB" not in text
        assert "document.cookie" not in text
    assert kept == {("suggest.js", "LAST_PLACE")}


@pytest.mark.no_database
def test_scripts_write_no_property_named_by_the_outside() -> None:
    for file in (ROOT / "static/js").glob("*.js"):
        text = file.read_text(encoding="utf-8")
        # An object indexed by a variable and written to is how a prototype is polluted.
        assert not re.findall(r"\w\[[a-zA-Z_.]+\]\s*=[^=]", text), file.name
        assert "__proto__" not in text
        written = re.findall(r"\beval\(|\bFunction\(|insertAdjacentHTML|document\.write", text)
        assert not written, file.name


@pytest.mark.no_database
def test_every_library_is_locked_with_its_digest() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        locked = re.findall(
            r"^([\w.\[\]-]+)==\S+ \\\n((?:    --hash=sha256:\w+(?: \\)?\n)+)", text, re.M
        )
        assert len(locked) == len(re.findall(r"^[\w.\[\]-]+==", text, re.MULTILINE)) > 10
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert all("integrity" in one for name, one in packages.items() if name)


def test_a_line_of_log_is_one_json_object_in_utc(app: Flask) -> None:
    stream = io.StringIO()
    event: object = {"event": "try", "name": 'a\r\n{"event": "forged"}\x1b[31m', "exc_info": None}
    for processor in structlog.get_config()["processors"]:
        event = processor(logging.getLogger("x"), "warning", event)
    stream.write(str(event) + "\n")
    (line,) = stream.getvalue().splitlines()
    told = json.loads(line)
    assert told["event"] == "try"
    assert told["level"] == "warning"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", told["timestamp"])


def test_a_value_given_twice_or_elsewhere_is_not_believed(client: FlaskClient) -> None:
    token = csrf_of(client, "/connexion/lien")
    # In the address, a field of the form is nothing.
    answer = client.post("/connexion/lien?email=nora@example.org", data={"csrf_token": token})
    assert answer.status_code == 422
    twice = {"csrf_token": token, "email": ["nora@example.org", "intruse@example.org"]}
    assert client.post("/connexion/lien", data=twice).status_code == 303
    assert db.session.query(OutboxEvent).count() == 1
