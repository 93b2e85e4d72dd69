"""The suggestions of the place fields."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def test_suggestions_are_a_list_of_labelled_places(client: FlaskClient) -> None:
    answer = client.get("/lieux?q=genis+laval")

    assert answer.status_code == 200
    assert answer.json == [
        {
            "code": "69204",
            "label": "Saint-Genis-Laval (69230)",
            "name": "Saint-Genis-Laval",
            "postal_code": "69230",
        }
    ]
    assert "public" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "query", ["", "?q=", "?q=" + "a" * 200, "?q=%ff%fe", "?q=%00", "?q=xqzwj", "?x=bron"]
)
def test_what_cannot_be_a_place_answers_an_empty_list(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/lieux{query}")

    assert (answer.status_code, answer.json) == (200, [])


def test_suggestions_set_no_cookie(client: FlaskClient) -> None:
    """An answer kept by shared caches must not carry anyone's session."""
    answer = client.get("/lieux?q=bron")

    assert "Set-Cookie" not in answer.headers


@given(st.binary(max_size=60))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_answer_a_short_list(client: FlaskClient, raw: bytes) -> None:
    query = "".join(f"%{byte:02x}" for byte in raw)

    answer = client.get(f"/lieux?q={query}")

    assert answer.status_code == 200
    assert len(answer.json) <= 8
