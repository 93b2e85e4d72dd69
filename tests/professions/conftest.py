"""The graph of the real base, read once."""

from __future__ import annotations

import pytest
from flask import Flask

from app.professions.pathways import Base, base_of_reference


@pytest.fixture(scope="session")
def base(app: Flask) -> Base:
    """Return the graph of the reference base of the project."""
    with app.app_context():
        return base_of_reference()
