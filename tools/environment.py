"""Installs what the two locks name: Python libraries in .venv, npm packages, browser files.

Each step is skipped when its lock has not changed since it succeeded.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

from tools import vendor

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST_PYTHON = (3, 11)
# Python compiles what is imported when it is: compiling all of every library takes longer.
PIP_OPTIONS = ("--quiet", "--require-hashes", "--no-deps", "--no-compile")


class SetupError(RuntimeError):
    """Something is missing on this machine; the message says in French what."""


def say(text: str) -> None:
    """Print one line at once, even through a pipe."""
    print(text, flush=True)


def run(command: Sequence[str | Path], *, error: str, env: dict[str, str] | None = None) -> None:
    """Run a command quietly; raise SetupError with `error` and the end of its output."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        tail = "\n".join(done.stdout.strip().splitlines()[-12:])
        raise SetupError(f"{error}\n{tail}")


def ensure_python(*, dev: bool) -> None:
    """Make .venv and install the locked libraries, those of the checks too if `dev`."""
    if sys.version_info < OLDEST_PYTHON:
        raise SetupError("Il faut Python 3.11 ou plus récent.")
    lock = ROOT / ("requirements-dev.txt" if dev else "requirements.txt")
    marker = VENV / f".{lock.stem}.sha256"
    if _venv_works() and _is_current(marker, lock):
        return
    if not _venv_works():
        _make_venv()
    say(f"Bibliothèques Python ({lock.name}) : installation, une à deux minutes…")
    # The second lock contains the first: a change of either makes both worth checking again.
    for old in VENV.glob(".requirements*.sha256"):
        old.unlink()
    run(
        [PYTHON, "-m", "pip", "install", *PIP_OPTIONS, "-r", lock],
        error="L’installation des bibliothèques Python a échoué :",
    )
    marker.write_text(_digest(lock))
    if dev:
        runtime = ROOT / "requirements.txt"
        (VENV / f".{runtime.stem}.sha256").write_text(_digest(runtime))


def ensure_node(*, dev: bool) -> None:
    """Install the npm lock, with the checking tools if `dev`; raise SetupError without npm."""
    lock = ROOT / "package-lock.json"
    modules = ROOT / "node_modules"
    full, partial = modules / ".all.sha256", modules / ".runtime.sha256"
    if _is_current(full, lock) or (not dev and _is_current(partial, lock)):
        return
    # Whoever has the checking tools keeps them.
    dev = dev or full.exists()
    npm = shutil.which("npm")
    if npm is None:
        raise SetupError("npm est absent : installez Node 18 ou plus récent.")
    say("Paquets npm (recherche, police) : installation…")
    run(
        [npm, "ci", *([] if dev else ["--omit=dev"])],
        error="npm ci a échoué :",
    )
    (full if dev else partial).write_text(_digest(lock))


def ensure_browser_files() -> None:
    """Fill static/vendor and compress the static files."""
    try:
        vendor.copy_files()
    except vendor.VendorError as error:
        raise SetupError(str(error)) from error
    finally:
        vendor.compress_files()


def _make_venv() -> None:
    say("Environnement Python : création de .venv…")
    try:
        venv.create(VENV, with_pip=True, clear=VENV.exists())
    except (OSError, subprocess.CalledProcessError) as error:
        raise SetupError(
            "Python ne peut pas créer d’environnement : installez le paquet python3-venv."
        ) from error


def _venv_works() -> bool:
    if not os.access(PYTHON, os.X_OK):
        return False
    probe = [str(PYTHON), "-c", "import pip, sys; sys.exit(sys.prefix == sys.base_prefix)"]
    done = subprocess.run(probe, capture_output=True, check=False)
    return done.returncode == 0


def _is_current(marker: Path, lock: Path) -> bool:
    return marker.is_file() and marker.read_text().strip() == _digest(lock)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
