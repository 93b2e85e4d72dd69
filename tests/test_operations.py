"""What those who keep the site are told and given: it exists, and says the same everywhere."""

from __future__ import annotations

import ipaddress
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from bs4 import BeautifulSoup

from app import create_app
from app.main import backups
from config import Config, TestConfig
from tests.production import shipped

pytestmark = pytest.mark.no_database

ROOT, DEPLOY = shipped.ROOT, shipped.DEPLOY
README = ROOT / "README.md"
DOCUMENTS = [
    README,
    *(path for name in ("deploy", "backup") if (path := ROOT / f"docs/{name}.md").exists()),
    *sorted((ROOT / "docs/runbook").glob("*.md")),
]
SERVICES = sorted(path.name for path in shipped.UNITS.glob("*.service"))
# Root, which can only read: the site cannot reach its own copies.
OFFSITE = "prendre-soin-offsite.service"
UNITS = {path.name for path in shipped.UNITS.iterdir()}
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
# In the lines of a block and between backquotes.
COMMAND = re.compile(r"(?:flask --app wsgi|deploy/flask) ([^`\n…]+)")
HARDENED = {
    "NoNewPrivileges": "true",
    "ProtectSystem": "strict",
    "ProtectHome": "true",
    "PrivateTmp": "true",
    "CapabilityBoundingSet": "",
    "UMask": "0077",
}


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> click.Group:
    app = create_app(TestConfig({"DATA_DIR": str(tmp_path_factory.mktemp("operations"))}))
    return app.cli


def settings_of_the_readme() -> tuple[set[str], set[str]]:
    """Return the settings of the table, and those that production demands."""
    rows = re.findall(r"^\| (`[A-Z].*?) \|", README.read_text(), re.MULTILINE)
    names = {name for row in rows for name in re.findall(r"`([A-Z_0-9]+)`", row)}
    return names, {re.findall(r"`([A-Z_0-9]+)`", row)[0] for row in rows if "●" in row}


def quoted_commands() -> Iterator[tuple[str, str]]:
    for document in DOCUMENTS:
        for said in COMMAND.findall(document.read_text().replace("\\\n", " ")):
            # A comment, a pipe or the column of explanations of the README ends it.
            yield document.name, re.split(r"\s{2,}|\s[#|>;&]|\s\+", said.strip())[0]


def check_command(cli: click.Group, said: str) -> None:
    """Fail unless the command is one of the application, with its options."""
    command: Any = cli
    context = click.Context(cli)
    words = shlex.split(said.replace("[", "").replace("]", ""))
    while words and isinstance(command, click.Group):
        name = words.pop(0)
        found = command.get_command(context, name)
        assert found is not None, f"{said}: no command {name}"
        command = found
    assert not isinstance(command, click.Group), f"{said}: a group, not a command"
    known = {option for one in command.params for option in one.opts}
    for word in words:
        if word.startswith("--"):
            assert word.partition("=")[0] in known, f"{said}: no option {word}"


def test_every_command_that_a_document_quotes_exists(cli: click.Group) -> None:
    commands = list(quoted_commands())
    assert {name for name, _said in commands} >= {"README.md", "deploy.md", "restaurer.md"}
    for _document, said in commands:
        check_command(cli, said)


@pytest.mark.parametrize(
    "said", ["verify --quick", "searches rebuild", "search", "accounts open x"]
)
def test_a_command_that_does_not_exist_is_seen(cli: click.Group, said: str) -> None:
    with pytest.raises(AssertionError):
        check_command(cli, said)


def test_every_file_and_unit_that_a_document_names_exists() -> None:
    tops = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    for document in DOCUMENTS:
        text = document.read_text()
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
        quoted = " ".join([*re.findall(r"`([^`\n]+)`", text), *shipped.commands(document)])
        for word in re.findall(r"(?<![\w./-])([a-z_]+/[\w./*-]*[\w*])", quoted):
            if word.split("/")[0] in tops - {"instance", "node_modules"}:
                assert list(ROOT.glob(word)), f"{document.name}: {word}"
        for name in re.findall(r"(?<![/\w])prendre-soin-[a-z]+(?:\.[a-z]+)*", quoted):
            assert {name, f"{name}.service"} & UNITS or (ROOT / f"deploy/{name}").exists(), name


def test_the_example_settings_are_those_of_the_readme() -> None:
    listed, demanded = settings_of_the_readme()
    example = set(shipped.settings())
    assert demanded <= example
    assert example <= listed
    read = set(re.findall(r'get\("([A-Z_0-9]+)"', (ROOT / "config.py").read_text()))
    assert example <= read


def test_the_example_settings_open_a_production_once_filled() -> None:
    filled = shipped.settings() | {"SECRET_KEY": "k" * 40, "MEILI_API_KEY": "k" * 40}
    config = Config.from_env(filled)
    assert config.PRODUCTION
    assert config.PROXY_HOPS == 1
    assert all(value == "" for name, value in shipped.settings().items() if name.endswith("_KEY"))


def test_a_backup_is_sent_away_as_soon_as_it_is_made() -> None:
    backup = shipped.unit("prendre-soin-backup.service")
    assert backup["OnSuccess"] == [OFFSITE]
    timer = shipped.unit("prendre-soin-backup.timer")
    # Systemd would wait for a minute more; the time that both take comes on top.
    assert timer["AccuracySec"] == ["1s"]
    assert "RandomizedDelaySec" not in timer
    assert timer["OnCalendar"] == ["*:0/3"]
    *_words, folder = shipped.command_of(OFFSITE)
    assert folder == shipped.command_of("prendre-soin-backup.service")[-1]
    unit = shipped.unit(OFFSITE)
    assert unit["EnvironmentFile"] == unit["ConditionPathExists"]
    told = (ROOT / "docs/backup.md").read_text()
    assert f"{backups.KEPT.days} jours ;" in told
    # Kept for less than two days, that is: see backups.KEPT.
    assert re.search(r"^40 4 \* \* \* root .* --keep-within 1d --prune$", told, re.MULTILINE)


@pytest.mark.parametrize("name", sorted({*SERVICES} - {OFFSITE}))
def test_every_unit_is_closed_and_starts_what_exists(cli: click.Group, name: str) -> None:
    unit = shipped.unit(name)
    for key, value in HARDENED.items():
        assert unit[key] == [value], key
    assert unit.get("User") == ["prendre-soin"] or unit["DynamicUser"] == ["yes"]
    program, *words = shipped.command_of(name)
    assert program.startswith(("/opt/prendre-soin/current/.venv/bin/", "/usr/local/bin/"))
    if program.endswith("/flask"):
        assert words[:2] == ["--app", "wsgi"]
        check_command(cli, shlex.join(words[2:]))


def test_the_copy_elsewhere_is_closed_but_for_reading() -> None:
    unit = shipped.unit(OFFSITE)
    reads = {"ProtectHome": "read-only", "CapabilityBoundingSet": "CAP_DAC_READ_SEARCH"}
    for key, value in (HARDENED | reads).items():
        assert unit[key] == [value], key


def test_the_master_of_gunicorn_holds_none_of_the_code_it_reloads() -> None:
    code = (
        "import runpy, sys; runpy.run_path('gunicorn.conf.py'); "
        "print([one for one in sys.modules if one.split('.')[0] in {'app', 'config', 'flask'}])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"


def test_the_web_unit_lets_requests_end_and_its_address_outlives_it() -> None:
    unit, socket = shipped.unit("prendre-soin-web.service"), shipped.unit("prendre-soin-web.socket")
    words = shipped.command_of("prendre-soin-web.service")
    assert "--bind" not in words
    # It would go on with the folder, and the version, in which it started.
    assert "ExecReload" not in unit
    assert unit["Requires"] == ["prendre-soin-web.socket"]
    assert f"server {socket['ListenStream'][0]} " in (DEPLOY / "nginx.conf").read_text()
    grace = int(words[words.index("--graceful-timeout") + 1])
    assert grace < int(unit["TimeoutStopSec"][0])


def test_a_new_version_waits_in_its_folder_until_the_database_is_ready() -> None:
    lines = shipped.commands(ROOT / "docs/deploy.md")
    begins = lines.index("current/deploy/flask backup /var/backups/prendre-soin")
    steps = lines[begins : lines.index("current/deploy/flask verify")]
    (migrated,) = [n for n, line in enumerate(steps) if line.endswith("flask db upgrade")]
    assert steps[migrated].startswith("versions/VERSION/")
    (switched,) = [n for n, line in enumerate(steps) if "mv -T suivante current" in line]
    (restarted,) = [n for n, line in enumerate(steps) if line.startswith("systemctl restart")]
    assert migrated < switched < restarted
    runs = {
        name.removesuffix(".service")
        for name in SERVICES
        if shipped.unit(name).get("WorkingDirectory") == ["/opt/prendre-soin/current"]
        and shipped.unit(name)["Type"] != ["oneshot"]
    }
    assert set(steps[restarted].split()[2:]) == runs


def test_a_command_is_of_one_version_whatever_the_link_becomes(tmp_path: Path) -> None:
    version = tmp_path / "versions" / "one"
    (version / "deploy").mkdir(parents=True)
    shutil.copy(DEPLOY / "flask", version / "deploy")
    (tmp_path / "current").symlink_to("versions/one")
    systemd = tmp_path / "systemd-run"
    systemd.write_text('#!/bin/sh\necho "$@"\n')
    systemd.chmod(0o755)
    said = subprocess.run(
        [tmp_path / "current/deploy/flask", "verify"],
        env={"PATH": f"{tmp_path}:{os.defpath}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert f"--property=WorkingDirectory={version}" in said
    assert said[-4:] == [f"{version}/.venv/bin/flask", "--app", "wsgi", "verify"]


@pytest.mark.parametrize("name", ["web", "worker", "search", "metrics"])
def test_compose_starts_what_the_units_start(name: str) -> None:
    def bare(words: list[str]) -> list[str]:
        """Leave out where the program is, and at which address it listens."""
        kept, skip = [words[0].rpartition("/")[2]], False
        for word in words[1:]:
            if not skip and word not in {"--bind", "--http-addr"}:
                kept.append(word)
            skip = word in {"--bind", "--http-addr"}
        return kept

    unit = f"prendre-soin-{name}.service"
    assert bare(shlex.split(COMPOSE[name]["command"])) == bare(shipped.command_of(unit))
    if grace := COMPOSE[name].get("stop_grace_period"):
        assert grace == f"{shipped.unit(unit)['TimeoutStopSec'][0]}s"


@pytest.mark.parametrize("name", sorted(COMPOSE))
def test_every_container_is_closed_and_watched(name: str) -> None:
    service = COMPOSE[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["user"].split(":")[0] not in {"", "0", "root"}
    assert "healthcheck" in service or name == "signatures"
    assert "ports" not in service or name in {"nginx", "metrics"}
    assert all(port.startswith("127.0.0.1:") for port in COMPOSE["metrics"]["ports"])
    listed, _demanded = settings_of_the_readme()
    told = service.get("environment", {})
    assert {one for one in told if not one.startswith("POSTGRES_")} <= listed
    # Secrets are in files that are not in the repository.
    assert not [one for one in told if re.search("KEY|PASSWORD|SECRET|TOKEN", one)]
    for file in service.get("env_file", ()):
        assert not (ROOT / file).exists()


def test_pages_that_start_again_are_where_nginx_looks_for_them() -> None:
    # Docker lets who joined the network of another alone there when that one starts again.
    assert not [name for name, service in COMPOSE.items() if "network_mode" in service]
    whole = (ROOT / "compose.yaml").read_text()
    (network,) = yaml.safe_load(whole)["networks"]["default"]["ipam"]["config"]
    fixed = ipaddress.ip_address(COMPOSE["web"]["networks"]["default"]["ipv4_address"])
    assert fixed in ipaddress.ip_network(network["subnet"])
    assert fixed not in ipaddress.ip_network(network["ip_range"])
    assert f"où {fixed}:8000 remplace 127.0.0.1:8000" in whole
    assert "server 127.0.0.1:8000 " in (DEPLOY / "nginx.conf").read_text()


def test_nothing_reads_nor_writes_while_a_backup_is_put_back() -> None:
    def units(verb: str) -> set[str]:
        lines = shipped.commands(ROOT / "docs/runbook/restaurer.md")
        named = [line.split()[2:] for line in lines if line.startswith(f"systemctl {verb} ")]
        return {name for names in named for name in names}

    def by_hand(unit: str) -> bool:
        return unit.endswith(".service") and shipped.unit(unit)["Type"] == ["oneshot"]

    # The search server is filled again by the restoration; what is sent away only reads copies.
    ours = UNITS - {"prendre-soin-search.service", OFFSITE}
    assert units("stop") == {name.removesuffix(".service") for name in ours}
    lasting = {name for name in ours if not by_hand(name)}
    assert units("start") == {name.removesuffix(".service") for name in lasting}


def test_counts_are_in_memory_and_one_folder_serves_all() -> None:
    folder = shipped.settings()["METRICS_DIR"]
    for name in SERVICES:
        unit = shipped.unit(name)
        if unit.get("EnvironmentFile") == ["/etc/prendre-soin.env"]:
            assert folder.startswith(f"/run/{unit['RuntimeDirectory'][0]}/"), name
            # One that stops would take it from the others.
            assert unit["RuntimeDirectoryPreserve"] == ["yes"], name
    assert "--property=RuntimeDirectory=prendre-soin" in (DEPLOY / "flask").read_text()
    for name in ("web", "metrics"):
        assert COMPOSE[name]["environment"]["METRICS_DIR"] == folder
        assert f"counts:{folder}" in COMPOSE[name]["volumes"]
    volumes = yaml.safe_load((ROOT / "compose.yaml").read_text())["volumes"]
    assert volumes["counts"]["driver_opts"]["type"] == "tmpfs"


def test_the_parts_of_the_machine_are_all_there() -> None:
    assert {"web", "worker", "search", "postgres", "antivirus", "nginx"} <= set(COMPOSE)
    assert {f"prendre-soin-{name}.timer" for name in ("backup", "verify")} <= UNITS
    image = (ROOT / "Dockerfile").read_text()
    for target in {one["build"]["target"] for one in COMPOSE.values() if "build" in one}:
        assert f" AS {target}\n" in image


@pytest.mark.parametrize("status", [413, 429, 503])
def test_what_nginx_says_itself_is_what_the_site_says(status: int) -> None:
    page = BeautifulSoup((DEPLOY / f"erreurs/{status}.html").read_text(), "lxml")
    assert page.html is not None
    assert page.html["lang"] == "fr"
    (heading,) = page.find_all("h1")
    ours = (ROOT / f"templates/errors/{status}.html").read_text()
    if status != 429:
        assert heading.text in ours
    assert page.title
    assert page.title.text in ours
    assert not page.find_all(["script", "style", "img"])
    assert f"/erreurs/{status}.html" in (DEPLOY / "nginx.conf").read_text()


def test_nginx_and_the_antivirus_take_what_the_site_takes() -> None:
    taken = re.search(r"client_max_body_size (\d+)m;", (DEPLOY / "nginx.conf").read_text())
    assert taken
    assert int(taken[1]) * 1024 * 1024 == Config.MAX_CONTENT_LENGTH
    antivirus = (DEPLOY / "clamd.conf").read_text()
    assert "\nAlertExceedsMax yes\n" in antivirus
    scanned = re.search(r"\nStreamMaxLength (\d+)M\n", antivirus)
    assert scanned
    assert int(scanned[1]) * 1024 * 1024 > Config.CV_MAX_BYTES


def test_nobody_has_to_know_where_this_was_written() -> None:
    for path in [*DOCUMENTS, *DEPLOY.rglob("*")]:
        if Path(path).is_file():
            assert "/work/" not in path.read_text(), path


def test_the_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) < 150
