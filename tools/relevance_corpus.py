"""Offers made up for the measure of relevance, each with the truth about it.

The wording comes from a file of `bench/relevance`. What an offer is (its profession, its hours, its
place…) is drawn first; then it is written as recruiters write: a field left blank is said in the
title or in the text, some codes are vague or wrong, and texts name other professions in passing.
The truth keeps what was drawn, whatever the fields say. The same seed writes the same offers.
"""

from __future__ import annotations

import datetime as dt
import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from app.core.database import db
from app.geography.queries import PLACES, Place, haversine_km
from app.listings.models import Listing
from app.professions.enums import TermKind
from app.professions.queries import ProfessionEntry, professions, terms

KINDS = {"job": 77, "training": 8, "internship": 5, "immersion": 3, "path": 4, "event": 3}
LYON = (45.758, 4.835)
FAR_KM = 55.0
# Shares of the offers whose field is blank, and whose code is vague or wrong.
BLANK_PROFESSION, WRONG_PROFESSION = 0.22, 0.03
BLANK_FIELD, WRONG_WORKPLACE = 0.3, 0.05
VAGUE_TITLE = 0.06
MENTIONS = 0.75
# Places of work that recruiters take for one another.
NEIGHBOURS = {
    "ehpad": "residence-autonomie", "hopital": "clinique", "clinique": "smr", "mas": "fam",
    "fam": "foyer-de-vie", "sad-aide": "sad-mixte", "ime": "itep", "creche": "micro-creche",
}  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """What an offer really is. `professions` holds two slugs for a path: where from, where to."""

    kind: str
    professions: frozenset[str]
    workplace: str | None
    contract: str | None
    latitude: float
    longitude: float
    commune: str
    employer: str
    schedules: frozenset[str] = frozenset()
    publics: frozenset[str] = frozenset()
    # True, False, or None when the offer does not say.
    open_to_all: bool | None = None


@dataclass
class Offer:
    """An offer: the row of its listing, and the truth."""

    row: dict[str, Any]
    truth: Truth


@dataclass
class _Draft:
    """An offer being written: parts of the title, and what the text must say."""

    parts: dict[str, str] = field(default_factory=dict)
    said: set[str] = field(default_factory=set)
    text: list[str] = field(default_factory=list)


def read_wording(path: Path) -> dict[str, Any]:
    """Read a file of wording."""
    wording: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return wording


def corpus(wording: dict[str, Any], now: dt.datetime, count: int | None = None) -> list[Offer]:
    """Return the offers of a wording, always the same at a given instant."""
    return _Writer(wording, now).offers(count or wording["count"])


def store(offers: list[Offer]) -> dict[int, Truth]:
    """Write the offers in the database; return the truth by id of listing. Commits."""
    db.session.execute(insert(Listing), [offer.row for offer in offers])
    db.session.commit()
    rows = db.session.execute(db.select(Listing.id, Listing.source_id))
    ids = {source_id: one for one, source_id in rows}
    return {ids[offer.row["source_id"]]: offer.truth for offer in offers}


class _Writer:
    def __init__(self, wording: dict[str, Any], now: dt.datetime) -> None:
        self.words = wording
        self.now = now
        self.chance = random.Random(wording["seed"])
        self.known = {entry.slug: entry for entry in professions()}
        self.publics = {
            term.slug: tuple(term.data["publics"]) for term in terms(TermKind.WORKPLACE)
        }
        self.places = _near_lyon()
        self.named = {place.code: place for place in self.places}
        self.place_weights = [
            place.population**0.75 * (3 if place.in_territory else 1) for place in self.places
        ]

    def offers(self, count: int) -> list[Offer]:
        slugs = list(self.words["professions"])
        weights = [self.words["professions"][slug]["weight"] for slug in slugs]
        # One of each at least: a rare profession is looked for too.
        drawn = slugs + self.chance.choices(slugs, weights, k=max(count - len(slugs), 0))
        return [self._offer(number, slug) for number, slug in enumerate(drawn[:count])]

    def _offer(self, number: int, slug: str) -> Offer:
        kinds = ("job",) if slug.startswith("hors:") else tuple(KINDS)
        kind = self.chance.choices(kinds, [KINDS[one] for one in kinds])[0]
        truth, start = self._truth(kind, slug)
        draft = _Draft()
        row = self._fields(truth, slug, draft)
        row["title"] = self._title(truth, slug, start, draft)
        self._say_the_rest(truth, slug, draft)
        text = " ".join(draft.text)
        published = self.now - dt.timedelta(minutes=self.chance.randrange(60 * 24 * 50))
        row |= {
            "kind": kind,
            "status": "published",
            "version": 1,
            "slug": f"annonce-{number}",
            "created_at": published,
            "updated_at": published,
            "published_at": published,
            "refreshed_at": published,
            "closes_at": self.now + dt.timedelta(days=60),
            "source": "mesure",
            "source_id": str(number),
            "source_hash": "0" * 64,
            "source_url": "https://example.org/",
            "employer_name": truth.employer,
            "from_profession_id": self.known[start].id if start else None,
            "funding": [],
            "summary": "",
            "description": text,
            "description_html": f"<p>{text}</p>",
            "duration_label": "",
        }
        return Offer(row, truth)

    # The truth

    def _truth(self, kind: str, slug: str) -> tuple[Truth, str | None]:
        entry = self.known.get(slug)
        place = self.chance.choices(self.places, self.place_weights)[0]
        workplace = self._workplace(entry, slug)
        start = self._start(slug) if kind == "path" else None
        publics = [one for one in self.publics.get(workplace, ()) if one in self.words["public"]]
        employer = f"{self.words['workplace'][workplace]['prefix']} " + self.chance.choice(
            self.words["names"]
        )
        schedules = self._schedules(slug, workplace) if kind == "job" else frozenset()
        truth = Truth(
            kind=kind,
            professions=frozenset({slug, start} - {None}),  # type: ignore[arg-type]
            workplace=workplace,
            contract=self._contract() if kind == "job" else None,
            latitude=round(place.latitude + self.chance.uniform(-0.01, 0.01), 5),
            longitude=round(place.longitude + self.chance.uniform(-0.01, 0.01), 5),
            commune=place.code,
            employer=employer,
            schedules=schedules,
            publics=frozenset(self.chance.sample(publics, min(len(publics), 2))),
            open_to_all=self._open_to_all(entry, kind),
        )
        return truth, start

    def _workplace(self, entry: ProfessionEntry | None, slug: str) -> str:
        listed = entry.workplaces if entry else self.words["professions"][slug]["workplaces"]
        known = [one for one in listed if one in self.words["workplace"]]
        # The first named are the most usual.
        return self.chance.choices(known, [1 / (rank + 1.5) for rank in range(len(known))])[0]

    def _start(self, slug: str) -> str:
        return self.chance.choice([one for one in self._of_sector(slug) if one != slug])

    def _wrong(self, slug: str) -> str:
        """Return the wrong code of a hurried recruiter: the usual ones come first to mind."""
        others = [one for one in self._of_sector(slug) if one != slug] or [slug]
        weights = [self.words["professions"][one]["weight"] for one in others]
        return self.chance.choices(others, weights)[0]

    def _of_sector(self, slug: str) -> list[str]:
        sector = self.known[slug].sector
        return [
            one
            for one in self.words["professions"]
            if one in self.known and self.known[one].sector == sector
        ]

    def _contract(self) -> str:
        offered = self.words["contract"]
        return self.chance.choices(list(offered), [one["weight"] for one in offered.values()])[0]

    def _schedules(self, slug: str, workplace: str) -> frozenset[str]:
        if slug == "surveillant-de-nuit":
            return frozenset({"nuit"})
        found = {self.chance.choices(("temps-plein", "temps-partiel", ""), (50, 32, 18))[0]}
        around = {"hopital", "clinique", "ehpad", "mas", "fam", "smr", "usld", "psychiatrie"}
        if workplace in around:
            hours = ("nuit", "jour", "douze-heures", "week-end", "matin", "")
            found.add(self.chance.choices(hours, (26, 22, 14, 14, 6, 18))[0])
        elif workplace in {"mecs", "ime", "itep", "foyer-enfance", "foyer-de-vie"}:
            found.add(
                self.chance.choices(("internat", "semaine", "week-end", ""), (40, 20, 15, 25))[0]
            )
        elif workplace in {"sad-aide", "sad-mixte", "ssiad", "had", "particulier-employeur"}:
            hours = ("itinerant", "week-end", "matin", "apres-midi-soir", "nuit", "")
            found.add(self.chance.choices(hours, (30, 18, 12, 10, 5, 25))[0])
        else:
            found.add(self.chance.choices(("semaine", "jour", ""), (45, 10, 45))[0])
        return frozenset(found - {""})

    def _open_to_all(self, entry: ProfessionEntry | None, kind: str) -> bool | None:
        if entry is None or kind in {"event", "internship"}:
            return None
        if kind in {"immersion", "path"}:
            return self.chance.choice((True, None))
        possible = entry.open_without_diploma or kind == "training"
        return self.chance.choice((True, False, None)) if possible else False

    # The fields

    def _fields(self, truth: Truth, slug: str, draft: _Draft) -> dict[str, Any]:
        """Fill fields as recruiters do; what they leave blank must be said elsewhere."""
        told = {True: "none", False: "required", None: "unknown"}[truth.open_to_all]
        row: dict[str, Any] = {
            "profession_id": self._profession_field(slug, draft),
            "workplace": self._workplace_field(truth, draft),
            "schedules": self._list_field("schedule", truth.schedules, draft),
            "publics": self._list_field("public", truth.publics, draft),
            "contract": self._one_field("contract", truth.contract, draft),
            "diploma_need": told if self._filled("diploma", draft) else "unknown",
            "commune_code": truth.commune,
            "place_label": self.named[truth.commune].name,
            "latitude": truth.latitude,
            "longitude": truth.longitude,
        }
        if self.chance.random() < 0.15:
            # The centre of the commune has to do.
            row["latitude"] = row["longitude"] = None
        return row

    def _filled(self, name: str, draft: _Draft) -> bool:
        if self.chance.random() < BLANK_FIELD:
            return False
        draft.said.add(name)
        return True

    def _one_field(self, name: str, value: str | None, draft: _Draft) -> str | None:
        return value if value and self._filled(name, draft) else None

    def _list_field(self, name: str, values: frozenset[str], draft: _Draft) -> list[str]:
        return sorted(values) if values and self._filled(name, draft) else []

    def _workplace_field(self, truth: Truth, draft: _Draft) -> str | None:
        neighbour = NEIGHBOURS.get(truth.workplace or "")
        if neighbour and self.chance.random() < WRONG_WORKPLACE:
            return neighbour
        return self._one_field("workplace", truth.workplace, draft)

    def _profession_field(self, slug: str, draft: _Draft) -> int | None:
        if slug not in self.known or self.chance.random() < BLANK_PROFESSION:
            return None
        if self.chance.random() < WRONG_PROFESSION:
            return self.known[self._wrong(slug)].id
        draft.said.add("profession")
        return self.known[slug].id

    # The words

    def _title(self, truth: Truth, slug: str, start: str | None, draft: _Draft) -> str:
        template = self.chance.choice(self.words["titles"][truth.kind])
        schedule = self._title_word("schedule", sorted(truth.schedules))
        name = self._name(slug, draft)
        parts = {
            "name": name,
            "small": _small(name),
            "from": _small(self._name(start, draft)) if start else "",
            "hf": "" if _says_both(name) else self.chance.choice(self.words["hf"]),
            "employer": truth.employer,
            "place": self.named[truth.commune].name,
            "schedule": schedule,
            "contract": self._title_word("contract", [truth.contract] if truth.contract else []),
            "workplace": self._title_word("workplace", [truth.workplace or ""]),
            "diploma": DIPLOMAS.get(slug, _small(name)),
        }
        for part in ("workplace", "contract"):
            if f"{{{part}}}" in template and parts[part]:
                draft.said.add(part)
        if "{schedule}" in template and len(truth.schedules) == 1:
            draft.said.add("schedule")
        if "{name}" not in template and "{small}" not in template:
            draft.said.discard("profession")
        title = " ".join(template.format(**parts).split())
        return title.strip(" -–,")[:160]

    def _name(self, slug: str, draft: _Draft) -> str:
        named = self.words["professions"][slug]
        vague = named["vague"]
        # Who writes a vague title fills the field.
        if vague and "profession" in draft.said and self.chance.random() < VAGUE_TITLE:
            return str(self.chance.choice(vague))
        return str(self.chance.choice(named["names"]))

    def _title_word(self, name: str, values: list[str]) -> str:
        if not values:
            return ""
        return str(self.chance.choice(self.words[name][self.chance.choice(values)]["title"]))

    def _say_the_rest(self, truth: Truth, slug: str, draft: _Draft) -> None:
        """Write the text: what no field says, some of what fields say, and other things."""
        words, chance = self.words, self.chance
        entry = self.known.get(slug)
        sector = entry.sector if entry else words["professions"][slug]["sector"]
        draft.text += chance.sample(words["tasks"][sector], 2)
        if truth.kind != "job":
            draft.text.append(chance.choice(words[f"{truth.kind}_text"]))
        if "profession" not in draft.said:
            draft.text.append(f"{words['wanted']} {_small(self._name(slug, draft))}.")
        for name, values in (
            ("schedule", sorted(truth.schedules)),
            ("contract", [truth.contract] if truth.contract else []),
            ("workplace", [truth.workplace] if truth.workplace else []),
        ):
            if name not in draft.said or chance.random() < 0.5:
                draft.text += [chance.choice(words[name][value]["text"]) for value in values]
        if "public" not in draft.said or chance.random() < 0.6:
            draft.text += [
                f"{words['tells']} {chance.choice(words['public'][one])}."
                for one in sorted(truth.publics)
            ]
        if truth.open_to_all is not None and "diploma" not in draft.said:
            key = "no_diploma" if truth.open_to_all else "diploma_required"
            draft.text.append(chance.choice(words[key]))
        if chance.random() < MENTIONS:
            draft.text += chance.sample(words["mentions"], chance.choice((1, 2, 3)))
        draft.text += chance.sample(words["filler"], 3)


# The diploma of a training, as written in titles.
DIPLOMAS = {
    "aide-soignant": "DEAS", "infirmier": "Diplôme d’État d’infirmier",
    "moniteur-educateur": "DEME", "accompagnant-educatif-social": "DEAES",
    "auxiliaire-de-vie": "titre ADVF",
    "auxiliaire-de-puericulture": "DEAP", "educateur-specialise": "DEES", "tisf": "DETISF",
    "educateur-jeunes-enfants": "DEEJE", "accompagnant-petite-enfance": "CAP AEPE",
    "assistant-service-social": "DEASS", "cesf": "DECESF", "chef-de-service": "CAFERUIS",
    "directeur-etablissement": "CAFDES",
}  # fmt: skip


def _near_lyon() -> list[Place]:
    index = PLACES.get()
    # Lyon itself is its arrondissements, and so are the offers.
    return [
        place
        for place in index.ranked
        if place.code not in index.arrondissements
        and haversine_km(*LYON, place.latitude, place.longitude) < FAR_KM
    ]


def _small(name: str) -> str:
    """Write a name inside a sentence: acronyms keep their capitals."""
    first = name.split()[0] if name.split() else ""
    return name if first[:2].isupper() else name[:1].lower() + name[1:]


def _says_both(name: str) -> bool:
    return any(mark in name for mark in ("H/F", "F/H", "(e", "·", "(tr"))
