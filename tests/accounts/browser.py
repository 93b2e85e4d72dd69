"""What a person does with a browser to sign in."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def csrf_of(client: FlaskClient, address: str) -> str:
    """Return the token of the first form of a page."""
    found = _TOKEN.search(client.get(address).text)
    assert found, f"no form on {address}"
    return found[1]


def post(client: FlaskClient, path: str, address: str = "127.0.0.1", **data: Any) -> TestResponse:
    """Fill and send a form, with a token taken from a page that always has one."""
    page = path if path.startswith("/connexion") and client.get(path).status_code == 200 else ""
    token = csrf_of(client, page or "/connexion/lien")
    return client.post(
        path, data={"csrf_token": token} | data, environ_base={"REMOTE_ADDR": address}
    )


def signed_in(client: FlaskClient) -> bool:
    """Return whether the browser is signed in: the sign-in page then leads elsewhere."""
    return client.get("/connexion").status_code == 303
