"""Families of what may not be asked of those who answer, nor taken from them.

Looks, documents and photos, money, unpaid or hidden work, and what is no work of care.
"""

# A lexicon is read as a list: its lines stay whole.
# ruff: noqa: E501

from __future__ import annotations

import re

from app.listings.coach.families import Family, asked, family, question
from app.listings.coach.marks import EXCLUDED, OPEN, WANTED, Mark, words
from app.listings.enums import Kind

_WORK = frozenset({Kind.JOB, Kind.INTERNSHIP, Kind.IMMERSION, Kind.EVENT})
_PAID = frozenset({Kind.JOB})

DEMANDS: tuple[Family, ...] = (
    # Looks
    family(
        "looks",
        "(?:joli|beau|bel|belle|agreable|charmant|fin|mince|harmonieux|gracieux|sexy)(?:e|s|es)? (?:minois|visage|silhouette|allure|physique|corps|sourire|plastique|apparence|minceur) | (?:visage|silhouette|allure|apparence|corps) (?:\\w+ )?(?:elance|fine|mince|agreable|avenante|svelte|gracieu|harmonieu|impeccable|attrayant)*"
        "| l'apparence | apparence physique | (?:excellente|belle|bonne|tres bonne) presentation physique | physique de \\w+ | physique (?:avenant|agreable|attrayant|avantageux) | mannequin | taille (?:mannequin|fine) | tailles? [34]\\d | mensurations? | corpulence | sveltes? | elancee?s? | minces? | seduisante?s? | mesurer (?:\\w+ ){0,2}1 ?m ?\\d\\d | poids (?:maximum|max|ideal|inferieur) | imc | indice de masse corporelle",
        WANTED,
        EXCLUDED,
        Mark(
            before=(words("mesurer | profil*"),),
            after=(words("compte* | fer* la difference | atout | important*"),),
        ),
        Mark(before=(re.compile(r"^$"),), after=(words("au moins"),)),
        unless=OPEN + " | cadre | vue | batiment",
    ),
    family(
        "looks",
        "dreadlocks? | locks | coupes? afro | afro | tresses? | cheveux (?:crepu|long|color|rase|bleu|teint)* | barbe*(?: longue)? | barbus? | tatou* | piercings? | surpoids | obeses? | obesite | personnes? (?:forte|ronde|corpulente|grosse|petite)s? | gros | grosses? | rondes? | moches? | laide?s? | maquillage | cicatrices?",
        EXCLUDED,
        unless=OPEN + " | hygiene | masque* | nutrition | soins | bloc",
    ),
    # What is not asked to answer
    *asked(
        "photo",
        "photos? | photographies? | selfies? | portraits? | cliches?",
        unless="droit a l'image | sorties? | album | blog | site | reseaux | autorisation | prise de | argentique | enfants?",
    ),
    *asked(
        "document",
        "casiers?(?: judiciaires?)?(?: vierge)? | b(?:ulletin)? ?n ?°? ?[23] | extrait (?:du |de )?(?:n ?°? ?[23]|casier) | condamnations? | si vous avez (?:deja )?ete condamn* | ete condamn* | antecedents judiciaires"
        "| rib | iban | releves? d'identite bancaire | coordonnees bancaires | numero de compte | carte bancaire | carte vitale | (?:n ?°|no|num|numero)(?: de)? (?:secu|securite sociale|ss) | nir | attestation (?:de )?(?:droits|securite sociale|vitale)"
        "| cni | (?:carte|piece)s?(?: nationale)? d'identite | passeports? | titres? de sejour | carte de sejour | acte de naissance | livret de famille | justificatif de domicile | avis d'imposition",
        unless="mineurs? | condamnes ou | fijais | sejour ou non",
    ),
    # A question is asked by itself.
    question(
        "family",
        "avez vous (?:des|un|de jeunes|combien d) enfants? | etes vous (?:\\w+ )?(?:mari|celib|enceinte|en couple|maman|papa)* | combien (?:d'enfants )?avez vous d?'?enfants? | (?:pensez|comptez|envisagez) vous (?:\\w+ ){0,2}(?:enfant|grossesse|bebe)*",
    ),
    question("age", "quel age avez vous | quel est votre age | en quelle annee etes vous ne*"),
    question(
        "origin",
        "d'ou venez vous | de quelle origine | etes vous (?:francais|etranger|ne en|nee en|ne\\(e\\) en)* | quelle est votre (?:nationalite|origine|langue maternelle)* | ou etes vous ne*",
    ),
    question(
        "religion",
        "etes vous (?:\\w+ )?(?:syndiqu|croyant|pratiquant|catholique|musulman|encart|homosexuel|gay)* | portez vous (?:le|un) (?:voile|foulard) | pour qui votez vous | quelle est votre religion",
    ),
    question(
        "health",
        "etes vous (?:\\w+ ){0,2}(?:suivi|malade|handicap|sous traitement|inapte|depress|en bonne sante)* | avez vous (?:\\w+ ){0,3}(?:maladie|handicap|probleme de sante|probleme de dos|arret de travail|arrets? maladie|rqth|depression)* | prenez vous (?:\\w+ ){0,2}(?:traitement|medicament)*",
    ),
    question(
        "document",
        "avez vous (?:deja |jamais )?(?:ete (?:condamn|incarcer|arret)|un casier|fait de la prison|eu affaire a la justice)*",
    ),
    # Money asked from those who answer
    family(
        "fees",
        "(?:prevo|compte|rajoute|payer|versez|verser|regl|moyennant|contre|debourse|avance)* (?:\\w+ )?\\d+ ?(?:€|euros?) … (?:inscription|dossier|kit|tenue|badge|formation|blouse|materiel|fichier|adhesion|uniforme|candidat|selection|place)*"
        "| (?:kit|tenue|blouse|badge|uniforme|materiel|formation|module|mallette|pack|stage|equipement|chaussure|logiciel|abonnement)s? … (?:a (?:acheter|payer|financer|regler|votre charge|vos frais|la charge du (?:candidat|salarie))|payable* d'avance|payante?s?|non rembourse|deduit|retenue?s? sur|preleve|facture)*"
        "| cheque d … (?:€|euros?) … (?:demande|exige|requis|a remettre|a joindre)* | (?:caution|arrhes|acompte|depot de garantie|frais|cotisation|droits d'entree|cheque de caution|participation aux frais) … (?:€|euros?|a (?:verser|regler|payer|prevoir)|demande|exige|obligatoire|candidat|requis)*"
        "| vous (?:financez|payez|achetez|reglez|avancez) (?:\\w+ ){0,3}(?:kit|tenue|formation|module|materiel|blouse|badge|uniforme|integration|equipement)*"
        "| (?:faites|faire|effectuez) un (?:virement|versement|depot|paiement) | virement … (?:valider|bloquer|reserver|confirmer|place)* | reglez par * | (?:bloquer|reserver|valider) votre (?:place|inscription|candidature)"
        "| (?:inscription|adhesion|dossier|fichier|formation|entretien|placement|mise en relation|candidature)s?(?: \\w+){0,4} (?:coute|coutera|facturee?|sera facturee?|s'eleve) | (?:inscription|adhesion|mise en relation|selection|tests?) … \\d+ ?(?:€|euros?)"
        "| (?:regl|pay|vers|avanc|vir)(?:ez|er|erez) (?:\\w+ ){0,3}(?:frais|somme|caution|cotisation) | somme d … (?:€|euros?) … (?:demande|exige|verse|regle)* | (?:achet|finance|loue)(?:ez|er|erez|rez) (?:\\w+ ){0,3}(?:kit|tenue|formation|materiel|blouse|badge|uniforme|equipement|chaussure|mallette)*"
        "| (?:achat|achetez|acheter) … (?:obligatoire|avant (?:de commencer|l'embauche|votre premier))* | (?:de|a) vos frais | de votre poche | a votre charge"
        "| (?:preleve|preleverons|prelevons|retient|retenons|revient|reverse|commission|pourcentage|retenue|%) … (?:salaire|paie|paye|premiers? mois|remuneration)s? | (?:salaire|paie|paye)s? … revient a",
        unless="aucune?s? (?:frais|caution|acompte|somme|depot)* | sans (?:frais|caution|avance|acompte) | pas de (?:frais|caution|depot) | ni frais | rembours* | offert* | gratuit* | fournie?s? | pris* en charge | prend* en charge | financee?s? par | a la charge de l'employeur | prime* | residents? | versee? | brut | net | ticket* | l'employeur | kilomet*",
        toward=None,
        only=_WORK,
    ),
    # Hidden or turned money
    family(
        "payment",
        "(?:virement|cheque|argent|somme|fonds|colis|mandat)s? … (?:renvoyer|reverser|transferer|reexpedier|restituer|renverrez|renvoyez|reversez|transferez)* | encaiss* … (?:renvo|revers|rendez|difference|mandat|virement)* | (?:renvo|revers)* (?:\\w+ ){0,2}difference | (?:travail|paye|payee|paiement|remuneration|heures?|declare|salaire|reglement) (?:\\w+ )?(?:au (?:noir|black)|en (?:cash|liquide|especes)|de la main a la main|non declare)* | au (?:noir|black)"
        "| (?:sans|pas de|ni) (?:contrat(?! d)|fiche de paie|fiche de paye|bulletin de paie|declaration|declarer) | non declaree?s? | en dehors de la plateforme | hors (?:de la )?plateforme | de la main a la main | cartes? cadeaux?(?= … (?:code|envoy))",
        unless="lutte | contre le | jamais | interdit* | tableau",
        toward=None,
    ),
    family(
        "unpaid",
        "(?:essai|semaine|journee|jour|periode|mois|test|heure|debut|stage de pre-?embauche)s?(?: \\w+){0,3} (?:non (?:paye|remunere)|gratuit|benevole|sans (?:salaire|remuneration|etre paye)|pas paye|a titre gracieux|offerte? a l'employeur)*"
        "| (?:non (?:paye|remunere)|benevole|gratuit)* … (?:essai|avant (?:embauche|l'embauche|de decider|le contrat)|puis cdi|puis cdd) | (?:pas de|aucun|sans|zero) (?:salaire|remuneration|paye)(?! (?:minimum|variable))"
        "| (?:mission|poste|emploi|contrat|travail|collaboration|embauche)s? benevole* | benevole* (?:au debut|au depart|d'abord|puis|avant|pendant) | au debut benevole* | (?:paye|remunere)* en nature | sans (?:etre|vous) (?:paye|remunere)*"
        "| (?:loge|logement|logee|hebergement|chambre|nourri|nourrie|toit|studio)s? (?:\\w+ )?(?:contre|en echange) (?!loyer)",
        unless="benevoles et | formation* | cours | immersion | pmsmp | parking | transport* | restauration | mutuelle | visite* | accompagn*",
        toward=None,
        cared_for=False,
        only=_PAID,
    ),
    family(
        "messaging",
        "(?:pas|jamais|sans passer) (?:par|sur|via) (?:la plateforme|le site|l'application|cette plateforme|ce site) | (?:hors|en dehors) (?:du site|de ce site|de la plateforme|plateforme) | quitter (?:la plateforme|le site)",
        toward=None,
        cared_for=False,
    ),
    # What is no work of care
    family(
        "indecent",
        "moments? (?:intime|coquin|calin|tendre)s? | plus si affinites? | (?:relation|service|faveur|rapport|prestation)s? (?:intime|sexuel|coquin|charnel)(?:le|les|s|es|e)? | sexy | sexe(?= (?:contre|avec)) | massages? (?:\\w+ )?(?:sensuel|erotique|tantrique|naturiste|coquin|intime|complet|et plus)s? | massages? … et plus"
        "| (?:dame|fille|femme|personne|assistante|auxiliaire|demoiselle|aide|intervenante) (?:\\w+ ){0,3}(?:caline?|coquine?|tactile|sensuelle|libertine?|sans tabous?|peu farouche|pas farouche) | massages? (?:\\w+ )?(?:compris|inclus|et plus) | compagnie (?:\\w+ )?(?:tendre|caline|intime|coquine|rapprochee) | tendre et caline | peu farouche | relations? intimes? | nuits? (?:tendre|coquine|a deux)s? | coquine?s? | libertine?s? | soirees? privees? | escort* | lingerie | en petite tenue | sans tabous? | naturistes?",
        unless="violences? | prevention | education | prostitution | nourrisson* | bebes?",
        toward=None,
        cared_for=False,
    ),
)
