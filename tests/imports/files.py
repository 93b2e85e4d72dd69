"""Files in the formats that members send, invented for the tests."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

NAMESPACE = "http://lheo.gouv.fr/2.3"
ADDRESS = (
    "<adresse><ligne>3 avenue des Ecoles</ligne><codepostal>{postal}</codepostal>"
    "<ville>{town}</ville>{insee}</adresse>"
)
SIRET = "55204944776279"


def address(town: str = "BRON", postal: str = "69500", insee: str = "69029") -> str:
    """Return an address; give an empty `insee` to leave the code out."""
    code = f"<code-INSEE-commune>{insee}</code-INSEE-commune>" if insee else ""
    return ADDRESS.format(town=escape(town), postal=postal, insee=code)


def session(start: str = "20270104", end: str = "20271203", more: str = "") -> str:
    """Return a session; `more`: what comes after the address of registration."""
    return (
        f"<session numero='S1'><periode><debut>{start}</debut><fin>{end}</fin></periode>"
        f"<adresse-inscription>{address()}</adresse-inscription>{more}</session>"
    )


def action(number: str = "A1", *, sessions: str | None = None, place: str = "", **told: str) -> str:
    """Return an action; `told`: other elements, « - » written « _ »."""
    first = {
        "rythme-formation": "Temps plein",
        "code-public-vise": "80056",
        "niveau-entree-obligatoire": "0",
        "modalites-alternance": "-",
        "modalites-enseignement": "0",
        "conditions-specifiques": "Avoir 17 ans.",
        "prise-en-charge-frais-possible": "1",
    }
    given = {name.replace("_", "-"): text for name, text in told.items()}
    permanent = given.pop("modalites-entrees-sorties", "0")
    required = {name: given.pop(name, text) for name, text in first.items()}
    coordinates = f"<coordonnees>{place or address()}</coordonnees>"
    return (
        f"<action numero='{number}'>"
        + "".join(f"<{name}>{text}</{name}>" for name, text in required.items())
        + f"<lieu-de-formation>{coordinates}</lieu-de-formation>"
        + f"<modalites-entrees-sorties>{permanent}</modalites-entrees-sorties>"
        + (session() if sessions is None else sessions)
        + "".join(f"<{name}>{text}</{name}>" for name, text in given.items())
        + "</action>"
    )


def formation(
    *actions: str,
    number: str = "F1",
    title: str = "Diplôme d'État d'aide-soignant",
    rome: str = "J1501",
    rncp: str = "40692",
    siret: str = SIRET,
    content: str = "Dix modules et onze semaines de stage.",
) -> str:
    """Return a training of care, with one action by default."""
    contact = (
        "<coordonnees><civilite>Mme</civilite><nom>Ravier</nom>"
        "<telfixe><numtel>04 65 71 00 00</numtel></telfixe>"
        "<courriel>accueil@exemple.fr</courriel></coordonnees>"
    )
    certification = f"<certification><code-RNCP>{rncp}</code-RNCP></certification>" if rncp else ""
    return (
        f"<formation numero='{number}'>"
        f"<domaine-formation><code-FORMACODE>43436</code-FORMACODE><code-ROME>{rome}</code-ROME>"
        f"</domaine-formation><intitule-formation>{escape(title)}</intitule-formation>"
        "<objectif-formation>Obtenir le diplôme.</objectif-formation>"
        f"<resultats-attendus>-</resultats-attendus><contenu-formation>{content}"
        "</contenu-formation><certifiante>1</certifiante>"
        f"<contact-formation>{contact}</contact-formation>"
        "<parcours-de-formation>1</parcours-de-formation>"
        f"<code-niveau-entree>0</code-niveau-entree>{certification}"
        "<url-formation><urlweb>exemple.fr/aide-soignant</urlweb></url-formation>"
        + "".join(actions or (action(),))
        + "<organisme-formation-responsable><numero-activite>82690000000</numero-activite>"
        f"<SIRET-organisme-formation><SIRET>{siret}</SIRET></SIRET-organisme-formation>"
        "<nom-organisme>École fictive</nom-organisme><raison-sociale>École fictive</raison-sociale>"
        f"<coordonnees-organisme><coordonnees>{address()}</coordonnees></coordonnees-organisme>"
        f"<contact-organisme>{contact}</contact-organisme></organisme-formation-responsable>"
        "</formation>\n"
    )


def lheo(*formations: str) -> bytes:
    """Return a LHEO file, of one training by default."""
    return b"".join(lheo_pieces(formations or (formation(),)))


def lheo_pieces(formations: tuple[str, ...] | Iterator[str]) -> Iterator[bytes]:
    """Yield a LHEO file piece by piece, whatever its size."""
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<lheo xmlns="{NAMESPACE}"><offres>\n'.encode()
    for one in formations:
        yield one.encode()
    yield b"</offres></lheo>\n"


def catalogue(count: int) -> Iterator[bytes]:
    """Yield a LHEO file of `count` actions, one a training."""
    made = (
        formation(action(f"A{n}"), number=f"F{n}", content="Programme détaillé. " * 100)
        for n in range(count)
    )
    return lheo_pieces(made)


JOB = {
    "reference": "RH-1",
    "type": "emploi",
    "titre": "Aide-soignante de nuit",
    "description": "Vous accompagnez 24 personnes.",
    "metier": "Aide-soignant",
    "commune": "Bron (69500)",
    "contrat": "CDI",
    "salaire_min": "2 077",
    "heures_semaine": "35",
}


def csv_file(
    *lines: dict[str, str], separator: str = ";", encoding: str = "utf-8", end: str = "\r\n"
) -> bytes:
    """Return a CSV file whose columns are those of the first line."""
    names = list(lines[0])

    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    rows = [names, *([line.get(name, "") for name in names] for line in lines)]
    return (end.join(separator.join(map(quoted, row)) for row in rows) + end).encode(encoding)
