"""What a listing may not say: one rule a wording, on the plain text, each linear.

Sources: Code du travail L1132-1, L1142-1 (discrimination), L1221-6 (questions without a link with
the job), L5331-1 to L5331-3 (offers: free, without an age limit, true); Code pénal 225-1;
directive 2023/970 art. 5 (past pay).
"""

# The rules are read as a table: a wording longer than the line stays whole.
# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.listings.enums import Kind

NOT_ASKED = (
    r"\b(?:sans|aucune?|pas (?:de|d'|a)|inutile|ne (?:sera|seront|demand\w+|joign\w+)"
    r"|n'est|ne .{0,20}pas\b|non (?:demande|requis|exige))"
)
_LATER = (
    r"\b(?:a l'embauche|lors de l'embauche|apres (?:l'|votre )embauche|au moment de l'embauche"
    r"|a la signature|une fois recrute|l'employeur (?:verifie|consulte|demandera))"
)
_ASKED = (
    r"(?:joindre|joignez|jointe?s?|envoyez|envoyer|envoi d|fournir|fournissez|fournie?s?"
    r"|transmettre|transmettez|apporter|apportez|munissez|munir|muni|remettre|remettez"
    r"|communiquez|communiquer|presentez|presenter|exigee?s?|obligatoires?|demandee?s?"
    r"|requise?s?|indiquer|indiquez|preciser|precisez|donner|pensez a|photocopie|copie|scan\w*|dossier de candidature|cv)"
)
_DOCUMENTS = (
    r"(?:(?:numero|n°|no|num) (?:de )?(?:secu\b|securite sociale)|\bnir\b|carte vitale"
    r"|attestation (?:de )?(?:droits|vitale|securite sociale)|\brib\b|\biban\b"
    r"|releve (?:d'identite bancaire|de compte)\w*|coordonnees bancaires|avis d'imposition"
    r"|casier judiciaire|bulletin (?:n ?°? ?|numero )?[23]\b|extrait (?:de casier|b ?[23])"
    r"|certificat medical|carnet de (?:sante|vaccination)s?|titre de sejour|permis de sejour"
    r"|(?:carte|piece) d'identite|passeport|acte de naissance|livret de famille"
    r"|justificatif de domicile|fiche familiale|certificat de nationalite|attestation mdph"
    r"|reconnaissance (?:rqth|de travailleur handicape)|notification mdph)"
)
_SCHEME = (
    r"\b(?:apprenti\w*|alternance|professionnalisation|service civique|contrat aide|cej|pec"
    r"|mission locale|emplois? francs?|jeunes majeurs?|contrat d'engagement jeune)\b"
)
_WOMAN = r"(?:femme|homme|fille|garcon|dame|monsieur)"
_WOMEN = r"(?:femmes?|hommes?|filles?|garcons?|dames?|messieurs)"
_ONLY = r"(?:uniquement|exclusivement|seulement|imperativement|only|de preference|obligatoirement)"
_BOTH = r"(?! ?(?:/|,? ?(?:ou|et|comme|aussi bien)\b|\(h|h/f|f/h))"
_SAY = r"(?:precis|indiqu|mentionn|communiqu|joign|envoy|donn|renseign)\w*"


@dataclass(frozen=True, slots=True)
class Rule:
    """A forbidden wording.

    `unless`: words of the sentence that make it lawful. `cared_for`: lawful when it speaks of the
    people cared for. `only`: the kinds of listing it holds for.
    """

    code: str
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None = None
    cared_for: bool = False
    only: frozenset[str] = frozenset(Kind)


def _rule(
    code: str,
    *patterns: str,
    unless: str = "",
    cared_for: bool = False,
    only: frozenset[str] = frozenset(Kind),
) -> Iterator[Rule]:
    exception = re.compile(unless) if unless else None
    for pattern in patterns:
        yield Rule(code, re.compile(pattern), exception, cared_for, only)


_WORK = frozenset({Kind.JOB, Kind.INTERNSHIP, Kind.IMMERSION, Kind.EVENT})
_ADULT = r"(?:1[89]|[2-7]\d)"
_YEARS_OF = r"(?! ?(?:d'|de )(?:experience|existence|anciennete|pratique|savoir|metier|carriere))"

RULES: tuple[Rule, ...] = (
    # Sex
    *_rule(
        "sex",
        rf"\b{_WOMEN},? {_ONLY}",
        rf"\b(?:uniquement|exclusivement|seulement|que) (?:pour |aupres )?(?:une? |des |d'|les |aux )?{_WOMEN}\b"
        rf"{_BOTH}",
        rf"\breservee?s? (?:a une? |aux |a des )(?:jeunes )?{_WOMEN}\b{_BOTH}",
        r"\b(?:de )?sexe (?:feminin|masculin)\b",
        cared_for=True,
    ),
    *_rule(
        "sex",
        rf"\b(?:cherch|recherch|recrut|embauch|souhait|prefer|voul|veut|veux)\w*(?: (?:plutot|activement"
        rf"|absolument|surtout|imperativement|uniquement|donc|actuellement))? (?:une? |des |la )?"
        rf"(?:jeunes? )?{_WOMAN}s?\b(?! (?:agee|en situation|handicap|malade|de (?:menage|chambre|service)))"
        rf"{_BOTH}",
        rf"\b(?:poste|emploi|offre|travail|metier|mission|profil)\w* (?:\w+ )?(?:ideal pour|pour|destinee? a"
        rf"|convient a|convenant a|conviendrait a|s'adresse a|ouverte? a|ouverte? aux|fait pour|adresse a"
        rf"|reservee? a|reservee? aux)"
        rf"(?: une?| des| les| la)? ?(?:jeunes? )?{_WOMEN}\b(?! (?:agee|en situation|handicap|malade))"
        rf"{_BOTH}",
        rf"\((?:une? )?(?:femme|homme|femmes|hommes)(?: {_ONLY})?\)",
        r"\b[hf] (?:uniquement|exclusivement|seulement|only)\b",
        rf"\b(?:masculin|feminin)e?s? {_ONLY}",
        rf"\breservee?s?,? ?:? {_WOMEN}\b{_BOTH}",
        rf"\b(?:convien\w+|s'adresse\w*|destinee?|ideale?)(?: \w+)? (?:a|aux|pour)(?: une?| des| les)? (?:jeunes? )?{_WOMEN}\b(?! (?:agee|en situation|handicap|malade)){_BOTH}",
        rf"\b{_WOMEN} s'abstenir",
        r"\b(?:pas d'|pas de |sauf |hors |ni )(?:candidat\w* )?(?:hommes?|femmes?|garcons?)\b(?= |\.|,|$)"
        r"(?! (?:de|a) )",
        r"\b(?:personnel|profils?|candidatures?|candidat|collegue|equipier|personne)"
        rf"(?: {_ONLY})? (?:feminin|masculin)e?s?\b",
        r"\bpreference (?:pour|a) (?:une? |les |des )?(?:femmes?|hommes?|candidatures? feminines?)\b",
        rf"\b(?:etre|vous etes|soyez) (?:imperativement |obligatoirement )?une? (?:femme|homme)\b{_BOTH}",
        r"\bune? (?:femme|homme) (?:est |sera )?(?:exigee?|souhaitee?|preferee?|demandee?)\b",
        unless=r"\b(?:hommes?|femmes?) (?:et|ou|/) ?(?:aux |les |un |une |des )?(?:hommes?|femmes?)\b|\bh/f\b",
    ),
    # Age
    *_rule(
        "age",
        rf"\b(?:(?:age|agee?)s? )?(?:de )?moins de {_ADULT} ans\b{_YEARS_OF}",
        rf"(?<![\w-])-(?: ?de)? ?{_ADULT} ans\b{_YEARS_OF}",
        rf"\b(?:max\w*\.? (?:de )?{_ADULT} ans|{_ADULT} ans (?:max\w*|au plus|au maximum|grand maximum))\b",
        rf"\bjusqu'a {_ADULT} ans\b{_YEARS_OF}",
        rf"\b(?:entre |de )?{_ADULT}(?: ans)? ?(?:et|a|-) ?{_ADULT} ans\b{_YEARS_OF}",
        rf"\b(?:inferieur a|ne depassant pas|pas plus de|depasser) {_ADULT} ans\b{_YEARS_OF}",
        r"\b(?:seulement|uniquement|exclusivement|que) (?:des |les |aux )?jeunes\b(?! enfants)",
        rf"\bjeunes {_ONLY}",
        r"\breservee?s? (?:aux|a des|a une?) (?:jeunes?|seniors?)\b(?! enfants)",
        cared_for=True,
        unless=_SCHEME,
    ),
    *_rule(
        "age",
        rf"\b(?:plus de|\+ de|\+) ?{_ADULT} ans,? s'abstenir",
        r"\b(?:a partir de|au moins|minimum|plus de) (?:2[2-9]|[3-6]\d) ans(?: minimum| revolus)?(?= (?:exige|requis|demande|imperat|obligat))",
        rf"\b(?:agee? d'au moins|age minimum :?|avoir au moins|avoir plus de) (?:2[2-9]|[3-6]\d) ans\b{_YEARS_OF}",
        rf"\bplus de {_ADULT} ans[^.\n]{{0,25}}(?:pas (?:retenu|accept|pris|admis|etudie)|refuse|exclu|ecarte)",
        rf"\bage ?:? (?:de |entre )?{_ADULT}\b",
        r"\bage (?:max\w*|limite|ideal|souhaite|requis)\b",
        r"\blimite d'age\b",
        r"\b(?:seniors?|retraitee?s?|quinquagenaires?|plus ages|personnes agees|vieux|jeunes?) s'abstenir",
        r"\bpas de (?:seniors?|retraites?|vieux|personnes? trop agees?)\b",
        r"\btrop agee?s?\b",
        rf"\b{_SAY} (?:votre |l'|ton |vos )(?:age|date de naissance)\b",
        r"\bdate de naissance (?:obligatoire|exigee|demandee|a (?:preciser|indiquer|fournir))",
        r"\b(?:un|une|des|l') ?(?:trentenaire|vingtenaire|quadragenaire)s?\b",
        rf"\b(?:candidat\w*|profil|personne|salarie|postulant)s? (?:\w+ )?(?:agee?s? )?(?:de )?moins de {_ADULT} ans\b{_YEARS_OF}",
        rf"\b(?:cherch|recherch|recrut|embauch)\w* (?:une? |des )jeunes? (?:de )?(?:moins de )?{_ADULT}\b",
        unless=r"\b(?:sans|aucune|pas de|ni) (?:\w+ )?limite d'age|" + _SCHEME,
    ),
    # Family
    *_rule(
        "family",
        r"\bsans (?:d')?enfants? (?:a charge|en bas age|a la maison|de preference|imperatif\w*|souhait\w*|exig\w*)",
        r"\b(?:personne|candidat\w*|profil|celibataire|femme|homme|etre|etes|libre|mobile|souhaite|exige|ideal\w*)"
        r"[^.\n]{0,25}\bsans (?:d')?enfants?\b",
        r"(?:^|[(,:\n-] ?)(?:pas d'|sans |ni )enfants?(?: a charge)? ?(?=$|[),.\n])",
        r"\b(?:ne pas avoir|n'ayant pas|n'ayez pas|n'avez pas|n'a pas|n'ont pas) d'enfants?\b",
        r"\bpas d'enfants? (?:en bas age|a charge|a la maison|petits?)",
        r"\b(?:celibataires?|mariee|mariees|maries)(?= |,|\.|\)|$)(?! (?:geographique))",
        cared_for=True,
    ),
    *_rule(
        "family",
        r"\b(?:pas|non|ne pas etre|ni) (?:de )?(?:femmes? )?enceintes?\b",
        r"\bfemmes? enceintes? s'abstenir",
        r"\b(?:sans|pas de|aucun) (?:projet de )?(?:grossesse|maternite|bebe|conge maternite)\b",
        r"\bprojet (?:de )?(?:grossesse|maternite|d'enfant)\b",
        rf"\b(?:{_SAY} |votre ){{1,2}}situation (?:familiale|de famille|matrimoniale|maritale)",
        r"\bsituation (?:familiale|de famille|matrimoniale)s? (?:a preciser|exigee|compatible|stable|obligatoire)",
        r"\b(?:libre|sans) (?:de |d')?(?:toute )?(?:charges?|contraintes?|obligations?|attaches?) (?:de famille|familiales?)",
        r"\b(?:meres?|peres?|parents?|mamans?) (?:de famille |isolee?s? |seule?s? )?s'abstenir",
        r"\bnombre d'enfants (?:a preciser|a indiquer)",
    ),
    # Origin
    *_rule(
        "origin",
        r"\bnationalites? (?:francaise|europeenne|ue)\b",
        r"\b(?:ressortissant|citoyen)\w* (?:francais|europeen)\w* (?:uniquement|seulement|exclusivement|exige)",
        unless=r"\b(?:fonctionnaires?|fonction publique|concours|sans condition|quelle que soit|aucune condition)\b"
        r"|pas de condition",
    ),
    *_rule(
        "origin",
        r"\b(?:francais|europeen)\w* (?:uniquement|seulement|exclusivement|only|d'origine)\b",
        r"\bpas d'accent\b",
        r"\b(?:francais|europeen)\w* de (?:souche|naissance|pure souche)",
        r"\b(?:d'origine|originaires?) (?:francaise|europeenne|africaine|maghrebine|asiatique|antillaise"
        r"|portugaise|espagnole|etrangere|d[eu]s? )",
        r"\btype (?:europeen|africain|maghrebin|asiatique|antillais|caucasien)",
        r"\b(?:blanc|blanche|noir|noire|arabe|africain|maghrebin|rom|etranger|gitan|asiatique)e?s? "
        r"(?:uniquement|exclusivement|seulement|s'abstenir|de preference|non accepte)",
        r"\bpas (?:de|d') ?(?:personnes? )?(?:noire?s?|arabes?|etrangere?s?|africaine?s?|roms?|gitans?|maghrebine?s?|immigree?s?)\b",
        r"\bgens du voyage s'abstenir",
        r"\b(?:ne|nee|nes|nees) en france\b",
        r"\borigine (?:ethnique|francaise|europeenne)\b",
        cared_for=True,
    ),
    *_rule(
        "origin",
        r"\bbleu[ ,-]+blanc[ ,-]+rouge\b|\bbbr\b",
        r"\bsans (?:aucun )?accent\b|\baccent (?:etranger|africain|maghrebin)",
        r"\b(?:francais|de) langue maternelle\b|\blangue maternelle (?:francaise|exigee|:? ?francais)",
        r"\bfrancais (?:comme )?langue maternelle",
        r"\b(?:habit|resid|domicili|log)\w* (?:\w+ )?(?:obligatoirement|imperativement|uniquement|exclusivement) (?:a|sur|dans|en)\b",
        r"\b(?:habitants?|residents?) (?:de [\w -]{0,20})?(?:uniquement|exclusivement|s'abstenir)",
        r"\b(?:quartiers?|banlieues?|cites?|qpv)(?: \w+)? s'abstenir",
        r"\bcomptes? bancaires? (?:en france|francais) (?:obligatoire|exige)",
    ),
    # Religion, morals, opinions
    *_rule(
        "religion",
        r"\b(?:pas de|sans|interdi\w+ du|port du) (?:voile|foulard|hijab|kippa)(?: interdit)?\b",
        r"\bvoilee?s? s'abstenir",
        r"\b(?:de|etre de) (?:religion|confession) (?:catholique|musulmane|juive|chretienne|protestante)",
        r"\b(?:catholique|musulman|chretien|juif|protestant|croyant|athee)\w{0,3} "
        r"(?:pratiquant\w*|uniquement|exclusivement|s'abstenir|de preference|souhaite\w*|exige\w*)",
        r"\bpas de (?:musulman|juif|catholique|croyant|pratiquant)\w*",
        r"\bvotre (?:religion|orientation sexuelle|opinion politique)",
        r"\b(?:homosexuel|gay|lesbienne|trans)\w* s'abstenir|\bpas d'homosexuel|\b(?:pas de |ni )(?:gays?|lesbiennes?)\b",
        r"\bhetero(?:s|sexuel\w*)?\b",
        r"\bsyndi(?:quee?|caliste)s? s'abstenir|\b(?:pas de|non) syndi\w+|\bsans (?:engagement|activite|appartenance) syndical\w*",
        r"\bsans (?:engagement|activite|opinion) politique",
        cared_for=True,
    ),
    # Health and disability
    *_rule(
        "health",
        r"\b(?:etre|personne|candidat\w*|profil|etes|salarie|jouir|jouissant|vous jouissez) (?:\w+ )?(?:en |d'une )(?:bonne|excellente|parfaite) sante\b",
        r"\b(?:bonne|excellente|parfaite) sante (?:\w+ ){0,4}(?:exigee|obligatoire|imperative|requise|indispensable|demandee)",
        r"\b(?:sans|pas de|aucun) (?:problemes?|soucis?|antecedents?|maladies?|pathologies?) (?:de sante|de dos|medica\w+|chroniques?|psy\w*|du dos)",
        r"(?<!avec et )(?<!avec ou )\bsans (?:maladie|handicap|restriction medicale|traitement medical)\b",
        r"\bhandicap\w*,? s'abstenir|\bhandicap\w* (?:non |pas |in)(?:acceptee?s?|compatibles?|possibles?|admis\w*|envisageables?)",
        r"\bpas de (?:personnes? )?(?:en situation de handicap|handicap\w*|rqth|travailleurs? handicapes?|malades?)\b",
        r"\b(?:non|pas|n'est pas|ne sont pas) (?:accessible|ouvert|adapte|possible|compatible)\w* (?:aux|a une|avec une|pour les|avec un) (?:personnes? )?(?:en situation de handicap|handicapee?s?|travailleurs? handicapes?|rqth|handicap)",
        r"\b(?:rqth|travailleurs? handicapes?|invalides?|malades?|depressi\w+) (?:s'abstenir|refuse\w*|exclu\w*)",
        r"\bvotre (?:etat de sante|handicap|dossier medical)",
        r"\b(?:seropositi\w+|diabeti\w+|epilepti\w+) s'abstenir",
        r"\bjamais (?:en )?arrets? maladie|\bpas d'arrets? maladie|\bsans arrets? maladie",
        cared_for=True,
    ),
    # Looks
    *_rule(
        "looks",
        r"\b(?:presentation|apparence|aspect) physique\b",
        r"\b(?:bonne|excellente|belle|tres bonne) presentation (?:exigee|obligatoire|physique|imperative|indispensable|requise)",
        r"\bphysique (?:agreable|avenant|avantageux|soigne|attrayant|de|impeccable)\b",
        r"\b(?:jolie?|charmante?|belle|beau|seduisante?|mince|svelte)s? (?:femme|fille|personne|homme|silhouette|presentation|garcon)",
        r"\b(?:personne|candidat\w*|profil|etre|silhouette) (?:jolie|mince|svelte|elancee?|charmante)",
        r"\b(?:pas de|ni) (?:personnes? )?(?:fortes?|obeses?|rondes?|grosses?|en surpoids)\b",
        r"\b(?:obeses?|personnes? (?:fortes?|rondes?|en surpoids)) s'abstenir",
        r"\b(?:pas de|sans|ni) (?:tatouages?|piercings?)\b|\btatou\w+ s'abstenir|\btatouages? (?:et piercings? )?(?:interdits?|refuses?)",
        r"\b(?:taille|poids) (?:minimum|minimale?|maxim\w+|ideale?)\b",
        unless=r"\b(?:activite|condition|aide|soin|patient|resident)\w* physique\b|\bvaut|\bblouse",
        cared_for=True,
    ),
    *_rule(
        "photo",
        r"\bphotos? (?:\w+ )?(?:obligatoire|exigee|demandee|indispensable|souhaitee|appreciee|requise|recente|d'identite|a joindre|bienvenue|imperative)",
        r"\b(?:cv|curriculum vitae|lettre|candidature|dossier)[^.\n]{0,25}(?:avec|\+|et|,|accompagne\w* d') ?(?:une |votre )?photo\b",
        r"\b(?:joindre|joignez|envoyez|envoyer|ajoutez|avec|fournir|transmettez) (?:imperativement |aussi |egalement )?(?:une|votre|ta|sa|1|deux|2) photos?\b",
        r"\b(?:oubli|ajout|inser|inclu|mett|join|accompagn)\w*[^.\n]{0,12} (?:la|une|votre|sa|ta) photo\b",
        r"\bphoto (?:en pied|portrait|a envoyer|sur le cv|dans le cv|de vous)",
        unless=NOT_ASKED + r"|\b(?:autorisations?|familles|droit a l'image)\b|\bphotos? (?:de (?:l'|votre )|des? (?:chambre|atelier))",
    ),
    # Documents
    *_rule(
        "document",
        rf"\b{_ASKED}\b[^.\n]{{0,60}}?{_DOCUMENTS}",
        rf"{_DOCUMENTS}[^.\n]{{0,40}}?\b{_ASKED}\b",
        rf"\bvotre {_DOCUMENTS}",
        unless=NOT_ASKED + "|" + _LATER + r"|\b(?:aider|aide aux|demarches|mise a jour|classer|gerer)\b",
        cared_for=True,
    ),
    *_rule(
        "past_pay",
        r"\b(?:salaire|remuneration|paie|paye)s? (?:actuel|precedent|anterieur|passe)(?:le|e|s|les|es)*\b",
        r"\bderniere?s? (?:salaire|remuneration|bulletins? de (?:salaire|paie|paye)|fiches? de (?:paie|paye|salaire))",
        r"\b(?:joindre|joignez|envoyez|fournir|envoyer|transmettez|avec vos) [^.\n]{0,25}(?:bulletins? de (?:salaire|paie|paye)|fiches? de (?:paie|paye))",
        unless=r"\b(?:maintien|reprise|garanti\w*|conserv\w*|inutile|ne demand\w+|sans)\b|" + _LATER,
    ),
    # Money asked from those who answer
    *_rule(
        "fees",
        r"\bfrais (?:de dossier|d'inscription|d'agence|de candidature|de placement|de traitement|administratifs|de recrutement|d'ouverture de dossier|d'etude)",
        r"\b(?:formation|tenue|blouse|badge|uniforme|materiel|gants|chaussures)\w*(?: \w+)? (?:a (?:votre|vos|la|sa) (?:charge|frais)|payante?s?|a acheter)(?! de l'employeur)",
        r"\bformation (?:\w+ )?a (?:votre|vos) (?:charge|frais)",
        r"\b(?:caution|acompte|depot de garantie|arrhes)[^.\n]{0,30}(?:€|euro|demande|exige|obligat|a verser|a regler)",
        r"\b(?:versez|payez|reglez|virez|verser|payer|regler|virer) [^.\n]{0,40}(?:pour (?:postuler|candidater|reserver|confirmer|valider|debuter|commencer)|votre (?:formation|tenue|badge|dossier|inscription|place)|avant (?:l'embauche|l'entretien|de commencer))",
        r"\b(?:versez|payez|reglez|virez) [^.\n]{0,25}(?:€|euros?\b)",
        r"\b(?:participation|contribution|avance|somme|cotisation)[^.\n]{0,40}\d+ ?(?:€|euros?)[^.\n]{0,30}(?:demande|exige|a verser|a regler|candidat|a prevoir)",
        r"\b\d+ ?(?:€|euros?) (?:de frais|a (?:verser|regler|payer|avancer)|pour (?:postuler|candidater|l'inscription|le dossier))",
        unless=r"\b(?:sans|aucune?s?|pas de|ni) (?:\w+ )?(?:frais|caution|acompte|somme|avance)|\b(?:rembours|financ|offert|gratuit)\w*|\b(?:pris\w*|prend\w*) en charge|\bprime|\ba la charge de l'employeur",
        only=_WORK,
    ),
    *_rule(
        "payment",
        r"\b(?:western ?union|moneygram|mandat cash|transcash|neosurf|paysafe\w*|bitcoins?|cryptomonnaies?|paypal|paylib|(?:via|compte|virement|paiement|appli(?:cation)?) lydia|carte prepayee|carte pcs|coupons? (?:de )?recharge)\b",
        r"\b(?:paye|paiement|remunere|remuneration|salaire|reglement|regle|paie|travail|heures?)\w*(?: \w+)? (?:au (?:black|noir)|non declaree?s?|de la main a la main|en (?:liquide|especes|cash))",
        r"\b[a-z]{2}\d{2}(?: ?[0-9a-z]{4}){5}(?: ?[0-9a-z]{1,3})?\b(?<=\d)",
        unless=r"\b(?:lutte|contre|sans|jamais|aucun|interdit)\b",
        cared_for=True,
    ),
    *_rule(
        "premium",
        r"(?<![\d.])(?:\+33|0033|0)[ .-]?(?:\(0\))?[ .-]?8[ .-]?9(?:[ .-]?\d){7}(?!\d)",
        r"\b(?:sms|texto|code) (?:\w+ )?au \d{5}(?!\d)",
    ),
    *_rule(
        "messaging",
        r"\b(?:uniquement|exclusivement|seulement|que|directement) (?:par |sur |via |en |au )?(?:un )?(?:message )?(?:prive )?(?:whats ?app|telegram|signal|snapchat|instagram|messenger|facebook|viber)\b",
        r"\b(?:whats ?app|telegram|snapchat|instagram|messenger|viber)[^.\n]{0,20}(?:uniquement|exclusivement|seulement|only|obligatoire)",
        r"\b(?:contact|ecri|repond|postul|candidat|joign|envoy|inscri|message|rdv|rendez-vous|entretien)[\w-]*[^.\n]{0,30}\b(?:whats ?app|telegram|snapchat|viber|wa\.me|t\.me)\b",
        r"\b(?:wa\.me/|t\.me/|chat\.whatsapp\.com)",
        unless=r"\b(?:telephone|mail|e-mail|courriel|site|equipe|familles?|appelez|plateforme|sms)\b",
    ),
)  # fmt: skip
