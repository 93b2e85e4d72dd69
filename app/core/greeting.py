"""How an e-mail greets somebody who signed up, by a name that may be that of a service."""

from __future__ import annotations

import re

from app.core.i18n import _

# Words of a name that is not a person's: « Service du recrutement », « RH EHPAD Les Tilleuls ».
_NOT_A_PERSON = re.compile(
    r"\b(?:services?|équipe|equipe|accueil|direction|recrutements?|rh|drh|ressources|humaines|"
    r"secrétariat|secretariat|standard|pôle|pole|administration|contact|gestion|bureau|ehpad|"
    r"crèche|creche|résidence|residence|association|école|ecole|institut|ifas|ifsi|centre|mairie)\b",
    re.IGNORECASE,
)


def hello(name: str) -> str:
    """Return « Bonjour Claire Roux, », or « Bonjour, » to a service."""
    if not name or _NOT_A_PERSON.search(name):
        return _("Bonjour,")
    return _("Bonjour %(name)s,", name=name)
