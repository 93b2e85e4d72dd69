"""Offers in the format of France Travail, invented for the tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from app.imports import queries
from app.imports.records import Record
from app.imports.reference import Reference

DATA = Path(__file__).parent / "data"


@pytest.fixture
def care_offers_path() -> Path:
    """Return the file of golden offers: two of care, one of another field."""
    return DATA / "care_offers.json"


@pytest.fixture
def care_offers(care_offers_path: Path) -> list[dict[str, Any]]:
    """Return the golden offers."""
    found: list[dict[str, Any]] = json.loads(care_offers_path.read_text())["resultats"]
    return found


@pytest.fixture
def reference(session: Any) -> Reference:
    """Return the reference of the mapping, from the loaded base."""
    return queries.load_reference()


@pytest.fixture
def offer() -> Callable[..., dict[str, Any]]:
    """Return a function that makes an offer; give what matters to the test."""

    def make(number: int = 1, **values: Any) -> dict[str, Any]:
        return {
            "id": f"900{number:05d}",
            "intitule": "Aide-soignant / Aide-soignante (H/F)",
            "description": "Vous prenez soin des personnes.",
            "dateCreation": "2026-11-02T08:12:00.000Z",
            "lieuTravail": {"libelle": "69 - BRON", "commune": "69029"},
            "romeCode": "J1501",
            "romeLibelle": "Aide-soignant / Aide-soignante",
            "appellationlibelle": "Aide-soignant / Aide-soignante",
            "typeContrat": "CDI",
            "typeContratLibelle": "CDI",
            "natureContrat": "Contrat travail",
        } | values

    return make


@pytest.fixture
def as_records() -> Callable[[Iterable[Any]], list[Record]]:
    """Return a function that numbers raw offers as a file does."""

    def number(offers: Iterable[Any]) -> list[Record]:
        return [Record(f"ligne {n}", raw) for n, raw in enumerate(offers, start=1)]

    return number
