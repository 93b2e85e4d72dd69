"""What should not be in a free text about a person: numbers for later, and her health.

A warning, never a refusal: it is hers to say, once she knows that nobody needs it.
"""

from __future__ import annotations

import re

from stdnum import iban
from stdnum.fr import nir

from app.core.i18n import lazy
from app.listings.coach.plain import plain

_GAP = r"[ .\u00a0\u202f-]?"
# Sex, year, month, department (2A and 2B too), commune, order, key.
_NIR = re.compile(
    rf"(?<!\w)[1-478]{_GAP}\d\d{_GAP}\d\d{_GAP}\d[\dAB]{_GAP}\d{{3}}{_GAP}\d{{3}}{_GAP}\d\d(?!\w)",
    re.IGNORECASE,
)
_IBAN = re.compile(rf"(?<!\w)[A-Z]{{2}}\d\d(?:{_GAP}[A-Z0-9]){{11,30}}(?!\w)", re.IGNORECASE)

_ILL = (
    r"(?:handicapee?|malade|enceinte|diabetique|epileptique|seropositi(?:f|ve)|depressi(?:f|ve)"
    r"|bipolaire|asthmatique|invalide|(?:en|sous) (?:arret maladie|invalidite|depression"
    r"|burn[- ]?out|antidepresseurs?))"
)
_ILLNESS = (
    r"(?:handicap|cancer|diabete|epilepsie|depression|maladie|hernie|sclerose|burn[- ]?out|vih"
    r"|asthme|endometriose|invalidite)"
)
# In the words of who speaks of somebody: « mon handicap », not « le handicap ».
_HEALTH = re.compile(
    r"\brqth\b|\btravailleu(?:r|se)s? handicapee?s?\b"
    rf"|\b(?:je suis|j'etais|elle est|il est|elle serait|il serait) (?:\w+ )?{_ILL}\b"
    rf"|\b(?:mon|ma) (?:\w+ )?{_ILLNESS}\b|\b(?:ma|sa) grossesse\b"
    r"|\bmon (?:etat de sante|traitement medical|arret maladie|accident du travail|aah)\b"
    rf"|\b(?:j'ai|elle a|il a) (?:eu )?(?:un|une|le|la|l'|de l'|du) ?(?:\w+ )?{_ILLNESS}\b"
    r"|\b(?:j'ai|elle a|il a) (?:eu )?(?:un|des|quelques) (?:\w+ )?(?:probleme|souci)s?"
    r" (?:de sante|de dos|au dos|de coeur)\b"
)

NIR_SAID = lazy("Un numéro de sécurité sociale est écrit ici. On ne le donne qu’à l’embauche.")
IBAN_SAID = lazy("Un numéro de compte bancaire est écrit ici. On ne le donne qu’à l’embauche.")
HEALTH_SAID = lazy(
    "Ce texte parle de santé. C’est un sujet privé\u00a0: personne n’a à le savoir pour répondre."
)


def excess(text: str) -> list[str]:
    """Return what a text says that nobody needs yet, in French; nothing for most texts.

    Numbers are told by their control key, so that a telephone or a reference is not taken for one.
    """
    found = []
    if any(nir.is_valid(_bare(match.group())) for match in _NIR.finditer(text)):
        found.append(str(NIR_SAID))
    if any(_holds_iban(match.group()) for match in _IBAN.finditer(text)):
        found.append(str(IBAN_SAID))
    if _HEALTH.search(plain(text).text):
        found.append(str(HEALTH_SAID))
    return found


def _holds_iban(run: str) -> bool:
    """Return whether a run of signs begins with an IBAN: words may follow without a full stop."""
    signs = _bare(run)
    return any(iban.is_valid(signs[:length]) for length in range(15, min(len(signs), 34) + 1))


def _bare(number: str) -> str:
    return re.sub(r"[^0-9A-Za-z]", "", number).upper()
