"""Files that people send, outside the web root: a folder by default, S3 by STORAGE_URL."""

from __future__ import annotations

from flask import Flask, current_app
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
