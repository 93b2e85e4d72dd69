"""Files that people send, outside the web root: a folder by default, S3 by STORAGE_URL."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from flask import Flask, current_app
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url


def init_app(app: Flask) -> None:
    """Prepare the store named by STORAGE_URL (file:///folder or s3://bucket/prefix)."""
    url: str = app.config["STORAGE_URL"]
    if url.startswith("file://"):
        store: ObjectStore = LocalStore(prefix=url.removeprefix("file://"), mkdir=True)
    else:
        store = from_url(url)
    app.extensions["file_store"] = store


def file_store() -> ObjectStore:
    """Return the store of the current application."""
    return current_app.extensions["file_store"]


def keep(folder: str, extension: str, data: bytes) -> str:
    """Write a file under a random name of `folder` and return its key."""
    key = f"{folder}/{secrets.token_hex(16)}.{extension}"
    file_store().put(key, data)
    return key


def read(key: str, sha256: str) -> bytes | None:
    """Return the bytes kept under `key`, or None when they are gone or no longer the same."""
    try:
        data = bytes(file_store().get(key).bytes())
    except (BaseError, FileNotFoundError):
        return None
    return data if hashlib.sha256(data).hexdigest() == sha256 else None


def kept_before(folder: str, instant: dt.datetime) -> list[str]:
    """Return the keys of the files of `folder` written before `instant`."""
    batches = file_store().list(f"{folder}/")
    return [meta["path"] for batch in batches for meta in batch if meta["last_modified"] < instant]


def remove(key: str) -> None:
    """Delete a file; one that is already gone is what was wanted."""
    try:
        file_store().delete(key)
    except (FileNotFoundError, NotFoundError):
        return
