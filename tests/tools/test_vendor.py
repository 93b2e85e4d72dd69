"""Browser files: only those whose digest is known, compressed as they are now."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from tools.vendor import FILES, MODULES, VendorError, compress_files, copy_files

pytestmark = pytest.mark.no_database


def test_files_are_copied_once(tmp_path: Path) -> None:
    assert copy_files(MODULES, tmp_path) == len(FILES)
    assert copy_files(MODULES, tmp_path) == 0
    assert {entry.name for entry in tmp_path.iterdir()} == set(FILES)


def test_damaged_copy_is_replaced(tmp_path: Path) -> None:
    copy_files(MODULES, tmp_path)
    (tmp_path / "atkinson-latin.woff2").write_text("autre chose")

    assert copy_files(MODULES, tmp_path) == 1


def test_unknown_content_is_refused(tmp_path: Path) -> None:
    for source, _digest in FILES.values():
        path = tmp_path / "modules" / source
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("something else")

    with pytest.raises(VendorError, match="Empreinte inattendue"):
        copy_files(tmp_path / "modules", tmp_path / "vendor")
    assert list((tmp_path / "vendor").iterdir()) == []


def test_compressed_file_follows_its_source(tmp_path: Path) -> None:
    source, packed = tmp_path / "site.css", tmp_path / "site.css.gz"
    source.write_text("a{color:red}" * 100)
    assert compress_files(tmp_path) == 1
    assert compress_files(tmp_path) == 0

    source.write_text("b{color:blue}" * 100)
    os.utime(source, (1, 1))
    assert compress_files(tmp_path) == 1
    assert gzip.decompress(packed.read_bytes()) == source.read_bytes()

    source.unlink()
    compress_files(tmp_path)
    assert not packed.exists()
