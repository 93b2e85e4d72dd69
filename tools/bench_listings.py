"""Listings made up for the measures: the right number, size and variety; nobody’s real offer."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from typing import Any

from sqlalchemy import insert

from app.core.database import db
from app.geography.queries import PLACES
from app.listings.models import Listing
from app.organisations.enums import OrganisationKind, OrganisationStatus
from app.organisations.models import Organisation
from app.professions.enums import TermKind
from app.professions.queries import professions, terms

BATCH = 5000
NEAR_CODES = ("69", "01", "38", "42", "71", "26", "07", "73", "74")
SENTENCES = (
    "Vous accompagnez les personnes dans les gestes de la vie quotidienne : lever, repas.",
    "Vous travaillez en lien avec l’équipe pluridisciplinaire et participez aux transmissions.",
    "Vous veillez au confort, à la dignité et à la sécurité de chacune et de chacun.",
    "Vous contribuez au projet personnalisé et vous proposez des activités adaptées.",
    "Une connaissance de la maladie d’Alzheimer et des troubles apparentés est appréciée.",
    "Le poste est à pourvoir rapidement dans une équipe stable et bienveillante.",
    "Planning connu six semaines à l’avance, un week-end travaillé sur deux.",
    "Vous assurez la continuité des soins en binôme avec une infirmière ou un infirmier.",
    "Débutantes et débutants bienvenus : une période de doublure de deux semaines est prévue.",
    "Reprise de l’ancienneté, prime d’assiduité, mutuelle et comité social et économique.",
    "Établissement accessible en tramway, parking gratuit, restauration sur place.",
    "Vous respectez les protocoles d’hygiène et vous entretenez l’environnement de la personne.",
    "La structure accueille quatre-vingts résidentes et résidents dans un parc arboré.",
    "Vous tenez à jour le dossier de soins informatisé et alertez en cas de changement.",
    "Déplacements à prévoir sur le secteur ; un véhicule de service peut être prêté.",
    "Nous finançons la formation et la validation des acquis de l’expérience.",
    "Vous êtes à l’écoute, patiente ou patient, et vous aimez le travail en équipe.",
    "Vous participez aux réunions de synthèse et à l’analyse des pratiques professionnelles.",
    "Vous accueillez les familles et vous entretenez un lien de confiance avec elles.",
    "Horaires de journée en douze heures, ou coupés selon le roulement de l’équipe.",
)
EMPLOYERS = (
    "Résidence", "Association", "Fondation", "Clinique", "Centre hospitalier", "Maison",
    "Mutuelle", "Groupe", "Foyer", "Les Jardins", "Centre communal", "Coopérative",
)  # fmt: skip
NAMES = (
    "des Tilleuls", "du Parc", "Saint-Joseph", "Bellevue", "des Monts d’Or", "de la Saône",
    "du Confluent", "des Gônes", "Ambroise", "de l’Étoile", "Les Mûriers", "du Rhône",
)  # fmt: skip
ENDINGS = ("H/F", "(H/F)", "de nuit", "de jour", "en EHPAD", "à domicile", "CDI", "remplacement")
KINDS = ("job",) * 15 + ("training", "training", "internship", "immersion", "path", "event")


def add_listings(count: int, now: dt.datetime, seed: int = 7) -> None:
    """Write `count` published listings around Lyon and elsewhere; commit by batches."""
    rows = _rows(count, now, random.Random(seed))
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            db.session.execute(insert(Listing), batch)
            db.session.commit()
            batch = []
    if batch:
        db.session.execute(insert(Listing), batch)
        db.session.commit()


def _rows(count: int, now: dt.datetime, chance: random.Random) -> Iterator[dict[str, Any]]:
    trades = professions()
    places = [p for p in PLACES.get().ranked if p.code not in PLACES.get().arrondissements]
    near = [place for place in places if place.department_code in NEAR_CODES]
    weights = [place.population**0.8 * (4 if place.in_territory else 1) for place in near]
    far_weights = [place.population for place in places]
    chosen = chance.choices(near, weights, k=count)
    chosen_far = chance.choices(places, far_weights, k=count)
    vocabulary = {kind: [term.slug for term in terms(kind)] for kind in TermKind}
    for number in range(count):
        place = chosen[number] if chance.random() < 0.7 else chosen_far[number]
        trade = trades[min(int(chance.expovariate(0.12)), len(trades) - 1)]
        name = chance.choice((trade.label, trade.label_feminine, trade.label_masculine))
        sentences = chance.sample(SENTENCES, 14)
        published = now - dt.timedelta(minutes=chance.randrange(60 * 24 * 55))
        kind = chance.choice(KINDS)
        pay = 180_000 + 1_000 * chance.randrange(120)
        yield {
            "kind": kind,
            "status": "published",
            "version": 1,
            "title": f"{name} {chance.choice(ENDINGS)}"[:160],
            "slug": f"annonce-{number}",
            "created_at": published,
            "updated_at": published,
            "published_at": published,
            "refreshed_at": published,
            "closes_at": published + dt.timedelta(days=60),
            "source": "mesure",
            "source_id": str(number),
            "source_hash": "0" * 64,
            "source_url": "https://example.org/",
            "employer_name": f"{chance.choice(EMPLOYERS)} {chance.choice(NAMES)}",
            "profession_id": trade.id,
            "diploma_need": chance.choice(("none", "required", "unknown")),
            "workplace": chance.choice(vocabulary[TermKind.WORKPLACE]),
            "publics": chance.sample(vocabulary[TermKind.PUBLIC], 2),
            "schedules": chance.sample(vocabulary[TermKind.SCHEDULE], 2),
            "funding": [],
            "summary": sentences[0],
            "description": "\n\n".join(sentences),
            "description_html": "".join(f"<p>{sentence}</p>" for sentence in sentences),
            "contract": chance.choice(vocabulary[TermKind.CONTRACT]),
            "contract_months": chance.choice((None, 1.0, 6.0, 12.0)),
            "hours_min": 35.0,
            "pay_min_cents": pay,
            "pay_max_cents": pay + 20_000,
            "pay_period": "month",
            "duration_label": "",
            "commune_code": place.code,
            "place_label": place.name,
            "latitude": round(place.latitude + chance.uniform(-0.02, 0.02), 5),
            "longitude": round(place.longitude + chance.uniform(-0.02, 0.02), 5),
        }


def answered_here(now: dt.datetime, number: int = 0) -> Listing:
    """Add a listing that people answer on the site, and commit."""
    organisation = Organisation(
        slug=f"mesure-{now:%H%M%S}-{number}",
        name="Structure de mesure",
        kind=OrganisationKind.EMPLOYER,
        status=OrganisationStatus.VERIFIED,
        created_at=now,
    )
    listing = Listing(
        kind="immersion",
        status="published",
        title="Visite",
        slug="visite",
        created_at=now,
        updated_at=now,
        published_at=now,
        refreshed_at=now,
        organisation=organisation,
        employer_name=organisation.name,
        publics=[],
        schedules=[],
        funding=[],
    )
    db.session.add(listing)
    db.session.commit()
    return listing
