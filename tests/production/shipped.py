"""What deploy/ and the documents say, read so that tests do exactly that."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"
UNITS = DEPLOY / "systemd"
FENCE = re.compile(r"^( *)```(?:sh|text)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


def settings(path: Path = DEPLOY / "prendre-soin.env.example") -> dict[str, str]:
    """Return the settings of the example file, as systemd and compose read them."""
    lines = path.read_text().splitlines()
    pairs = (line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return dict(pairs)


def unit(name: str) -> dict[str, list[str]]:
    """Return every value of each key of a unit, in order, whatever its section."""
    text = (UNITS / name).read_text().replace("\\\n", " ")
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


def command_of(name: str) -> list[str]:
    """Return the words of what a unit starts."""
    (start,) = unit(name)["ExecStart"]
    return shlex.split(start)


def nginx_site(replaced: Mapping[str, str]) -> str:
    """Return deploy/nginx.conf with the names, paths and ports of a test; all must be in it."""
    text = (DEPLOY / "nginx.conf").read_text()
    # A machine without IPv6 runs the tests too.
    text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.MULTILINE)
    for shipped, ours in replaced.items():
        assert shipped in text, f"deploy/nginx.conf has no {shipped!r} any more"
        text = text.replace(shipped, ours)
    return text


def commands(document: Path) -> list[str]:
    """Return the lines of the command blocks of a document, in order, continuations joined."""
    lines: list[str] = []
    for block in FENCE.finditer(document.read_text()):
        lines += block[2].replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if line.strip()]
