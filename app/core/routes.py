"""Parts of addresses."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter

LARGEST_ID = 2**31 - 1


class RowId(IntegerConverter):
    """A number that a column of identifiers can hold: a larger one names nothing."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **({"max": LARGEST_ID} | options))


def init_app(app: Flask) -> None:
    """Make `<int:…>` answer 404 to numbers that no row can have."""
    app.url_map.converters["int"] = RowId
