"""Workplace and schedule are said only when the text is certain."""

from __future__ import annotations

import pytest

from app.imports.clues import read_schedules, read_workplace
from app.imports.reference import Reference


@pytest.mark.parametrize(
    ("title", "employer", "description", "expected"),
    [
        ("Aide-soignant en EHPAD (H/F)", "", "", "ehpad"),
        ("AIDE SOIGNANT EHPAD", "CENTRE HOSPITALIER DE X", "Au CH.", "ehpad"),
        ("Aide-soignant", "", "Le SSIAD de Bron recrute.", "ssiad"),
        ("Aide-soignant", "", "Notre M.A.S. accueille trente personnes.", "mas"),
        ("Aide-soignant", "", "Notre maison de retraite médicalisée recrute.", "ehpad"),
        ("Aide-soignant", "CENTRE HOSPITALIER DE GIVORS", "Rejoignez-nous.", "hopital"),
        ("Aide-soignant", "EHPAD LES TILLEULS", "Rejoignez-nous.", "ehpad"),
        # Nothing certain:
        ("Aide-soignant", "", "Expérience en EHPAD souhaitée.", None),
        ("Aide-soignant", "", "Nos clients : EHPAD, cliniques et hôpitaux.", None),
        ("Aide-soignant", "", "Le pôle gère un EHPAD, une MAS et un SSIAD.", None),
        ("Aide-soignant", "", "Avantages : places en crèche.", None),
        ("Aide-soignant", "", "Ce n'est pas un EHPAD.", None),
        ("Aide-soignant", "", "Vous aimez le mas provençal et la psychologie clinique.", None),
        ("Aide-soignant EHPAD ou SSIAD", "", "", None),
        ("Aide-soignant", "", "Proche de l'école.", None),
    ],
)
def test_workplace(
    reference: Reference, title: str, employer: str, description: str, expected: str | None
) -> None:
    aide_soignant = next(p for p in reference.professions if p.slug == "aide-soignant")
    found = read_workplace(
        reference.workplaces,
        title=title,
        employer=employer,
        description=description,
        plausible=aide_soignant.workplaces,
    )
    assert found == expected


@pytest.mark.no_database
@pytest.mark.parametrize(
    ("ticked", "title", "description", "expected"),
    [
        (["35H/semaine\nTravail en journée"], "", "", ["jour"]),
        (["Travail de nuit"], "", "", ["nuit"]),
        (["Travail en journée", " Travail de nuit"], "", "", ["alternance-jour-nuit"]),
        (["Travail en journée"], "Aide-soignant de nuit", "", ["nuit"]),
        ([], "Aide-soignant jour/nuit", "", ["alternance-jour-nuit"]),
        ([], "Aide-soignant en hôpital de jour", "", []),
        ([], "Éducateur en accueil de jour", "", []),
        ([], "", "Poste de nuit à pourvoir.", ["nuit"]),
        ([], "", "Pas de travail de nuit.", []),
        ([" Travail le samedi"], "", "", ["week-end"]),
        ([], "", "1 week-end sur 2 travaillé.", ["week-end"]),
        ([], "", "Roulement comprenant 1 week-end de travail /3.", ["week-end"]),
        ([], "", "Week-ends libres, horaires de journée.", ["semaine"]),
        ([], "", "3x1H par semaine (hors weekend et jours fériés)", ["semaine"]),
        ([], "", "Travail du lundi au vendredi.", ["semaine"]),
        ([], "", "Nous joindre du lundi au vendredi de 8h à 12h.", []),
        ([" Travail en horaires fractionnés"], "", "", ["coupures"]),
        ([], "", "Les horaires coupés sont limités à 2 par semaine.", ["coupures"]),
        ([], "", "Sans horaires coupés.", []),
        ([], "", "Travail en 12h, avec reprise d'ancienneté.", ["douze-heures"]),
        ([], "", "Horaires de 12h à 20h.", []),
        (["35H/semaine\nTravail en astreinte"], "", "", ["astreintes"]),
        ([], "", "Astreinte possible selon profil.", []),
    ],
)
def test_schedule(ticked: list[str], title: str, description: str, expected: list[str]) -> None:
    found = read_schedules(ticked, title=title, description=description, working_time="", travel="")
    assert found == expected


@pytest.mark.no_database
def test_working_time_and_daily_trips_are_what_was_ticked() -> None:
    full = read_schedules([], title="", description="", working_time="Temps plein", travel="4")
    part = read_schedules([], title="", description="", working_time="Temps partiel", travel="1")
    assert (full, part) == (["itinerant", "temps-plein"], ["temps-partiel"])
