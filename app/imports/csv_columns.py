"""The columns of a CSV file: what each is called, what it holds, and the model that shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.core.i18n import _, lazy
from app.core.sheets import write_csv
from app.imports.texts import fold

JOB, TRAINING, INTERNSHIP = "emploi", "formation", "stage"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in the model, what it holds, its other names, an example a kind."""

    name: str
    help: str
    others: tuple[str, ...] = ()
    examples: tuple[str, str, str] = ("", "", "")
    needed: bool = False


def _same(text: str) -> tuple[str, str, str]:
    return text, text, text


COLUMNS = (
    Column(
        "reference",
        lazy("Votre numéro pour cette annonce. Il ne change pas d’un fichier à l’autre."),
        (
            "ref",
            "id",
            "identifiant",
            "numero",
            "code offre",
            "reference offre",
            "reference annonce",
        ),
        ("RH-2027-014", "FORM-AS-2027", "STAGE-07"),
        needed=True,
    ),
    Column(
        "type",
        lazy("emploi, formation ou stage. Vide\u00a0: emploi."),
        ("type annonce", "nature", "categorie", "type offre"),
        (JOB, TRAINING, INTERNSHIP),
    ),
    Column(
        "titre",
        lazy("Le titre de l’annonce, 160\u00a0caractères au plus."),
        ("intitule", "intitule du poste", "poste", "libelle", "title", "nom", "intitule formation"),
        ("Aide-soignante ou aide-soignant de nuit", "Formation d’aide-soignant", "Stage infirmier"),
        needed=True,
    ),
    Column(
        "description",
        lazy(
            "Le travail ou le programme, en quelques phrases. Les retours à la ligne sont gardés."
        ),
        ("descriptif", "texte", "missions", "contenu", "programme", "description du poste"),
        (
            "Vous accompagnez 24 personnes la nuit, en binôme.",
            "Onze mois, dont la moitié en stage.",
            "Dix semaines en service de médecine.",
        ),
        needed=True,
    ),
    Column(
        "metier",
        lazy("Le métier, en toutes lettres. Obligatoire pour un emploi."),
        ("profession", "fonction", "emploi type"),
        ("Aide-soignant", "Aide-soignant", "Infirmier"),
    ),
    Column(
        "commune",
        lazy("Nom et code postal, ou code INSEE."),
        ("ville", "lieu", "localite", "code postal", "code insee", "lieu de travail", "cp"),
        ("Bron (69500)", "Lyon 8e (69008)", "Vénissieux (69200)"),
        needed=True,
    ),
    Column(
        "adresse",
        lazy("Le numéro et la rue."),
        ("rue", "adresse postale"),
        ("12 rue des Tilleuls", "3 avenue des Écoles", "1 place du Marché"),
    ),
    Column(
        "lieu_exercice",
        lazy("EHPAD, hôpital public, crèche…"),
        ("etablissement", "type etablissement", "structure type"),
        ("EHPAD", "", "Hôpital public"),
    ),
    Column(
        "publics",
        lazy("Les personnes accompagnées, séparées par des virgules."),
        ("public", "public accompagne"),
        ("Personnes âgées", "", "Patient·es"),
    ),
    Column(
        "contact",
        lazy("Qui répond\u00a0: nom et fonction."),
        ("responsable", "interlocuteur", "nom contact", "personne a contacter"),
        ("Mme Ravier, cadre de santé", "Secrétariat", "M. Ferrand"),
    ),
    Column(
        "date_limite",
        lazy("Le dernier jour pour répondre\u00a0: 31/12/2027."),
        ("limite", "date de cloture", "deadline", "date fin publication", "cloture"),
        _same("31/12/2027"),
    ),
    Column(
        "employeur",
        lazy("Le nom affiché. Ignoré pour un fichier envoyé ici\u00a0: c’est votre structure."),
        ("entreprise", "organisme", "etablissement employeur", "ecole", "raison sociale"),
        ("Résidence fictive", "École fictive", "Hôpital fictif"),
    ),
    Column(
        "adresse_web",
        lazy("La page de l’annonce sur votre site. Pour un fichier de partenaire seulement."),
        ("url", "lien", "site", "page web"),
        _same("https://exemple.fr/annonce"),
    ),
    Column(
        "contrat",
        lazy("Emploi\u00a0: CDI, CDD, intérim, apprentissage…"),
        ("type de contrat", "type contrat", "nature contrat"),
        ("CDI", "", ""),
    ),
    Column(
        "duree_contrat_mois",
        lazy("Emploi\u00a0: la durée d’un contrat court, en mois."),
        ("duree contrat", "duree du contrat", "mois"),
    ),
    Column(
        "salaire_min",
        lazy("Emploi\u00a0: le brut minimum, en euros. Exemple\u00a0: 2\u00a0077 ou 12,31."),
        ("salaire", "remuneration", "salaire brut", "salaire minimum"),
        ("2 077", "", ""),
    ),
    Column(
        "salaire_max",
        lazy("Emploi\u00a0: le brut maximum, en euros."),
        ("salaire maximum", "remuneration max"),
        ("2 290", "", ""),
    ),
    Column(
        "salaire_periode",
        lazy("Emploi\u00a0: heure, mois ou an. Vide\u00a0: mois."),
        ("periode salaire", "unite salaire", "periodicite"),
        ("mois", "", ""),
    ),
    Column(
        "heures_semaine",
        lazy("Emploi\u00a0: les heures par semaine, par exemple 35 ou 24-30."),
        ("heures", "temps de travail", "duree hebdomadaire", "volume horaire"),
        ("35", "", ""),
    ),
    Column(
        "horaires",
        lazy("Le rythme, séparé par des virgules\u00a0: de nuit, week-ends inclus, temps plein…"),
        ("rythme", "planning"),
        ("De nuit, Temps plein", "Temps plein", ""),
    ),
    Column(
        "convention",
        lazy("Emploi\u00a0: la grille ou la convention collective."),
        ("convention collective", "grille"),
        ("Convention 51", "", ""),
    ),
    Column(
        "postes",
        lazy("Le nombre de postes ou de stagiaires. Vide\u00a0: 1."),
        ("nombre de postes", "nb postes", "nombre"),
        ("2", "", "3"),
    ),
    Column(
        "diplome_exige",
        lazy("oui, non, ou vide si cela dépend."),
        ("diplome requis", "diplome obligatoire"),
        ("oui", "non", "non"),
    ),
    Column(
        "diplome",
        lazy("Le diplôme exigé (emploi) ou préparé\u00a0: DEAS, DEI… ou son numéro RNCP."),
        ("certification", "rncp", "diplome prepare"),
        ("DEAS", "DEAS", ""),
    ),
    Column(
        "permis",
        lazy("oui si le permis de conduire est demandé."),
        ("permis b", "permis de conduire"),
        ("non", "", ""),
    ),
    Column(
        "debut",
        lazy("Le premier jour\u00a0: 04/01/2027."),
        ("date de debut", "date debut", "prise de poste", "date de prise de poste"),
        ("04/01/2027", "", "01/03/2027"),
    ),
    Column(
        "fin",
        lazy("Stage\u00a0: le dernier jour."),
        ("date de fin", "date fin"),
        ("", "", "07/05/2027"),
    ),
    Column(
        "sessions",
        lazy("Formation\u00a0: les dates de rentrée, séparées par des virgules."),
        ("dates", "rentrees", "date de rentree", "dates des sessions"),
        ("", "04/01/2027, 06/09/2027", ""),
    ),
    Column(
        "places",
        lazy("Formation\u00a0: le nombre de places par rentrée."),
        ("nombre de places", "capacite", "effectif"),
        ("", "24", ""),
    ),
    Column(
        "duree",
        lazy("La durée en toutes lettres."),
        ("duree formation", "duree du stage"),
        ("", "11 mois", "10 semaines"),
    ),
    Column(
        "duree_heures",
        lazy("Formation\u00a0: le nombre d’heures en tout."),
        ("nombre d heures", "volume heures", "heures de formation"),
        ("", "1 540", ""),
    ),
    Column(
        "modalite",
        lazy("Formation\u00a0: sur place, à distance ou mixte."),
        ("mode", "modalite enseignement", "presentiel distanciel"),
        ("", "sur place", ""),
    ),
    Column(
        "cout",
        lazy("Formation\u00a0: ce que paie la personne, en euros. 0\u00a0: gratuit."),
        ("prix", "tarif", "cout pedagogique", "reste a charge"),
        ("", "0", ""),
    ),
    Column(
        "financements",
        lazy("Formation\u00a0: qui peut payer, séparé par des virgules."),
        ("financement", "financeurs"),
        ("", "Région, CPF", ""),
    ),
    Column(
        "conditions_entree",
        lazy("Formation\u00a0: comment on entre."),
        ("prerequis", "conditions d entree", "conditions d acces"),
        ("", "Avoir 17 ans. Dossier et entretien.", ""),
    ),
    Column(
        "conditions",
        lazy("Ce qui est difficile, ce que vous proposez."),
        ("avantages", "bon a savoir", "remarques"),
        ("Un week-end sur deux. Repas fournis.", "", ""),
    ),
)
BY_NAME: Mapping[str, Column] = {column.name: column for column in COLUMNS}
NEEDED = tuple(column.name for column in COLUMNS if column.needed)


def _key(header: str) -> str:
    return fold(header.replace("_", " ").replace("’", "'"))


_KNOWN = {_key(other): column.name for column in COLUMNS for other in column.others} | {
    _key(column.name): column.name for column in COLUMNS
}


def guess_columns(headers: Sequence[str], remembered: Mapping[str, str]) -> dict[str, str]:
    """Return header -> name of the column it holds, empty when it is unknown.

    `remembered`: what was said of the headers of former files. No column is given twice.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for header in headers:
        name = remembered.get(header)
        if name is None or (name and name not in BY_NAME):
            name = _KNOWN.get(_key(header), "")
        if name in taken:
            name = ""
        found[header] = name
        taken.add(name)
    return found


def missing_columns(columns: Mapping[str, str]) -> list[str]:
    """Return the columns that a file cannot do without, and that none of its headers is."""
    given = set(columns.values())
    return [name for name in NEEDED if name not in given]


def known_count(headers: Iterable[str]) -> int:
    """Return how many headers bear a name that we know."""
    return sum(_key(header) in _KNOWN for header in headers)


def model() -> bytes:
    """Return the model: the names of the columns and an example line a kind."""
    lines = [[column.name for column in COLUMNS]]
    lines += [[column.examples[number] for column in COLUMNS] for number in range(3)]
    return write_csv(lines)


def set_aside(rows: Iterable[tuple[str, str, str]]) -> bytes:
    """Return the file of what was set aside: place in the file, reference, reason."""
    return write_csv([(_("Ligne"), _("Référence"), _("Raison")), *rows])
