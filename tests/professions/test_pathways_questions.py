"""Questions people ask, and the first answer the facts give."""

from __future__ import annotations

import pytest

from app.professions.pathways import Base, Situation, Wishes, find

pytestmark = pytest.mark.no_database

# From where; each step as "profession:diploma"; months of training; read from end to end.
QUESTIONS: list[tuple[str | None, str, int | None, bool]] = [
    ("agent-de-service-hospitalier", "aide-soignant:deas", 11, True),
    ("accompagnant-educatif-social", "aide-soignant:deas", 7, True),
    ("auxiliaire-de-vie", "aide-soignant:deas", 8, True),
    ("auxiliaire-de-puericulture", "aide-soignant:deas", 5, True),
    ("aide-soignant", "infirmier:dei", 27, True),
    ("aide-soignant", "accompagnant-educatif-social:deaes", 6, True),
    ("auxiliaire-de-puericulture", "accompagnant-educatif-social:deaes", 8, True),
    ("assistant-familial", "accompagnant-educatif-social:deaes", 9, True),
    ("auxiliaire-de-vie", "accompagnant-educatif-social:deaes", 8, True),
    ("aesh", "accompagnant-educatif-social:deaes", 12, True),
    ("aide-soignant", "assistant-soins-gerontologie:formation-asg", 6, True),
    ("accompagnant-educatif-social", "assistant-soins-gerontologie:formation-asg", 6, True),
    ("assistant-familial", "moniteur-educateur:deme", 20, True),
    ("tisf", "moniteur-educateur:deme", 10, True),
    ("moniteur-educateur", "tisf:detisf", 10, True),
    ("educateur-specialise", "educateur-jeunes-enfants:deeje", 14, True),
    ("educateur-jeunes-enfants", "educateur-specialise:dees", 14, True),
    ("assistant-service-social", "cesf:decesf", 10, True),
    ("cesf", "assistant-service-social:deass", 14, True),
    ("infirmier", "puericulteur:de-puericultrice", 12, True),
    ("infirmier", "infirmier-pratique-avancee:de-ipa", 24, True),
    ("infirmier", "cadre-de-sante:diplome-cadre-sante", 10, True),
    ("educateur-specialise", "chef-de-service:caferuis", 18, True),
    ("chef-de-service", "directeur-etablissement:cafdes", 28, True),
    ("aide-soignant", "auxiliaire-de-puericulture:deap", 5, True),
    ("accompagnant-petite-enfance", "assistant-maternel:formation-assistant-maternel", 3, True),
    ("accompagnant-educatif-social", "accompagnant-petite-enfance:-", 1, True),
    ("tisf", "accompagnant-petite-enfance:-", 1, True),
    ("educateur-specialise", "assistant-familial:deaf", 18, True),
    ("accompagnant-educatif-social", "surveillant-de-nuit:cqp-surveillant-nuit", 6, True),
    ("accompagnant-educatif-social", "assistant-familial:deaf", None, True),
    (None, "aide-soignant:deas", 11, True),
    (None, "infirmier:dei", 36, False),
    (None, "accompagnant-educatif-social:deaes", 12, True),
    (None, "aide-a-domicile:-", 0, False),
    (None, "agent-de-service-hospitalier:-", 0, True),
    (None, "assistant-maternel:-", 0, True),
    (None, "assistant-familial:-", 0, True),
    (None, "moniteur-educateur:deme", 24, True),
    (None, "tisf:detisf", 24, True),
    (None, "assistant-service-social:deass cesf:decesf", 46, False),
    (None, "infirmier:dei puericulteur:de-puericultrice", 48, False),
    ("aide-soignant", "infirmier:dei puericulteur:de-puericultrice", 39, True),
    ("aide-soignant", "infirmier:dei infirmier-pratique-avancee:de-ipa", 51, True),
    ("accompagnant-educatif-social", "aide-soignant:deas infirmier:dei", 34, True),
    ("auxiliaire-de-vie", "aide-soignant:deas infirmier:dei", 35, True),
    ("moniteur-educateur", "chef-de-service:caferuis directeur-etablissement:cafdes", 46, False),
    ("infirmier", "infirmier-coordinateur:-", 6, False),
]


@pytest.mark.parametrize(("start", "path", "months", "verified"), QUESTIONS)
def test_the_first_answer_is_that_of_the_facts(
    base: Base, start: str | None, path: str, months: int | None, verified: bool
) -> None:
    steps = [tuple(step.split(":")) for step in path.split()]

    first = find(base, Situation(start), Wishes(target=steps[-1][0])).pathways[0]

    assert [(step.to_slug, step.diploma or "-") for step in first.steps] == steps
    assert (first.months, first.verified) == (months, verified)
