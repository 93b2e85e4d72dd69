"""What LHEO 2.3 asks of a training: which elements, how many, how long, which codes.

LHEO (« Langage Harmonisé d'Échange d'informations sur l'Offre de formation ») is the format in
which training bodies and regional observatories exchange: http://lheo.gouv.fr. `extras` may stand
anywhere and are not read. The order of elements, which says nothing, is not asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

_SEQUENCES = """
formation = domaine-formation! intitule-formation! objectif-formation! resultats-attendus!
    contenu-formation! certifiante! contact-formation+ parcours-de-formation!
    code-niveau-entree! objectif-general-formation? certification:0-5 code-type-formation:0-5
    code-niveau-sortie? url-formation? action+ organisme-formation-responsable!
    identifiant-module? positionnement? sous-modules? modules-prerequis?
domaine-formation = code-FORMACODE:0-5 code-NSF:0-3 code-ROME:0-5
contact-formation = type-contact? coordonnees!
coordonnees = civilite? nom? prenom? ligne:0-3 adresse? telfixe? portable? fax? courriel? web?
adresse = denomination? ligne:1-4 codepostal! ville! departement? code-INSEE-commune?
    code-INSEE-canton? region? pays? geolocalisation?
geolocalisation = latitude! longitude!
telfixe = numtel:1-3
portable = numtel:1-3
fax = numtel:1-3
web = urlweb:1-3
certification = code-RNCP? code-CERTIFINFO? code-RS? code-CPF? reference-code-FORMACODE?
code-type-formation = code-CPF? code-ELU?
url-formation = urlweb:1-3
action = rythme-formation! code-public-vise:1-10 info-public-vise? niveau-entree-obligatoire!
    modalites-alternance! modalites-enseignement! conditions-specifiques!
    prise-en-charge-frais-possible! lieu-de-formation* modalites-entrees-sorties! url-action?
    duree-cycle? session+ adresse-information? date-information:0-3 restauration? hebergement?
    transport? acces-handicapes? langue-formation:0-5 modalites-recrutement?
    modalites-pedagogiques? code-modalite-pedagogique:0-5 equipement* frais-restants?
    code-perimetre-recrutement? infos-perimetre-recrutement? prix-horaire-TTC? prix-total-TTC?
    duree-indicative? nombre-heures-centre? nombre-heures-entreprise? nombre-heures-total?
    detail-conditions-prise-en-charge? conventionnement? duree-conventionnee?
    organisme-formateur* organisme-financeur:0-8 enseignement*
lieu-de-formation = SIRET-lieu-formation? code-UAI-lieu-formation? coordonnees!
SIRET-lieu-formation = SIRET!
code-UAI-lieu-formation = code-UAI!
url-action = urlweb:1-3
session = periode! adresse-inscription! modalites-inscription? periode-inscription?
    etat-recrutement? recrutement* url-session? contact-session* reference-certification:0-5
    blocs-competences* cycle*
periode = debut! fin!
adresse-inscription = adresse!
periode-inscription = periode!
recrutement = modalite-recrutement! code-perimetre-recrutement? infos-perimetre-recrutement?
    a-distance? adresse? urlweb? nb-places? periode? heure-debut? heure-fin? commentaire?
url-session = urlweb:1-3
contact-session = type-contact? coordonnees!
reference-certification = reference-code-RNCP? reference-code-CERTIFINFO? reference-code-RS?
blocs-competences = validation-blocs! reference-certification! bloc-competences+
bloc-competences = libelle-bloc! code-bloc!
cycle = type-cycle! annee-cycle* effectif-minimal? capacite-simultanee? capacite-cumulee?
    alternance?
alternance = type-alternance! rythme-alternance?
rythme-alternance = unite-rythme-alternance! unites-entreprise! unites-centre!
adresse-information = adresse!
date-information = date!
equipement = type-equipement! cout-indicatif-equipement? commentaire?
organisme-formateur = SIRET-formateur! raison-sociale-formateur! contact-formateur* potentiel?
    code-UAI-formateur? reference-certification:0-5
SIRET-formateur = SIRET!
contact-formateur = type-contact? coordonnees!
potentiel = code-FORMACODE:1-25
code-UAI-formateur = code-UAI!
organisme-financeur = code-financeur! nb-places-financees?
enseignement = libelle-enseignement! type-enseignement! obligatoire! commentaire?
organisme-formation-responsable = numero-activite! SIRET-organisme-formation! nom-organisme!
    raison-sociale! coordonnees-organisme! contact-organisme+ renseignements-specifiques?
    potentiel? code-UAI-organisme-formation?
SIRET-organisme-formation = SIRET!
coordonnees-organisme = coordonnees!
contact-organisme = type-contact? coordonnees!
code-UAI-organisme-formation = code-UAI!
sous-modules = sous-module+
sous-module = reference-module! type-module!
modules-prerequis = reference-module+
"""
# Lengths of texts, in characters.
_TEXTS = """
5-5 = code-FORMACODE code-ROME codepostal code-INSEE-commune reference-code-FORMACODE
    code-public-vise code-modalite-pedagogique
3-3 = code-NSF
1-255 = intitule-formation denomination modalites-inscription libelle-enseignement
1-3000 = objectif-formation resultats-attendus contenu-formation rythme-formation
    modalites-alternance conditions-specifiques identifiant-module reference-module
1-50 = civilite nom prenom ligne ville
2-3 = departement
4-5 = code-INSEE-canton
2-2 = region pays langue-formation
0-30 = latitude longitude
1-25 = numtel
3-160 = courriel
3-400 = urlweb
1-10 = code-RNCP code-CERTIFINFO reference-code-RNCP reference-code-CERTIFINFO reference-code-RS
    prix-total-TTC
3-10 = code-RS
4-10 = code-CPF code-ELU
1-250 = info-public-vise restauration hebergement transport acces-handicapes nom-organisme
    raison-sociale
14-14 = SIRET
8-8 = code-UAI
0-50 = infos-perimetre-recrutement
2-5 = heure-debut heure-fin
1-500 = commentaire libelle-bloc
8-40 = code-bloc
0-3000 = modalites-recrutement renseignements-specifiques
0-200 = modalites-pedagogiques frais-restants
1-6 = prix-horaire-TTC
0-150 = duree-indicative
1-600 = detail-conditions-prise-en-charge
0-250 = raison-sociale-formateur
11-11 = numero-activite
"""
_CODES = """
0 1 = certifiante niveau-entree-obligatoire prise-en-charge-frais-possible
    modalites-entrees-sorties a-distance type-cycle conventionnement obligatoire
0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 = type-contact
1 2 3 4 = parcours-de-formation
0 1 2 3 4 5 6 7 8 11 12 13 14 15 16 17 18 = code-niveau-entree code-niveau-sortie
1 2 3 4 5 6 7 8 9 = objectif-general-formation
0 1 2 = modalites-enseignement validation-blocs type-alternance type-module
1 2 3 = etat-recrutement
0 1 2 3 4 5 6 7 8 9 = modalite-recrutement
0 1 2 3 4 5 6 = code-perimetre-recrutement
0 1 2 3 4 = unite-rythme-alternance
0 1 2 3 4 5 6 7 8 9 10 11 = type-equipement
0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 = code-financeur
1 2 3 4 5 6 7 8 9 10 = type-enseignement
1 2 = positionnement
"""
_NUMBERS = frozenset(
    [
        "annee-cycle",
        "capacite-cumulee",
        "capacite-simultanee",
        "cout-indicatif-equipement",
        "duree-conventionnee",
        "duree-cycle",
        "effectif-minimal",
        "nb-places",
        "nb-places-financees",
        "nombre-heures-centre",
        "nombre-heures-entreprise",
        "nombre-heures-total",
        "unites-centre",
        "unites-entreprise",
    ]
)
_DATES = frozenset({"date", "debut", "fin"})
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_DATE = re.compile(r"[0-9]{4}[019][0-9][01239][0-9]")
_ENDLESS = float("inf")
_COUNTS = {"!": (1, 1.0), "?": (0, 1.0), "+": (1, _ENDLESS), "*": (0, _ENDLESS)}
_ITEM = re.compile(r"([A-Za-z-]+)(?:([!?+*])|:(\d+)-(\d+))")


@dataclass(slots=True)
class Node:
    """An element: its name without its namespace, its line, its number, what it holds."""

    name: str
    line: int
    number: str = ""
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def find(self, *path: str) -> Node | None:
        """Return the first element at `path`, or None."""
        node = self
        for name in path:
            for child in node.children:
                if child.name == name:
                    node = child
                    break
            else:
                return None
        return node

    def all(self, name: str) -> list[Node]:
        """Return the children of that name."""
        return [child for child in self.children if child.name == name]

    def say(self, *path: str) -> str:
        """Return the text at `path` without the spaces around it; empty when it is absent."""
        node = self.find(*path)
        return node.text.strip() if node else ""


class Problem(NamedTuple):
    """What is wrong, and on which line of the file."""

    line: int
    what: str


def _lines(table: str) -> Iterator[tuple[str, str]]:
    for line in table.replace("\n    ", " ").strip().splitlines():
        left, _equals, right = line.partition(" = ")
        yield left, right


def _children(text: str) -> dict[str, tuple[int, float]]:
    return {
        name: _COUNTS[mark] if mark else (int(low), float(high))
        for name, mark, low, high in _ITEM.findall(text)
    }


_CHILDREN = {name: _children(text) for name, text in _lines(_SEQUENCES)}
_LENGTHS = {
    name: tuple(map(int, lengths.split("-")))
    for lengths, names in _lines(_TEXTS)
    for name in names.split()
}
_ALLOWED = {name: tuple(codes.split()) for codes, names in _lines(_CODES) for name in names.split()}


def problems(node: Node, *, apart: str = "") -> list[Problem]:
    """Return what an element and what it holds break; children named `apart` are not entered."""
    found: list[Problem] = []
    _check(node, apart, found)
    return found


def _check(node: Node, apart: str, found: list[Problem]) -> None:
    asked = _CHILDREN.get(node.name)
    if asked is not None:
        found.extend(_miscounted(node, asked))
    elif why := _misread(node):
        found.append(Problem(node.line, why))
    for child in node.children:
        if child.name != apart:
            _check(child, apart, found)


def _miscounted(node: Node, asked: dict[str, tuple[int, float]]) -> Iterator[Problem]:
    given: dict[str, int] = {}
    for child in node.children:
        given[child.name] = given.get(child.name, 0) + 1
    for name, (low, high) in asked.items():
        count = given.pop(name, 0)
        if count < low:
            yield Problem(node.line, f"<{name}> absent de <{node.name}>")
        elif count > high:
            what = f"<{name}> {count} fois dans <{node.name}>, {high:.0f} au plus"
            yield Problem(node.line, what)
    for name in given:
        line = next(child.line for child in node.children if child.name == name)
        yield Problem(line, f"<{name[:40]}> n’a pas sa place dans <{node.name}>")


def _misread(node: Node) -> str:
    name, text = node.name, node.text
    if name in _ALLOWED and text.strip() not in _ALLOWED[name]:
        return f"<{name}> : code « {text.strip()[:20]} » inconnu"
    if name in _NUMBERS and not _WHOLE.fullmatch(text.strip()):
        return f"<{name}> : nombre entier attendu"
    if name in _DATES and not _DATE.fullmatch(text.strip()):
        return f"<{name}> : date attendue sous la forme AAAAMMJJ"
    if name in _LENGTHS:
        return _wrong_length(name, len(text))
    return ""


def _wrong_length(name: str, length: int) -> str:
    low, high = _LENGTHS[name]
    if low <= length <= high:
        return ""
    if not length:
        return f"<{name}> vide"
    asked = f"{high}" if low == high else f"de {low} à {high}"
    return f"<{name}> : {length} caractères, {asked} attendus"
