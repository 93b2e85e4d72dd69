"""The description of the API says what the API does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from app.api.openapi import document
from tests import factories

OPERATIONS = [
    "/api/v1/listings",
    "/api/v1/listings/{listing_id}",
    "/api/v1/professions",
    "/api/v1/paths",
]


def test_every_route_is_described(app: Flask) -> None:
    routes = {
        rule.rule.replace("<int:", "{").replace(">", "}")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
    }
    assert routes - {"/api/v1/openapi.json"} == set(document()["paths"]) == set(OPERATIONS)


def test_document_is_served(client: FlaskClient) -> None:
    served = client.get("/api/v1/openapi.json")
    assert served.status_code == 200
    assert served.json["openapi"] == "3.1.0"
    names = {item["name"] for item in served.json["paths"]["/api/v1/listings"]["get"]["parameters"]}
    assert names == {
        "q",
        "kind",
        "profession",
        "contract",
        "commune",
        "radius",
        "page",
        "per_page",
    }


def test_words_of_the_vocabulary_are_enumerated() -> None:
    given = document()["paths"]["/api/v1/listings"]["get"]["parameters"]
    schemas = {parameter["name"]: parameter["schema"] for parameter in given}
    assert "aide-soignant" in schemas["profession"]["items"]["enum"]
    assert "cdi" in schemas["contract"]["items"]["enum"]
    assert "job" in schemas["kind"]["items"]["enum"]


@pytest.mark.parametrize("path", OPERATIONS)
def test_answers_follow_the_description(
    app: Flask, index: Callable[[], None], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "API_RATE_LIMIT", "100000 per minute")
    factories.listing()
    index()
    schema: Any = schemathesis.openapi.from_dict(document())
    schema.app = app
    # No description can say which INSEE codes exist, nor that far pages depend on their length.
    excluded = [positive_data_acceptance] if path == "/api/v1/listings" else []

    @settings(
        max_examples=15,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(case=schema[path]["GET"].as_strategy())
    def call(case: Any) -> None:
        case.call_and_validate(excluded_checks=excluded)

    call()
