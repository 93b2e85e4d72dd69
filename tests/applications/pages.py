"""What a person does with a browser to answer a listing, and a recruiter to answer her."""

from __future__ import annotations

import re
from typing import Any

from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.listings.models import Listing

NORA = {"first_name": "Nora", "phone": "06 39 98 12 34", "call_back": "afternoon"}


def page(response: TestResponse) -> BeautifulSoup:
    """Return a page as a tree."""
    return BeautifulSoup(response.text, "lxml")


def words(response: TestResponse) -> str:
    """Return the visible text of a page, with plain spaces."""
    return " ".join(page(response).get_text(" ").split())


def hidden(response: TestResponse) -> dict[str, str]:
    """Return the hidden fields of the main form."""
    fields = page(response).select("main form[method=post] input[type=hidden]")
    return {str(field["name"]): str(field.get("value", "")) for field in fields}


def answer(client: FlaskClient, listing: Listing, **values: Any) -> TestResponse:
    """Open the form, fill it and send it."""
    address = f"{listing.path}/candidater"
    return client.post(address, data=hidden(client.get(address)) | NORA | values)


def confirmation(client: FlaskClient) -> tuple[str, str]:
    """Return the reference and the code of the confirmation page."""
    shown = [tag.get_text() for tag in page(client.get("/candidature/confirmation")).select(".ref")]
    return shown[0], shown[1] if len(shown) > 1 else ""


def press(client: FlaskClient, address: str, opened_from: str, **values: Any) -> TestResponse:
    """Send a form of the page `opened_from` to `address`."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(opened_from).text)
    assert found, f"no form on {opened_from}"
    return client.post(address, data={"csrf_token": found[1]} | values)
