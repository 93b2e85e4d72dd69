from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.geography.queries import PLACES
from app.search.reading import MAX_WORDS, normalise, read
from app.search.titles import professions_in
from app.search.vocabulary import search_words


@pytest.mark.parametrize(
    ("typed", "profession"),
    [
        ("as", "aide-soignant"),
        ("AS", "aide-soignant"),
        ("A.S.", "aide-soignant"),
        ("aide soignante", "aide-soignant"),
        ("Aides-soignantes", "aide-soignant"),
        ("aide-soignant·e", "aide-soignant"),
        ("aide soignant(e)", "aide-soignant"),
        ("aide soigniante", "aide-soignant"),
        ("cherche poste d’AS en ehpad", "aide-soignant"),
        ("me", "moniteur-educateur"),
        ("ME", "moniteur-educateur"),
        ("es", "educateur-specialise"),
        ("éducatrice spécialisée", "educateur-specialise"),
        ("educ spé", "educateur-specialise"),
        ("aes", "accompagnant-educatif-social"),
        ("AMP", "accompagnant-educatif-social"),
        ("aide médico-psychologique", "accompagnant-educatif-social"),
        ("accompagnante éducative et sociale", "accompagnant-educatif-social"),
        ("IDE", "infirmier"),
        ("infirmière", "infirmier"),
        ("ash", "agent-de-service-hospitalier"),
        ("eje", "educateur-jeunes-enfants"),
        ("AP", "auxiliaire-de-puericulture"),
        ("auxiliaire de vie", "auxiliaire-de-vie"),
        ("auxilliaire vie", "auxiliaire-de-vie"),
        ("assistant social", "assistant-service-social"),
        ("nounou", "assistant-maternel"),
        ("veilleur de nuit", "surveillant-de-nuit"),
        ("aide a domicile", "aide-a-domicile"),
        ("aides à domicile", "aide-a-domicile"),
        ("dame de compagnie", "auxiliaire-de-vie"),
        ("femme de ménage en maison de retraite", "agent-de-service-hospitalier"),
        ("DEAVS", "auxiliaire-de-vie"),
        ("auxiliaire de vie sociale", "auxiliaire-de-vie"),
        ("travailleuse familiale", "tisf"),
        ("intervenante à domicile", "aide-a-domicile"),
        ("cheffe de service", "chef-de-service"),
        ("coordinatrice de secteur", "responsable-de-secteur"),
        # Other signs for both genders.
        ("infirmier/ère", "infirmier"),
        ("éducateur-trice spécialisé-e", "educateur-specialise"),
        ("éducateur/trice spécialisé/e", "educateur-specialise"),
        ("assistant·e familial·e", "assistant-familial"),
        ("assistants familiaux", "assistant-familial"),
        # Misspelt as nobody wrote it down.
        ("aide soigante", "aide-soignant"),
        ("infirmère", "infirmier"),
        ("infrimière", "infirmier"),
        ("psycomotricienne", "psychomotricien"),
        ("ergotérapeute", "ergotherapeute"),
        ("auxilière de puériculure", "auxiliaire-de-puericulture"),
        ("educatrisse de jeunes enfants", "educateur-jeunes-enfants"),
        ("monitrisse éducatrice", "moniteur-educateur"),
        ("aidesoignante", "aide-soignant"),
        ("auxiliairedevie", "auxiliaire-de-vie"),
    ],
)
def test_names_as_people_type_them_are_read_as_the_profession(typed: str, profession: str) -> None:
    assert read(typed, search_words().lexicon).professions == (profession,)


@pytest.mark.parametrize(
    "typed",
    ["je me cherche un travail", "tu es où", "nous sommes à la recherche, ma ville est Lyon"],
)
def test_acronyms_are_not_read_in_a_sentence(typed: str) -> None:
    assert read(typed, search_words().lexicon).professions == ()


def test_an_acronym_in_capitals_is_read_even_in_a_sentence() -> None:
    understood = read("je cherche un poste de ME à Bron", search_words().lexicon)
    assert understood.professions == ("moniteur-educateur",)
    assert understood.words == ("bron",)


def test_the_wish_beside_the_profession_is_kept() -> None:
    understood = read("AS de nuit", search_words().lexicon)
    assert understood.professions == ("aide-soignant",)
    assert (understood.facets, understood.words) == ((("schedule", "nuit"),), ())


def test_names_of_several_words_are_the_place_of_work() -> None:
    understood = read("maison de retraite", search_words().lexicon)
    assert (understood.facets, understood.words) == ((("workplace", "ehpad"),), ())


def test_titles_are_read_with_the_same_eyes() -> None:
    lexicon = search_words().lexicon
    assert professions_in("Éducateur·trice spécialisé·e (H/F)", lexicon) == (
        "educateur-specialise",
    )
    assert professions_in("AIDE SOIGNANT(E) DE NUIT - EHPAD H/F", lexicon) == ("aide-soignant",)


def test_every_name_of_the_base_is_read_as_some_profession() -> None:
    words = search_words()
    for entry in words.professions:
        for label in (entry.label, entry.label_feminine, entry.label_masculine):
            assert entry.slug in read(label, words.lexicon).professions


@pytest.mark.parametrize(
    ("text", "professions", "wishes", "words"),
    [
        # What one trains for, and who asks for it.
        ("passer le deaes", ["accompagnant-educatif-social"], ["Formations"], ()),
        ("préparer mon deas", ["aide-soignant"], ["Formations"], ()),
        ("ifsi", ["infirmier"], ["Formations"], ()),
        # The profession of elsewhere that one leaves.
        ("je suis menuisier et je voudrais apprendre à soigner", [], ["Formations"], ("soigner",)),
        ("menuisier", ["hors-base-batiment"], [], ()),
        # Cleaning, where it is done.
        ("ménage à domicile", ["aide-a-domicile"], [], ()),
        ("femme de ménage", ["aide-a-domicile"], [], ()),
        (
            "femme de ménage dans un hopital",
            ["agent-de-service-hospitalier"],
            ["Hôpital public"],
            (),
        ),
        # A share of the time, an age.
        ("psychologue 50%", ["psychologue"], ["Temps partiel"], ()),
        ("psychologue 100 %", ["psychologue"], ["Temps plein"], ()),
        ("aide soignante 50 ans", ["aide-soignant"], [], ()),
        ("infirmier psy", ["infirmier"], ["Psychiatrie"], ()),
        # No village of Le Causé.
        ("aide soignante à cause de mes études", ["aide-soignant"], ["Temps partiel"], ()),
    ],
)
def test_what_is_around_a_name_changes_what_it_means(
    text: str, professions: list[str], wishes: list[str], words: tuple[str, ...]
) -> None:
    understood = read(text, search_words().lexicon, PLACES.get())
    assert list(understood.named) == professions
    assert [one.label for one in understood.meanings] == wishes
    assert understood.words == words
    assert understood.place is None


@given(st.text(max_size=300))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None
)
def test_reading_never_fails_and_gives_plain_words(text: str) -> None:
    understood = read(text, search_words().lexicon)
    assert len(understood.words) <= MAX_WORDS
    assert all(word.isascii() and word.isalnum() for word in understood.words)


@given(st.text(max_size=300))
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
