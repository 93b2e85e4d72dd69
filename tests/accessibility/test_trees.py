"""What a screen reader meets along twelve journeys, as texts that people read and compare.

The texts are in `trees/`. After a change that is meant, write them again, then read what changed:

    pytest tests/accessibility/test_trees.py --write-trees
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from app.applications import keys
from app.applications import services as applications
from app.core import clock
from app.core.database import db
from app.listings.enums import Kind
from app.organisations.enums import OrganisationStatus
from tests import factories
from tests.browser import DESKTOP, Live, new_context, wait_for_worker

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.no_database

TREES = Path(__file__).parent / "trees"
# A word that no other listing of the site has, so that a search finds this one only.
WORD = "Zéphyrine"
DAY = (
    r"(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    r"|lun\.|mar\.|mer\.|jeu\.|ven\.|sam\.|dim\.)"
)
MONTH = (
    r"(?:janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
    r"|janv\.|févr\.|avr\.|juil\.|sept\.|oct\.|nov\.|déc\.)"
)
TIME = r"\d{1,2}\sh(?:\s\d{2})?"
# What changes from a day or a run to another.
CHANGING = {
    (
        rf"(?i)(?:\b(?:le\s)?{DAY}\s)?\b\d{{1,2}}(?:er)?\s{MONTH}(?:\s\d{{4}})?"
        rf"(?:(?:,|\sà)\s{TIME})?"
    ): "QUAND",
    rf"(?i)\b(?:hier|aujourd’hui|demain|{DAY})(?:,|\sà)\s{TIME}": "QUAND",
    r"\b(?:il y a|depuis) (?:\d+|une?|quelques?) \w+|\bhier\b|\baujourd’hui\b|\bdemain\b": "QUAND",
    r"\bPS-[0-9A-Z]{4}-[0-9A-Z]{4}\b": "PS-RÉFÉRENCE",
    r"\b[0-9A-Z]{4}\s[0-9A-Z]{4}$": "CODE",
    r"[a-z]+\d*@example\.org": "ADRESSE",
    r"\b06(?:\s\d\d){4}\b|(?<=tel:)\+336\d{8}": "TÉLÉPHONE",
    r"(?<=Annonce n°\s)\d+": "N",
    r"/\d+(?=[-/?#]|$)": "/N",
    r"(?<=cle=)[\w-]+": "CLÉ",
    # By the hour at which the test runs.
    r"(?<=paragraph: )(?:Joignable maintenant|\"Rappeler : n’importe quand\")$": "RAPPEL",
    r"(?<=[?&])(structure|qui|annonce)=\d+": r"\1=N",
}
# What depends on the hour, or on the listings of other tests.
LEFT_OUT = "[aria-labelledby=similar], [aria-labelledby=try], [aria-labelledby=coach], .todo"

Step = tuple[str, Callable[["Page", SimpleNamespace], None], str]


def goes(address: str) -> Callable[[Page, SimpleNamespace], None]:
    """Open an address, written with the names of the small world below."""
    return lambda page, it: page.goto(address.format(**vars(it))) and None


def presses(name: str) -> Callable[[Page, SimpleNamespace], None]:
    """Press a button or follow a link, and wait for the page that comes."""

    def press(page: Page, _it: SimpleNamespace) -> None:
        target = page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name))
        with page.expect_navigation():
            target.locator("visible=true").first.click()

    return press


def fills_and_sends(page: Page, _it: SimpleNamespace) -> None:
    """Apply with a first name and a phone."""
    page.locator("[name=first_name]").fill("Nora")
    page.locator("[name=phone]").fill("06 39 98 77 01")
    presses("Envoyer ma demande")(page, _it)


FRAME = "body"
MAIN = "main"
# A journey: who walks it, and its steps: what is done, then the part of the page that is read.
JOURNEYS: dict[str, tuple[str, list[Step]]] = {
    "01-arriver-sur-le-site": (
        "",
        [
            ("en-tête", goes("/"), "body > header"),
            ("recherche", lambda _page, _it: None, "main form[role=search]"),
            ("pied de page", lambda _page, _it: None, "body > footer"),
        ],
    ),
    "02-chercher": ("", [("résultats", goes("/recherche?q=zephyrine"), FRAME)]),
    "03-lire-une-annonce": ("", [("annonce", goes("{listing}"), MAIN)]),
    "04-candidater": (
        "",
        [
            ("formulaire", goes("{open}/candidater"), MAIN),
            ("envoyé vide", presses("Envoyer ma demande"), MAIN),
            ("confirmation", fills_and_sends, MAIN),
        ],
    ),
    "05-suivre-sa-candidature": (
        "",
        [("suivi", goes("{follow}"), MAIN), ("retirer", presses("Retirer ma demande"), MAIN)],
    ),
    "06-garder-une-annonce": (
        "",
        [
            ("annonce", goes("{listing}"), "main h1"),
            ("annonce gardée", presses("Garder"), MAIN),
            ("mes annonces", goes("/mes-annonces"), MAIN),
        ],
    ),
    "07-etre-prevenu": (
        "",
        [
            ("alerte", goes("/alertes/?q=zephyrine&ou=Bron"), MAIN),
            ("sans adresse", presses("Créer l’alerte"), MAIN),
        ],
    ),
    "08-se-connecter": (
        "",
        [("connexion", goes("/connexion"), MAIN), ("envoyé vide", presses("Me connecter"), MAIN)],
    ),
    "09-repondre-a-une-personne": (
        "recruiter",
        [
            ("candidatures", goes("/recruter/"), FRAME),
            ("une candidature", goes("{sheet}"), MAIN),
            ("refuser", goes("{sheet}/refuser"), MAIN),
        ],
    ),
    "10-publier-une-annonce": (
        "recruiter",
        [
            ("éditeur", goes("/recruter/annonces/nouvelle?type=emploi"), MAIN),
            ("envoyé vide", presses("Publier l’annonce"), MAIN),
        ],
    ),
    "11-verifier-une-structure": (
        "moderator",
        [("structure", goes("/equipe/structures/{pending}"), FRAME)],
    ),
    "12-changer-de-metier": (
        "",
        [
            ("évoluer", goes("/evoluer"), "main form"),
            (
                "un parcours",
                goes("/evoluer?de=auxiliaire-de-puericulture&vers=aide-soignant"),
                "[aria-labelledby=blocs-1]",
            ),
        ],
    ),
}


@pytest.fixture(scope="module")
def place(live: Live) -> SimpleNamespace:
    """Return the addresses of a small world that no other test changes."""
    now = clock.now()
    with live.writing():
        recruiter, moderator = factories.user(), factories.user(factories.Role.MODERATOR)
        owner = factories.organisation(
            recruiter, name="Maison des Glycines", slug="maison-des-glycines"
        )
        listing = factories.listing(
            Kind.JOB, organisation=owner, title=f"{WORD} de nuit", slug="zephyrine-de-nuit"
        )
        # Whoever applies changes nothing of what the recruiter of the other one sees.
        other = factories.listing(
            title="Soignante Aubépine",
            slug="aubepine",
            organisation=factories.organisation(name="Maison des Lilas"),
        )
        pending = factories.organisation(name="Maison des Iris", status=OrganisationStatus.PENDING)
        one = factories.application(listing, first_name="Samira", last_name="Belkacem")
        applications.record_view(one, recruiter, "contact", now)
        live.announce(listing, other)
        it = SimpleNamespace(
            listing=listing.path,
            open=other.path,
            follow=f"/candidature/{one.reference}?cle={keys.link_token(one.link_salt)}",
            sheet=f"/recruter/candidatures/{one.id}",
            pending=pending.id,
        )
        people = {"recruiter": recruiter, "moderator": moderator}
        db.session.flush()
    it.cookies = {name: live.cookie_of(person) for name, person in people.items()}
    wait_for_worker(live)
    return it


@pytest.fixture(scope="module")
def reader(live: Live, chromium: Browser) -> Iterator[Page]:
    """Open one browser for the journeys."""
    context, watch = new_context(chromium, live.url, viewport=DESKTOP)
    yield context.new_page()
    context.close()
    watch.check()


def told(page: Page, part: str) -> str:
    """Return the title of the page, then the tree of a part of it."""
    page.evaluate(
        "(left) => document.querySelectorAll(left).forEach((one) => one.remove())", LEFT_OUT
    )
    tree = page.locator(part).first.aria_snapshot()
    lines = re.sub("[\u00a0\u202f]", " ", f"{page.title()}\n{tree}").split("\n")
    for pattern, word in CHANGING.items():
        lines = [re.sub(pattern, word, line) for line in lines]
    return "\n".join(lines)


@pytest.mark.parametrize("journey", JOURNEYS)
def test_what_a_screen_reader_meets(
    journey: str, reader: Page, place: SimpleNamespace, request: pytest.FixtureRequest
) -> None:
    who, steps = JOURNEYS[journey]
    reader.context.clear_cookies()
    if who:
        reader.context.add_cookies([place.cookies[who]])
    parts = []
    for name, act, part in steps:
        act(reader, place)
        parts.append(f"# {name}\n{told(reader, part)}\n")
    tree, file = "\n".join(parts), TREES / f"{journey}.txt"
    if request.config.getoption("write_trees"):
        TREES.mkdir(exist_ok=True)
        file.write_text(tree, encoding="utf-8")
    kept = file.read_text(encoding="utf-8")

    assert tree.split("\n") == kept.split("\n"), f"if it is meant: {__doc__}"


def test_no_tree_is_left_over() -> None:
    assert {one.stem for one in TREES.iterdir()} == set(JOURNEYS)
