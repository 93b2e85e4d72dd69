"""Static files: one address per content, so that browsers may keep them for ever."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from servestatic import ServeStatic


@cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def init_app(app: Flask) -> None:
    """Give templates `asset('css/site.css')`, whose address changes with the content."""
    folder = Path(app.static_folder or "")
    addresses: dict[str, str] = {}

    def asset(name: str) -> str:
        address = addresses.get(name)
        if address is None:
            path = folder / name
            version = _digest(path) if path.is_file() else "absent"
            address = addresses[name] = f"{app.static_url_path}/{name}?v={version}"
        return address

    app.jinja_env.globals["asset"] = asset


def serve_static_files(app: Flask) -> Any:
    """Wrap the application so that static files are served compressed, and kept a day."""
    return ServeStatic(
        app.wsgi_app,
        root=app.static_folder,
        prefix=app.static_url_path,
        # A day: fonts and icons named by the style sheet have no version in their address.
        max_age=86_400,
        autorefresh=False,
    )
