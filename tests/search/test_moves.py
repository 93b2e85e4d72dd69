"""Obvious questions about a way from a profession to another, and the page that answers first.

Expected answers are the moves of the facts whose route was read in the sources.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.professions import queries as reference
from app.search.moves import Move, read_move
from app.search.vocabulary import search_words

ASH, AS, IDE = "agent-de-service-hospitalier", "aide-soignant", "infirmier"
AES, AVS, AP = "accompagnant-educatif-social", "auxiliaire-de-vie", "auxiliaire-de-puericulture"
ES, EJE, ME = "educateur-specialise", "educateur-jeunes-enfants", "moniteur-educateur"

QUESTIONS = [
    # ASH to AS
    ("devenir aide-soignante quand on est ASH", ASH, AS),
    ("passer de ASH à aide-soignant", ASH, AS),
    ("passer d’ASH à aide soigniante", ASH, AS),
    ("agent de service hospitalier vers aide soignant", ASH, AS),
    ("je suis ash et je veux devenir aide soignante", ASH, AS),
    ("ASH depuis 5 ans, comment devenir aide-soignant ?", ASH, AS),
    ("formation pour devenir aide soignante quand on est ASH", ASH, AS),
    ("passerelle ASH aide-soignante", ASH, AS),
    # AES to AS
    ("devenir aide soignant en étant AES", AES, AS),
    ("passer d’AES à AS", AES, AS),
    ("passerelle AES aide soignante", AES, AS),
    ("je travaille comme amp, comment devenir aide-soignante", AES, AS),
    ("accompagnante éducative et sociale vers aide-soignante", AES, AS),
    # AS to nurse
    ("devenir infirmière quand on est aide-soignante", AS, IDE),
    ("aide soignante vers infirmière", AS, IDE),
    ("aide soignente vers infirmiere", AS, IDE),
    ("devenir infirmier après aide-soignant", AS, IDE),
    ("infirmière après aide soignante", AS, IDE),
    ("Passer le concours d’infirmière en étant aide-soignante", AS, IDE),
    ("j’ai le diplôme d’aide-soignante, je voudrais devenir infirmière", AS, IDE),
    ("évoluer d’aide-soignant à infirmier", AS, IDE),
    ("devenir IDE quand on est AS", AS, IDE),
    ("passer AS à IDE", AS, IDE),
    # AS to AES, AVS to AES and AS
    ("devenir AES quand on est aide-soignant", AS, AES),
    ("reconversion aide-soignante accompagnant éducatif et social", AS, AES),
    ("auxiliaire de vie devenir AES", AVS, AES),
    ("passer d’AVS à AES", AVS, AES),
    ("auxilliaire de vie vers aide soignante", AVS, AS),
    ("devenir aide-soignante en tant qu’auxiliaire de vie", AVS, AS),
    # Childhood and education
    ("auxiliaire de puériculture vers aide-soignante", AP, AS),
    ("devenir auxiliaire de puériculture quand on est aide soignante", AS, AP),
    ("éducatrice spécialisée vers éducatrice de jeunes enfants", ES, EJE),
    ("devenir EJE quand on est éducateur spécialisé", ES, EJE),
    ("passer d’EJE à éducateur specialisé", EJE, ES),
    ("devenir tisf en étant moniteur-éducateur", ME, "tisf"),
    ("infirmière vers puéricultrice", IDE, "puericulteur"),
    ("devenir IPA quand on est infirmier", IDE, "infirmier-pratique-avancee"),
    ("devenir cadre de santé après infirmière", IDE, "cadre-de-sante"),
    ("devenir chef de service quand on est éducatrice spécialisée", ES, "chef-de-service"),
    ("assistante sociale vers CESF", "assistant-service-social", "cesf"),
]


@pytest.mark.parametrize(("question", "start", "target"), QUESTIONS)
def test_an_obvious_question_finds_its_way_first(question: str, start: str, target: str) -> None:
    move = read_move(question, search_words().lexicon)

    assert move == Move(start=start, target=target)
    assert move.url == f"/evoluer?de={start}&vers={target}"


def test_the_table_holds_forty_questions_of_routes_read_in_the_sources() -> None:
    assert len(QUESTIONS) == 40
    read = {
        (edge.from_slug, edge.to_slug)
        for edge in reference.mobility_edges()
        if edge.verified and edge.data["route_verified"]
    }
    assert {(start, target) for _question, start, target in QUESTIONS} <= read


@pytest.mark.parametrize(
    ("question", "url"),
    [
        ("formation pour devenir aide soignante", "/evoluer?de=debutant&vers=aide-soignant"),
        ("devenir infirmier", "/evoluer?de=debutant&vers=infirmier"),
        ("devenir aide-soignante sans diplôme", "/evoluer?de=debutant&vers=aide-soignant"),
        ("évoluer auxiliaire de vie", "/evoluer?de=auxiliaire-de-vie"),
        ("que faire après aide-soignante", "/evoluer?de=aide-soignant"),
        ("évolution ASH", "/evoluer?de=agent-de-service-hospitalier"),
        ("reconversion infirmière", "/evoluer?de=infirmier"),
        ("devenir aide-soignante sans être ASH", "/evoluer?de=debutant&vers=aide-soignant"),
        ("aide-soignante", "/metiers/aide-soignant"),
        ("aide soigniante", "/metiers/aide-soignant"),
        ("AES", "/metiers/accompagnant-educatif-social"),
        ("éducateur·rice de jeunes enfants", "/metiers/educateur-jeunes-enfants"),
    ],
)
def test_a_question_with_one_end_or_a_profession_finds_its_page(question: str, url: str) -> None:
    move = read_move(question, search_words().lexicon)
    assert move is not None
    assert move.url == url


@pytest.mark.parametrize(
    "question",
    [
        "",
        "aide-soignante de nuit",
        "emploi aide soignante Lyon",
        "aide-soignante ou infirmière",
        "infirmière et aide-soignante en ehpad",
        "je suis aide soignante à Bron",
        "je cherche un poste d’infirmière",
        "formation aide-soignante",
        "passer le permis",
        "devenir",
        "évoluer",
        "vers Lyon",
        "je me cherche un travail",
        "passer de Lyon à Bron",
        "aide-soignante à infirmerie de Bron",
        "devenir aide-soignante quand on est aide-soignant",
        "crèche",
    ],
)
def test_a_search_for_listings_gets_no_way(question: str) -> None:
    assert read_move(question, search_words().lexicon) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(
            ["devenir", "de", "à", "est", "ASH", "as", "infirmière", "sans", "me", "vers", "après"]
        ),
        max_size=30,
    )
)
def test_any_words_give_professions_that_exist_and_differ(words: list[str]) -> None:
    move = read_move(" ".join(words), search_words().lexicon)
    if move is not None:
        named = [slug for slug in (move.start, move.target, move.profession) if slug]
        assert all(reference.profession_by_slug(slug) for slug in named)
        assert len(set(named)) == len(named)
