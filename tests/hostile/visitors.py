"""A program, or a person, in front of the forms that anybody may send."""

from __future__ import annotations

import hashlib
import itertools
import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.alerts.models import Alert
from app.applications.models import Application
from app.core import proofs
from app.core.database import db
from app.listings.models import Listing
from app.organisations.models import SignUp
from app.reports.models import Report
from tests import factories

_numbers = itertools.count(1)
NUMBERS = {word: number for number, word in enumerate(proofs.NUMBERS)}
ASKED = "une vérification est nécessaire"


def hidden(html: str, name: str) -> str:
    """Return the value of a field that is not seen, or nothing."""
    tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', html)
    value = re.search(r'value="([^"]*)"', tag[0]) if tag else None
    return value[1] if value else ""


def solved(html: str) -> dict[str, str]:
    """Return what a browser finds for a page, as static/js/proof.js does."""
    token = hidden(html, "proof_token")
    number = next(
        n
        for n in itertools.count()
        if int.from_bytes(hashlib.sha256(f"{token}:{n}".encode()).digest()[:4], "big")
        < 2 ** (32 - proofs.BITS)
    )
    return {"proof_token": token, "proof_number": str(number)}


def replied(html: str) -> dict[str, str]:
    """Return what a person who reads the question answers."""
    question = re.search(r"Combien font (\w+) plus (\w+)", html)
    assert question
    answer = NUMBERS[question[1]] + NUMBERS[question[2]]
    return {"proof_token": hidden(html, "proof_token"), "proof_words": str(answer)}


class Visitor:
    """A browser, or what passes for one, in front of a form."""

    def __init__(self, app: Flask, path: str, **typed: str) -> None:
        self.browser: FlaskClient = app.test_client()
        self.path = path
        self.typed = typed
        self.page = self.browser.get(path).text

    def send(self, **more: str) -> Any:
        """Send the form under a new key; return the answer, whose page is kept."""
        number = next(_numbers)
        typed = {name: value.format(n=number) for name, value in self.typed.items()}
        answer = self.browser.post(
            self.path,
            data={"csrf_token": hidden(self.page, "csrf_token"), "key": f"{number:022d}"}
            | typed
            | more,
        )
        if answer.status_code == 422:
            self.page = answer.text
        return answer


FORMS: list[tuple[str, str, dict[str, str], Any]] = [
    (
        "application",
        "{listing}/candidater",
        {"first_name": "Nora", "phone": "06399{n:05d}"},
        Application,
    ),
    ("report", "/signaler/{id}", {"reason": "money", "words": "Essai {n}"}, Report),
    ("alert", "/alertes/", {"email": "nora{n}@exemple.fr", "frequency": "daily"}, Alert),
    (
        "sign-up",
        "/inscription",
        {
            "email": "nora{n}@exemple.fr",
            "person_name": "Nora",
            "name": "Maison",
            "kind": "employer",
            "siret": "73282932000074",
            "promise": "48",
            "place": "Bron (69500)",
        },
        SignUp,
    ),
]


def visitor(app: Flask, path: str, typed: dict[str, str], listing: Listing) -> Visitor:
    db.session.commit()
    return Visitor(app, path.format(listing=listing.path, id=listing.id), **typed)


def count(model: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def applicant(app: Flask, listing: Listing | None = None, **typed: str) -> Visitor:
    _name, path, usual, _model = FORMS[0]
    return visitor(app, path, usual | typed, listing or factories.listing())
