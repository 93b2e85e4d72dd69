"""The grammar of a choice: how a sentence wants, excludes or asks for what it speaks of.

A lexicon is written in plain French, without accents: entries parted by a bar, `*` any ending,
`…` a few words, `d` for de, du, des
or d’, `?` after a letter that may miss. A family (families.py) joins a lexicon and marks.
"""

# A lexicon is read as a list: its lines stay whole.
# ruff: noqa: E501

from __future__ import annotations

import re
from dataclasses import dataclass

REACH = 60
_GAP = r"[^.;!?\n]{0,25}?"
_LINK = r"[ ,:/'\"()-]{1,3}"
_OF = re.compile(r"(?<!\\)\bd(?=$| |…)")
_LINK_OR_NOT = r"[ ,:/'\"()-]{0,3}"


def phrases(lexicon: str) -> str:
    """Return a lexicon as the pattern that finds any of its entries."""
    return "(?:" + "|".join(_pattern(one) for one in _entries(lexicon) if one) + ")"


def _entries(lexicon: str) -> list[str]:
    """Return what stands between the bars, but for those in brackets."""
    entries, depth = [""], 0
    for sign in " ".join(lexicon.split()):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "|" and not depth:
            entries.append("")
        else:
            entries[-1] += sign
    return [entry.strip() for entry in entries]


def _pattern(entry: str) -> str:
    entry = _OF.sub("d(?:es?|u)?", entry)
    entry = entry.replace(" … ", "…").replace("*", r"\w*")
    entry = entry.replace(" ?", "§").replace(" ", _LINK).replace("§", _LINK_OR_NOT)
    return entry.replace("…", rf"{_LINK}{_GAP}\b")


def words(lexicon: str) -> re.Pattern[str]:
    """Return the pattern of whole words."""
    return re.compile(rf"\b{phrases(lexicon)}(?!\w)")


def ending(lexicon: str, between: int = 0) -> re.Pattern[str]:
    """Return the pattern of words that come just before, `between` others at the most."""
    return re.compile(rf"\b{phrases(lexicon)}(?:{_LINK}\w+){{0,{between}}}{_LINK}?$")


@dataclass(frozen=True, slots=True)
class Mark:
    """What gives a subject away: words `before` it, words `after` it; or `both`."""

    before: tuple[re.Pattern[str], ...] = ()
    after: tuple[re.Pattern[str], ...] = ()
    both: bool = False

    def seen(self, before: str, after: str) -> bool:
        """Tell whether the mark stands around the subject."""
        ahead = any(one.search(before) for one in self.before)
        if ahead != self.both:
            return ahead
        return any(one.search(after) for one in self.after)


_ONLY = "uniquement | exclusivement | seulement | seule?s? | rien que | only"
_MUST = (
    "exige* | exigeons | obligatoire* | imperati* | indispensable* | requis* | necessaire*"
    "| attendue?s? | de rigueur | il faut | il nous faut | doit | devra* | doivent | devez"
)
_RATHER = (
    "souhait* | de preference | preference | prefer* | privilegi* | idealement | ideale?s?"
    "| apprecie* | recherchee?s? | voulue?s? | prioritaires? | priorite | favoris* | plutot"
    "| demande* | attendons | attend | facilit* | un plus | un atout | un avantage | mieux | ira a | iront aux? | avantag* | font la difference | feront la difference | fera la difference"
)
_LOOK_FOR = (
    "recherch* | cherch* | recrut* | embauch* | engage* | voulons | veut | veulent | veux"
    "| voudr* | prenons | prend | prendrons | on prefere | besoin d* | vous etes | soyez"
    "| etre | profil* | candidat* | reserv* | poste pour"
)
_REFUSED = (
    "s'abstenir | s'abstienne* | abstenez-vous | abstention | pass(?:ez|er|ent) (?:votre|leur|son) (?:tour|chemin) | n[e'] ?(?:peu|pourr|sauraient|saurait|doi)* (?:pas|ni) (?:postuler|candidater|pretendre|etre|repondre|convenir|venir)"
    "| (?:inutile|pas la peine) (?:de|d) (?:postuler|candidater|repondre|se presenter|venir"
    "|(?:nous )?ecrire|envoyer|appeler|insister) | ne postule* pas | ne pas (?:postuler|candidater"
    "|repondre|se presenter|envoyer|appeler) | ne candidatez pas | evitez | eviter | a eviter"
    "| n[e'] ?(?:seront|sera|sont|est|serait|seraient) (?:pas|plus|ni|jamais) (?:\\w+ )?(?:retenu|etudi"
    "|lu|examin|recu|accept|souhait|embauch|convoqu|pris|admis|possib|bienvenu|invit|considere"
    "|traite|adapt|compatib|accessib|ouvert|envisag|desire|souhaitable)*"
    "| ne convien* pas | ne conviendr* pas | ne correspond* pas | non (?:accept|retenu|souhait|admis|compatib|desire|autoris|accessib)*"
    "| refuse* | refusons | refuserons | exclu* | ecarte* | ecarterons | elimin* | interdi* | proscri* | bannis*"
    "| impossibles? | incompatib* | on evite | redhibitoires? | eliminatoires? | disqualifi* | mal vue?s? | malvenue?s? | (?:a la|direction|part a la|finit a la) (?:corbeille|poubelle) | non merci | sans suite | rejet* | deconseill*"
    "| mis(?:e|es)? de cote | laiss* de cote | tenue?s? a l'ecart | ignoree?s? | n'insistez pas | ne pas insister | persona non grata | nous ne donn* pas suite | pas prioritaires?"
    "| pas possibles? | pas accepte* | pas les bienvenu*"
)
_NOT_ANY = "(?<!au.)pas d | (?<!au.)pas de | pas | aucune?s? | sans | ni | jamais d | jamais de | jamais | sauf | hors | zero | plus d | non"
_NOT_TAKEN = (
    "ne (?:prenons|recrutons|embauchons|voulons|cherchons|recherchons|souhaitons|retenons|acceptons"
    "|recevons|prend|recrute|embauche|veut|veux|souhaite|accepte|retient) (?:pas|plus|jamais|ni|aucun*)"
    "| refus* | exclu* | ecart* | evitez | eviter | si vous (?:\\w+ ){0,3}(?:etes|avez) | inutile de postuler … si | ne postulez pas … si"
    "| ne (?:doit|devez|doivent|devra|pas) (?:pas )?(?:avoir|etre|porter) | interdi* | s'abstenir"
)

WANTED = Mark(
    before=(words(f"{_LOOK_FOR} | {_RATHER} | {_MUST} | {_ONLY} | que des | qu'une? | que d"),),
    after=(words(f"{_RATHER} | {_MUST} | {_ONLY}"),),
)
# What comes next to the subject, said of nothing else.
REFUSED = Mark(before=(words(_NOT_TAKEN), words(_REFUSED)), after=(words(_REFUSED),))
EXCLUDED = Mark(
    before=(words(_NOT_TAKEN), words(_REFUSED), ending(_NOT_ANY, 1)),
    after=(words(_REFUSED),),
)
ABSENT = Mark(before=(ending(_NOT_ANY, 2),))
ONLY = Mark(
    before=(ending(f"{_ONLY} | que des | que de | qu'une? | que les | reserve?e* aux?", 2),),
    after=(words(f"{_ONLY} | de preference | imperati* | s'abstenir"),),
)
_VERBS_ASKING = (
    "joindre | joignez | joint* | a joindre | envoy* | renvoy* | envoi | fournir | fournissez | fourni* par vos soins"
    "| transmett* | transmis* | transmission | apport* | muniss* | muni* | remett* | communiqu* | present* | indiqu*"
    "| precis* | mention* | detaill* | donn* | declar* | rempli* | complet* | repondre | dites | dire | ajout*"
    "| scann* | depos* | veuillez | merci d | adress* | signal* | renseign* | exig* | obligatoire* | demande* | requis*"
    "| demandons | combien | quelle? est | quelles? sont | avez vous | etes vous | photocopie | copie | dossier"
    "| pieces? | cv | lettre | candidat* | postuler | entretien | rdv | attendu* | imperati*"
)
ASKED = Mark(before=(words(_VERBS_ASKING),), after=(words(_VERBS_ASKING),))
# « Aucune candidature ne sera lue sans… », « les dossiers sans… seront refusés ».
_REPLY = r"(?:candidature|dossier|cv|reponse|entretien|demande|profil|rendez-vous)s?"
_WITHOUT = r"(?:sans|depourvue?s? d\w?|(?:non|pas) accompagnee?s? d\w?)(?: \w+)?[ ']?$"
MISSING = Mark(
    before=(
        re.compile(
            rf"\b(?:aucune?|pas d\w?|jamais|ne) [^.;!?\n]{{0,30}}\b{_REPLY}\b[^.;!?\n]{{0,45}}\b{_WITHOUT}"
        ),
    ),
    after=(re.compile(r"^ ?(?:=|: ?pas d\w? (?:entretien|reponse|candidature))"),),
)
MISSING_THERE = Mark(
    before=(re.compile(rf"\b{_REPLY}\b[^.;!?\n]{{0,25}}\b{_WITHOUT}"), ending("sans", 1)),
    after=(
        words(
            f"{_REFUSED} | incompletes? | rejete* | pas d'entretien | (?:la |votre )?candidature (?:ne|est|sera) … (?:pas|rejet|ignor|incompl)*"
        ),
    ),
    both=True,
)

# Said to everyone: the sentence opens the door instead of closing it.
OPEN = (
    "sans distinction | quel* que soi* (?:votre|leur|son|l|la|le|vos) (?:age|sexe|origine|genre|religion|situation|handicap|nationalite|apparence|conviction)*"
    "| tous les ages | ouverte?s? a tou* | discrimin* | peu importe | ne (?:nous )?regard* pas | ne compte* pas | n'excluons"
    "| aucune (?:limite|condition|incidence) | sans (?:limite|condition) d | indifferemment | n'est pas un (?:frein|obstacle|critere)*"
    "| ne sont pas des criteres | egalite | mixite | lutte | lutter"
)
BOTH = r" | (?:femme|homme|dame|monsieur|fille|garcon|messieur)s? (?:et|ou|comme|aussi bien)(?: aux?| les| des| une?| qu.?)? (?:femme|homme|dame|monsieur|fille|garcon|messieur)* | (?:femme|homme)s? (?:femme|homme)* | h/f | f/h"
LATER = (
    "a l'embauche | lors de l'embauche | apres (?:l|votre) embauche | apres embauche | au moment de l'embauche"
    "| a la signature | apres (?:la )?signature | une fois (?:recrute|embauche|en poste)* | avant la prise de (?:poste|fonction)*"
    "| a la prise de (?:poste|fonction)* | a l'arrivee | a l'integration | par l'(?:employeur|administration) | l'employeur (?:verifie|consulte|demandera|s'assure)*"
    "| fait par nos soins | par nos soins"
)
LATER_WORDS = words(LATER)
NOT_ASKED = (
    "ne (?:joign|envoy|demand|transmett|communiqu)* (?:pas|ni|aucun)* | n'envoyez (?:pas|ni|aucun)* | n'est (?:pas|ni) | ne sont (?:pas|ni) | ne (?:vous )?(?:sera|seront) (?:pas|ni|jamais)"
    "| inutile de | pas besoin d | pas necessaire* | non (?:demande|requis|exige|necessaire|obligatoire)* | aucune? piece | aucun document | facultati* | cv sans photo | ni rib | aucun rib"
)
TASK = (
    "aid(?:er|ez)|aide a|aide aux | demarches | mise a jour | mett(?:re|ez) a jour | classer | gerer | gestion | usagers? | residents? | patients? | beneficiaires?"
    "| ateliers? | familles? | animations? | activites? | accompagn* | renouvell*"
)
