"""Import files that are wrong in every way, each with what must become of it.

Three sources: the offers of France Travail (JSON), the tables of members (CSV), the catalogues of
schools (LHEO, an XML). `created` listings are written, lines are set aside with their place and
their reason (`aside`), or the whole file is refused (`refused`); nothing else happens, and the same
file a second time changes nothing.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.imports import files
from tests.imports.files import JOB, csv_file

FT, CSV, LHEO = "france-travail", "csv", "lheo"


@dataclass(frozen=True, slots=True)
class ImportFile:
    """A file, and what must become of it.

    `aside`: a part of the place and of the reason of each line set aside, in order; only the first
    ones when there are many (`aside_total`). `before`: how many listings of the source are online
    before it; `full`: whether the file says all that the source has.
    """

    name: str
    source: str
    content: Callable[[], bytes]
    created: int = 0
    aside: tuple[tuple[str, str], ...] = ()
    aside_total: int | None = None
    refused: str = ""
    before: int = 0
    full: bool = False


def offer(number: int = 1, **values: Any) -> dict[str, Any]:
    """Return an offer of France Travail, invented."""
    return {
        "id": f"800{number:05d}",
        "intitule": "Aide-soignant / Aide-soignante (H/F)",
        "description": "Vous prenez soin des personnes.",
        "dateCreation": "2026-11-02T08:12:00.000Z",
        "lieuTravail": {"libelle": "69 - BRON", "commune": "69029"},
        "romeCode": "J1501",
        "typeContrat": "CDI",
    } | values


def offers(*found: Any, encoding: str = "utf-8") -> bytes:
    """Return an answer of France Travail, one offer a line."""
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in found)
    return f'{{"resultats": [\n{lines}\n]}}'.encode(encoding)


def job(number: int = 1, **cells: str) -> dict[str, str]:
    """Return a line of a table."""
    return JOB | {"reference": f"RH-{number}"} | cells


def training(number: int = 1, **told: Any) -> str:
    """Return a training of a catalogue."""
    action = told.pop("action", None) or files.action(f"A{number}")
    return files.formation(action, number=f"F{number}", **told)


def nested(depth: int) -> Any:
    """Return lists in lists."""
    found: Any = []
    for _ in range(depth):
        found = [found]
    return found


LAUGHS = b"".join(b"<!ENTITY %c '%s'>" % (98 + n, (b"&%c;" % (97 + n)) * 10) for n in range(20))
NO_DOCTYPE = (("ligne 1", "<!DOCTYPE>, refusé par sécurité"),)
NO_JSON = "ni une liste d’offres"

FILES = (
    # Offers of France Travail.
    ImportFile("vide.json", FT, lambda: b"", aside=(("vide.json", NO_JSON),)),
    ImportFile("sans-offre.json", FT, lambda: offers()),
    ImportFile(
        "page-d-erreur.json", FT, lambda: b"<html><h1>502</h1></html>", aside=(("", NO_JSON),)
    ),
    ImportFile("utf-8-marque.json", FT, lambda: codecs.BOM_UTF8 + offers(offer()), created=1),
    ImportFile("utf-16.json", FT, lambda: offers(offer(), encoding="utf-16"), created=1),
    ImportFile(
        "latin-1.json",
        FT,
        lambda: offers(offer(1, intitule="Aide-soignante à Écully"), offer(2), encoding="latin-1"),
        created=1,
        aside=(("ligne 2, offre 1", "pas en UTF-8"),),
    ),
    ImportFile(
        "coupe.json",
        FT,
        lambda: offers(offer(1), offer(2), offer(3))[:-120],
        created=2,
        aside=(("ligne 4", "coupé ou abîmé avant sa fin"),),
    ),
    ImportFile(
        "caracteres-nuls.json",
        FT,
        lambda: offers(offer(1, intitule="Aide-soignant\x00e", description="Un\x00 texte.")),
        created=1,
    ),
    ImportFile(
        "numeros-en-double.json",
        FT,
        lambda: offers(offer(1), offer(2), offer(1, intitule="Aide-soignante de nuit")),
        created=2,
        aside=(("ligne 4, offre 3", "identifiant en double"),),
    ),
    ImportFile(
        "numeros-impossibles.json",
        FT,
        lambda: offers(
            offer(1, id="../../etc/passwd"), offer(2, id=7), offer(3, id=None), offer(4)
        ),
        created=1,
        aside=(("ligne 2", "identifiant"), ("ligne 3", "identifiant"), ("ligne 4", "identifiant")),
    ),
    ImportFile(
        "dates-impossibles.json",
        FT,
        lambda: offers(
            offer(1, dateCreation="0000-00-00T00:00:00Z"),
            offer(2, dateCreation="2026-13-45"),
            offer(3, dateCreation="9999-12-31T23:59:59-23:59"),
            offer(4),
        ),
        created=1,
        aside=(("ligne 2", "date de création"), ("ligne 3", "date"), ("ligne 4", "date")),
    ),
    ImportFile(
        "commune-et-paie-absurdes.json",
        FT,
        lambda: offers(
            offer(
                1,
                lieuTravail={"libelle": "99 - NULLE PART", "commune": "99999", "latitude": 1e308},
                salaire={"libelle": "Mensuel de -2000.0 Euros à -1.0 Euros sur 12.0 mois"},
                nombrePostes=-3,
            )
        ),
        created=1,
    ),
    ImportFile(
        "niveaux-sans-fin.json",
        FT,
        lambda: offers(offer(1, competences=nested(500)), offer(2)),
        created=1,
        aside=(("ligne 2, offre 1", "niveaux imbriqués trop profonds"),),
    ),
    ImportFile(
        "trop-lourde.json",
        FT,
        lambda: offers(offer(1, description="a" * 1_100_000), offer(2)),
        created=1,
        aside=(("ligne 2, offre 1", "trop lourde"),),
    ),
    ImportFile(
        "tout-sauf-des-offres.json",
        FT,
        lambda: offers(None, 1, "texte", [], {}, True, offer(1)),
        created=1,
        aside=tuple((f"offre {n}", "") for n in range(1, 7)),
    ),
    ImportFile(
        "source-qui-disparait.json",
        FT,
        lambda: offers(offer(1), offer(2)),
        before=4,
        full=True,
        refused="plus de 30 %",
    ),
    ImportFile(
        "source-vide.json", FT, lambda: offers(), before=4, full=True, refused="plus de 30 %"
    ),
    # Tables of members.
    ImportFile("vide.csv", CSV, lambda: b"", aside=(("vide.csv", "n’est pas un fichier CSV"),)),
    ImportFile("titres-seuls.csv", CSV, lambda: csv_file(job()).split(b"\r\n")[0] + b"\r\n"),
    ImportFile(
        "image.csv",
        CSV,
        lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 20,
        aside=(("image.csv", "pas un fichier de texte"),),
    ),
    ImportFile(
        "latin-1.csv",
        CSV,
        lambda: csv_file(job(titre="Aide-soignante à Écully"), encoding="cp1252"),
        created=1,
    ),
    ImportFile("utf-16.csv", CSV, lambda: csv_file(job(), encoding="utf-16"), created=1),
    ImportFile("utf-8-marque.csv", CSV, lambda: csv_file(job(), encoding="utf-8-sig"), created=1),
    ImportFile(
        "caractere-nul.csv",
        CSV,
        lambda: csv_file(job(titre="Aide-soignante\x00 de nuit")),
        created=1,
    ),
    ImportFile(
        "coupe.csv",
        CSV,
        lambda: csv_file(job(1), job(2))[:-4],
        created=1,
        aside=(("ligne 3", "guillemet jamais fermé"),),
    ),
    ImportFile(
        "references-en-double.csv",
        CSV,
        lambda: csv_file(job(1), job(1, titre="Une autre"), job(2)),
        created=2,
        aside=(("ligne 3", "identifiant en double"),),
    ),
    ImportFile(
        "dates-impossibles.csv",
        CSV,
        lambda: csv_file(
            job(1, date_limite="00/00/0000"),
            job(2, date_limite="31/02/2027"),
            job(3, date_limite=""),
        ),
        created=1,
        aside=(("ligne 2", "date_limite"), ("ligne 3", "date_limite")),
    ),
    ImportFile(
        "communes-inconnues.csv",
        CSV,
        lambda: csv_file(job(1, commune="99999"), job(2, commune="Nulle-Part (00000)"), job(3)),
        created=1,
        aside=(("ligne 2", "commune"), ("ligne 3", "commune")),
    ),
    ImportFile(
        "paies-impossibles.csv",
        CSV,
        lambda: csv_file(job(1, salaire_min="-2077"), job(2, salaire_min="NaN"), job(3)),
        created=1,
        aside=(("ligne 2", "salaire_min"), ("ligne 3", "salaire_min")),
    ),
    ImportFile(
        "cases-en-trop.csv",
        CSV,
        lambda: csv_file(job(1)) + b"a;b;c;d;e;f;g;h;i;j;k\r\n",
        created=1,
        aside=(("ligne 3", "11 cases pour 9 colonnes"),),
    ),
    ImportFile(
        "cent-mille-lignes.csv",
        CSV,
        lambda: b"reference;titre;type\r\n" + b"RH;;emploi\r\n" * 100_000,
        aside=(("ligne 2", ""),),
        aside_total=100_000,
    ),
    # Catalogues of schools.
    ImportFile(
        "milliard-de-rires.xml",
        LHEO,
        lambda: b"<?xml version='1.0'?><!DOCTYPE lheo [" + LAUGHS + b"]><lheo>&t;</lheo>",
        aside=NO_DOCTYPE,
    ),
    ImportFile(
        "croissance-au-carre.xml",
        LHEO,
        lambda: b"<!DOCTYPE lheo [<!ENTITY a '" + b"x" * 50_000 + b"'>]><lheo>" + b"&a;" * 50_000,
        aside=NO_DOCTYPE,
    ),
    ImportFile(
        "fichier-de-la-machine.xml",
        LHEO,
        lambda: b"<!DOCTYPE lheo [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><lheo>&x;</lheo>",
        aside=NO_DOCTYPE,
    ),
    ImportFile(
        "adresse-interne.xml",
        LHEO,
        lambda: b"<!DOCTYPE lheo [<!ENTITY % x SYSTEM 'http://169.254.169.254/'> %x;]><lheo/>",
        aside=NO_DOCTYPE,
    ),
    ImportFile(
        "utf-7.xml",
        LHEO,
        lambda: b"<?xml version='1.0' encoding='UTF-7'?>+ADw-lheo+AD4-",
        aside=(("ligne 1", "encodage déclaré inconnu"),),
    ),
    ImportFile(
        "coupe.xml",
        LHEO,
        lambda: files.lheo(training(1), training(2))[:-300],
        created=1,
        aside=(("ligne", "coupé avant sa fin"),),
    ),
    ImportFile(
        "dates-impossibles.xml",
        LHEO,
        lambda: files.lheo(
            training(1, action=files.action("A1", sessions=files.session("00000000", "99999999"))),
            training(2),
        ),
        created=1,
        aside=(("ligne 3, action 1", "date"),),
    ),
    ImportFile(
        "siret-faux.xml",
        LHEO,
        lambda: files.lheo(training(1, siret="1"), training(2)),
        created=1,
        aside=(("ligne 3, action 1", "14 attendus"),),
    ),
    ImportFile(
        "elements-sans-fin.xml",
        LHEO,
        lambda: b"<lheo>" + b"<a>" * 10_000,
        aside=(("ligne 1", "imbriqués trop profonds"),),
    ),
)
