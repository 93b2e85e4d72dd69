"""Families of what may not be chosen, asked nor taken: a lexicon, and the marks of a choice.

Where rules.py knows wordings, a family crosses what a text speaks of with how it speaks of it.
Entries are plain French (see marks.py); the law is that of rules.py.
"""

# A lexicon is read as a list: its lines stay whole.
# ruff: noqa: E501

from __future__ import annotations

import re
from dataclasses import dataclass

from app.listings.coach.marks import (
    ABSENT,
    ASKED,
    BOTH,
    EXCLUDED,
    LATER,
    MISSING,
    MISSING_THERE,
    NOT_ASKED,
    ONLY,
    OPEN,
    REFUSED,
    TASK,
    WANTED,
    Mark,
    ending,
    words,
)
from app.listings.enums import Kind

_CARE = r"agee?s?|handicap\w*|en situation|malade|isole\w*|victimes?|accueilli\w*|hebergee?s?|accompagn\w*|suivi\w*|de menage|de chambre|de service|atteint\w*|vulnerab\w*|sans (?:abri|domicile)|seule?s?|dependant\w*|de \d\d"


@dataclass(frozen=True, slots=True)
class Family:
    """What may not be chosen: `said`, with one of the `marks` in its sentence (none: always).

    `unless`: words of the sentence that make it lawful. `toward`: words just before that turn it
    to the people cared for. `cared_for`: lawful when the sentence speaks of them.
    """

    code: str
    said: re.Pattern[str]
    marks: tuple[Mark, ...] = ()
    unless: re.Pattern[str] | None = None
    toward: re.Pattern[str] | None = None
    cared_for: bool = True
    only: frozenset[str] = frozenset(Kind)


_TOWARD = ending(
    "pour | aupres d | aupres des | chez | avec | foyer | accueil* d | centre | domicile d | aide a | aide aux | public | accompagner",
    1,
)


def family(
    code: str,
    said: str,
    *marks: Mark,
    unless: str = "",
    toward: re.Pattern[str] | None = _TOWARD,
    cared_for: bool = True,
    only: frozenset[str] = frozenset(Kind),
) -> Family:
    return Family(
        code, words(said), marks, words(unless) if unless else None, toward, cared_for, only
    )


def asked(code: str, said: str, *, unless: str = "") -> tuple[Family, Family]:
    """Return what may not be asked, and the reply that is refused without it."""
    shield = f"{NOT_ASKED} | {LATER} | {TASK}" + (f" | {unless}" if unless else "")
    return (
        family(
            code,
            said,
            ASKED,
            unless=shield,
            toward=ending("sans | ni | pas d | pas de | aucune? | jamais d | jamais de", 1),
        ),
        family(code, said, MISSING, MISSING_THERE, toward=None, cared_for=False),
    )


def question(code: str, said: str) -> Family:
    """Return what may not be asked, whatever stands around."""
    return family(code, said, toward=None, cared_for=False)


_PERSON = "(?:personne|candidat|profil|auxiliaire|intervenant|nounou|nourrice|dame|femme|homme|fille|garcon|aide|avs|employe|collegue|salarie|baby-sitter|assistant|remplacant|equipier|veilleu|infirmier|educat|animat|soignant|postulant|quelqu)*"
_PEOPLES = (
    "(?:african|africain|antillais|maghreb|algerien|marocain|tunisien|portugais|espagnol|asiatique|philippin|roumain|polonais|ukrainien|malgache|creole|comorien|senegalais|camerounais|congolais"
    "|ivoirien|malien|guineen|haitien|turc|turque|arabe|kabyle|noir|blanc|metis|rom|roms|gitan|etranger|etrangere|immigre|europeen|francais|chinois|vietnamien|indien|italien|russe|albanais|black|beur|caucasien)"
)
_TONGUE = "langue* | parlant | parlez | parler | cuisine* | bilingue* | courant* | lu | ecrit | orale? | notions | cours de | plats? | maitris* | association | diplome* | autorisation* | croix-rouge | etat"
_FAITHS = "(?:catholique|chretien|musulman|juif|juive|protestant|evangelique|temoins? de jehovah|athee|croyant|pratiquant|bouddhiste|baptise|islam|agnostique)*"
_CHEST = "(?:parti|opinion|conviction|engagement|activite|appartenance|adhesion|mandat|affiliation|etiquette|sensibilite|passe|preference)s?(?: \\w+){0,2} (?:politique|syndica|religi|philosophique|associati|militant|un parti|un syndicat|une association)*"

PERSONS: tuple[Family, ...] = (
    # Sex
    family(
        "sex",
        rf"(?:femme|homme|dame|fille|garcon|demoiselle|nana|gars|mec|messieur|monsieur)s?(?! (?:{_CARE}))",
        ONLY,
        ABSENT,
        REFUSED,
        unless=OPEN + BOTH,
    ),
    family(
        "sex",
        rf"(?:une?|des|qu'une?|1) (?:\w+ )?(?:femme|homme|dame|fille|garcon|demoiselle|nana|gars|mec|monsieur)s?(?! (?:{_CARE}))",
        Mark(
            before=(
                ending(
                    "recherch* | cherch* | recrut* | embauch* | engage* | prefer* | voulons | veut | veux | voudr* | souhait* | prenons | privilegi* | besoin d",
                    2,
                ),
            )
        ),
        unless=OPEN + BOTH,
    ),
    family(
        "sex",
        "(?:candidature|profil|figure|presence|main|voix|touche|force|renfort|candidat|collegue|intervenant|personnel|recrue|equipe|referent|soins?|auxiliaire|aide-soignante?|avs|veilleur)s?(?: \\w+)? (?:masculin|feminin|femme|homme)e?s?",
        WANTED,
        EXCLUDED,
        unless=OPEN + BOTH + " | aussi | mixte* | variete",
    ),
    family(
        "sex",
        f"(?:candidat|candidate|intervenant|intervenante|auxiliaire|aide-soignante?|collegue|salariee?|veilleur|educateur|infirmier|animateur|avs|aes|ash|employee?) (?:homme|femme|masculin|de sexe)(?! (?:{_CARE}))",
        unless=OPEN + BOTH,
    ),
    # « Infirmière (pas d’infirmier) », « aucune éducatrice ne sera reçue ».
    family(
        "sex",
        r"(?P<job>[a-z]{5})* (?:et |mais |surtout )?(?:pas|jamais|sauf) (?:d|de|des|une?) (?P=job)*"
        r" | (?:aucune?|pas d|pas de|nulle?) \w+(?:trice|iere|euse|ienne|ante) … (?:recu|reten|accept|etudi|embauch|convoqu)\w+",
        cared_for=False,
    ),
    family(
        "sex",
        "[hf] | (?:candidate|intervenante|collegue femme|auxiliaire femme|auxiliaire homme)s?",
        Mark(
            before=(ending("pas d | pas de | sauf | que des", 0),),
            after=(re.compile(r"^ (?:uniquement|exclusivement|seulement|only)\b"),),
        ),
        unless=BOTH.removeprefix(" | "),
    ),
    # Age
    family(
        "age",
        "nee?(?:\\(e\\))?s? (?:apres|avant|entre|en|a partir de|depuis) (?:19[3-9]|200)\\d | annees? de naissance"
        "| (?:vingtaine|trentaine|quarantaine|cinquantaine|soixantaine)(?! (?:d|de) (?!annee))"
        "| (?:moins|plus|au-dela|agee?s?|a partir|au-dessus|en dessous) d(?:e |')(?:l'age de )?(?:vingt|trente|quarante|cinquante|soixante)(?: \\w+)? ans"
        "| (?:au-dela|au-dessus|en dessous|passe) (?:d|de)? ?\\d\\d ans | \\d\\d ans (?:minimum|max*|revolus|ou moins|et moins) | 2\\d [345]\\d(?! ?(?:h|lits|places|heures|salarie|enfant|resident))",
        WANTED,
        EXCLUDED,
        Mark(
            before=(
                words(
                    "vous avez | vous etes | vous approchez | pas plus | maxi* | entre | au plus | inferieur* | seulement | ne prenons que | poste | age*"
                ),
            ),
            after=(words("max* | au plus | minimum | passee | grand maximum"),),
        ),
        unless=OPEN
        + " | experience | anciennete | existence | alternance | apprenti* | service civique | professionnalisation | majeurs? | cotis* | fond* | cree* | \\d\\d ?h",
    ),
    family(
        "age",
        "(?:quelqu'un|personne|candidat|profil|collegue|salarie|intervenant|auxiliaire|equipier|recrue)\\w+(?: (?:de|d|plutot|assez|encore|plus|tres|relativement)){0,2} jeunes?(?! (?:en|diplom|handicap|enfant|public|adult|majeur))",
        WANTED,
        ONLY,
        unless=OPEN + " | enfants? … jeunes | aupres",
    ),
    family(
        "age",
        "seniors? | retraitee?s? | pre-?retraitee?s? | personnes? agee?s? | plus ages | vieux | vieilles? | trop (?:age|vieux|vieille|jeune|agee)s? | quinquas? | quinquagenaires? | sexagenaires?"
        "| proches? de la retraite | fin de carriere | a quelques annees de la retraite | age avance | jeunes? diplomes? de plus de",
        Mark(
            before=(
                *REFUSED.before,
                ending("pas d | pas de | pas | aucune? | ni | sauf | hors | evitez | sans", 3),
            ),
            after=REFUSED.after,
        ),
        unless=OPEN + " | laiss* | oubli* | seule?s? | isole*",
    ),
    *asked(
        "age", "date de naissance | annee de naissance | votre age", unless="enfants? | usagers"
    ),
    # Family
    family(
        "family",
        "(?:meres?|peres?|parents?|mamans?|papas?)(?: (?:de|d|isole|isoles|celibataire|celibataires|au foyer|seul|seule|seuls|solo)(?: (?:famille|bebe|bebes|jeunes enfants|grands enfants|nourrissons?|enfants?))?)?"
        "| celibataires? | (?:mariee|mariees|maries) | (?:etre|etes|personne|homme|candidat|profil) marie | divorcee?s? | separee?s? | veufs? | veuves? | en couple | pacsee?s? | charges? (?:de famille|familiales?) | (?:obligation|contrainte|attache)s? familiales? | enfants? (?:en bas age|a charge)",
        Mark(
            before=(
                words(
                    "cherch* | recherch* | recrut* | embauch* | voulons | veux | veut | souhaitons | ideale* | idealement | preferons | preference | privilegi* | uniquement | exclusivement"
                ),
            ),
            after=(
                words(
                    "de preference | souhaite* | recherche* | exige* | bienvenu* | uniquement | exclusivement | imperati* | appreci* | prefere*"
                ),
            ),
        ),
        Mark(
            before=(
                *REFUSED.before,
                ending(
                    "(?<!au.)pas d | (?<!au.)pas de | aucune? | sans | ni | sauf | hors | libre d | libre de toute?s? | non",
                    1,
                ),
            ),
            after=REFUSED.after,
        ),
        unless=OPEN
        + " | relais | dialogue | supplement* | conge* | mutuelle | horaires? compatib* | jours? enfants?",
        toward=ending(
            "pour | pour une?| pour des | pour les | aupres d | aupres des | aupres de | chez | chez des | chez une? | avec | avec les | aux | aide a | aide aux | accueil* | notre | nos | par | relations? avec | ma | sa | mon",
            1,
        ),
    ),
    family(
        "family",
        "enceintes? | tomber enceinte | grossesses? | conges? mat(?:ernite)? | maternite | projets? (?:de |d')?(?:bebe|enfant|grossesse|maternite|mariage|famille)s? | fonder une famille | allaitante?s? | pma | fiv",
        EXCLUDED,
        Mark(
            before=(
                words(
                    "n'envisag* | n'avez | n'ayez | n'etes | ne serez | ne prevoy* | pas prev* | engag* a"
                ),
            ),
            after=(words("mettr* fin | prevue?s? svp | non prevu*"),),
        ),
        unless=OPEN + " | remplac* | suivi | mainti* | maintenu* | niveau | protection",
    ),
    *asked(
        "family",
        "(?:nombre|age) (?:d|de vos) enfants?(?! accueilli) | si vous (?:\\w+ )?(?:etes|avez) (?:\\w+ )?(?:mari|celib|enceinte|en couple|des enfants|un enfant)* | vos enfants"
        "| combien d'enfants | (?:votre|vos) (?:mode|moyen|solution)s? de garde | votre situation (?:familiale|de famille|maritale|matrimoniale|amoureuse) | votre etat civil | test de grossesse",
        unless="supplement* | prime* | mutuelle | selon le",
    ),
    family(
        "family",
        "vos (?:jeunes )?enfants | votre (?:conjoint|mari|epou|compagn|grossesse|couple|vie de famille|vie familiale|vie de couple)* | vie de (?:couple|famille)",
        Mark(
            after=(
                words(
                    "doit | doivent | devra* | incompatib* | ne doi* pas | ne saurai* | passer* apres | impossible*"
                ),
            )
        ),
        unless=OPEN,
        toward=None,
    ),
    # Origin
    family(
        "origin",
        rf"{_PERSON}(?: \w+)?(?: d'origine| de type| de nationalite| venant)? {_PEOPLES}(?:e|s|es|ne|nes|he|hes)?",
        WANTED,
        EXCLUDED,
        unless=OPEN + " | " + _TONGUE,
    ),
    family(
        "origin",
        rf"{_PEOPLES}(?:e|s|es|ne|nes|he|hes)? | gens du voyage | issue?s? (?:de l'immigration|des quartiers) | sans papiers | migrante?s? | accents? (?:\w+ )?(?:etranger|prononce|fort|marque|du sud|africain|des iles)? | (?:ressortissant|citoyen)s? (?:etranger|non europeen)s?",
        REFUSED,
        Mark(before=(ending("pas d | pas de | ni | sauf | que des", 1),)),
        unless=OPEN + " | " + _TONGUE + " | diplome* | linge | journee* | tableau | ecran",
    ),
    family(
        "origin",
        "hors (?:ue|union europeenne|europe|de l'europe|cee|espace schengen|de france) | extra ?(?:europeen|communautaire)s? | non europeens?",
        EXCLUDED,
        Mark(before=(ending("pas d | pas de | aucune? | sauf | ni", 3),)),
        unless=OPEN + " | diplome* | autorisation*",
    ),
    family(
        "origin",
        "(?:peau|teint) (?:claire?|blanche|foncee?|noire|mate?) | couleur de peau | (?:nom|prenom)s? (?:a consonance|de consonance|francais|bien francais|etrangers?) | de souche | type (?:europeen|africain|maghrebin|asiatique|antillais|caucasien)"
        "| nee?s? en (?:france|europe|metropole) | langue maternelle | locut(?:eur|rice) nati(?:f|ve) | nati(?:f|ve)s? francais* | (?:d'origine|nationalite) (?:francaise|europeenne|africaine|maghrebine|etrangere|portugaise|antillaise|asiatique)",
        WANTED,
        EXCLUDED,
        unless=OPEN + " | fonctionnaire* | titularisation | concours | fonction publique",
    ),
    family(
        "origin",
        "(?:quartier|banlieue|cite|zup|qpv)s?(?: (?:sensible|populaire|nord|difficile|prioritaire|chaud)s?)? | (?:issus?|venant|originaires?) (?:de|du|des) (?:quartier|banlieue|cite)*",
        REFUSED,
        Mark(before=(words("pas de candidat* | pas de (?:gens|personnes|jeunes)"),)),
        unless=OPEN + " | acces | parking",
    ),
    *asked(
        "origin",
        "(?:pays|lieu|ville|departement) de naissance | pays d'origine | nationalites? | origines? (?:ethnique|familiale|geographique)s? | vos origines | langue maternelle | couleur de peau | nom de jeune fille",
        unless=OPEN + " | fonctionnaire* | titularisation | sans condition* | concours",
    ),
    # Religion, opinions, unions, private life
    family(
        "religion",
        rf"{_FAITHS}",
        ONLY,
        REFUSED,
        Mark(
            before=(
                ending("pas d | pas de | ni | sauf | aucune? | que des | etre | etes", 1),
                words("partag* | il faut etre | recrute que | prend que | prenons que"),
            ),
            after=(
                words(
                    "souhaite* | exige* | recherche* | de preference | prefere* | appreci* | bienvenu* | requis* | indispensable* | obligatoire* | imperati*"
                ),
            ),
        ),
        unless=OPEN
        + " | laic* | etablissement | association | fondation | aumonerie | ouverte? | fete*",
    ),
    family(
        "religion",
        "(?:voile|foulard|hijab|kippa|turban|tchador|signes? (?:\\w+ )?(?:religieux|ostentatoire|ostensible)|croix|jilbab|ramadan|priere)s? | voilees?",
        EXCLUDED,
        Mark(after=(words("refuse* | interdi* | exclu*"),)),
        unless=OPEN
        + " | service public | fonction publique | croix-rouge | neutralite | residents? | respect",
    ),
    family(
        "religion",
        "cgt | cfdt | force ouvriere | cftc | cfe-cgc | unsa | sud(?! (?:de|est|ouest|lyon|-))  | syndicats? | syndicalistes? | syndiquee?s? | (?:delegue|representant|elu|mandat|militant)s?(?: \\w+)? (?:syndica)* | delegues? | grevistes?"
        f"| militante?s? | encartee?s? | {_CHEST} | homosexuel* | gays? | lesbiennes? | transgenres? | transsexuel* | trans | bisexuel* | lgbt* | gilets? jaunes? | anarchistes? | (?:de|a) (?:gauche|droite) | extreme (?:gauche|droite) | politisee?s?",
        REFUSED,
        Mark(
            before=(ending("pas d | pas de | ni | sauf | aucune? | sans | non | hors | jamais", 2),)
        ),
        unless=OPEN
        + " | dialogue | sortie | negoci* | accord | en toute | cse | representant* du personnel",
    ),
    family(
        "religion",
        "(?:ne pas|n'etre|n'etes|renonc*|ne jamais|abstenir d) … (?:syndiqu|se syndiquer|vous syndiquer|faire greve|greve|adher|militer|grevist)*",
        cared_for=False,
        toward=None,
    ),
    *asked(
        "religion",
        f"religions? | confession | {_CHEST} | convictions? (?:politique|religieu|personnelle|syndica)* | orientation sexuelle | (?:si vous|etes-vous) (?:\\w+ )?syndiqu* | appartenances? (?:syndicale|politique|religieuse)s? | croyances? | vie (?:privee|sentimentale|amoureuse)",
        unless=OPEN + " | respect* | neutralite | laicite",
    ),
    # Health and disability
    family(
        "health",
        "handicap(?! (?:international))* | handicapee?s? | rqth | travailleurs? handicapes? | invalides? | malades? | maladies? (?!d'alzheimer|alzheimer|neuro|rare|professionnelle)* | (?:problemes?|soucis?|maux|mal) (?:de |du )?(?:dos|sante)s? | mal de dos | restrictions? (?:medicale|d'aptitude|physique)s?"
        "| inaptes? | inaptitudes? | depressi* | depressions? | diabeti* | epilepti* | asthmati* | seropositi* | cancers? | traitements? (?:medica|psy|lourd)* | suivi psy* | sourde?s? | malentendante?s? | malvoyante?s? | aveugles? | arrets? (?:maladie|de travail)* | accidents? du travail"
        "| mi-temps therapeutique | dos fragile | lombalgi* | antecedents? (?:medica|psy|de sante)* | operations? recentes? | addictions? | alcooliques? | fragiles?",
        REFUSED,
        Mark(
            before=(
                ending(
                    "pas d | pas de | aucune? | sans | ni | sauf | jamais d | zero | non | exempte? d",
                    2,
                ),
            )
        ),
        unless=OPEN
        + " | remplac* | amenage* | avec et | avec ou | visible | taux | isolement | conge* | bienvenu* | jour de carence | dus? a",
        toward=ending("pour | aupres d | aupres des | chez | foyer | accueil* d | public", 1),
    ),
    family(
        "health",
        "(?:bonne|parfaite|excellente|irreprochable|tres bonne|meilleure) (?:sante|condition physique|forme physique)(?! (?:financ|economi))* | sante (?:de fer|irreprochable|solide|parfaite) | constitution robuste",
        WANTED,
        Mark(before=(words("vous jouissez | vous avez | dot* d | profil* | en"),)),
        unless=OPEN + " | financ* | maintien | maintenir | veill* | favoris*",
    ),
    *asked(
        "health",
        "(?:questionnaire|bilan|dossier|certificat|carnet|test|examen|bulletin)s? (?:\\w+ )?(?:de (?:bonne )?sante|medica)* | analyses? (?:de sang|medicale|d'urine)s? | prise de sang | groupe sanguin | (?:votre|vos) (?:etat de sante|handicap|maladie|traitement|antecedent|probleme)s?(?: de sante)?"
        "| suivi par un psy* | antecedents medicaux | si vous etes (?:\\w+ )?(?:malade|handicape|rqth|reconnu)*",
        unless="amenagement* | medecine du travail | visite (?:d'information|medicale)*",
    ),
)
