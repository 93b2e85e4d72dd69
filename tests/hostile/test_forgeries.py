"""Forged requests: the status that is expected, in French, and nothing of the inside."""

from __future__ import annotations

import io
import json
import re

import pytest
from flask import Flask
from werkzeug.datastructures import Headers

from app.core.errors import TITLES
from app.core.limits import limiter
from app.core.security import HEADERS
from tests import factories
from tests.hostile.forgeries import AWAY, FORGERIES, Forgery
from tests.hostile.visitors import FORMS, visitor

INSIDE = re.compile(
    r"Traceback|File \"/|site-packages|werkzeug|sqlalchemy|sqlite3|psycopg|meilisearch"
    r"|Internal Server Error|Bad Request|Not Found|Method Not Allowed|SECRET|root:x:",
    re.IGNORECASE,
)

# A page with a secret address tells it to nobody; the API may be read by other sites.
OTHERWISE = {
    "Referrer-Policy": {"no-referrer", "same-origin"},
    "Cross-Origin-Resource-Policy": {"cross-origin"},
}


@pytest.fixture(autouse=True)
def _one_host(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "TRUSTED_HOSTS", ["localhost"])
    # Limits would answer in the place of the pages.
    monkeypatch.setattr(limiter, "enabled", False)


def test_corpus_holds_sixty_different_requests() -> None:
    assert len({one.name for one in FORGERIES}) == len(FORGERIES) >= 60


@pytest.mark.parametrize("one", FORGERIES, ids=[one.name for one in FORGERIES])
def test_a_forged_request_gets_its_answer(app: Flask, one: Forgery) -> None:
    browser = app.test_client()
    for name, value in one.cookies.items():
        browser.set_cookie(name, value)
    path, _question, query = one.path.partition("?")

    answer = browser.open(
        path,
        query_string=query,
        method=one.method,
        headers=Headers(dict(one.headers)),
        data=one.body,
        content_type=one.content_type,
    )

    assert answer.status_code in one.status
    # Which of the two searches answered is part of what the API says.
    text = answer.text.replace('"engine":"meilisearch"', "")
    assert not INSIDE.search(text)
    for absent in (*one.lacks, AWAY):
        assert absent not in text
    assert AWAY not in (answer.headers.get("Location") or "").partition("?")[0]
    assert all(not re.search(r"[\r\n]", value) for _name, value in answer.headers)
    assert "a=1" not in answer.headers.getlist("Set-Cookie")
    for name, value in HEADERS.items():
        assert answer.headers[name] in {value} | OTHERWISE.get(name, set()), name
    if answer.mimetype == "text/html" and text:
        assert '<html lang="fr">' in text or answer.status_code in {301, 302, 303, 308}
    if answer.mimetype == "application/problem+json":
        told = json.loads(text)
        assert told["title"] in {*map(str, TITLES.values()), "Paramètres refusés."}


@pytest.mark.parametrize(
    ("path", "typed"), [one[1:3] for one in FORMS], ids=[one[0] for one in FORMS]
)
def test_a_file_or_json_in_the_place_of_texts_is_no_error(
    app: Flask, path: str, typed: dict[str, str]
) -> None:
    one = visitor(app, path, typed, factories.listing())
    names = [*typed, "key", "csrf_token", "website", "proof_token", "proof_number", "proof_words"]
    for name in names:
        with io.BytesIO(b"a") as file:
            answer = one.browser.post(one.path, data={name: (file, "a.txt")})
        assert answer.status_code == 422, name
    for sent in (
        [],
        [[1, 2]],
        7,
        None,
        {name: {"$gt": ""} for name in names},
        dict.fromkeys(names),
    ):
        assert one.browser.post(one.path, json=sent).status_code == 422, sent
