"""What may not be written to a person: money, papers, other sites, what the law forbids.

The rules are those of the listings; here they protect somebody who waits for an answer.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

from app.applications.enums import DeclineReason, DiplomaHeld
from app.applications.models import Application
from app.core.errors import DomainError
from app.core.i18n import _, lazy
from app.listings.coach.forbidden import MESSAGES, forbidden
from app.listings.coach.plain import plain
from app.listings.enums import DiplomaNeed, Kind

# A link, not the end of an e-mail address: « https://… », « paye-ici.com/dossier ».
_LINK = re.compile(
    r"https?\s*:\s*//|(?<![@\w.-])www\.|"
    r"(?<![@\w.-])[\w-]+(?:\.[\w-]+)*\.(?:fr|com|net|org|eu|io|me|co|info|biz|xyz|top|shop|link|app|ly)\b"
    r"(?![@.]\w)"
)
_MONEY = re.compile(
    r"\b(?:envoye[rz]|envoie|verse[rz]|vire[rz]|transfere[rz]|avance[rz]|payez|paye|reglez)\b"
    r"[^.\n]{0,40}(?:\bargent\b|\beuros?\b|€|\bsommes?\b|\bmandats?\b|\bacomptes?\b|\bcautions?\b"
    r"|\bfrais\b)"
)
_PAPERS = re.compile(
    r"\b(?:rib|iban|nir|coordonnees bancaires|releve d'identite bancaire|carte vitale"
    r"|carte bancaire|carte bleue|(?:numero|n°|no) de (?:secu\w*|carte)|code secret)\b"
)
_OWN: dict[str, Any] = {
    "link": lazy(
        "Un lien vers un autre site ne peut pas partir\u00a0: c’est ainsi que l’on trompe ceux qui "
        "cherchent. Écrivez un nom, une adresse ou un téléphone."
    ),
    "fees": lazy("Candidater est gratuit. Retirez toute somme demandée à la personne."),
    "payment": lazy("Ce moyen de paiement n’a pas sa place dans un message. Retirez-le."),
    "papers": lazy(
        "Le RIB, le numéro de sécurité sociale et les cartes ne se demandent pas avant l’embauche, "
        "ni par message."
    ),
    "document": lazy(
        "Ce document ne se demande pas pour candidater. On le vérifie à l’embauche, quand la loi "
        "le prévoit."
    ),
    "messaging": lazy("Une messagerie privée ne peut pas être imposée. Donnez un téléphone."),
}


class ImproperWords(DomainError):
    """A message to a person asks what may not be asked."""

    status = 422


def doubts(reason: str, people: Sequence[Application]) -> list[str]:
    """Return what contradicts a reason in what was said by the people, or by the listings."""
    if reason != DeclineReason.DIPLOMA:
        return []
    found = []
    if names := [one.first_name for one in people if one.diploma_held == DiplomaHeld.YES]:
        found.append(
            _(
                "Dit avoir le diplôme du métier\u00a0: %(names)s. Vérifiez avant d’envoyer, ou "
                "changez de raison.",
                names=", ".join(names),
            )
        )
    if any(one.listing.diploma_need == DiplomaNeed.NONE for one in people):
        found.append(_("L’annonce dit «\u00a0Sans diplôme\u00a0»\u00a0: changez de raison."))
    return found


def improper(text: str, given: Collection[str] = ()) -> list[str]:
    """Return why a message cannot leave, each reason with its words; nothing when it can.

    `given`: what its author did not write, such as the title of the listing: it is not judged.
    """
    for words in filter(None, given):
        text = text.replace(words, "…")
    read = plain(text)
    found: dict[str, str] = {}
    for code, pattern in (("link", _LINK), ("fees", _MONEY), ("papers", _PAPERS)):
        match = pattern.search(read.text)
        if match:
            found[code] = read.excerpt(match.start(), match.end())
    for code, excerpt in forbidden(read, Kind.JOB, child_care=True):
        # Our own rules on papers are stricter, and say it once.
        if not (code == "document" and "papers" in found):
            found.setdefault(code, excerpt)
    return [
        _(
            "«\u00a0%(words)s\u00a0»\u00a0: %(message)s",
            words=excerpt,
            message=str(_OWN.get(code) or MESSAGES[code]),
        )
        for code, excerpt in found.items()
    ]


def require_proper(text: str, given: Collection[str] = ()) -> None:
    """Raise ImproperWords when a message cannot leave; see `improper`."""
    found = improper(text, given)
    if found:
        raise ImproperWords(" ".join(found))
