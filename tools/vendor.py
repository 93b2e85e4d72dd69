"""Fill static/vendor/ with the browser files of the npm lock, and compress static files.

    python -m tools.vendor

Each file is copied only if its digest is the one written here, so that a change of package never
reaches a browser without having been read. Running it again changes nothing.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
VENDOR = STATIC / "vendor"
MODULES = ROOT / "node_modules"

_FONT = "@fontsource-variable/atkinson-hyperlegible-next"
_FONT_FILE = f"{_FONT}/files/atkinson-hyperlegible-next"

# name in static/vendor/: (path in node_modules/, sha256)
FILES = {
    "atkinson-latin.woff2": (
        f"{_FONT_FILE}-latin-wght-normal.woff2",
        "18b2a1a39a2fa298b0ba5390aca68462669826c90925656f1c1f6796e0e1bbaf",
    ),
    "atkinson-latin-ext.woff2": (
        f"{_FONT_FILE}-latin-ext-wght-normal.woff2",
        "7dae0c6c66af1aec82e096186aeb1f0e6fa36ab8061ed65422f2b7daf4dd93f3",
    ),
    "atkinson.LICENSE.txt": (
        f"{_FONT}/LICENSE",
        "474a034e99845062f661855caaa505880d0e9009deddc2727a92795eab374955",
    ),
}

COMPRESSED = {".css", ".js", ".svg", ".txt", ".json", ".webmanifest"}
COMPRESS_FROM_BYTES = 500


class VendorError(RuntimeError):
    """A file is missing or is not the expected one; the message says in French what to do."""


def copy_files(modules: Path = MODULES, vendor: Path = VENDOR) -> int:
    """Copy what is missing or different into `vendor`; return how many files were written."""
    vendor.mkdir(parents=True, exist_ok=True)
    written = 0
    for name, (source, digest) in FILES.items():
        target = vendor / name
        if target.is_file() and _sha256(target.read_bytes()) == digest:
            continue
        path = modules / source
        if not path.is_file():
            raise VendorError(f"Fichier absent : {path} ; lancez npm ci")
        content = path.read_bytes()
        if _sha256(content) != digest:
            raise VendorError(
                f"Empreinte inattendue : {path} ; relisez ce fichier, puis tools/vendor.py"
            )
        _write(target, content)
        written += 1
    return written


def compress_files(static: Path = STATIC) -> int:
    """Write a .gz beside each text file of `static`, and remove those whose source changed or left.

    The server of static files sends the .gz to browsers that accept it; a stale one would hide
    the new content. Return how many were written.
    """
    for packed in static.rglob("*.gz"):
        source = packed.with_suffix("")
        if not source.is_file() or source.stat().st_mtime_ns != packed.stat().st_mtime_ns:
            packed.unlink()
    written = 0
    for source in static.rglob("*"):
        packed = source.with_name(source.name + ".gz")
        if source.suffix not in COMPRESSED or packed.exists() or not source.is_file():
            continue
        content = source.read_bytes()
        if len(content) < COMPRESS_FROM_BYTES:
            continue
        _write(packed, gzip.compress(content, compresslevel=9, mtime=0))
        status = source.stat()
        os.utime(packed, ns=(status.st_atime_ns, status.st_mtime_ns))
        written += 1
    return written


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main() -> int:
    """Copy then compress; return the status of the command."""
    try:
        copied = copy_files()
    except VendorError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"static/vendor : {copied} fichiers copiés, {compress_files()} compressés")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
