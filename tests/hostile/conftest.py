"""What the tests of hostile programs stand on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.core.limits import limiter


@pytest.fixture
def proofs_asked(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ask for proofs, as the site does."""
    monkeypatch.setitem(app.config, "ASK_PROOFS", True)
    # Programs that wait two seconds are programs too: most tests are about them.
    monkeypatch.setitem(app.config, "SECONDS_TO_FILL", 0)
    limiter.reset()
    yield
    limiter.reset()
