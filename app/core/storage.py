"""Files that people send, outside the web root: a folder by default, S3 by STORAGE_URL."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask, current_app
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, S3Store

from app.core.errors import DomainError
from app.core.i18n import _

# A bucket that does not answer costs a person this long, and no more.
TIMEOUT = dt.timedelta(seconds=10)
PARTIAL = "part"


class StorageUnavailable(DomainError):
    """The store cannot be written, or does not answer: a full disk, a bucket out of reach."""

    status = 503
    retry_after = 60

    def __init__(self) -> None:
        super().__init__(
            _("Les fichiers ne répondent pas pour le moment. Réessayez dans quelques minutes.")
        )


def init_app(app: Flask) -> None:
    """Prepare the store named by STORAGE_URL: file:///folder or s3://bucket/prefix?region=…

    `endpoint` and `region` may follow the question mark; the keys are AWS_ACCESS_KEY_ID and
    AWS_SECRET_ACCESS_KEY in the environment, as for any program that speaks to S3.
    """
    address: str = app.config["STORAGE_URL"]
    if address.startswith("file://"):
        folder = Path(address.removeprefix("file://")).resolve()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        app.extensions["file_folder"] = folder
        app.extensions["file_store"] = LocalStore(prefix=folder)
    else:
        url = urlsplit(address)
        app.extensions["file_folder"] = None
        app.extensions["file_store"] = _bucket(url.netloc, url.path, parse_qs(url.query))


def _bucket(name: str, prefix: str, asked: dict[str, list[str]]) -> S3Store:
    given: dict[str, Any] = {key: asked[key][0] for key in ("endpoint", "region") if key in asked}
    return S3Store(
        name,
        prefix=prefix.strip("/") or None,
        client_options={
            "connect_timeout": dt.timedelta(seconds=3),
            "timeout": TIMEOUT,
            # A server on this machine, or behind a tunnel: the operator wrote its address.
            "allow_http": given.get("endpoint", "").startswith("http://"),
        },
        retry_config={"max_retries": 2, "retry_timeout": TIMEOUT},
        **given,
    )


def file_store() -> ObjectStore:
    """Return the store of the current application."""
    return current_app.extensions["file_store"]


def keep(folder: str, extension: str, data: bytes) -> str:
    """Write a file under a random name of `folder` and return its key.

    On return it is whole and will stay; before, nothing bears that name. Raises StorageUnavailable.
    """
    key = f"{folder}/{secrets.token_hex(16)}.{extension}"
    write(key, data)
    return key


def write(key: str, data: bytes) -> None:
    """Write a file under a name, whole or not at all. Raises StorageUnavailable."""
    root: Path | None = current_app.extensions["file_folder"]
    try:
        if root is None:
            file_store().put(key, data)
        else:
            _write_whole(root / key, data)
    except (BaseError, OSError) as error:
        raise StorageUnavailable from error


def _write_whole(path: Path, data: bytes) -> None:
    """Write beside, have the disk confirm, then give the name: the row that follows is never alone.

    What a crash leaves beside has no row either, and is swept with the others a day later.
    """
    path.parent.mkdir(mode=0o700, exist_ok=True)
    partial = path.with_name(f"{path.stem}-{secrets.token_hex(4)}.{PARTIAL}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    except OSError:
        with suppress(OSError):
            partial.unlink()
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def read(key: str, sha256: str) -> bytes | None:
    """Return the bytes kept under `key`, or None when they are gone or no longer the same.

    Raises StorageUnavailable when nobody can tell.
    """
    data = load(key)
    if data is None:
        return None
    return data if hashlib.sha256(data).hexdigest() == sha256 else None


def load(key: str) -> bytes | None:
    """Return what is kept under `key`, None when it is not there. Raises StorageUnavailable."""
    try:
        return bytes(file_store().get(key).bytes())
    except (FileNotFoundError, NotFoundError):
        return None
    except (BaseError, OSError) as error:
        raise StorageUnavailable from error


def kept_keys(folder: str = "") -> list[str]:
    """Return the keys of the files of `folder`, of all without one. Raises StorageUnavailable."""
    try:
        batches = list(file_store().list(f"{folder}/" if folder else None))
    except (BaseError, OSError) as error:
        raise StorageUnavailable from error
    return sorted(meta["path"] for batch in batches for meta in batch)


def kept_before(folder: str, instant: dt.datetime) -> list[str]:
    """Return the keys of the files of `folder` written before `instant`.

    Raises StorageUnavailable.
    """
    try:
        batches = list(file_store().list(f"{folder}/"))
    except (BaseError, OSError) as error:
        raise StorageUnavailable from error
    return [meta["path"] for batch in batches for meta in batch if meta["last_modified"] < instant]


def remove(key: str) -> None:
    """Delete a file; one that is already gone is what was wanted. Raises StorageUnavailable."""
    try:
        file_store().delete(key)
    except (FileNotFoundError, NotFoundError):
        return
    except (BaseError, OSError) as error:
        raise StorageUnavailable from error
