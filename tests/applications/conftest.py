"""Fixtures of the applications feature."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.core.limits import limiter


@pytest.fixture(autouse=True)
def fresh_limits(app: Flask) -> Iterator[None]:
    """Forget the requests of the tests before this one."""
    limiter.reset()
    yield
    limiter.reset()
